"""Section 4: an outage in a lot's last ten minutes extends it once; a second one within that extension holds it."""

from datetime import datetime, timedelta

import pytest

from domain.auction import Auction, Status
from domain.clock import MILLISECOND
from tests.domain.lots import END, bid, live, scheduled, seconds

TEN = timedelta(minutes=10)
LATE = END + seconds(6)


def kinds(auction: Auction) -> list[str]:
    return [entry.public["kind"] for entry in auction.tail.entries]


def test_a_close_that_comes_more_than_five_seconds_late_extends_to_ten_minutes_from_now() -> None:
    auction = live()
    auction.advance(LATE)
    entry = auction.tail.entries[-1].public

    assert (auction.status, auction.ends_at, auction.version) == (Status.LIVE, LATE + TEN, 1)
    assert (entry["kind"], entry["reason"]) == ("extended", "outage")


def test_a_close_that_comes_five_seconds_late_is_no_outage() -> None:
    auction = live()
    auction.advance(END + seconds(5))

    assert auction.status is Status.CLOSING


@pytest.mark.parametrize(
    ("before_end", "delay", "extended"),
    [
        pytest.param(seconds(60), seconds(5) + MILLISECOND, True, id="more than five seconds on its way"),
        pytest.param(seconds(60), seconds(5), False, id="five seconds on its way"),
        pytest.param(TEN, seconds(6), True, id="ten minutes before the end"),
        pytest.param(TEN + MILLISECOND, seconds(6), False, id="before the last ten minutes"),
    ],
)
def test_a_bid_of_the_last_minutes_that_was_judged_late_is_an_outage(
    before_end: timedelta, delay: timedelta, extended: bool
) -> None:
    auction = live()
    now = END - before_end + delay
    bid(auction, "A", 600, END - before_end, now=now)

    assert (auction.ends_at == now + TEN) is extended
    assert ("extended" in kinds(auction)) is extended


def test_a_late_judged_refusal_is_no_outage() -> None:
    auction = live()
    bid(auction, "A", 1, END - seconds(60), now=END - seconds(30))

    assert auction.ends_at == END


def test_the_delayed_bids_of_one_outage_count_once() -> None:
    auction = live()
    for number in range(20):
        bid(auction, "AB"[number % 2], 600 + 100 * number, END - seconds(60), now=END - seconds(30) + seconds(number))

    assert kinds(auction).count("extended") == 1
    assert (auction.status, auction.ends_at) == (Status.LIVE, END - seconds(30) + TEN)


def test_a_missed_bid_of_the_last_minutes_is_an_outage_and_a_later_one_holds_the_lot() -> None:
    auction = live()
    first = END - seconds(60)
    auction.outage(first + seconds(1), since=first)
    auction.outage(first + seconds(2), since=first + MILLISECOND)
    once = auction.status, kinds(auction).count("extended")
    auction.outage(first + seconds(30), since=first + seconds(29))

    assert once == (Status.LIVE, 1)
    assert (auction.status, auction.hold_reason) == (Status.HELD, "outage")


def test_a_lot_held_for_a_second_outage_resumes_with_ten_minutes_at_least() -> None:
    auction = live()
    auction.advance(LATE)
    second_end = auction.ends_at
    auction.advance(second_end + seconds(60))
    auction.resume(second_end + seconds(600))

    assert kinds(auction) == ["started", "extended", "held", "resumed"]
    assert auction.ends_at == second_end + seconds(600) + TEN


def test_the_rule_does_not_loop_over_bids_that_were_turned_away_before_its_extension() -> None:
    auction = live()
    missed = [END - seconds(number) for number in range(30, 0, -1)]
    for moment in missed * 3:
        auction.outage(END + seconds(1), since=moment)
    auction.advance(auction.ends_at)

    assert kinds(auction) == ["started", "extended"]
    assert auction.status is Status.CLOSING


def test_an_extension_is_staggered_so_that_lots_do_not_end_together() -> None:
    auction = live(outage_stagger_ms=1_250)
    auction.advance(LATE)

    assert auction.ends_at == LATE + TEN + timedelta(milliseconds=1_250)


def test_a_lot_whose_end_passed_while_everything_was_down_gets_ten_minutes() -> None:
    auction = scheduled(sunday_rule=False)
    auction.advance(END + timedelta(days=2))
    auction.advance(END + timedelta(days=2))

    assert (kinds(auction), auction.ends_at) == (["started", "extended"], END + timedelta(days=2) + TEN)


@pytest.mark.parametrize(
    ("moment", "touched"),
    [(END - TEN - MILLISECOND, False), (END - TEN, True), (END - MILLISECOND, True), (END, False)],
)
def test_only_the_last_ten_minutes_are_touched_by_an_outage(moment: datetime, touched: bool) -> None:
    assert live().touches_last_minutes(moment) is touched


def test_a_lot_that_is_held_over_or_not_started_needs_no_extension() -> None:
    waiting, held, over = scheduled(), live(), live()
    held.hold(END, "check")
    over.close(END)
    for auction in (waiting, held, over):
        auction.outage(END + seconds(60), since=END - seconds(1))
        assert auction.ends_at == END


def test_a_bid_taken_by_a_closing_lot_after_six_seconds_extends_it_for_the_outage() -> None:
    auction = live()
    auction.advance(END)
    bid(auction, "A", 600, END - seconds(1), now=LATE)

    assert (auction.status, auction.ends_at) == (Status.LIVE, LATE + TEN)
