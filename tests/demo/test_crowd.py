"""The bidders' loop against a market with the real bidding rules."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from domain.bidding import Kind
from temporal.demo.accounts import BidderAccount
from temporal.demo.board import Board
from temporal.demo.catalogue import catalogue
from temporal.demo.crowd import Crowd, Pace
from temporal.demo.habits import Habit
from tests.demo.fake_market import START, Clock, FakeMarket, Sale, accounts_in

LENGTH = timedelta(minutes=6)


class Room:
    """A market, a crowd in it, and time that passes in half seconds."""

    def __init__(self, habits: tuple[Habit, ...] = tuple(Habit) * 3, lots: int = 3, rate: float = 3.0) -> None:
        self.clock = Clock()
        self.market = FakeMarket(self.clock)
        self.board = Board()
        accounts = accounts_in(self.market, habits)
        client = self.market.client()
        self.crowd = Crowd(client, self.board, accounts.bidders, clock=self.clock, rng=Random(4), rate=rate)
        for offering in catalogue()[:lots]:
            spec, reserve = offering.spec, offering.reserve_cents
            self.market.open_sale(spec.vin, start=offering.start_cents, reserve=reserve, length=LENGTH)

    async def spend(self, length: timedelta) -> None:
        for _ in range(int(length / timedelta(seconds=0.5))):
            for sale in self.market.sales.values():
                self.board.put_view(self.market.view(sale))
            self.crowd.look_around()
            await self.crowd.settle()
            self.clock.now += timedelta(seconds=0.5)

    def ceiling(self, user: int, sale: Sale) -> int:
        me = self.crowd._seats[sale.id, user].me
        return 0 if me is None else me.ceiling_cents


async def test_a_room_full_of_habits_sells_the_lots() -> None:
    room = Room()
    await room.spend(timedelta(minutes=20))
    assert {room.market.status(sale) for sale in room.market.sales.values()} == {"ended"}
    assert all(sale.bids > 5 for sale in room.market.sales.values())


async def test_nobody_ever_goes_above_their_ceiling() -> None:
    room = Room()
    await room.spend(timedelta(minutes=10))
    assert room.market.accepted
    assert all(cents <= room.ceiling(user, room.market.sales[lot]) for user, lot, _, cents in room.market.accepted)


async def test_a_late_bid_extends_a_lot() -> None:
    room = Room((Habit.SNIPER,) * 8)
    await room.spend(timedelta(minutes=7))
    assert any(sale.ends_at > START + LENGTH for sale in room.market.sales.values())


async def test_the_rate_over_the_market_is_bounded() -> None:
    room = Room((Habit.NIBBLER,) * 30, lots=12, rate=1.0)
    await room.spend(timedelta(seconds=60))
    assert 10 < len(room.market.keys) <= 61


async def test_a_limited_bidder_waits_as_long_as_asked_and_uses_a_new_key() -> None:
    room = Room((Habit.NIBBLER,) * 6)
    room.market.faults.append(429)
    await room.spend(timedelta(minutes=2))
    assert (len(set(room.market.keys)) == len(room.market.keys), room.market.accepted != []) == (True, True)


async def test_a_bidder_who_may_not_bid_stays_away_for_a_while() -> None:
    room = Room((Habit.NIBBLER,) * 1, lots=12)
    room.market.faults.append(403)
    await room.spend(timedelta(minutes=5))
    assert len(room.market.keys) == 1


async def test_a_restarted_crowd_does_not_bid_against_itself() -> None:
    room = Room((Habit.EARLY_AUTO_BIDDER,), lots=12)
    await room.spend(timedelta(seconds=90))
    first = list(room.market.accepted)
    room.crowd._seats.clear()
    await room.spend(timedelta(seconds=60))
    assert first
    assert room.market.accepted == first


async def test_a_stale_price_leads_to_a_refusal_and_then_to_a_right_bid() -> None:
    room = Room((Habit.NIBBLER,) * 4, lots=1)
    (sale,) = room.market.sales.values()
    room.board.put_view(room.market.view(sale))
    old = room.board.lots[sale.id]
    room.market.people["ht_other"] = 99
    sale.aliases[99] = "Bidder 1"
    room.market._judge(
        99,
        sale,
        room.market.http().build_request("POST", "/", json={"amount_cents": sale.standing.start_cents + 500_00}),
    )
    for _ in range(60):
        room.crowd.look_around()
        await room.crowd.settle()
        room.clock.now += timedelta(seconds=0.5)
    assert old.minimum_next_cents < room.board.lots[sale.id].minimum_next_cents
    assert room.market.refused["BELOW_MINIMUM"] >= 1
    assert any(kind is Kind.BID and user != 99 for user, _, kind, _ in room.market.accepted)


async def test_whoever_joins_bids_as_well() -> None:
    room = Room((Habit.NIBBLER,), lots=6)
    await room.spend(timedelta(seconds=30))
    for number in range(50, 56):
        late = BidderAccount(number, "late@x.test", "Late", f"ht_late{number}", Habit.NIBBLER, seed=number)
        room.market.people[late.token] = late.user_id
        room.crowd.join(late)
    await room.spend(timedelta(minutes=2))
    assert {user for user, _, _, _ in room.market.accepted} & set(range(50, 56))


async def test_a_cancelled_crowd_takes_its_bids_along() -> None:
    room = Room()
    running = asyncio.create_task(room.crowd.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not room.crowd._bids


def test_the_pace_spaces_bids_evenly() -> None:
    pace = Pace(2)
    moments = [START + timedelta(milliseconds=250 * step) for step in range(9)]
    assert [pace.grants(moment) for moment in moments] == [True, False] * 4 + [True]
