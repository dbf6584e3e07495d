"""Lots made of listings: their terms taken from it, their ends a minute apart, and the run before shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from api.database import now
from domain.clock import CHICAGO, from_text, may_end_at, to_text
from tests.api.conftest import House
from tests.api.floor import DAY, refusal, wrong_fields
from tests.api.lister import OTHER_VIN, Lister, open_lister

PATH = "/api/auctions"
MINUTE = timedelta(minutes=1)
THIRD_VIN = "19XFC1F33KE200003"


@pytest.fixture
def lister(house: House) -> Lister:
    return open_lister(house)


def noon_on(weekday: int, hour: int = 12) -> datetime:
    """Noon in Chicago, or another hour, on the next such day that is at least two days ahead."""
    moment = now().astimezone(CHICAGO).replace(hour=hour, minute=0, second=0, microsecond=0) + 2 * DAY
    return (moment + (weekday - moment.weekday()) % 7 * DAY).astimezone(UTC)


async def put_up(lister: Lister, vehicle_id: int, name: str = "sam", key: str | None = None, **body: Any) -> Response:
    wish = {"vehicle_id": vehicle_id, "starts_at": to_text(now()), **body}
    return await lister.floor.post(name, PATH, wish, key=key)


async def two_listed(lister: Lister) -> tuple[int, int]:
    return await lister.listed(), await lister.listed(vin=OTHER_VIN)


async def test_what_is_left_out_is_taken_from_the_listing(lister: Lister) -> None:
    starts_at = noon_on(1)
    number = await lister.listed(start_cents=700_000, reserve_cents=1_200_000, length_days=3)
    answer = await put_up(lister, number, starts_at=to_text(starts_at))
    found = answer.json()
    assert (answer.status_code, found["start_cents"], found["reserve"]) == (201, 700_000, "not_met")
    assert found["ends_at"] == to_text(starts_at + 3 * DAY)
    assert lister.floor.lots.starts[0].terms.reserve_cents == 1_200_000


async def test_what_is_said_is_taken_instead(lister: Lister) -> None:
    number = await lister.listed()
    end = noon_on(3)
    answer = await put_up(lister, number, start_cents=100_000, reserve_cents=None, ends_at=to_text(end))
    found = answer.json()
    assert (found["start_cents"], found["reserve"], from_text(found["ends_at"])) == (100_000, "none", end)


async def test_a_length_never_leads_into_a_sunday(lister: Lister) -> None:
    sunday = noon_on(6)
    answer = await put_up(lister, await lister.listed(), starts_at=to_text(sunday - DAY), length_days=1)
    end = from_text(answer.json()["ends_at"])
    assert may_end_at(end)
    assert end == noon_on(6).astimezone(CHICAGO).replace(hour=10) + DAY


@pytest.mark.parametrize(
    ("listing", "body", "fields"),
    [
        ({"length_days": None}, {}, ["ends_at"]),
        ({}, {"length_days": 4}, ["length_days"]),
        ({}, {"length_days": 7, "ends_at": to_text(noon_on(3))}, ["length_days"]),
        ({}, {"start_cents": 1_200_000}, ["reserve_cents"]),
        ({"buy_now_cents": 1_300_000}, {"reserve_cents": 1_400_000}, ["reserve_cents"]),
    ],
)
async def test_what_neither_says_or_cannot_be_is_named(
    lister: Lister, listing: dict[str, Any], body: dict[str, Any], fields: list[str]
) -> None:
    number = await lister.listed(**listing)
    assert wrong_fields(await put_up(lister, number, **body)) == fields


async def test_the_same_key_is_one_wish_whatever_the_listing_says_later(lister: Lister) -> None:
    number = await lister.listed()
    wish = {"ends_at": to_text(noon_on(3)), "starts_at": to_text(now())}
    first = await put_up(lister, number, key="k", **wish)
    await lister.write(number, start_cents=900_000)
    again = await put_up(lister, number, key="k", **wish)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    waived = await put_up(lister, number, key="k", **wish, reserve_cents=None)
    assert refusal(waived) == (422, "ID_REUSED")


async def test_the_ends_of_one_sellers_lots_are_a_minute_apart(lister: Lister) -> None:
    end = noon_on(3)
    numbers = [*(await two_listed(lister)), await lister.listed(vin=THIRD_VIN)]
    ends = [from_text((await put_up(lister, each, ends_at=to_text(end))).json()["ends_at"]) for each in numbers]
    assert ends == [end, end + MINUTE, end + 2 * MINUTE]


async def test_other_sellers_lots_may_end_at_once(lister: Lister) -> None:
    end = noon_on(3)
    await put_up(lister, await lister.listed(), ends_at=to_text(end))
    other = await put_up(lister, lister.floor.car("sid"), "sid", start_cents=500_000, ends_at=to_text(end))
    assert from_text(other.json()["ends_at"]) == end


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        ({"stagger": False}, False),
        ({"sunday_rule": False}, False),
        ({"sunday_rule": False, "stagger": True}, True),
        ({}, True),
    ],
)
async def test_an_end_stays_where_it_is_asked_for_when_it_is_said_so(
    lister: Lister, body: dict[str, Any], moved: bool
) -> None:
    end = noon_on(3)
    first, second = await two_listed(lister)
    await put_up(lister, first, ends_at=to_text(end))
    answer = await put_up(lister, second, ends_at=to_text(end), **body)
    assert from_text(answer.json()["ends_at"]) == (end + MINUTE if moved else end)


async def test_towards_a_sunday_an_end_is_moved_back(lister: Lister) -> None:
    last = noon_on(5, hour=23)
    first, second = await two_listed(lister)
    await put_up(lister, first, ends_at=to_text(last))
    answer = await put_up(lister, second, ends_at=to_text(last))
    assert from_text(answer.json()["ends_at"]) == last - MINUTE


async def test_an_unsold_vehicle_is_put_up_again_and_shows_the_run_before(lister: Lister) -> None:
    number = await lister.listed()
    first = await lister.lot(number)
    lister.floor.lots.bid(first, lister.floor.person("ada"), 600_000)
    lister.floor.lots.pass_time(2 * DAY)
    assert (await lister.own(number))["status"] == "unsold"
    second = await lister.lot(number)
    shown = (await lister.ask("", "GET", f"/auctions/{second}")).json()
    previous = shown["previous"]
    assert (shown["relisted_from"], previous["auction_id"]) == (first, first)
    assert (previous["result"], previous["price_cents"]) == ("reserve_not_met", 600_000)
    assert from_text(previous["ended_at"]) is not None
    before = (await lister.ask("", "GET", f"/auctions/{first}")).json()
    assert (before["relisted_from"], before["previous"]) == (None, None)


async def test_the_workflow_of_the_listing_follows_its_lot(lister: Lister) -> None:
    number = await lister.listed()
    await lister.lot(number)
    assert lister.door.followed[number] == 2
    assert (await lister.own(number))["status"] == "scheduled"
