"""Each habit of the simulated bidders, decided under a clock that stands still."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bidding import Kind, Reserve
from temporal.demo.habits import CHARACTERS, Bid, Habit, Lot, Me, decide, draw_me, follows, limit_cents

START = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
VALUE = 20_000_00
LOT = Lot(
    id=7,
    vin="1HGCM82633A004352",
    status="live",
    start_cents=8_000_00,
    price_cents=8_000_00,
    minimum_next_cents=8_100_00,
    reserve=Reserve.NONE,
    leader="Bidder 1",
    bid_count=1,
    starts_at=START,
    ends_at=END,
    version=1,
    value_cents=VALUE,
)
ME = Me(ceiling_cents=18_000_00, mood=0.5)


class Always(Random):
    """Every chance is taken, every choice is the least."""

    def random(self) -> float:
        return 0.0

    def randrange(self, *_args: int, **_kwargs: int) -> int:  # type: ignore[override]
        return 0

    def randint(self, a: int, b: int) -> int:
        del b
        return a


def _decide(habit: Habit, *, lot: Lot = LOT, me: Me = ME, left: timedelta | None = None) -> Bid | None:
    now = START + timedelta(seconds=30) if left is None else lot.ends_at - left
    return decide(habit, lot, me, now, Always())


def _at(price: int, **changes: object) -> Lot:
    return replace(LOT, price_cents=price, minimum_next_cents=price + 100_00, **changes)  # type: ignore[arg-type]


def test_the_early_auto_bidder_shows_a_maximum_at_once() -> None:
    bid = _decide(Habit.EARLY_AUTO_BIDDER)
    assert bid is not None
    assert (bid.kind, ME.ceiling_cents // 2 <= bid.cents < ME.ceiling_cents) == (Kind.AUTO_BID, True)


def test_the_early_auto_bidder_goes_to_the_ceiling_in_the_end() -> None:
    assert _decide(Habit.EARLY_AUTO_BIDDER, left=timedelta(seconds=90)) == Bid(Kind.AUTO_BID, ME.ceiling_cents)


def test_the_nibbler_bids_the_minimum() -> None:
    assert _decide(Habit.NIBBLER) == Bid(Kind.BID, LOT.minimum_next_cents)


def test_the_nibbler_opens_at_the_start_price() -> None:
    fresh = replace(LOT, price_cents=None, minimum_next_cents=LOT.start_cents, leader=None, bid_count=0)
    assert _decide(Habit.NIBBLER, lot=fresh) == Bid(Kind.BID, LOT.start_cents)


def test_the_nibbler_waits_a_while_between_two_bids() -> None:
    me = replace(ME, last_bid_at=START + timedelta(seconds=25))
    assert _decide(Habit.NIBBLER, me=me) is None


@pytest.mark.parametrize(("seconds", "bids"), [(3000, False), (21, False), (16, False), (14, True), (1, True)])
def test_the_sniper_bids_in_the_last_seconds_only(seconds: int, bids: bool) -> None:
    assert (_decide(Habit.SNIPER, left=timedelta(seconds=seconds)) is not None) is bids


def test_the_jumper_skips_steps_to_a_round_figure() -> None:
    assert _decide(Habit.JUMPER) == Bid(Kind.BID, 8_400_00)


def test_the_bargain_hunter_stops_at_sixty_percent_of_the_value() -> None:
    me = draw_me(Habit.BARGAIN_HUNTER, VALUE, Random(1))
    below, above = _at(11_900_00), _at(12_000_00)
    late = timedelta(seconds=60)
    assert me.ceiling_cents == 12_000_00
    assert _decide(Habit.BARGAIN_HUNTER, lot=below, me=me, left=late) == Bid(Kind.BID, 12_000_00)
    assert _decide(Habit.BARGAIN_HUNTER, lot=above, me=me, left=late) is None


def test_the_dealer_opens_at_seven_tenths_and_ends_at_the_ceiling() -> None:
    early = _decide(Habit.DEALER, left=timedelta(minutes=3))
    late = _decide(Habit.DEALER, left=timedelta(minutes=1))
    assert (early, late) == (Bid(Kind.AUTO_BID, 12_600_00), Bid(Kind.AUTO_BID, 18_000_00))


def test_the_tire_kicker_never_comes_near_the_value() -> None:
    ceilings = [draw_me(Habit.TIRE_KICKER, VALUE, Random(seed)).ceiling_cents for seed in range(50)]
    assert max(ceilings) < VALUE // 2


def test_the_tire_kicker_is_slow_to_come_back() -> None:
    me = replace(ME, last_bid_at=START - timedelta(minutes=4))
    assert _decide(Habit.TIRE_KICKER, me=me) is None


@pytest.mark.parametrize(("reserve", "bids"), [(Reserve.NOT_MET, True), (Reserve.MET, False), (Reserve.NONE, False)])
def test_the_reserve_tester_bids_while_the_reserve_is_not_met(reserve: Reserve, bids: bool) -> None:
    bid = _decide(Habit.RESERVE_TESTER, lot=replace(LOT, reserve=reserve))
    assert bid == (Bid(Kind.BID, 8_200_00) if bids else None)


@pytest.mark.parametrize("habit", Habit)
def test_nobody_bids_while_leading(habit: Habit) -> None:
    assert _decide(habit, me=replace(ME, leading=True), left=timedelta(seconds=5)) is None


@pytest.mark.parametrize("habit", Habit)
@pytest.mark.parametrize("status", ["scheduled", "held", "closing", "ended"])
def test_nobody_bids_on_a_lot_that_is_not_live(habit: Habit, status: str) -> None:
    assert _decide(habit, lot=replace(LOT, status=status), left=timedelta(seconds=5)) is None


@pytest.mark.parametrize("habit", Habit)
def test_nobody_bids_at_the_end_or_after_it(habit: Habit) -> None:
    assert _decide(habit, left=timedelta(0)) is None


@given(
    habit=st.sampled_from(Habit),
    price=st.integers(80, 300).map(lambda hundreds: hundreds * 100_00),
    seconds=st.integers(1, 3600),
    seed=st.integers(0, 2**32),
    reserve=st.sampled_from(Reserve),
)
def test_a_bid_is_at_least_the_minimum_at_most_the_ceiling_and_whole_dollars(
    habit: Habit, price: int, seconds: int, seed: int, reserve: Reserve
) -> None:
    lot, rng = _at(price, reserve=reserve), Random(seed)
    me = draw_me(habit, VALUE, rng)
    bid = decide(habit, lot, me, END - timedelta(seconds=seconds), rng)
    if bid is not None:
        assert lot.minimum_next_cents <= bid.cents <= me.ceiling_cents
        assert bid.cents % 100 == 0


def test_the_limit_rises_from_half_of_the_ceiling_to_all_of_it() -> None:
    moments = [START, START + timedelta(minutes=30), END - timedelta(minutes=1)]
    assert [limit_cents(LOT, ME, moment) for moment in moments] == [9_000_00, 13_050_00, 18_000_00]


def test_a_bidders_opinion_of_a_lot_stays_the_same() -> None:
    assert draw_me(Habit.JUMPER, VALUE, Random("5-7")) == draw_me(Habit.JUMPER, VALUE, Random("5-7"))


@pytest.mark.parametrize("habit", Habit)
def test_the_interest_of_a_habit_is_a_share_of_the_lots(habit: Habit) -> None:
    rng = Random(3)
    followed = sum(follows(habit, rng) for _ in range(1000))
    assert abs(followed / 10 - CHARACTERS[habit].interest) < 6
