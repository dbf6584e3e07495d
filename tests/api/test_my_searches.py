"""Saved searches and the watchlist over HTTP."""

from typing import Any

import pytest

from domain.saved_searches import MOST_SEARCHES
from tests.api.conftest import House
from tests.api.test_search import listed

CIVICS: dict[str, Any] = {
    "name": "Civics near me",
    "filters": {"make": ["Honda"], "model": ["Civic"], "year_from": 2018, "price_to_cents": 900_000, "zip": "55101"},
    "frequency": "instant",
}


async def test_a_search_is_kept_and_shown_as_a_query(house: House) -> None:
    ada = await house.browser("ada")
    made = await ada.post("/api/me/searches", json=CIVICS)
    assert made.status_code == 201, made.text
    assert (await ada.get("/api/me/searches")).json()["items"] == [made.json()]
    assert made.json()["filters"] == {
        "make": ["honda"],
        "model": ["civic"],
        "year_from": 2018,
        "price_to_cents": 900_000,
        "zip": "55101",
        "miles": 50,
    }
    assert (await ada.get("/api/vehicles", params=made.json()["filters"])).status_code == 200


async def test_a_search_is_deleted_by_its_owner_only(house: House) -> None:
    ada, bob = await house.browser("ada"), await house.browser("bob")
    key = (await ada.post("/api/me/searches", json=CIVICS)).json()["id"]
    answers = [await person.delete(f"/api/me/searches/{key}") for person in (bob, ada, ada)]
    assert [answer.status_code for answer in answers] == [404, 204, 404]
    assert answers[0].json()["code"] == "SEARCH_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filters": {}}, "filters"),
        ({"filters": {"zip": "00000"}}, "zip"),
        ({"filters": {"status": ["live"]}}, "filters.status"),
        ({"name": " "}, "name"),
        ({"frequency": "hourly"}, "frequency"),
    ],
)
async def test_what_cannot_be_kept_is_named(house: House, changes: dict[str, Any], field: str) -> None:
    answer = await (await house.browser("ada")).post("/api/me/searches", json={**CIVICS, **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_there_is_a_most_of_searches(house: House) -> None:
    ada = await house.browser("ada")
    for year in range(MOST_SEARCHES):
        await ada.post("/api/me/searches", json={**CIVICS, "filters": {"year_from": 1970 + year}})
    answer = await ada.post("/api/me/searches", json=CIVICS)
    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_SEARCHES")


async def test_a_vehicle_is_watched_until_it_is_not(house: House) -> None:
    ada, vehicle_id = await house.browser("ada"), listed(house, 1)
    path = f"/api/me/watchlist/{vehicle_id}"
    assert (await ada.get(path)).json()["code"] == "NOT_WATCHED"
    made = [await ada.put(path), await ada.put(path)]
    assert [answer.status_code for answer in made] == [200, 200]
    assert made[0].json()["auction"]["vehicle"]["id"] == made[0].json()["vehicle"]["id"] == vehicle_id
    assert [item["vehicle"]["id"] for item in (await ada.get("/api/me/watchlist")).json()["items"]] == [vehicle_id]
    assert (await (await house.browser("bob")).get("/api/me/watchlist")).json()["items"] == []
    assert [(await ada.delete(path)).status_code for _ in range(2)] == [204, 404]


async def test_a_watcher_says_what_to_be_told(house: House) -> None:
    ada, vehicle_id = await house.browser("ada"), listed(house, 1)
    path = f"/api/me/watchlist/{vehicle_id}"
    assert (await ada.put(f"{path}/reminders", json={"reminders": []})).json()["code"] == "NOT_WATCHED"
    assert len((await ada.put(path)).json()["reminders"]) == 5
    answer = await ada.put(f"{path}/reminders", json={"reminders": ["outbid", "day"]})
    assert answer.json() == (await ada.put(path)).json() | {"auction": answer.json()["auction"]}
    assert answer.json()["reminders"] == ["day", "outbid"]
    assert (await ada.put(f"{path}/reminders", json={"reminders": ["week"]})).status_code == 422


async def test_what_is_not_listed_cannot_be_watched(house: House) -> None:
    answer = await (await house.browser("ada")).put("/api/me/watchlist/99")
    assert (answer.status_code, answer.json()["code"]) == (404, "VEHICLE_NOT_FOUND")


async def test_strangers_have_neither(house: House) -> None:
    for path in ("/api/me/searches", "/api/me/watchlist"):
        assert (await house.client().get(path)).status_code == 401
