"""Buy-now over HTTP: reserved with full buying power, confirmed within 15 minutes, once, whatever gets lost."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from activities.db.people import Scope
from api.purchase_views import OPEN_EXAMPLE, PURCHASE_EXAMPLE, ForSaleView, PurchaseView
from api.streams.frames import said_of
from domain.listings import SaleType
from tests.api.conftest import House
from tests.api.floor import refusal
from tests.api.market_day import PRICE, MarketDay, open_market_day

FIFTEEN = timedelta(minutes=15)


@pytest.fixture
def day(house: House) -> MarketDay:
    return open_market_day(house)


async def test_a_buyer_reserves_and_confirms(day: MarketDay) -> None:
    lot = await day.lot()
    day.limit("ada", PRICE)
    reserved = await day.buy("ada", lot)
    assert (reserved.status_code, reserved.json()["state"], reserved.json()["auction_status"]) == (
        *(201, "reserved"),
        "held",
    )
    assert day.held() == [("buy", PRICE)]
    bought = await day.confirm("ada", lot)
    assert (bought.status_code, bought.json()["state"], bought.json()["kind"]) == (200, "bought", "bought")
    assert (bought.json()["auction_status"], bought.json()["cents"]) == ("ended", PRICE)
    assert day.held() == [("win", PRICE)]


async def test_everyone_sees_that_it_is_reserved_and_the_buyer_that_it_is_theirs(day: MarketDay) -> None:
    lot = await day.lot()
    path = f"/api/auctions/{lot}/buy-now"
    before = (await day.floor.get("", path)).json()
    await day.buy("ada", lot)
    all_see, hers = (await day.floor.get("", path)).json(), (await day.floor.get("ada", path)).json()
    assert (before["buy_now_open"], before["offers_open"], before["buy_now_cents"]) == (True, True, PRICE)
    assert (all_see["buy_now_open"], all_see["mine"]) == (False, None)
    assert (hers["mine"]["state"], hers["mine"]["expires_at"]) == ("reserved", all_see["reserved_until"])
    await day.confirm("ada", lot)
    after = (await day.floor.get("", path)).json()
    assert (after["sold_by"], after["sold_cents"], after["reserved_until"]) == ("buy_now", PRICE, None)


async def test_the_same_key_answers_the_same_and_so_does_a_second_confirmation(day: MarketDay) -> None:
    lot = await day.lot()
    first, again = [(await day.buy("ada", lot, "k")).json() for _ in range(2)]
    assert (first["purchase_id"], first["seq"], first["hash"]) == (again["purchase_id"], again["seq"], again["hash"])
    bought, repeated = [(await day.confirm("ada", lot)).json() for _ in range(2)]
    assert (bought["seq"], bought["hash"]) == (repeated["seq"], repeated["hash"])
    late = await day.buy("ada", lot, "k")
    assert (late.status_code, late.json()["state"]) == (201, "bought")


async def test_lost_answers_are_asked_for_again_and_done_once(day: MarketDay) -> None:
    lot = await day.lot()
    day.limit("ada", PRICE)
    day.floor.lots.lose_answers = 1
    assert refusal(await day.buy("ada", lot, "k")) == (503, "UNAVAILABLE")
    assert (await day.buy("ada", lot, "k")).status_code == 201
    day.floor.lots.lose_answers = 1
    assert refusal(await day.confirm("ada", lot, "c")) == (503, "UNAVAILABLE")
    assert (await day.confirm("ada", lot, "c")).json()["state"] == "bought"
    assert day.held() == [("win", PRICE)]


async def test_without_the_power_for_the_whole_price_nothing_is_sent(day: MarketDay) -> None:
    lot = await day.lot()
    day.limit("ada", PRICE - 100)
    assert refusal(await day.buy("ada", lot)) == (403, "BUYING_POWER")
    assert (day.held(), day.floor.lots.commands) == ([], [])


async def test_a_refusal_has_its_code_and_gives_the_power_back(day: MarketDay) -> None:
    lot, other = await day.lot(), await day.lot(SaleType.BUY_NOW_ONLY, offers_open=False)
    day.limit("ada", 10 * PRICE)
    await day.buy("bob", lot)
    reserved = await day.buy("ada", lot)
    assert (refusal(reserved), day.held()) == ((409, "RESERVED"), [])
    assert "15 minutes" in reserved.json()["detail"]
    assert refusal(await day.buy("sam", other)) == (409, "OWN_VEHICLE")
    day.floor.lots.bid(other, day.floor.person("ada"), 500_000, code="NO_BIDDING")


async def test_after_a_bid_it_is_closed_whether_the_database_knows_or_not(day: MarketDay) -> None:
    lot, other = await day.lot(), await day.lot()
    day.floor.lots.bid(lot, day.floor.person("bob"), 500_000)
    day.floor.lots.bid(other, day.floor.person("bob"), 500_000, recorded=False)
    assert refusal(await day.buy("ada", lot)) == (409, "BUY_NOW_NOT_OPEN")
    assert refusal(await day.buy("ada", other)) == (409, "BUY_NOW_NOT_OPEN")
    assert refusal(await day.buy("ada", await day.floor.lot())) == (409, "BUY_NOW_NOT_OPEN")


async def test_a_reservation_that_expired_is_not_confirmed_and_not_had_again(day: MarketDay) -> None:
    lot = await day.lot()
    day.limit("ada", PRICE)
    await day.buy("ada", lot)
    day.floor.lots.pass_time(FIFTEEN)
    assert refusal(await day.confirm("ada", lot)) == (409, "RESERVATION_EXPIRED")
    assert day.held() == []
    assert refusal(await day.buy("ada", lot)) == (409, "BUY_NOW_ONCE")


async def test_a_lot_that_is_cancelled_or_over_sells_to_nobody(day: MarketDay) -> None:
    lot, over = await day.lot(), await day.lot()
    await day.buy("ada", lot)
    day.floor.lots.auctions[lot].purchase = None
    await day.floor.post("amy", f"/api/auctions/{lot}/cancel", {"reason": "stolen"})
    assert refusal(await day.confirm("ada", lot)) == (409, "CLOSED")
    assert refusal(await day.buy("bob", lot)) == (409, "CLOSED")
    await day.floor.post("amy", f"/api/auctions/{over}/cancel", {"reason": "stolen"})
    assert refusal(await day.buy("bob", over)) == (409, "CLOSED")


async def test_the_live_streams_tell_of_it_as_of_a_hold_and_of_the_close(day: MarketDay) -> None:
    lot = await day.lot()
    await day.buy("ada", lot)
    await day.confirm("ada", lot)
    said = said_of([entry.public for entry in day.floor.lots.auctions[lot].tail.entries], "none")
    assert [(each.name, each.entry.get("reason"), each.entry.get("sold_by")) for each in said[-2:]] == [
        ("held", "buy_now", None),
        ("closed", None, "buy_now"),
    ]


async def test_who_has_reserved_nothing_has_nothing_to_confirm(day: MarketDay) -> None:
    lot = await day.lot()
    await day.buy("ada", lot)
    assert refusal(await day.confirm("bob", lot)) == (404, "PURCHASE_NOT_FOUND")
    assert refusal(await day.buy("ada", 10**6)) == (404, "AUCTION_NOT_FOUND")
    assert refusal(await day.floor.get("", f"/api/auctions/{10**6}/buy-now")) == (404, "AUCTION_NOT_FOUND")


async def test_who_may_not_bid_may_not_buy_and_a_machine_needs_its_scope(day: MarketDay) -> None:
    lot = await day.lot()
    assert refusal(await day.buy("eve", lot)) == (403, "NOT_APPROVED_TO_BID")
    machine = await day.floor.machine("ada", Scope.READ)
    answer = await machine.post(f"/api/auctions/{lot}/buy-now/confirm", headers={"Idempotency-Key": "k"})
    assert refusal(answer) == (403, "SCOPE_MISSING")


async def test_too_many_tries_have_to_wait(day: MarketDay) -> None:
    lot = await day.lot()
    day.house.services.bid_pace = type(day.house.services.bid_pace)(1, 0.1)
    await day.buy("ada", lot)
    assert refusal(await day.buy("ada", lot)) == (429, "RATE_LIMITED")


def test_the_examples_have_the_documented_shape() -> None:
    TypeAdapter(PurchaseView).validate_python(dict(PURCHASE_EXAMPLE), strict=True)
    TypeAdapter(ForSaleView).validate_python({**OPEN_EXAMPLE, "offer": {**OPEN_EXAMPLE["offer"]}}, strict=True)
