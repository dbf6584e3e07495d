"""Where an end is placed among the others of its seller: a minute apart, never into a Sunday."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import may_end_at
from domain.staggering import end_apart

MINUTE = timedelta(minutes=1)
# A Tuesday, and the last minute of a week at which a lot may end: Saturday 23:00 in Chicago.
TUESDAY = datetime(2026, 5, 5, 20, tzinfo=UTC)
LAST = datetime(2026, 5, 10, 4, tzinfo=UTC)
LONG_AGO = TUESDAY - timedelta(days=7)


def placed(wanted: datetime, *taken: datetime, not_before: datetime = LONG_AGO, sunday_rule: bool = True) -> datetime:
    return end_apart(wanted, taken, MINUTE, not_before=not_before, sunday_rule=sunday_rule)


def test_an_end_that_nobody_has_taken_stays() -> None:
    assert placed(TUESDAY) == TUESDAY
    assert placed(TUESDAY, TUESDAY - MINUTE, TUESDAY + MINUTE) == TUESDAY


@pytest.mark.parametrize("seconds", [-59, 0, 59])
def test_a_taken_minute_moves_it_to_a_minute_after(seconds: int) -> None:
    other = TUESDAY + timedelta(seconds=seconds)
    assert placed(TUESDAY, other) == other + MINUTE


def test_it_goes_past_all_that_are_taken_in_a_row() -> None:
    assert placed(TUESDAY, *(TUESDAY + n * MINUTE for n in (2, 0, 1))) == TUESDAY + 3 * MINUTE


def test_towards_a_sunday_it_goes_back_instead() -> None:
    assert may_end_at(LAST)
    assert placed(LAST, LAST, TUESDAY) == LAST - MINUTE
    assert placed(LAST, LAST, LAST - MINUTE) == LAST - 2 * MINUTE


def test_with_the_sunday_rule_off_it_goes_on() -> None:
    assert placed(LAST, LAST, sunday_rule=False) == LAST + MINUTE


def test_a_sale_is_not_made_too_short_by_it() -> None:
    assert placed(LAST, LAST, not_before=LAST) == LAST


def test_from_a_monday_it_does_not_go_back_into_the_sunday() -> None:
    friday_of_rows = [LAST - n * MINUTE for n in range(6 * 24 * 60)]
    assert may_end_at(placed(LAST, *friday_of_rows))


MOMENTS = st.integers(0, 8 * 24 * 3600).map(lambda seconds: TUESDAY + timedelta(seconds=seconds))


@given(wanted=MOMENTS.filter(may_end_at), taken=st.lists(MOMENTS, max_size=12))
def test_whatever_is_taken_the_end_is_never_near_a_sunday_and_apart_where_there_is_room(
    wanted: datetime, taken: list[datetime]
) -> None:
    found = placed(wanted, *taken)
    assert may_end_at(found)
    assert all(abs(found - other) >= MINUTE for other in taken) or found == wanted
