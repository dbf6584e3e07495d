"""The clocks of steps that may end in a sale: like a lot's own they stand still on a Chicago Sunday.

Source: auction-rules.md section 4 (no offer or negotiation is completed on a Sunday). Who is given 24 hours to say yes
is given 24 hours in which a yes is taken.
"""

from datetime import UTC, date, datetime, time, timedelta

from domain.clock import CHICAGO, SUNDAY, sunday_before


def is_sunday(moment: datetime) -> bool:
    """Whether a moment falls on a Sunday in Chicago."""
    return sunday_before(moment) is not None


def hours_later(start: datetime, length: timedelta, *, sunday_rule: bool = True) -> datetime:
    """When (UTC) a time of `length` is over that begins at `start`; hours of a Chicago Sunday do not count.

    Clocks are changed on Sundays only, so what counts is never an hour longer or shorter than it reads.
    """
    if not sunday_rule:
        return start + length
    at, left = start, length
    while True:
        day = at.astimezone(CHICAGO).date()
        if is_sunday(at):
            day += timedelta(days=1)
            at = _midnight(day)
        sunday = _midnight(day + timedelta(days=SUNDAY - day.weekday()))
        if at + left <= sunday:
            return at + left
        at, left = sunday, left - (sunday - at)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=CHICAGO).astimezone(UTC)
