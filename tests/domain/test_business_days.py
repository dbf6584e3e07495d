"""Business days: the legal holidays of Minnesota, and deadlines that are counted in days without them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_days import (
    CLOSES_AT,
    add_business_days,
    business_days_later,
    day_of,
    end_of_business_day,
    holidays,
    is_business_day,
)
from domain.clock import CHICAGO

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def test_the_legal_holidays_of_2026() -> None:
    assert {day.isoformat(): name for day, name in holidays(2026).items()} == {
        "2026-01-01": "New Year's Day",
        "2026-01-19": "Martin Luther King's Birthday",
        "2026-02-16": "Washington's and Lincoln's Birthday",
        "2026-05-25": "Memorial Day",
        "2026-06-19": "Juneteenth",
        "2026-07-03": "Independence Day",
        "2026-09-07": "Labor Day",
        "2026-10-12": "Indigenous Peoples Day",
        "2026-11-11": "Veterans Day",
        "2026-11-26": "Thanksgiving Day",
        "2026-12-25": "Christmas Day",
    }


def test_2023_brought_juneteenth_and_renamed_columbus_day() -> None:
    before, after = ({*holidays(year).values(), "New Year's Day"} for year in (2022, 2023))
    assert (before - after, after - before) == (
        {"Christopher Columbus Day"},
        {"Juneteenth", "Indigenous Peoples Day"},
    )


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2027-06-18", "Juneteenth"),
        ("2027-07-05", "Independence Day"),
        ("2027-12-24", "Christmas Day"),
        ("2027-12-31", "New Year's Day"),
        ("2023-01-02", "New Year's Day"),
        ("2028-11-10", "Veterans Day"),
    ],
)
def test_a_holiday_at_a_weekend_is_kept_on_the_friday_before_or_the_monday_after(day: str, name: str) -> None:
    found = date.fromisoformat(day)
    assert holidays(found.year)[found] == name
    assert not is_business_day(found)


def test_a_new_years_day_on_a_saturday_is_kept_in_the_old_year_alone() -> None:
    assert date(2028, 1, 1) not in holidays(2028)
    assert date(2028, 1, 3) not in holidays(2028)
    assert list(holidays(2027).values()).count("New Year's Day") == 2


def test_memorial_day_is_the_last_monday_of_may_also_when_there_are_five() -> None:
    assert holidays(2027)[date(2027, 5, 31)] == "Memorial Day"
    assert date(2027, 5, 24) not in holidays(2027)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2026-05-05", 0, "2026-05-05"),
        ("2026-05-05", 1, "2026-05-06"),
        ("2026-05-08", 1, "2026-05-11"),
        ("2026-05-09", 0, "2026-05-11"),
        ("2026-05-09", 1, "2026-05-11"),
        ("2026-05-22", 1, "2026-05-26"),
        ("2026-11-25", 2, "2026-11-30"),
        ("2026-12-24", 5, "2027-01-04"),
        ("2026-11-30", -2, "2026-11-25"),
        ("2026-05-10", -1, "2026-05-08"),
        ("2026-05-25", 0, "2026-05-26"),
    ],
)
def test_business_days_are_counted_past_weekends_and_holidays(day: str, n: int, expected: str) -> None:
    assert add_business_days(date.fromisoformat(day), n) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2026-03-06", "2026-03-06T23:00Z"),
        ("2026-03-09", "2026-03-09T22:00Z"),
        ("2026-10-30", "2026-10-30T22:00Z"),
        ("2026-11-02", "2026-11-02T23:00Z"),
    ],
)
def test_a_business_day_ends_at_five_in_chicago_on_either_side_of_a_change_of_clocks(day: str, ends: str) -> None:
    assert end_of_business_day(date.fromisoformat(day)) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-07-01T04:59:59Z", "2026-06-30"),
        ("2026-07-01T05:00:00Z", "2026-07-01"),
        ("2027-01-01T05:59:59Z", "2026-12-31"),
    ],
)
def test_a_day_begins_at_midnight_in_chicago(moment: str, day: str) -> None:
    assert day_of(datetime.fromisoformat(moment)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("moment", "n", "due"),
    [
        ("2026-05-05T09:30:00-05:00", 1, "2026-05-06T09:30:00-05:00"),
        ("2026-05-08T16:00:00-05:00", 1, "2026-05-11T16:00:00-05:00"),
        ("2026-05-09T10:00:00-05:00", 1, "2026-05-12T00:00:00-05:00"),
        ("2026-05-25T10:00:00-05:00", 1, "2026-05-27T00:00:00-05:00"),
        ("2026-03-06T12:00:00-06:00", 1, "2026-03-09T12:00:00-05:00"),
        ("2026-11-25T12:00:00-06:00", 3, "2026-12-01T12:00:00-06:00"),
    ],
)
def test_the_same_time_some_business_days_later(moment: str, n: int, due: str) -> None:
    assert business_days_later(datetime.fromisoformat(moment), n) == datetime.fromisoformat(due)


@given(DAYS, st.integers(-30, 30))
def test_between_a_day_and_the_nth_business_day_lie_exactly_so_many_of_them(day: date, n: int) -> None:
    found = add_business_days(day, n)
    low, high = sorted((day, found))
    between = [low + timedelta(days=each) for each in range((high - low).days + 1)]
    assert is_business_day(found)
    assert sum(is_business_day(each) for each in between if each != day) in {abs(n), 1 if n == 0 else abs(n)}


@given(DAYS)
def test_a_year_has_eleven_holidays_at_most_one_more_and_none_at_a_weekend(day: date) -> None:
    found = holidays(day.year)
    assert all(each.weekday() < 5 for each in found)
    assert 9 <= len(found) <= 12


@given(DAYS)
def test_the_end_of_a_day_is_five_in_chicago_whatever_the_clocks_do(day: date) -> None:
    end = end_of_business_day(day)
    assert end.tzinfo is UTC
    assert (day_of(end), end.astimezone(CHICAGO).time()) == (day, CLOSES_AT)
    assert time(22) <= end.time() <= time(23)
