"""Keeping the market alive: what is missing is put up again, and no more than that."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from domain.clock import may_end_at
from temporal.demo.catalogue import catalogue, offering_of
from temporal.demo.plan import Calendar
from temporal.demo.relist import read_market, take_stock, top_up
from tests.demo.fake_market import START, Clock, FakeMarket, accounts_in, parked_in
from tests.demo.test_plan import SUNDAY

VINS = [offering.spec.vin for offering in catalogue()]


def _market(lots: int = 0, length: timedelta = timedelta(hours=1)) -> FakeMarket:
    market = FakeMarket(Clock())
    parked_in(market, lots)
    for vin in VINS[:lots]:
        market.open_sale(vin, start=5_000_00, reserve=None, length=length)
    return market


async def _top_up(market: FakeMarket, calendar: Calendar = Calendar.CHICAGO) -> list[int]:
    accounts, now = accounts_in(market), market.clock.now
    return await top_up(market.client(), market.garage(accounts), now=now, rng=Random(2), calendar=calendar)


async def test_an_empty_market_gets_twelve_soon_and_four_later() -> None:
    market = _market()
    await _top_up(market)
    soon = Counter(sale.starts_at < START + timedelta(minutes=1) for sale in market.sales.values())
    assert soon == {True: 12, False: 4}


async def test_a_full_market_is_left_alone() -> None:
    market = _market()
    await _top_up(market)
    assert await _top_up(market) == []


async def test_only_what_is_missing_is_added() -> None:
    market = _market(lots=9)
    new = await _top_up(market)
    assert len(new) == 3 + 4


async def test_a_vehicle_on_sale_is_not_put_up_twice() -> None:
    market = _market(lots=9)
    await _top_up(market)
    on_sale = [sale.vin for sale in market.sales.values() if market.status(sale) != "ended"]
    assert len(on_sale) == len(set(on_sale))


async def test_after_days_away_the_market_is_alive_again() -> None:
    market = _market(lots=len(VINS))
    market.clock.now += timedelta(days=3)
    new = await _top_up(market)
    assert len(new) == 16


async def test_a_platform_that_keeps_the_sunday_rule_gets_ends_on_monday() -> None:
    market = FakeMarket(Clock(SUNDAY))
    new = await _top_up(market, Calendar.NONE)
    assert len(new) == 16
    assert all(may_end_at(market.sales[number].ends_at) for number in new)


async def test_a_platform_that_refuses_everything_is_not_asked_without_end() -> None:
    market = _market()
    market.clock.now += timedelta(days=5)
    garage = market.garage(accounts_in(market))
    new = await top_up(market.client(), garage, now=START, rng=Random(2), calendar=Calendar.CHICAGO)
    assert (new, len(market.listings)) == ([], 16 * 4)


def _sell(market: FakeMarket, sales: int) -> None:
    """Have bids on the first lots."""
    for sale in list(market.sales.values())[:sales]:
        sale.standing = type(sale.standing)(1_00, None, sale.standing.increments, 1_00, "1", 1_00)


async def test_what_came_back_unsold_is_put_up_again_before_anything_new_is_listed() -> None:
    market = _market(lots=20)
    market.clock.now += timedelta(days=3)
    new = await _top_up(market)
    assert {market.sales[number].vin for number in new} < set(VINS[:20])
    assert len(market.listings) == 20


async def test_sold_vehicles_do_not_come_back_and_others_are_listed_in_their_place() -> None:
    market = _market(lots=len(VINS))
    _sell(market, len(VINS) - 9)
    market.clock.now += timedelta(days=3)
    new = await _top_up(market)
    vins = {market.sales[number].vin for number in new}
    assert (len(vins), len(vins & set(VINS))) == (16, 9)
    assert vins >= set(VINS[-9:])
    assert all(offering_of(vin) is not None for vin in vins)


async def test_what_somebody_withdrew_is_left_alone() -> None:
    market = _market()
    accounts = parked_in(market, 3)
    for listing in market.listings.values():
        listing.status = "withdrawn"
    garage = market.garage(accounts)
    new = await top_up(market.client(), garage, now=START, rng=Random(2), calendar=Calendar.CHICAGO)
    assert not {market.sales[number].vin for number in new} & set(VINS[:3])


@pytest.mark.parametrize(("minutes", "counts"), [(29, (1, 0)), (31, (0, 1))])
async def test_a_lot_counts_as_live_when_it_starts_soon(minutes: int, counts: tuple[int, int]) -> None:
    market = _market(lots=1, length=timedelta(hours=5))
    market.sales[1].starts_at += timedelta(minutes=minutes)
    stock = take_stock(await read_market(market.client()), VINS, START)
    assert (stock.live, stock.upcoming) == counts
    assert VINS[0] not in stock.waiting
