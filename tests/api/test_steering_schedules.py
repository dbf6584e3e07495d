"""POST /api/auctions: who may schedule what, and that it happens once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.db import schedules
from activities.db.engine import reading
from activities.db.people import Scope
from api.database import now
from domain.clock import CHICAGO, to_text
from domain.ledger import genesis
from temporal.schedules import start_of
from tests.api.conftest import SECRET, House
from tests.api.floor import DAY, Floor, open_floor, refusal, wrong_fields

PATH = "/api/auctions"
SECOND = timedelta(seconds=1)


@pytest.fixture
def floor(house: House) -> Floor:
    return open_floor(house)


def next_sunday() -> datetime:
    noon = now().astimezone(CHICAGO).replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + (7 - (noon.weekday() + 1) % 7) * DAY


async def in_production(floor: Floor) -> None:
    # Signed in before: afterwards the cookie is one for https only.
    await floor.client("sam")
    floor.use(profile="production", platform_key="A" * 43 + "=", cookie_secure=True)


async def test_a_seller_schedules_an_own_vehicle(floor: Floor) -> None:
    later = to_text(now() + DAY)
    wish = floor.wish(floor.car(), starts_at=later, ends_at=to_text(now() + 2 * DAY), reserve_cents=900_000)
    answer = await floor.post("sam", PATH, wish)
    found = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/auctions/{found['id']}")
    facts = {name: found[name] for name in ("status", "start_cents", "reserve", "starts_at", "window_s", "bid_count")}
    assert facts == {
        "status": "scheduled",
        "start_cents": 500_000,
        "reserve": "not_met",
        "starts_at": later,
        "window_s": 120,
        "bid_count": 0,
    }
    assert (found["title"], found["increments_version"]) == ("2019 Honda Civic EX", "2026-1")
    assert "900000" not in answer.text


async def test_its_workflow_starts_from_the_frozen_terms(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=900_000, window_s=30)
    (start,) = floor.lots.starts
    terms = start.terms
    assert (terms.auction_id, terms.barred, terms.reserve_cents) == (lot, (str(floor.person("sam")),), 900_000)
    assert (terms.window_s, terms.increments, terms.sunday_rule) == (30, "2026-1", False)
    assert terms.outage_stagger_ms == lot % 120 * 500
    assert (start.vehicle, len(start.nonce)) == ("2019 Honda Civic EX", 64)


async def test_the_first_entry_follows_from_the_row(floor: Floor) -> None:
    lot = await floor.lot()
    assert floor.lots.auctions[lot].tail.entries[0].prev_hash == genesis(lot)
    assert (await floor.get("", f"{PATH}/{lot}")).json()["status"] == "live"


async def test_the_same_key_and_body_make_one_auction(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    first, again = [await floor.post("sam", PATH, wish, key="k") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert len(floor.lots.starts) == 1


async def test_the_same_wish_sent_many_times_at_once_makes_one_auction(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    await floor.client("sam")
    answers = await asyncio.gather(*(floor.post("sam", PATH, wish, key="k") for _ in range(8)))
    assert {(answer.status_code, answer.json()["id"]) for answer in answers} == {(201, answers[0].json()["id"])}
    assert len(floor.lots.auctions) == 1


async def test_of_many_wishes_for_one_vehicle_one_is_granted(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    await floor.client("sam")
    answers = await asyncio.gather(*(floor.post("sam", PATH, wish) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_key_still_answers_when_the_start_is_long_past_and_the_reserve_was_lowered(floor: Floor) -> None:
    wish = floor.wish(floor.car(), reserve_cents=900_000)
    lot = (await floor.post("sam", PATH, wish, key="k")).json()["id"]
    await floor.post("sam", f"{PATH}/{lot}/lower-reserve", {"reserve_cents": None})
    floor.lots.pass_time(2 * DAY)
    again = await floor.post("sam", PATH, wish, key="k")
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (201, lot, "ended")


@pytest.mark.parametrize("change", [{"start_cents": 600_000}, {"reserve_cents": 900_000}, {"window_s": 60}])
async def test_the_same_key_with_another_body_is_refused(floor: Floor, change: dict[str, Any]) -> None:
    wish = floor.wish(floor.car())
    await floor.post("sam", PATH, wish, key="k")
    assert refusal(await floor.post("sam", PATH, {**wish, **change}, key="k")) == (422, "ID_REUSED")


async def test_the_same_key_for_another_vehicle_is_refused(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    await floor.post("sam", PATH, wish, key="k")
    assert refusal(await floor.post("sam", PATH, {**wish, "vehicle_id": floor.car()}, key="k")) == (422, "ID_REUSED")


async def test_the_keys_of_two_people_never_collide(floor: Floor) -> None:
    sams = await floor.post("sam", PATH, floor.wish(floor.car("sam")), key="k")
    sids = await floor.post("sid", PATH, floor.wish(floor.car("sid")), key="k")
    assert (sams.status_code, sids.status_code) == (201, 201)
    assert sams.json()["id"] != sids.json()["id"]


async def test_while_temporal_is_away_the_row_stays_and_the_same_key_starts_it(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    floor.lots.away = True
    away = await floor.post("sam", PATH, wish, key="k")
    assert refusal(away) == (503, "UNAVAILABLE")
    assert int(away.headers["retry-after"]) > 0
    (waiting,) = (await floor.get("", PATH)).json()["items"]
    floor.lots.away = False
    again = await floor.post("sam", PATH, wish, key="k")
    assert (again.status_code, again.json()["id"]) == (201, waiting["id"])


async def test_a_lost_answer_starts_nothing_twice(floor: Floor) -> None:
    wish = floor.wish(floor.car())
    floor.lots.lose_answers = 1
    assert refusal(await floor.post("sam", PATH, wish, key="k")) == (503, "UNAVAILABLE")
    assert (await floor.post("sam", PATH, wish, key="k")).status_code == 201
    assert len(floor.lots.auctions) == 1


async def test_a_sweeper_finds_what_was_never_started_with_the_same_start(floor: Floor) -> None:
    floor.lots.away = True
    await floor.post("sam", PATH, floor.wish(floor.car(), reserve_cents=900_000), key="k")
    with reading(floor.house.engine) as connection:
        (row,) = schedules.unstarted(connection, now() + SECOND)
    floor.lots.away = False
    swept = start_of(SECRET, row)
    await floor.lots.start(swept)
    assert (swept.terms.reserve_cents, swept.terms.sunday_rule) == (900_000, False)
    with reading(floor.house.engine) as connection:
        assert schedules.unstarted(connection, now() + SECOND) == []


async def test_a_vehicle_is_in_one_auction_at_a_time(floor: Floor) -> None:
    car = floor.car()
    lot = (await floor.post("sam", PATH, floor.wish(car))).json()["id"]
    busy = await floor.post("sam", PATH, floor.wish(car))
    assert (*refusal(busy), busy.json()["auction_id"]) == (409, "VEHICLE_IN_AUCTION", lot)
    floor.lots.pass_time(2 * DAY)
    assert (await floor.post("sam", PATH, floor.wish(car))).status_code == 201


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("", 401, "NOT_SIGNED_IN"),
        ("ada", 403, "SELLERS_ONLY"),
        ("sue", 403, "SELLERS_ONLY"),
        ("sid", 403, "NOT_YOUR_VEHICLE"),
    ],
)
async def test_only_its_seller_and_admins_put_a_vehicle_up(floor: Floor, name: str, status: int, code: str) -> None:
    assert refusal(await floor.post(name, PATH, floor.wish(floor.car()))) == (status, code)


async def test_an_admin_schedules_for_the_seller(floor: Floor) -> None:
    assert (await floor.post("amy", PATH, floor.wish(floor.car()))).status_code == 201
    assert floor.lots.starts[0].terms.barred == (str(floor.person("sam")),)


async def test_the_token_of_an_admin_needs_the_scope_to_act_as_one(floor: Floor) -> None:
    seller_only = await floor.machine("amy", Scope.SELL)
    answer = await seller_only.post(PATH, json=floor.wish(floor.car()), headers={"Idempotency-Key": "k"})
    assert (*refusal(answer), answer.json()["scope"]) == (403, "SCOPE_MISSING", "admin")


async def test_a_dealers_system_schedules_by_token(floor: Floor) -> None:
    machine = await floor.machine("sam", Scope.SELL)
    answer = await machine.post(PATH, json=floor.wish(floor.car()), headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201


async def test_an_unknown_vehicle_is_404(floor: Floor) -> None:
    assert refusal(await floor.post("sam", PATH, floor.wish(404))) == (404, "VEHICLE_NOT_FOUND")


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 129, "a\tb"])
async def test_a_key_must_be_there_and_visible(floor: Floor, key: str) -> None:
    client = await floor.client("sam")
    answer = await client.post(PATH, json=floor.wish(floor.car()), headers=[(b"Idempotency-Key", key.encode())])
    assert wrong_fields(answer) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start_cents": 0}, "start_cents"),
        ({"start_cents": -100}, "start_cents"),
        ({"start_cents": 500_050}, "start_cents"),
        ({"start_cents": 500_000.0}, "start_cents"),
        ({"start_cents": "500000"}, "start_cents"),
        ({"start_cents": True}, "start_cents"),
        ({"start_cents": 10**30}, "start_cents"),
        ({"reserve_cents": 400_000}, "reserve_cents"),
        ({"reserve_cents": 0}, "reserve_cents"),
        ({"vehicle_id": "1"}, "vehicle_id"),
        ({"vehicle_id": 0}, "vehicle_id"),
        ({"starts_at": "2026-05-05T12:00:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": 1_778_011_200}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"window_s": 0}, "window_s"),
        ({"window_s": 3_601}, "window_s"),
        ({"sunday_rule": "off"}, "sunday_rule"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_wrong_field_is_named(floor: Floor, change: dict[str, Any], field: str) -> None:
    assert wrong_fields(await floor.post("sam", PATH, {**floor.wish(floor.car()), **change})) == [field]


@pytest.mark.parametrize(
    ("starts_in", "lasts", "field"),
    [
        (timedelta(seconds=-70), DAY, "starts_at"),
        (timedelta(days=367), DAY, "starts_at"),
        (timedelta(hours=1), timedelta(milliseconds=999), "ends_at"),
        (timedelta(hours=1), -DAY, "ends_at"),
        (timedelta(hours=1), timedelta(days=30, milliseconds=1), "ends_at"),
        (timedelta(seconds=-50), timedelta(seconds=10), "ends_at"),
    ],
)
async def test_a_time_that_cannot_be_is_named(floor: Floor, starts_in: timedelta, lasts: timedelta, field: str) -> None:
    start = now() + starts_in
    wish = floor.wish(floor.car(), starts_at=to_text(start), ends_at=to_text(start + lasts))
    assert wrong_fields(await floor.post("sam", PATH, wish)) == [field]


async def test_all_wrong_fields_are_named_at_once(floor: Floor) -> None:
    start = now() - DAY
    wish = floor.wish(floor.car(), reserve_cents=100, starts_at=to_text(start), ends_at=to_text(start))
    assert wrong_fields(await floor.post("sam", PATH, wish)) == ["reserve_cents", "starts_at", "ends_at"]


@pytest.mark.parametrize("hours", [-12.9, -12, 0, 11.9])
async def test_nothing_is_planned_to_end_on_a_sunday_or_just_before(floor: Floor, hours: float) -> None:
    end = next_sunday() + timedelta(hours=hours)
    wish = floor.wish(floor.car(), ends_at=to_text(end.astimezone(now().tzinfo)), sunday_rule=True)
    answer = await floor.post("sam", PATH, wish)
    assert (*refusal(answer), wrong_fields(answer)) == (422, "SUNDAY_END", ["ends_at"])


async def test_the_house_window_is_the_default(floor: Floor) -> None:
    floor.use(soft_close_window_s=45)
    await floor.lot()
    assert floor.lots.starts[0].terms.window_s == 45


@pytest.mark.parametrize(
    ("change", "field"), [({"sunday_rule": False}, "sunday_rule"), ({"window_s": 119}, "window_s")]
)
async def test_production_keeps_its_rules(floor: Floor, change: dict[str, Any], field: str) -> None:
    await in_production(floor)
    wish = floor.wish(floor.car(), sunday_rule=None)
    assert wrong_fields(await floor.post("sam", PATH, {**wish, **change})) == [field]


async def test_in_production_an_auction_lasts_a_minute_at_least(floor: Floor) -> None:
    await in_production(floor)
    wish = floor.wish(floor.car(), ends_at=to_text(now() + 59 * SECOND), sunday_rule=None)
    assert wrong_fields(await floor.post("sam", PATH, wish)) == ["ends_at"]


async def test_a_schedule_is_audited_without_its_reserve(floor: Floor) -> None:
    lot = await floor.lot(reserve_cents=987_600)
    (deed,) = floor.deeds()
    assert (deed.actor_id, deed.action, deed.subject) == (floor.person("sam"), "auction_scheduled", f"auction {lot}")
    assert len(deed.request_id) == 16
    assert "9876" not in str(deed.detail)
