"""The watchlist by forms: from the pages of a vehicle and of its auction, and back."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import event

from activities.db import search
from activities.db.engine import transaction
from api.database import now
from domain.watching import MOST_WATCHED
from tests.api.conftest import House
from tests.api.newcomer import page
from tests.api.test_search import listed
from tests.db.market import add_car, add_lot


@pytest.fixture(name="ada")
async def ada_fixture(house: House) -> AsyncClient:
    return await house.browser("ada")


async def watched(client: AsyncClient) -> list[int]:
    return [item["vehicle"]["id"] for item in (await client.get("/api/me/watchlist")).json()["items"]]


def auction_of(house: House, number: int) -> tuple[int, int]:
    """A listed vehicle and its live auction."""
    with transaction(house.engine) as connection:
        seller = house.people["sam"]
        vehicle_id = add_car(connection, seller, number)
        lot = add_lot(connection, seller, vehicle_id, starts_at=now(), ends_at=now() + timedelta(hours=number))
        search.put(connection, vehicle_id, now())
        return vehicle_id, lot


async def test_who_watches_nothing_is_told_how(ada: AsyncClient) -> None:
    answer = await page(ada, "GET", "/me/watchlist")
    assert ("You watch nothing yet" in answer.text, "data-lot=" in answer.text) == (True, False)


async def test_a_vehicle_is_watched_from_its_pages_and_one_comes_back_there(house: House, ada: AsyncClient) -> None:
    vehicle_id, lot = auction_of(house, 1)
    for path in (f"/auctions/{lot}", f"/vehicles/{vehicle_id}"):
        shown = await page(ada, "GET", path)
        assert f'action="/me/watchlist/{vehicle_id}"' in shown.text
        assert f'name="next" value="{path}"' in shown.text
        answer = await page(ada, "POST", f"/me/watchlist/{vehicle_id}", next=path)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert f'action="/me/watchlist/{vehicle_id}/remove"' in (await page(ada, "GET", path)).text
        assert await watched(ada) == [vehicle_id]
        assert (await page(ada, "POST", f"/me/watchlist/{vehicle_id}/remove", next=path)).headers["location"] == path
    assert await watched(ada) == []


async def test_strangers_are_asked_to_sign_in_and_brought_back(house: House) -> None:
    vehicle_id, lot = auction_of(house, 1)
    for path in (f"/auctions/{lot}", f"/vehicles/{vehicle_id}"):
        shown = await house.client().get(path)
        assert f'href="/sign-in?next={path}">Sign in to watch it' in shown.text
        assert "/me/watchlist" not in shown.text


async def test_the_list_shows_price_status_and_time_left_with_what_ends_first_at_the_top(
    house: House, ada: AsyncClient
) -> None:
    late, soon, resting = listed(house, 5), listed(house, 2), listed(house, 3, lot=False)
    for vehicle_id in (late, soon, resting):
        await ada.put(f"/api/me/watchlist/{vehicle_id}")
    shown = (await page(ada, "GET", "/me/watchlist")).text
    places = [shown.index(f'id="vehicle-{vehicle_id}"') for vehicle_id in (soon, late, resting)]
    assert places == sorted(places)
    for words in ("$2,000", "$5,000", "Live", "In no auction yet", "10 minutes before"):
        assert words in shown, words
    assert re.search(r">(1h 59m|2h 00m) \d\ds<", shown)


async def test_what_is_removed_is_gone_and_removing_it_again_does_no_harm(house: House, ada: AsyncClient) -> None:
    vehicle_id = listed(house, 1)
    await ada.put(f"/api/me/watchlist/{vehicle_id}")
    for _ in range(2):
        answer = await page(ada, "POST", f"/me/watchlist/{vehicle_id}/remove")
        assert (answer.status_code, answer.headers["location"]) == (303, "/me/watchlist?done=removed")
    assert await watched(ada) == []
    assert "You watch it no more." in (await page(ada, "GET", "/me/watchlist?done=removed")).text


async def test_one_is_told_only_what_is_ticked(house: House, ada: AsyncClient) -> None:
    vehicle_id = listed(house, 1)
    own = f"/api/me/watchlist/{vehicle_id}"
    await ada.put(own)
    data = {"reminders": ["hour", "outbid"]}
    answer = await ada.post(f"/me/watchlist/{vehicle_id}/reminders", data=data)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/me/watchlist?done=reminders#vehicle-{vehicle_id}",
    )
    assert (await ada.get(own)).json()["reminders"] == ["hour", "outbid"]
    assert "2 of 5 reminders on" in " ".join((await page(ada, "GET", "/me/watchlist")).text.split())
    assert (await page(ada, "POST", f"/me/watchlist/{vehicle_id}/reminders")).status_code == 303
    assert (await ada.get(own)).json()["reminders"] == []
    assert (await page(ada, "POST", "/me/watchlist/99/reminders", reminders="hour")).status_code == 404
    assert (await page(ada, "POST", f"/me/watchlist/{vehicle_id}/reminders", reminders="week")).status_code == 422


async def test_a_form_leads_to_no_other_site(house: House, ada: AsyncClient) -> None:
    for path in ("", "/remove"):
        answer = await page(ada, "POST", f"/me/watchlist/{listed(house, 1 + len(path))}{path}", next="//evil.example")
        assert answer.headers["location"] == "/"


async def test_what_is_not_listed_cannot_be_watched(ada: AsyncClient) -> None:
    assert (await page(ada, "POST", "/me/watchlist/99")).status_code == 404


async def test_a_long_list_comes_in_pages_and_has_an_end(house: House, ada: AsyncClient) -> None:
    numbers = [listed(house, number, lot=False) for number in range(1, MOST_WATCHED + 2)]
    for vehicle_id in numbers[:-1]:
        await ada.put(f"/api/me/watchlist/{vehicle_id}")
    first, last = [await page(ada, "GET", f"/me/watchlist?page={number}") for number in (1, 4)]
    assert [each.text.count('id="vehicle-') for each in (first, last)] == [50, 50]
    assert ("page=2" in first.text, "page=5" in last.text, "page=3" in last.text) == (True, False, True)
    full = await page(ada, "POST", f"/me/watchlist/{numbers[-1]}")
    assert (full.status_code, "take one off first" in full.text) == (409, True)
    assert (await page(ada, "GET", "/me/watchlist?page=0")).status_code == 422


async def test_the_page_costs_the_same_statements_however_long_it_is(house: House, ada: AsyncClient) -> None:
    statements: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    costs = []
    for numbers in (range(1, 2), range(2, 12)):
        for number in numbers:
            await ada.put(f"/api/me/watchlist/{listed(house, number)}")
        await page(ada, "GET", "/me/watchlist")
        statements.clear()
        await page(ada, "GET", "/me/watchlist")
        costs.append(len(statements))
    assert costs[0] == costs[1]
