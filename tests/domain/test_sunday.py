"""Section 4: nothing ends on a Sunday, Chicago time, also where the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.auction import OUTAGE_DELAY, Auction, Status
from domain.clock import (
    CHICAGO,
    CLOCK_RULES,
    DECIDED_WITHIN,
    MILLISECOND,
    from_ms,
    from_text,
    may_end_at,
    monday_opening,
    rest_before,
    sunday_before,
    to_ms,
    to_text,
)
from tests.domain.lots import MONDAY_TEN, SATURDAY_LATE, SUNDAY, bid, live, scheduled, seconds

LAST_SECONDS = SUNDAY - DECIDED_WITHIN
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


# Saturday's last seconds: what ends in them would be decided, and so sold, on Sunday.


def test_an_end_so_late_on_saturday_that_it_would_be_decided_on_sunday_is_held_and_resumes_on_monday() -> None:
    auction = live(ends_at=SATURDAY_LATE, window_s=59, clock_rules=CLOCK_RULES)
    bid(auction, "A", 600, SATURDAY_LATE - MILLISECOND)
    wakes, left = auction.wake_at(), seconds(9) - MILLISECOND
    auction.advance(LAST_SECONDS)
    held = auction.status, auction.hold_reason, auction.remaining, auction.wake_at()
    auction.advance(MONDAY_TEN)

    assert wakes == LAST_SECONDS
    assert held == (Status.HELD, "sunday", left, MONDAY_TEN)
    assert (auction.status, auction.ends_at) == (Status.LIVE, MONDAY_TEN + left)


def test_an_end_just_before_the_last_seconds_stands_and_the_latest_decision_is_on_saturday() -> None:
    end = LAST_SECONDS - MILLISECOND
    auction = live(ends_at=end, clock_rules=CLOCK_RULES)
    auction.advance(end)

    assert auction.status is Status.CLOSING
    assert sunday_before(end + DECIDED_WITHIN) is None
    assert DECIDED_WITHIN == 2 * OUTAGE_DELAY


def test_a_bid_judged_in_the_closing_wait_that_carries_the_end_into_the_last_seconds_is_followed_by_the_hold() -> None:
    end = LAST_SECONDS - seconds(1)
    auction = live(ends_at=end, window_s=5, clock_rules=CLOCK_RULES)
    auction.advance(end)
    bid(auction, "A", 600, end - MILLISECOND, now=end + seconds(2))
    auction.advance(end + seconds(2))

    assert (auction.status, auction.hold_reason) == (Status.HELD, "sunday")
    assert auction.remaining == seconds(4) - MILLISECOND


def test_a_lot_that_is_resumed_in_the_last_seconds_rests_at_once_with_what_was_left() -> None:
    auction = live(clock_rules=CLOCK_RULES, ends_at=SATURDAY_LATE)
    auction.hold(SATURDAY_LATE - seconds(3), "check")
    auction.resume(SUNDAY - seconds(5))

    assert (auction.status, auction.remaining, auction.wake_at()) == (Status.HELD, seconds(3), MONDAY_TEN)


def test_a_lot_carried_into_the_sunday_itself_runs_until_midnight() -> None:
    auction = live(ends_at=SATURDAY_LATE, clock_rules=CLOCK_RULES)
    bid(auction, "A", 600, SATURDAY_LATE - MILLISECOND)

    assert auction.wake_at() == SUNDAY


def test_in_lots_from_before_an_end_in_the_last_seconds_stands_as_their_histories_have_it() -> None:
    auction = live(ends_at=SUNDAY - MILLISECOND)

    assert auction.wake_at() == SUNDAY - MILLISECOND


def test_without_the_rule_the_last_seconds_are_like_all_others() -> None:
    auction = live(ends_at=SUNDAY - MILLISECOND, sunday_rule=False, clock_rules=CLOCK_RULES)

    assert auction.wake_at() == SUNDAY - MILLISECOND


@given(MOMENTS)
def test_a_lot_rests_exactly_where_its_end_or_its_latest_decision_is_on_a_sunday(end: datetime) -> None:
    rest = rest_before(end)

    if rest is None:
        assert sunday_before(end) is sunday_before(end + DECIDED_WITHIN) is None
    else:
        assert rest <= end
        assert sunday_before(rest + DECIDED_WITHIN) is not None
        assert sunday_before(rest - MILLISECOND) is None
        assert timedelta(days=1) < monday_opening(rest) - rest < timedelta(days=2)


@pytest.mark.parametrize("late", [timedelta(0), DECIDED_WITHIN - MILLISECOND, DECIDED_WITHIN])
def test_around_midnight_the_rest_begins_with_the_last_seconds_or_with_the_sunday(late: timedelta) -> None:
    expected = SUNDAY if late == DECIDED_WITHIN else LAST_SECONDS

    assert rest_before(LAST_SECONDS + late) == expected
    assert (rest_before(LAST_SECONDS - MILLISECOND), monday_opening(expected)) == (None, MONDAY_TEN)


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
    assert from_ms(to_ms(SUNDAY)) == SUNDAY
    assert to_ms(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000
    assert to_text(from_text("2026-05-05T07:00:00.1239-05:00")) == "2026-05-05T12:00:00.123Z"
    with pytest.raises(ValueError, match="has no zone"):
        from_text("2026-05-05T12:00:00")


def test_a_schedule_may_plan_an_end_an_hour_clear_of_sunday_and_no_later() -> None:
    assert may_end_at(SUNDAY - timedelta(hours=1))
    assert not may_end_at(SUNDAY - timedelta(hours=1) + MILLISECOND)
    assert not may_end_at(SUNDAY)
