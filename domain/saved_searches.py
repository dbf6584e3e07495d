"""Saved searches: how often somebody is written to, when a letter is due, and by which keys a listing finds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import product

from domain.clock import CHICAGO
from domain.search import Facet, Filters, Measure

ANYTHING = ""
MOST_KEYS = 120
MOST_SEARCHES = 50
# Nobody's letter of the day comes before eight in Chicago, and not all of them in the same minute.
MORNING = time(8)
LETTER_MINUTES = 60
LEAST, MOST = -1, 2**31 - 1
MOST_CENTS = 2**62


class Frequency(StrEnum):
    """How often we write about what was found."""

    INSTANT = "instant"
    DAILY = "daily"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Key:
    """What a search asks of the make, model and state of a listing, without case; '' for any."""

    make: str
    model: str
    state: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """From and to of a search, both included, where an open end lies beyond everything."""

    year_from: int
    year_to: int
    price_from: int
    price_to: int
    mileage_from: int
    mileage_to: int


def keys_of(filters: Filters) -> tuple[Key, ...]:
    """Every key that a fitting listing can have, at most `MOST_KEYS`: of too many, states and then models fall out."""
    names = [_names(filters, facet) for facet in (Facet.MAKE, Facet.MODEL, Facet.STATE)]
    for place in (2, 1):
        if len(names[0]) * len(names[1]) * len(names[2]) > MOST_KEYS:
            names[place] = (ANYTHING,)
    return tuple(Key(*each) for each in product(*names))


def bounds_of(filters: Filters) -> Bounds:
    """The main spans of a search."""
    return Bounds(*_ends(filters, Measure.YEAR), *_ends(filters, Measure.PRICE_CENTS), *_ends(filters, Measure.MILEAGE))


def due_at(frequency: Frequency, user_id: int, now: datetime) -> datetime:
    """When what was found now is to be told: at once, or with the next letter of the day. Raises ValueError for OFF."""
    if frequency is Frequency.OFF:
        raise ValueError(frequency)
    if frequency is Frequency.INSTANT:
        return now
    local = now.astimezone(CHICAGO)
    late = timedelta(minutes=user_id % LETTER_MINUTES)
    today = datetime.combine(local.date(), MORNING, CHICAGO) + late
    next_day = datetime.combine(local.date() + timedelta(days=1), MORNING, CHICAGO) + late
    return (today if today > local else next_day).astimezone(now.tzinfo)


def _names(filters: Filters, facet: Facet) -> tuple[str, ...]:
    return tuple(sorted({choice.casefold() for choice in filters.choices(facet)})) or (ANYTHING,)


def _ends(filters: Filters, measure: Measure) -> Iterator[int]:
    span = filters.span(measure)
    most = MOST_CENTS if measure is Measure.PRICE_CENTS else MOST
    yield LEAST if span.low is None else span.low
    yield (32_767 if measure is Measure.YEAR else most) if span.high is None else span.high
