"""Offers over HTTP: made with buying power, answered in turn, seen by both sides and nobody else."""

import pytest
from pydantic import TypeAdapter

from activities.db.people import Scope
from api.offer_views import OFFER_EXAMPLE, OfferView
from domain.links import Evidence
from domain.listings import SaleType
from domain.notices import NoticeKind
from tests.api.conftest import House
from tests.api.floor import refusal, wrong_fields
from tests.api.market_day import MarketDay, open_market_day
from tests.api.test_links import share
from tests.doubles.notices import letters

CENTS = 700_000


@pytest.fixture
def day(house: House) -> MarketDay:
    return open_market_day(house)


async def made(day: MarketDay, name: str = "ada", cents: int = CENTS) -> tuple[int, str]:
    """A lot and the id of an offer on it."""
    lot = await day.lot(SaleType.MAKE_OFFER, buy_now_cents=None)
    answer = await day.offer(name, lot, cents)
    assert answer.status_code == 201, answer.text
    return lot, answer.json()["id"]


async def test_an_offer_that_the_seller_accepts_sells_the_vehicle(day: MarketDay) -> None:
    day.limit("ada", CENTS)
    lot, offer_id = await made(day)
    assert day.held() == [("offer", CENTS)]
    accepted = await day.answer("sam", offer_id, "accept", 1)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert day.held() == [("win", CENTS)]
    shown = (await day.floor.get("", f"/api/auctions/{lot}/buy-now")).json()
    assert (shown["auction_status"], shown["sold_by"], shown["sold_cents"]) == ("ended", "offer", CENTS)
    told = letters(day.house.engine, NoticeKind.OFFER_RECEIVED, NoticeKind.OFFER_ACCEPTED)
    assert [(letter.kind.value, letter.to) for letter in told] == [
        ("offer_received", "sam@example.com"),
        ("offer_accepted", "ada@example.com"),
        ("offer_accepted", "sam@example.com"),
    ]


async def test_both_sides_see_the_same_end_by_the_same_clock(day: MarketDay) -> None:
    _, offer_id = await made(day)
    hers, his = [(await day.floor.get(name, f"/api/offers/{offer_id}")).json() for name in ("ada", "sam")]
    assert hers["expires_at"] == his["expires_at"]
    assert {"server_now"} <= hers.keys() & his.keys()
    assert (hers["you_are"], hers["your_turn"], his["you_are"], his["your_turn"]) == ("buyer", False, "seller", True)


async def test_counters_go_back_and_forth_and_bind_only_the_buyers_figure(day: MarketDay) -> None:
    day.limit("ada", 900_000)
    _, offer_id = await made(day)
    first = await day.answer("sam", offer_id, "counter", 1, amount_cents=850_000)
    assert (first.json()["by"], first.json()["amount_cents"], day.held()) == ("seller", 850_000, [])
    second = await day.answer("ada", offer_id, "counter", 2, amount_cents=800_000)
    assert (second.json()["offers_left"], day.held()) == (1, [("offer", 800_000)])
    await day.answer("sam", offer_id, "counter", 3, amount_cents=820_000)
    accepted = await day.answer("ada", offer_id, "accept", 4)
    assert (accepted.json()["status"], day.held()) == ("accepted", [("win", 820_000)])


async def test_a_buyer_cannot_agree_to_more_than_their_power(day: MarketDay) -> None:
    day.limit("ada", CENTS)
    _, offer_id = await made(day)
    await day.answer("sam", offer_id, "counter", 1, amount_cents=900_000)
    assert refusal(await day.answer("ada", offer_id, "accept", 2)) == (403, "BUYING_POWER")
    assert refusal(await day.answer("ada", offer_id, "counter", 2, amount_cents=800_000)) == (403, "BUYING_POWER")
    assert day.held() == []
    assert (await day.answer("ada", offer_id, "decline", 2)).json()["status"] == "declined"


@pytest.mark.parametrize("name", ["sam", "ada"])
async def test_who_is_linked_to_the_seller_after_the_first_figure_comes_no_closer_to_a_sale(
    day: MarketDay, name: str
) -> None:
    _, offer_id = await made(day)
    step = 1
    if name == "ada":
        await day.answer("sam", offer_id, "counter", 1, amount_cents=900_000)
        step = 2
    share(day.floor, Evidence.BANK, "sam", "ada")
    accepted = await day.answer(name, offer_id, "accept", step)
    countered = await day.answer(name, offer_id, "counter", step, amount_cents=850_000)
    assert [refusal(answer) for answer in (accepted, countered)] == [(409, "OWN_VEHICLE")] * 2
    assert (await day.answer(name, offer_id, "decline", step)).json()["status"] == "declined"


async def test_strangers_find_nothing(day: MarketDay) -> None:
    _, offer_id = await made(day)
    assert refusal(await day.floor.get("bob", f"/api/offers/{offer_id}")) == (404, "OFFER_NOT_FOUND")
    for act in ("accept", "decline", "withdraw"):
        assert refusal(await day.answer("bob", offer_id, act, 1)) == (404, "OFFER_NOT_FOUND")
    assert refusal(await day.answer("sid", offer_id, "counter", 1, amount_cents=900_000)) == (404, "OFFER_NOT_FOUND")
    assert refusal(await day.floor.get("", f"/api/offers/{offer_id}"))[0] == 401


async def test_it_is_the_other_sides_turn_and_what_was_seen_has_to_be_what_there_is(day: MarketDay) -> None:
    _, offer_id = await made(day)
    assert refusal(await day.answer("ada", offer_id, "accept", 1)) == (409, "NOT_YOUR_TURN")
    await day.answer("sam", offer_id, "counter", 1, amount_cents=900_000)
    stale = await day.answer("sam", offer_id, "withdraw", 1)
    assert (refusal(stale), stale.json()["offer"]["step"]) == ((409, "OFFER_CHANGED"), 2)
    assert (await day.answer("sam", offer_id, "withdraw", 2)).json()["status"] == "withdrawn"
    assert refusal(await day.answer("ada", offer_id, "accept", 2)) == (409, "OFFER_OVER")


async def test_one_offer_stands_at_a_time_and_three_are_the_most(day: MarketDay) -> None:
    lot, offer_id = await made(day)
    again = await day.offer("ada", lot, 600_000)
    assert (refusal(again), again.json()["offer_id"]) == ((409, "OFFER_OPEN"), offer_id)
    for number in (2, 3):
        await day.answer("ada", offer_id, "withdraw", 1)
        offer_id = (await day.offer("ada", lot, CENTS)).json()["id"]
        assert number
    await day.answer("ada", offer_id, "withdraw", 1)
    assert refusal(await day.offer("ada", lot, CENTS)) == (409, "TOO_MANY_OFFERS")


async def test_a_seller_talks_to_several_buyers_and_one_acceptance_ends_the_others(day: MarketDay) -> None:
    day.limit("bob", CENTS)
    lot, first = await made(day)
    second = (await day.offer("bob", lot, 650_000)).json()["id"]
    received = (await day.floor.get("sam", "/api/me/offers/received")).json()
    assert (received["total"], received["items"][0]["title"]) == (2, "2019 Honda Civic EX")
    await day.answer("sam", first, "accept", 1)
    late = await day.answer("sam", second, "accept", 1)
    assert (refusal(late), late.json()["offer"]["status"]) == ((409, "TOO_LATE"), "lapsed")
    assert day.held() == []


async def test_the_auction_decides_between_a_first_bid_and_an_acceptance(day: MarketDay) -> None:
    lot = await day.lot()
    offer_id = (await day.offer("ada", lot, CENTS)).json()["id"]
    day.floor.lots.bid(lot, day.floor.person("bob"), 500_000, recorded=False)
    assert refusal(await day.answer("sam", offer_id, "accept", 1)) == (409, "OFFERS_NOT_OPEN")
    assert refusal(await day.offer("bob", lot, CENTS)) == (409, "OFFERS_NOT_OPEN")


async def test_a_reserved_lot_keeps_the_offer_waiting(day: MarketDay) -> None:
    lot = await day.lot()
    offer_id = (await day.offer("ada", lot, CENTS)).json()["id"]
    await day.buy("bob", lot)
    waiting = await day.answer("sam", offer_id, "accept", 1)
    assert (refusal(waiting), waiting.json()["offer"]["status"]) == ((409, "RESERVED"), "open")


@pytest.mark.parametrize(("cents", "status"), [(900_000, "accepted"), (400_000, "declined")])
async def test_what_the_seller_has_settled_before_answers_at_once(day: MarketDay, cents: int, status: str) -> None:
    lot = await day.lot()
    day.thresholds(lot, auto_accept_cents=900_000, auto_decline_cents=500_000)
    offer_id = (await day.offer("ada", lot, cents)).json()["id"]
    shown = await day.floor.get("ada", f"/api/offers/{offer_id}")
    assert shown.json()["status"] == status
    assert "auto" not in shown.text


async def test_the_same_key_makes_one_offer_and_another_amount_under_it_is_refused(day: MarketDay) -> None:
    lot = await day.lot()
    first, again = [(await day.offer("ada", lot, CENTS, "k")).json()["id"] for _ in range(2)]
    assert first == again
    assert refusal(await day.offer("ada", lot, 600_000, "k")) == (422, "ID_REUSED")


async def test_a_lost_answer_is_asked_for_again_and_done_once(day: MarketDay) -> None:
    lot, offer_id = await made(day)
    day.offers.lose_answers = 1
    assert refusal(await day.answer("sam", offer_id, "accept", 1, "k")) == (503, "UNAVAILABLE")
    assert (await day.answer("sam", offer_id, "accept", 1, "k")).json()["status"] == "accepted"
    assert lot


async def test_offers_are_refused_where_there_are_none_to_be_made(day: MarketDay) -> None:
    usual, own = await day.floor.lot(), await day.lot()
    assert refusal(await day.offer("ada", usual, CENTS)) == (409, "OFFERS_NOT_OPEN")
    assert refusal(await day.offer("sam", own, CENTS)) == (409, "OWN_VEHICLE")
    assert refusal(await day.offer("eve", own, CENTS)) == (403, "NOT_APPROVED_TO_BID")
    missing = await day.floor.post("ada", "/api/vehicles/999999/offers", {"amount_cents": CENTS})
    assert refusal(missing) == (404, "VEHICLE_NOT_FOUND")
    day.limit("ada", 100)
    assert refusal(await day.offer("ada", own, CENTS)) == (403, "BUYING_POWER")


@pytest.mark.parametrize("cents", [0, -100, 150, 1.5, "100", None])
async def test_an_amount_that_is_none_is_named(day: MarketDay, cents: object) -> None:
    lot = await day.lot()
    answer = await day.offer("ada", lot, cents)  # type: ignore[arg-type]  # hostile input
    assert wrong_fields(answer) == ["amount_cents"]


async def test_offers_come_in_pages_and_machines_need_their_scope(day: MarketDay) -> None:
    ids = [(await made(day))[1] for _ in range(3)]
    first = (await day.floor.get("ada", "/api/me/offers", limit=2)).json()
    rest = (await day.floor.get("ada", "/api/me/offers", limit=2, cursor=first["next_cursor"])).json()
    assert [item["id"] for item in (*first["items"], *rest["items"])] == ids[::-1]
    assert (first["total"], rest["next_cursor"]) == (3, None)
    machine = await day.floor.machine("sam", Scope.BID)
    headers = {"Idempotency-Key": "k"}
    answer = await machine.post(f"/api/offers/{ids[0]}/decline", json={"step": 1}, headers=headers)
    assert refusal(answer) == (403, "SCOPE_MISSING")


async def test_a_buyer_who_is_no_longer_cleared_agrees_to_nothing(day: MarketDay) -> None:
    _, offer_id = await made(day)
    await day.answer("sam", offer_id, "counter", 1, amount_cents=900_000)
    day.block("ada")
    assert refusal(await day.answer("ada", offer_id, "accept", 2)) == (403, "NOT_APPROVED_TO_BID")


def test_the_example_has_the_documented_shape() -> None:
    TypeAdapter(OfferView).validate_python(dict(OFFER_EXAMPLE), strict=True)
