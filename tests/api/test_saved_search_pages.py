"""Saved searches by forms: kept from a query, read in plain words, changed, deleted, and refused in words."""

import re
from typing import Any

import pytest
from httpx import AsyncClient, Response

from domain.saved_searches import MOST_SEARCHES
from tests.api.conftest import House
from tests.api.newcomer import page

QUERY = {"make": "Honda", "model": "CR-V", "year_from": "2018", "price_to_cents": "900000", "zip": "55101"}


@pytest.fixture(name="ada")
async def ada_fixture(house: House) -> AsyncClient:
    return await house.browser("ada")


async def kept(client: AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/api/me/searches")).json()["items"]
    return found


async def save(client: AsyncClient, **form: str) -> Response:
    return await page(client, "POST", "/me/searches", **form)


def led(answer: Response) -> str:
    """Where a form that went well leads."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_who_has_saved_nothing_is_told_how(ada: AsyncClient) -> None:
    answer = await page(ada, "GET", "/me/searches")
    assert ("You have not saved a search yet" in answer.text, 'href="/inventory"' in answer.text) == (True, True)


async def test_a_search_is_kept_by_the_fields_of_its_query(ada: AsyncClient) -> None:
    passing = {"status": "live", "sort": "price_low", "cursor": "newest-1-2", "limit": "5", "q": " "}
    assert led(await save(ada, **QUERY, **passing, name="My next car", alerts="instant")) == "/me/searches?done=saved"
    (search,) = await kept(ada)
    assert (search["name"], search["frequency"]) == ("My next car", "instant")
    assert search["filters"] == {
        "make": ["honda"],
        "model": ["cr-v"],
        "year_from": 2018,
        "price_to_cents": 900_000,
        "zip": "55101",
        "miles": 50,
    }


async def test_it_reads_in_plain_words_and_leads_to_its_results(ada: AsyncClient) -> None:
    await save(ada, **QUERY, name="My next car")
    shown = await page(ada, "GET", "/me/searches?done=saved")
    for words in ("CR-V", "2018 or newer", "up to $9,000", "within 50 miles of 55101", "The search is saved."):
        assert words in shown.text
    link = re.search(r'href="(/inventory\?[^"]+)"', shown.text)
    assert link
    query = link[1].replace("&amp;", "&").removeprefix("/inventory?")
    assert query == "make=honda&model=cr-v&year_from=2018&price_to_cents=900000&zip=55101&miles=50"
    assert (await ada.get(f"/api/vehicles?{query}")).status_code == 200


async def test_a_search_without_a_name_is_called_by_what_it_asks_for(ada: AsyncClient) -> None:
    await ada.post("/me/searches", data={"make": ["Honda", "Ford"], "no_reserve": "true"})
    assert [search["name"] for search in await kept(ada)] == ["Honda or Ford, No reserve"]


@pytest.mark.parametrize("alerts", ["instant", "daily", "off"])
async def test_its_owner_renames_it_and_says_how_often_to_write(ada: AsyncClient, alerts: str) -> None:
    await save(ada, **QUERY)
    before = await kept(ada)
    changed = await page(ada, "POST", f"/me/searches/{before[0]['id']}", name=" For  Bo ", alerts=alerts)
    assert led(changed) == "/me/searches?done=changed"
    assert await kept(ada) == [{**before[0], "name": "For Bo", "frequency": alerts}]


@pytest.mark.parametrize("form", [{"name": " "}, {"name": "x" * 81}, {"name": "Mine", "alerts": "hourly"}])
async def test_a_change_that_cannot_be_is_refused_in_words(ada: AsyncClient, form: dict[str, str]) -> None:
    await save(ada, **QUERY)
    before = await kept(ada)
    answer = await page(ada, "POST", f"/me/searches/{before[0]['id']}", **form)
    assert (answer.status_code, "form-error" in answer.text, await kept(ada)) == (422, True, before)


async def test_a_deleted_search_is_gone(ada: AsyncClient) -> None:
    await save(ada, **QUERY)
    path = f"/me/searches/{(await kept(ada))[0]['id']}"
    assert led(await page(ada, "POST", f"{path}/delete")) == "/me/searches?done=deleted"
    assert await kept(ada) == []
    for again in (f"{path}/delete", path):
        assert (await page(ada, "POST", again, name="Mine")).status_code == 404


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose something"),
        ({"status": "live"}, "Choose something"),
        ({"make": "Honda", "zip": "00000"}, "no ZIP code"),
        ({"make": "Honda", "year_from": "soon"}, "could not be read"),
        ({"make": "Honda", "wheels": "4"}, "could not be read"),
        ({"make": "Honda", "name": "x" * 81}, "a name of at most 80"),
        ({"make": "Honda", "alerts": "hourly"}, "form-error"),
    ],
)
async def test_what_cannot_be_kept_is_said_with_a_way_back(ada: AsyncClient, form: dict[str, str], words: str) -> None:
    answer = await save(ada, **form)
    assert (answer.status_code, words in answer.text, await kept(ada)) == (422, True, [])
    assert "Back to the search" in answer.text


async def test_as_many_as_one_may_have_are_the_most(ada: AsyncClient) -> None:
    for year in range(MOST_SEARCHES):
        await save(ada, year_from=str(1970 + year))
    answer = await save(ada, **QUERY)
    assert (answer.status_code, "as many saved searches" in answer.text) == (409, True)


async def test_without_the_forms_token_nothing_is_kept(ada: AsyncClient) -> None:
    del ada.headers["X-CSRF-Token"]
    answer = await ada.post("/me/searches", data=QUERY)
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
