"""The market's keeper: what the opening left comes up, and hours later there is still enough, sold cars left aside."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from temporal.demo.accounts import Accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.keeper import LISTED_LEAST, SPARE_LEAST, Keeper
from temporal.demo.opening import Seeder
from temporal.demo.plan import Calendar, market_plan
from temporal.demo.relist import LIVE_TARGET, UPCOMING_TARGET, Stock, take_stock
from tests.demo.fake_market import START, Clock, FakeMarket, Sale, accounts_in

TURN = timedelta(minutes=10)


class Night(Exception):
    """It is over."""


class Day:
    """A keeper in a market where so many of all lots are sold, and time that passes ten minutes at a time."""

    def __init__(self, hours: float, *, unsold_each: int = 3) -> None:
        self.market = FakeMarket(Clock())
        self.accounts = accounts_in(self.market)
        self.until = self.market.clock.now + timedelta(hours=hours)
        self.unsold_each = unsold_each
        self.kept: list[Stock] = []

    def keeper(self) -> Keeper:
        """As a program begins that starts now."""
        market, accounts, rng = self.market, self.accounts, Random(len(self.market.sales))
        client, garage = market.client(), market.garage(accounts)

        def known() -> Accounts:
            return accounts

        seeder = Seeder(client, garage, known, market.clock, market.clock.sleep, rng)
        return Keeper(
            client=client,
            garage=garage,
            seeder=seeder,
            calendar=Calendar.NONE,
            clock=market.clock,
            rng=rng,
            sleep=self.pass_time,
        )

    async def pass_time(self, seconds: float) -> None:
        del seconds
        for sale in self.market.sales.values():
            if self.market.status(sale) != "ended" and sale.id % self.unsold_each:
                self.sell(sale)
        self.kept.append(self.stock)
        self.market.clock.now += TURN
        if self.market.clock.now > self.until:
            raise Night

    @property
    def stock(self) -> Stock:
        """What is on sale now."""
        market = self.market
        return take_stock([market.view(sale) for sale in market.sales.values()], (), market.clock.now)

    def sell(self, sale: Sale) -> None:
        """Have it bid for beyond its reserve."""
        if sale.standing.leader is None:
            sale.standing = replace(sale.standing, reserve_cents=None, price_cents=1_000_00, leader="1")

    async def live_through(self) -> "Day":
        self.market.sunday_rule = False
        try:
            await self.keeper().run()
        except Night:
            return self
        raise AssertionError


async def test_the_rest_of_the_plan_comes_up_and_enough_cars_are_listed() -> None:
    day = await Day(hours=0).live_through()
    plan = market_plan(START, catalogue(), Calendar.NONE)
    assert {sale.vin for sale in day.market.sales.values()} >= {planned.offering.spec.vin for planned in plan}
    assert len(day.market.listings) >= LISTED_LEAST
    stands = Counter(map(day.market.stands, day.market.listings.values()))
    assert stands["approved"] >= SPARE_LEAST


async def test_a_day_later_the_market_is_still_full_and_no_sold_car_was_sold_again() -> None:
    day = await Day(hours=18).live_through()
    assert {stock.live >= LIVE_TARGET and stock.upcoming >= UPCOMING_TARGET for stock in day.kept} == {True}
    sold = [sale.vin for sale in day.market.sales.values() if day.market.result(sale) == "sold"]
    assert len(sold) == len(set(sold)) > 2 * len(catalogue())


async def test_another_program_goes_on_where_one_was_killed() -> None:
    day = await Day(hours=3).live_through()
    listed = len(day.market.listings)
    day.until = day.market.clock.now
    await day.live_through()
    assert len({one.vin for one in day.market.listings.values()}) == len(day.market.listings)
    assert len(day.market.listings) - listed < 10
    assert day.kept[-1].live >= LIVE_TARGET


async def test_a_market_away_is_tried_again() -> None:
    day = Day(hours=1)
    day.market.unwanted = {offering.spec.vin for offering in catalogue()}
    await day.live_through()
    assert day.market.listings
