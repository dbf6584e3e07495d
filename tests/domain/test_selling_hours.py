"""Section 4: what may end in a sale has a clock that stands still on a Chicago Sunday."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.selling_hours import hours_later, is_sunday
from tests.domain.lots import START, SUNDAY

DAY = timedelta(hours=24)
SATURDAY_NOON = datetime(2026, 5, 9, 17, tzinfo=UTC)
MONDAY = SUNDAY + DAY


def test_on_other_days_a_day_is_a_day() -> None:
    assert hours_later(START, DAY) == START + DAY


def test_a_sunday_in_between_does_not_count() -> None:
    assert hours_later(SATURDAY_NOON, DAY) == SATURDAY_NOON + 2 * DAY


def test_what_begins_on_a_sunday_begins_with_the_monday() -> None:
    assert hours_later(SUNDAY + timedelta(hours=7), DAY) == MONDAY + DAY


def test_what_runs_out_at_sundays_first_moment_has_run_on_saturday() -> None:
    assert hours_later(SUNDAY - DAY, DAY) == SUNDAY


def test_every_sunday_of_a_long_time_is_left_out() -> None:
    assert hours_later(SATURDAY_NOON, 8 * DAY) == SATURDAY_NOON + 10 * DAY


def test_without_the_rule_for_sundays_every_hour_counts() -> None:
    assert hours_later(SATURDAY_NOON, DAY, sunday_rule=False) == SATURDAY_NOON + DAY


def test_the_night_in_which_clocks_change_takes_and_gives_no_hour() -> None:
    spring = datetime(2026, 3, 7, 18, tzinfo=UTC)
    autumn = datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert hours_later(spring, DAY) == datetime(2026, 3, 9, 17, tzinfo=UTC)
    assert hours_later(autumn, DAY) == datetime(2026, 11, 2, 18, tzinfo=UTC)


def test_a_sunday_is_chicagos() -> None:
    assert is_sunday(SUNDAY)
    assert not is_sunday(SUNDAY - timedelta(milliseconds=1))
    assert not is_sunday(MONDAY)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.integers(1, 400),
)
def test_exactly_the_hours_asked_for_lie_outside_sundays(start: datetime, hours: int) -> None:
    end = hours_later(start, timedelta(hours=hours))
    assert not is_sunday(end - timedelta(microseconds=1))
    step = timedelta(minutes=1)
    assert end - start >= timedelta(hours=hours)
    weeks = (end - start) // timedelta(days=7)
    # Sundays have 23 to 25 hours, so what was skipped is near a day for each.
    skipped = end - start - timedelta(hours=hours)
    assert skipped <= (weeks + 1) * timedelta(hours=25) + step
