"""Continue-as-new: a carried auction behaves as one that was never carried, also through the JSON of the converter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.auction import Auction
from domain.carry import Carried, carry, restore
from domain.clock import MILLISECOND
from domain.ledger import first_break
from domain.purchases import Wish, reserve, settle
from domain.steering import cancel, change_reserve, remove_bidder, retract, schedule
from temporal.converter import make_converter
from tests.domain.lots import END, NONCE, START, TERMS, auto_bid, bid, live, scheduled, seconds

PEOPLE = st.sampled_from(["A", "B", "C", "S"])
GAP = st.one_of(st.integers(0, 90_000), st.sampled_from([3_600_000, 40_000_000]))
OTHERS = [
    *("reserve", "retract", "slip", "remove", "hold", "resume", "advance", "advance", "outage", "confirm"),
    *("close", "cancel"),
]
ACTIONS = st.one_of(
    st.tuples(st.just("bid"), PEOPLE, st.integers(1, 40), st.integers(0, 12), st.sampled_from([0, 0, 0, 8_000])),
    st.tuples(st.just("auto"), PEOPLE, st.integers(1, 80), st.integers(0, 12), st.just(0)),
    st.tuples(st.sampled_from(OTHERS), PEOPLE, st.integers(0, 40), st.none(), st.none()),
)
STEPS = st.lists(st.tuples(GAP, ACTIONS), max_size=25)
CONVERTER = make_converter(b"k" * 32).payload_converter


def through_json(auction: Auction) -> Auction:
    payload = CONVERTER.to_payloads([carry(auction)])[0]
    return restore(CONVERTER.from_payload(payload, Carried))


def act(auction: Auction, now_ms: int, action: tuple[Any, ...]) -> None:
    what, who, number, bid_id, late_ms = action
    now = START + now_ms * MILLISECOND
    seq, minutes = number % (auction.seq + 1), timedelta(minutes=number)
    doings: dict[str, Callable[[], object]] = {
        "bid": lambda: bid(auction, who, number * 250, now - late_ms * MILLISECOND, now=now, bid_id=f"{who}{bid_id}"),
        "auto": lambda: auto_bid(auction, who, number * 250, now, bid_id=f"{who}{bid_id}"),
        "reserve": lambda: change_reserve(auction, number * 100_00 or None, now, NONCE),
        "retract": lambda: retract(auction, seq, now, "admin", "why"),
        "slip": lambda: retract(auction, seq, now, who, "slip"),
        "remove": lambda: remove_bidder(auction, who, now, "admin", "why"),
        "hold": lambda: auction.hold(now, "check", resume_at=now + minutes if number % 2 else None),
        "resume": lambda: auction.resume(now),
        "advance": lambda: auction.advance(now),
        "close": lambda: auction.close(now),
        "cancel": lambda: cancel(auction, now, "seller", "why"),
        "outage": lambda: auction.outage(now, since=now - minutes),
        "confirm": lambda: auction.tail.confirm(auction.seq - number),
    }
    doings[what]()


@settings(max_examples=250, deadline=None)
@given(STEPS, STEPS, st.sampled_from([None, 4_000_00]))
def test_a_carried_auction_goes_on_exactly_as_the_one_it_was_taken_from(
    before: list[Any], after: list[Any], reserve: int | None
) -> None:
    auction, now = scheduled(reserve_cents=reserve), -60_000
    schedule(auction, START - timedelta(minutes=1), NONCE)
    for gap, action in before:
        now += gap
        act(auction, now, action)
    carried = through_json(auction)
    assert carry(carried) == carry(auction)
    for gap, action in after:
        now += gap
        act(auction, now, action)
        act(carried, now, action)

    assert carry(carried) == carry(auction)
    assert (carried.wake_at(), carried.hash) == (auction.wake_at(), auction.hash)
    assert first_break(7, carried.tail.entries) is None


def test_first_answers_are_carried() -> None:
    auction = live()
    first = bid(auction, "A", 600, bid_id="one")
    again = bid(through_json(auction), "A", 600, START + seconds(9), bid_id="one")

    assert (again.repeated, again.entry) == (True, first.entry)


def test_a_second_close_after_a_carry_has_the_first_result() -> None:
    auction = live()
    closed = auction.close(END)

    assert through_json(auction).close(END).entry == closed.entry


def test_a_reservation_and_a_sale_are_carried_with_who_had_tried() -> None:
    auction = live(buy_now_cents=9_000_00)
    first, second = (Wish(name, name, 9_000_00, NONCE) for name in "AB")
    reserve(auction, first, START)
    settle(auction, "A", START, paid=False)
    answer = reserve(auction, second, START)
    carried = through_json(auction)

    assert carry(carried) == carry(auction)
    assert (carried.purchase, carried.tried) == (auction.purchase, {"A", "B"})
    assert reserve(carried, second, START).entry == answer.entry
    settle(carried, "B", START, paid=True)
    assert through_json(carried).sold == carried.sold


def test_an_auction_without_entries_is_carried_too() -> None:
    auction = Auction(replace(TERMS, auction_id=12))

    assert carry(through_json(auction)) == carry(auction)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_rows_are_packed_and_unpacked_as_they_were(rows: int) -> None:
    auction = live(reserve_cents=9_000_00)
    for number in range(rows):
        auto_bid(auction, "AB"[number % 2], 600 + 100 * number)
        change_reserve(auction, None if number == 2 else 8_000_00 - number * 100_00, START, NONCE)

    assert through_json(auction).rows == auction.rows
