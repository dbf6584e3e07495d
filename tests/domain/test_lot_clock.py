"""Section 4: start, soft close, close, hold and resume."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.auction import Auction, Result, Status
from domain.clock import MILLISECOND
from domain.errors import Code
from domain.steering import cancel
from tests.domain.lots import END, START, auto_bid, bid, live, public, scheduled, seconds

W = seconds(120)


def test_a_lot_starts_when_its_time_has_come_and_its_version_stays() -> None:
    auction = scheduled()
    auction.advance(START - MILLISECOND)
    before = auction.status
    auction.advance(START)

    assert (before, auction.status, auction.version) == (Status.SCHEDULED, Status.LIVE, 0)


def test_a_bid_counts_if_it_was_received_before_the_end_to_the_millisecond() -> None:
    assert bid(live(), "A", 600, END - MILLISECOND).outcome == "leading"
    assert bid(live(), "A", 600, END).code == Code.TOO_LATE


@given(st.integers(1, 200_000), st.integers(0, 4_000))
def test_an_accepted_bid_resets_the_end_to_its_window_after_it_was_received(before_ms: int, delay_ms: int) -> None:
    auction = live()
    received = END - before_ms * MILLISECOND
    bid(auction, "A", 600, received, now=received + delay_ms * MILLISECOND)

    assert auction.ends_at == max(END, received + W)


def test_extensions_have_no_cap() -> None:
    auction, at = live(), END - seconds(1)
    for number in range(200):
        bid(auction, "AB"[number % 2], 600 + 100 * number, at)
        at = auction.ends_at - seconds(1)

    assert auction.ends_at == END - seconds(1) + W + 199 * seconds(119)


def test_a_silent_raise_and_a_refused_bid_do_not_move_the_end() -> None:
    auction = live()
    auto_bid(auction, "A", 900)
    auto_bid(auction, "A", 2_000, END - MILLISECOND)
    bid(auction, "B", 1, END - MILLISECOND)

    assert auction.ends_at == END


def test_a_raise_that_meets_the_reserve_is_public_and_extends() -> None:
    auction = live(reserve_cents=1_000_00)
    auto_bid(auction, "A", 900)
    raised = auto_bid(auction, "A", 2_000, END - seconds(1))

    assert (auction.standing.price_cents, auction.version, auction.ends_at) == (1_000_00, 2, END - seconds(1) + W)
    assert (raised.entry.public["silent"], raised.entry.public["extended"]) == (False, True)


def test_at_its_end_a_lot_is_closing_and_a_bid_received_before_it_opens_it_again() -> None:
    auction = live()
    auction.advance(END)
    closing = auction.status, auction.wake_at()
    bid(auction, "A", 600, END - seconds(1), now=END + seconds(1))

    assert closing == (Status.CLOSING, None)
    assert (auction.status, auction.ends_at) == (Status.LIVE, END - seconds(1) + W)


def test_a_bid_whose_own_window_is_over_does_not_open_a_closing_lot() -> None:
    auction = live(window_s=0)
    auction.advance(END)
    answer = bid(auction, "A", 600, END - seconds(1), now=END + seconds(1))

    assert (answer.outcome, auction.status) == ("leading", Status.CLOSING)


@pytest.mark.parametrize(
    ("reserve", "dollars", "result"),
    [(None, 600, Result.SOLD), (600_00, 600, Result.SOLD), (700_00, 600, Result.RESERVE_NOT_MET), (None, 0, "no_bids")],
)
def test_a_lot_has_exactly_one_result(reserve: int | None, dollars: int, result: str) -> None:
    auction = live(reserve_cents=reserve)
    auto_bid(auction, "A", dollars)
    auction.advance(END)
    answer = auction.close(END + seconds(1))

    assert (answer.outcome, answer.entry.public["result"], auction.result) == ("done", result, result)


def test_a_second_close_answers_with_the_first_result_whatever_came_between() -> None:
    auction = live()
    first = auction.close(END)
    bid(auction, "A", 600, END + seconds(1))
    second = auction.close(END + seconds(2))

    assert (second.entry, second.outcome, second.repeated) == (first.entry, "done", True)


def test_a_close_after_a_cancellation_answers_that_it_was_cancelled() -> None:
    auction = live()
    cancel(auction, START, "admin", "damaged")

    assert auction.close(END).entry.public["result"] == Result.CANCELLED


def test_a_close_whose_first_answer_is_long_recorded_is_refused() -> None:
    auction = live()
    auction.close(END)
    for _ in range(1_100):
        bid(auction, "A", 600, END)
    auction.tail.confirm(auction.seq)

    assert auction.close(END + seconds(9)).code == Code.NOT_ENDED


@pytest.mark.parametrize("now", [START, END - MILLISECOND])
def test_a_close_before_its_time_is_refused(now: object) -> None:
    auction = live()

    assert auction.close(END - MILLISECOND).code == Code.NOT_ENDED
    assert auction.status is Status.LIVE


@given(st.integers(0, 190_000_000), st.integers(0, 10**9))
def test_hold_and_resume_restore_the_remaining_time_exactly(held_ms: int, pause_ms: int) -> None:
    auction = live(sunday_rule=False)
    at = START + held_ms * MILLISECOND
    answer = auction.hold(at, "check")
    auction.resume(at + pause_ms * MILLISECOND)

    assert answer.entry.public["remaining_ms"] == (END - at) // MILLISECOND
    assert (auction.status, auction.ends_at) == (Status.LIVE, END + pause_ms * MILLISECOND)


def test_a_lot_held_before_its_start_keeps_its_way_to_the_start_and_its_length() -> None:
    auction = scheduled(sunday_rule=False)
    auction.hold(START - seconds(60), "check")
    auction.resume(START)

    assert (auction.status, auction.starts_at, auction.ends_at) == (
        Status.SCHEDULED,
        START + seconds(60),
        END + seconds(60),
    )


def test_a_lot_whose_end_has_passed_has_nothing_left_to_restore() -> None:
    auction = live()
    auction.advance(END)
    auction.hold(END + seconds(1), "check")
    auction.resume(END + seconds(100))

    assert auction.ends_at == END + seconds(100)


def test_a_resume_can_leave_at_least_a_day() -> None:
    auction = live()
    auction.hold(END - seconds(60), "material_edit")
    auction.resume(END, at_least=timedelta(hours=24))

    assert auction.ends_at == END + timedelta(hours=24)


def test_hold_and_resume_are_refused_where_there_is_nothing_to_stop_or_start() -> None:
    auction = live()
    resumed = auction.resume(START)
    auction.hold(START, "check")
    twice = auction.hold(START, "again")
    cancel(auction, START, "admin", "damaged")

    assert (resumed.code, twice.code, auction.hold_reason) == (Code.NOT_HELD, Code.ON_HOLD, "check")
    assert (auction.hold(START, "late").code, auction.resume(START).code) == (Code.CLOSED, Code.NOT_HELD)


def test_a_held_lot_waits_for_people_and_its_clock_does_nothing() -> None:
    auction = live()
    auction.hold(START, "check")
    before = public(auction)
    auction.advance(END + timedelta(days=30))

    assert (auction.wake_at(), public(auction)) == (None, before)


def versions(auction: Auction) -> list[int]:
    return [entry.public["version"] for entry in auction.tail.entries]


def test_the_version_counts_exactly_the_public_changes() -> None:
    auction = live()
    bid(auction, "A", 1)
    auto_bid(auction, "A", 600)
    auto_bid(auction, "A", 900)
    auction.hold(START, "check")
    auction.hold(START, "check")
    auction.resume(START)
    bid(auction, "B", 700)
    auction.advance(END)
    auction.close(END)

    assert versions(auction) == [0, 0, 1, 1, 2, 2, 3, 4, 5]
