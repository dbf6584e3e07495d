"""Section 2: who leads at what price, as properties of the pure functions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bidding import Kind, Reserve, Row, Standing, accept, lower_reserve, replay
from domain.money import INCREMENTS_2026_1, MAX_BID_CENTS, dollars, is_whole_dollars

OPEN = Standing(500_00, None, INCREMENTS_2026_1)
DOLLARS = st.integers(500, 200_000).map(lambda number: number * 100)
KINDS = st.sampled_from(list(Kind))


@pytest.mark.parametrize(
    ("price", "step"),
    [
        (0, 25), (999, 25), (1_000, 50), (4_999, 50), (5_000, 100), (24_999, 100), (25_000, 250), (49_999, 250),
        (50_000, 500), (99_999, 500), (100_000, 1_000), (9_000_000, 1_000),
    ],
)  # fmt: skip
def test_the_increment_is_that_of_the_last_edge_at_or_below_the_price(price: int, step: int) -> None:
    assert INCREMENTS_2026_1.at(price * 100) == step * 100


@pytest.mark.parametrize(
    ("cents", "whole"), [(100, True), (MAX_BID_CENTS, True), (0, False), (-100, False), (150, False)]
)
def test_a_bid_is_a_positive_number_of_whole_dollars(cents: int, whole: bool) -> None:
    assert is_whole_dollars(cents) is whole


@pytest.mark.parametrize(("cents", "text"), [(1_234_500, "$12,345"), (100_05, "$100.05"), (-2_50, "-$2.50"), (0, "$0")])
def test_money_is_written_with_cents_only_where_there_are_any(cents: int, text: str) -> None:
    assert dollars(cents) == text


@given(DOLLARS, DOLLARS, KINDS, KINDS)
def test_nobody_pays_more_than_their_own_maximum(first: int, second: int, kind: Kind, other: Kind) -> None:
    after = accept(accept(OPEN, kind, "A", first), other, "B", second)

    assert after.price_cents is not None
    assert after.price_cents <= after.max_cents == {"A": first, "B": second}[after.leader or ""]


@given(DOLLARS, KINDS, KINDS)
def test_the_earlier_of_two_equal_maxima_stands_at_its_maximum(cents: int, kind: Kind, other: Kind) -> None:
    after = accept(accept(OPEN, kind, "A", cents), other, "B", cents)

    assert (after.leader, after.price_cents) == ("A", cents)


@given(DOLLARS, DOLLARS, st.integers(1, 1_000_000))
def test_a_higher_winning_maximum_makes_no_higher_price_once_it_covers_the_increment(
    loser: int, over: int, more: int
) -> None:
    winner = loser + 1_000_00 + over
    low = accept(accept(OPEN, Kind.AUTO_BID, "A", loser), Kind.AUTO_BID, "B", winner)
    high = accept(accept(OPEN, Kind.AUTO_BID, "A", loser), Kind.AUTO_BID, "B", winner + more * 100)

    assert low.price_cents == high.price_cents


@given(DOLLARS, DOLLARS)
def test_a_leaders_raise_changes_nothing_that_others_can_see(first: int, more: int) -> None:
    before = accept(OPEN, Kind.AUTO_BID, "A", first)
    after = accept(before, Kind.AUTO_BID, "A", first + more)

    assert after.looks_like(before)
    assert after.max_cents == first + more


@given(DOLLARS, DOLLARS, st.one_of(st.none(), DOLLARS))
def test_lowering_the_reserve_moves_the_price_upwards_only(maximum: int, reserve: int, lower: int | None) -> None:
    before = accept(replace(OPEN, reserve_cents=reserve), Kind.AUTO_BID, "A", maximum)
    after = lower_reserve(before, lower)

    assert (before.price_cents or 0) <= (after.price_cents or 0) <= maximum


def test_the_reserve_is_met_exactly_when_the_price_has_reached_it() -> None:
    hidden = replace(OPEN, reserve_cents=900_00)
    below, met = accept(hidden, Kind.AUTO_BID, "A", 899_00), accept(hidden, Kind.AUTO_BID, "A", 900_00)

    assert (OPEN.reserve, hidden.reserve) == (Reserve.NONE, Reserve.NOT_MET)
    assert (below.reserve, below.price_cents) == (Reserve.NOT_MET, 500_00)
    assert (met.reserve, met.price_cents) == (Reserve.MET, 900_00)


def test_the_minimum_is_the_start_then_an_increment_more_and_a_dollar_over_the_own_maximum_for_the_leader() -> None:
    led = accept(OPEN, Kind.AUTO_BID, "A", 900_00)

    assert [OPEN.minimum_for("A"), OPEN.minimum_for(None)] == [500_00, 500_00]
    assert [led.minimum_for("A"), led.minimum_for("B"), led.minimum_for(None)] == [901_00, 525_00, 525_00]


@given(st.lists(st.tuples(st.sampled_from("ABC"), KINDS, DOLLARS), max_size=12))
def test_a_replay_of_everything_is_what_was_there(bids: list[tuple[str, Kind, int]]) -> None:
    standing, rows = OPEN, [Row(0, None, "", 400_00)]
    standing = lower_reserve(standing, 400_00)
    for seq, (bidder, kind, cents) in enumerate(bids, 1):
        standing = accept(standing, kind, bidder, cents)
        rows.append(Row(seq, kind, bidder, cents))

    assert replay(OPEN, rows) == standing


def test_a_replayed_challenge_below_a_price_that_the_reserve_made_does_not_lower_it() -> None:
    rows = [Row(1, Kind.AUTO_BID, "A", 2_000_00), Row(2, Kind.BID, "B", 600_00)]
    standing = replay(replace(OPEN, reserve_cents=1_500_00), rows)

    assert standing.price_cents == 1_500_00


def test_a_row_without_an_amount_is_a_waived_reserve() -> None:
    rows = [Row(1, Kind.AUTO_BID, "A", 2_000_00), Row(2, None, "", None), Row(3, Kind.BID, "B", None)]

    assert replay(replace(OPEN, reserve_cents=9_000_00), rows).reserve is Reserve.NONE
