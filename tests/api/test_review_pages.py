"""The staff's pages: the review of listings beside the decoder, decided on the version that was read, and questions."""

import re

import pytest
from httpx import AsyncClient

from activities.db import vin_reports
from activities.db.engine import transaction
from tests.api.conftest import House
from tests.api.newcomer import page
from tests.api.photographed import CIVIC, Photographed, open_photographed

QUEUE = "/admin/listings"


@pytest.fixture
def lister(house: House) -> Photographed:
    return open_photographed(house)


@pytest.fixture(name="amy")
async def amy_fixture(lister: Photographed) -> AsyncClient:
    return await lister.floor.client("amy")


async def test_the_queue_shows_what_waits_with_its_promise(lister: Photographed, amy: AsyncClient) -> None:
    number = await lister.submitted()
    waiting, others = await page(amy, "GET", QUEUE), await page(amy, "GET", f"{QUEUE}?review=rejected")
    assert (f'href="{QUEUE}/{number}"' in waiting.text, "Promised until" in waiting.text) == (True, True)
    assert "Nothing waits here." in others.text
    assert "read_listings" in {deed.action for deed in lister.floor.deeds()}


async def test_a_review_shows_the_edit_the_decoder_and_what_contradicts_it(
    lister: Photographed, amy: AsyncClient
) -> None:
    number = await lister.listed(vin=CIVIC)
    with transaction(lister.floor.house.engine) as connection:
        vin_reports.keep(connection, CIVIC, lister.vins.answers[0], "{}")
    await lister.write(number, vin=CIVIC, mileage=61_250, year=2018)
    lister.photo(number)
    await lister.submit(number)
    shown = (await page(amy, "GET", f"{QUEUE}/{number}")).text
    assert shown.count("Changed, material") == 2
    assert "ClearVIN says “2019”" in " ".join(shown.split())
    assert (shown.count('data-public="false"'), shown.count('data-public="true"')) == (1, 1)


async def test_an_approval_is_of_the_version_that_was_read(lister: Photographed, amy: AsyncClient) -> None:
    number = await lister.submitted()
    version = re.findall(r'name="version"\s+value="(\d+)"', (await page(amy, "GET", f"{QUEUE}/{number}")).text)[0]
    await lister.write(number, mileage=61_250)
    await lister.submit(number)
    stale = await page(amy, "POST", f"{QUEUE}/{number}/approve", version=version)
    assert (stale.status_code, "has changed since you read it" in stale.text) == (412, True)
    fresh = re.findall(r'name="version"\s+value="(\d+)"', stale.text)[0]
    answer = await page(amy, "POST", f"{QUEUE}/{number}/approve", version=fresh)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{QUEUE}?done=approve")
    assert (await lister.own(number))["status"] == "approved"


@pytest.mark.parametrize(("verb", "review"), [("request-changes", "changes_requested"), ("reject", "rejected")])
async def test_findings_are_sentences_by_field(lister: Photographed, amy: AsyncClient, verb: str, review: str) -> None:
    number = await lister.submitted()
    version = str((await lister.own(number))["version"])
    path = f"{QUEUE}/{number}/{verb}"
    nothing = await page(amy, "POST", path, version=version, **{"note.mileage": "  "})
    short = await page(amy, "POST", path, version=version, **{"note.mileage": "No"})
    assert [(each.status_code, "Write a sentence" in each.text) for each in (nothing, short)] == [(422, True)] * 2
    form = {"note.mileage": "The photo shows\r\n61,000 miles.", "note.photos": "", "note.nonsense": "Not a field."}
    answer = await page(amy, "POST", path, version=version, **form)
    assert answer.headers["location"] == f"{QUEUE}?done={verb}"
    assert (await lister.own(number))["review"]["notes"] == {"mileage": "The photo shows 61,000 miles."}
    assert (await lister.own(number))["review"]["status"] == review


async def test_whoever_has_just_shown_who_they_are_is_not_asked_again(lister: Photographed, amy: AsyncClient) -> None:
    number = await lister.submitted()
    assert "data-step-up" not in (await page(amy, "GET", f"{QUEUE}/{number}")).text


async def test_held_questions_are_shown_or_held_back_with_a_reason(lister: Photographed, amy: AsyncClient) -> None:
    number = await lister.listed()
    for text in ("Call me at 612 555 0134, is it rusty?", "Is it at https://cars.example.com too?"):
        await lister.ask("ada", "POST", f"/vehicles/{number}/questions", {"text": text})
    held = await page(amy, "GET", "/admin/questions")
    first, second = re.findall(r'data-question="(\d+)"', held.text)
    judge = "/admin/questions/{}/judge"
    silent = await page(amy, "POST", judge.format(first), part="question", verdict="refuse")
    odd = await page(amy, "POST", judge.format(first), part="nonsense", verdict="refuse", reason="It is odd.")
    assert [(each.status_code, "Give a reason" in each.text) for each in (silent, odd)] == [(422, True)] * 2
    refused = await page(
        amy, "POST", judge.format(first), part="question", verdict="refuse", reason="It gives a number."
    )
    shown = await page(await lister.floor.client("sue"), "POST", judge.format(second), part="question", verdict="show")
    assert [each.headers["location"] for each in (refused, shown)] == [
        "/admin/questions?done=refused",
        "/admin/questions?done=shown",
    ]
    public = (await lister.ask("", "GET", f"/vehicles/{number}/questions")).json()["items"]
    assert [each["id"] for each in public] == [int(second)]
    assert "Nothing waits here." in (await page(amy, "GET", "/admin/questions")).text
    unknown = await page(amy, "POST", judge.format(9_999), part="question", verdict="show")
    assert unknown.status_code == 404


async def test_a_document_that_is_not_there_is_not_found(lister: Photographed, amy: AsyncClient) -> None:
    number = await lister.submitted()
    answer = await page(amy, "GET", f"{QUEUE}/{number}/documents/7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert answer.status_code == 404
