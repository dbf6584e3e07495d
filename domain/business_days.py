"""Business days as Minnesota counts them: Monday to Friday without the legal holidays, in Chicago time.

Source: Minn. Stat. 645.44 subd. 5, with Juneteenth and Indigenous Peoples Day since 2023.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType

from domain.clock import CHICAGO, SUNDAY

CLOSES_AT = time(17, 0)
MONDAY, THURSDAY, SATURDAY = 0, 3, 5
DAY, WEEK = timedelta(days=1), timedelta(days=7)
CHANGED_IN = 2023
JANUARY, FEBRUARY, MAY, JUNE, JULY, SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = 1, 2, 5, 6, 7, 9, 10, 11, 12
YEARS_KEPT = 64


@lru_cache(maxsize=YEARS_KEPT)
def holidays(year: int) -> Mapping[date, str]:
    """The days of a year that are legal holidays, each with its name, on the day on which it is kept.

    A fixed one that falls on a Saturday is kept on the Friday before it, one on a Sunday on the Monday after it; so
    New Year's Day may be kept on December 31 of the year before.
    """
    days = {
        _nth(year, JANUARY, MONDAY, 3): "Martin Luther King's Birthday",
        _nth(year, FEBRUARY, MONDAY, 3): "Washington's and Lincoln's Birthday",
        _nth(year, JUNE, MONDAY, 1) - WEEK: "Memorial Day",
        _nth(year, SEPTEMBER, MONDAY, 1): "Labor Day",
        _nth(year, OCTOBER, MONDAY, 2): "Indigenous Peoples Day" if year >= CHANGED_IN else "Christopher Columbus Day",
        _nth(year, NOVEMBER, THURSDAY, 4): "Thanksgiving Day",
    }
    kept = {_kept(day): name for day, name in _fixed(year).items()}
    return MappingProxyType(dict(sorted({**days, **{day: kept[day] for day in kept if day.year == year}}.items())))


def is_business_day(day: date) -> bool:
    """Whether a day is neither at a weekend nor a legal holiday."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def add_business_days(day: date, n: int) -> date:
    """The nth business day after a day, which does not count itself; before it where `n` is negative.

    For `n` = 0 the day itself, or the next business day where it is none.
    """
    step = DAY if n >= 0 else -DAY
    left = abs(n)
    while left:
        day += step
        left -= is_business_day(day)
    while not is_business_day(day):
        day += DAY
    return day


def day_of(moment: datetime) -> date:
    """The date in Chicago at an aware time: the law's and the rate tables' days are these."""
    return moment.astimezone(CHICAGO).date()


def end_of_business_day(day: date) -> datetime:
    """17:00 in Chicago on a day, as UTC; whether it is a business day is the caller's to see to."""
    return datetime.combine(day, CLOSES_AT, tzinfo=CHICAGO).astimezone(UTC)


def business_days_later(moment: datetime, n: int) -> datetime:
    """The same time of day (UTC, on Chicago's clock) on the nth business day after a moment; `n` is at least 1.

    What comes on no business day counts as having come when the next one begins.
    """
    local = moment.astimezone(CHICAGO)
    begun = local.date() if is_business_day(local.date()) else add_business_days(local.date(), 0)
    at = local.time() if begun == local.date() else time(0)
    return datetime.combine(add_business_days(begun, n), at, tzinfo=CHICAGO).astimezone(UTC)


def _fixed(year: int) -> Mapping[date, str]:
    """The holidays of fixed dates, with the next New Year's Day, which may be kept in this year."""
    juneteenth = {date(year, JUNE, 19): "Juneteenth"} if year >= CHANGED_IN else {}
    return {
        date(year, JANUARY, 1): "New Year's Day",
        **juneteenth,
        date(year, JULY, 4): "Independence Day",
        date(year, NOVEMBER, 11): "Veterans Day",
        date(year, DECEMBER, 25): "Christmas Day",
        date(year + 1, JANUARY, 1): "New Year's Day",
    }


def _kept(day: date) -> date:
    if day.weekday() == SATURDAY:
        return day - DAY
    return day + DAY if day.weekday() == SUNDAY else day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The nth such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7) + (n - 1) * WEEK
