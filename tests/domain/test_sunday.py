"""Section 4: nothing ends on a Sunday, Chicago time, also where the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.auction import Auction, Status
from domain.clock import (
    CHICAGO,
    MILLISECOND,
    from_ms,
    from_text,
    may_end_at,
    monday_opening,
    sunday_before,
    to_ms,
    to_text,
)
from tests.domain.lots import MONDAY_TEN, SATURDAY_LATE, SUNDAY, bid, live, scheduled, seconds

TEN_YEARS_MS = 10 * 365 * 86_400_000
MOMENTS = st.integers(0, TEN_YEARS_MS).map(lambda number: datetime(2024, 1, 1, tzinfo=UTC) + number * MILLISECOND)


def late_on_saturday() -> Auction:
    """Planned to end a minute before Sunday, and carried a minute into it by a bid."""
    auction = live(ends_at=SATURDAY_LATE)
    bid(auction, "A", 600, SATURDAY_LATE - MILLISECOND)
    return auction


def test_a_lot_that_a_bid_carries_into_sunday_is_held_at_midnight_and_resumes_on_monday_at_ten() -> None:
    auction = late_on_saturday()
    midnight = auction.wake_at()
    auction.advance(SUNDAY)
    held = auction.status, auction.hold_reason, auction.remaining, auction.wake_at()
    auction.advance(MONDAY_TEN)

    assert midnight == SUNDAY
    assert held == (Status.HELD, "sunday", seconds(60) - MILLISECOND, MONDAY_TEN)
    assert (auction.status, auction.ends_at) == (Status.LIVE, MONDAY_TEN + seconds(60) - MILLISECOND)


def test_a_lot_that_is_held_too_late_loses_none_of_its_remaining_time() -> None:
    auction = late_on_saturday()
    auction.advance(SUNDAY + timedelta(hours=3))
    auction.advance(MONDAY_TEN + timedelta(hours=1))

    assert auction.ends_at == MONDAY_TEN + timedelta(hours=1) + seconds(60) - MILLISECOND


def test_a_bid_on_saturday_just_before_midnight_does_not_wait_for_the_end() -> None:
    auction = live(ends_at=SATURDAY_LATE)

    assert auction.wake_at() == SATURDAY_LATE


def test_a_lot_that_is_resumed_on_the_sunday_of_its_end_rests_until_monday_with_what_was_left() -> None:
    auction = live(ends_at=SATURDAY_LATE)
    auction.hold(SATURDAY_LATE - seconds(30), "check")
    answer = auction.resume(SUNDAY + timedelta(hours=8))

    assert answer.entry.public["kind"] == "resumed"
    assert (auction.status, auction.hold_reason, auction.remaining) == (Status.HELD, "sunday", seconds(30))
    assert auction.wake_at() == MONDAY_TEN


def test_a_lot_that_starts_on_the_sunday_of_its_end_rests_at_once() -> None:
    auction = scheduled(starts_at=SUNDAY + timedelta(hours=1), ends_at=SUNDAY + timedelta(hours=3))
    auction.advance(SUNDAY + timedelta(hours=1))

    assert (auction.status, auction.remaining) == (Status.HELD, timedelta(hours=2))


def test_an_outage_that_ends_on_sunday_leaves_ten_minutes_for_monday() -> None:
    auction = live(ends_at=SATURDAY_LATE)
    auction.advance(SUNDAY + timedelta(minutes=1))

    assert (auction.status, auction.remaining) == (Status.HELD, timedelta(minutes=10))
    assert [entry.public["kind"] for entry in auction.tail.entries] == ["started", "extended", "held"]


def test_a_scheduled_lot_that_is_resumed_on_a_sunday_only_waits_for_its_start() -> None:
    auction = scheduled(starts_at=SUNDAY + timedelta(hours=1), ends_at=SUNDAY + timedelta(hours=3))
    auction.hold(SUNDAY, "check")
    auction.resume(SUNDAY + timedelta(minutes=1))

    assert auction.status is Status.SCHEDULED


def test_without_the_rule_a_lot_may_end_on_a_sunday() -> None:
    auction = live(ends_at=SUNDAY + seconds(60), sunday_rule=False)

    assert auction.wake_at() == SUNDAY + seconds(60)


@pytest.mark.parametrize(
    ("sunday", "monday"),
    [
        pytest.param("2026-03-08T06:00:00.000Z", "2026-03-09T15:00:00.000Z", id="spring: the Sunday has 23 hours"),
        pytest.param("2026-11-01T05:00:00.000Z", "2026-11-02T16:00:00.000Z", id="autumn: the Sunday has 25 hours"),
        pytest.param("2026-07-05T05:00:00.000Z", "2026-07-06T15:00:00.000Z", id="summer"),
        pytest.param("2026-12-06T06:00:00.000Z", "2026-12-07T16:00:00.000Z", id="winter"),
    ],
)
def test_sundays_begin_at_chicago_midnight_and_monday_opens_at_ten_also_where_the_clocks_change(
    sunday: str, monday: str
) -> None:
    midnight = from_text(sunday)

    assert sunday_before(midnight - MILLISECOND) is None
    assert [sunday_before(midnight), sunday_before(midnight + timedelta(hours=22))] == [midnight, midnight]
    assert to_text(monday_opening(midnight)) == monday


@given(MOMENTS)
def test_every_moment_of_a_chicago_sunday_has_that_sundays_midnight_and_no_other_day_has_one(moment: datetime) -> None:
    found, local = sunday_before(moment), moment.astimezone(CHICAGO)

    if local.isoweekday() != 7:
        assert found is None
    else:
        assert found is not None
        midnight = found.astimezone(CHICAGO)
        assert (midnight.date(), midnight.hour, midnight.minute) == (local.date(), 0, 0)
        assert found <= moment < monday_opening(moment)


@given(MOMENTS)
def test_a_schedule_must_leave_an_hour_before_sunday(end: datetime) -> None:
    blocked = any(sunday_before(end + step * timedelta(minutes=1)) for step in range(60))

    if blocked:
        assert not may_end_at(end)
    elif sunday_before(end + timedelta(hours=1)) is None:
        assert may_end_at(end)


@given(MOMENTS)
def test_times_keep_their_milliseconds_in_text_and_numbers(moment: datetime) -> None:
    assert from_text(to_text(moment)) == from_ms(to_ms(moment)) == moment


def test_a_time_without_a_zone_is_refused_and_others_become_utc_milliseconds() -> None:
    assert to_text(from_text("2026-05-05T07:00:00.1239-05:00")) == "2026-05-05T12:00:00.123Z"
    with pytest.raises(ValueError, match="has no zone"):
        from_text("2026-05-05T12:00:00")
