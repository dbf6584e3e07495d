"""What somebody looks for: filters as a value, their one way of being written, and which listing fits them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.geo import miles_between
from domain.words import has_words, wanted_words

MOST_CHOICES = 30
LONGEST_TEXT = 80
MOST_MILES = 3_000
MOST_HOURS = 24 * 14
FULL_GRADE = 10
UNSOLD, ENDED = "listed", "ended"
OPEN = frozenset({"scheduled", "live", "held", "closing"})


class Facet(StrEnum):
    """What listings are chosen by and counted by; also the name of its field in `Filters` and in `Listing`."""

    MAKE = "make"
    MODEL = "model"
    TRIM = "trim"
    BODY_TYPE = "body_type"
    FUEL_TYPE = "fuel_type"
    DRIVETRAIN = "drivetrain"
    TRANSMISSION = "transmission"
    EXTERIOR_COLOR = "exterior_color"
    TITLE_STATUS = "title_status"
    STATE = "state"
    SALE_TYPE = "sale_type"
    STATUS = "status"


class Measure(StrEnum):
    """What listings are chosen by from and to; also the name of its field in `Filters` and in `Listing`."""

    YEAR = "year"
    PRICE_CENTS = "price_cents"
    MILEAGE = "mileage"
    CONDITION_GRADE = "condition_grade"

    @property
    def ends(self) -> tuple[str, str]:
        """The fields in which its two ends are typed: `price_from_cents` and `price_to_cents`."""
        noun, _, unit = self.value.partition("_")
        suffix = "_cents" if unit == "cents" else ""
        return f"{noun}_from{suffix}", f"{noun}_to{suffix}"


# A listing is held against thousands of searches at once, where an enumeration's own way to its values is too long.
FACET_NAMES = tuple(facet.value for facet in Facet)
MEASURE_NAMES = tuple(measure.value for measure in Measure)


class Sort(StrEnum):
    """The orders of a page. Of equal ones the newer listing comes first, and what has no such value comes last."""

    ENDING_SOON = "ending_soon"
    NEWEST = "newest"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    MILEAGE_LOW = "mileage_low"
    ENDED_LATEST = "ended_latest"
    YEAR_NEW = "year_new"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Span:
    """From and to, both included; None leaves an end open."""

    low: int | None = None
    high: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything lies in it, the unknown too."""
        return self.low is None and self.high is None

    def holds(self, value: int | None) -> bool:
        """Whether a value lies in it; an unknown one only where both ends are open."""
        if value is None:
            return self.is_open
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Near:
    """Within `miles` of the middle of a ZIP code's area, which is given in degrees."""

    zip: str
    lat: float
    lng: float
    miles: int


ANY = Span()


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for: any one of the choices of each facet, and all of the rest. Names compare without case."""

    make: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    trim: tuple[str, ...] = ()
    body_type: tuple[str, ...] = ()
    fuel_type: tuple[str, ...] = ()
    drivetrain: tuple[str, ...] = ()
    transmission: tuple[str, ...] = ()
    exterior_color: tuple[str, ...] = ()
    title_status: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    sale_type: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    year: Span = ANY
    price_cents: Span = ANY
    mileage: Span = ANY
    condition_grade: Span = ANY
    near: Near | None = None
    ending_within_h: int | None = None
    ends_before: datetime | None = None
    no_reserve: bool = False
    text: str = ""

    def choices(self, facet: Facet) -> tuple[str, ...]:
        """What is chosen of a facet; empty for anything."""
        found: tuple[str, ...] = getattr(self, facet.value)
        return found

    def span(self, measure: Measure) -> Span:
        """From where to where a measure is chosen."""
        found: Span = getattr(self, measure.value)
        return found

    def latest_end(self, now: datetime) -> datetime | None:
        """The latest end that is looked for; None for any, and for no auction at all."""
        ends = [] if self.ends_before is None else [self.ends_before]
        if self.ending_within_h is not None:
            ends.append(now + timedelta(hours=self.ending_within_h))
        return min(ends, default=None)

    @property
    def lasting(self) -> "Filters":
        """The part that may be kept for months: without what asks for the state or the end of an auction."""
        return replace(self, status=(), ending_within_h=None, ends_before=None)

    @property
    def is_empty(self) -> bool:
        """Whether everything fits."""
        return self == NO_FILTERS


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Listing:
    """What a search knows of one listed vehicle. `mileage` in miles, `condition_grade` in tenths, place in degrees.

    `status` is that of its newest auction, or `listed` where it has none; `price_cents` the price as it stands.
    """

    vehicle_id: int
    seller_id: int
    make: str
    model: str
    trim: str
    year: int
    mileage: int
    body_type: str
    fuel_type: str
    drivetrain: str
    transmission: str
    condition_grade: int
    title_status: str
    exterior_color: str
    state: str
    lat: float | None
    lng: float | None
    sale_type: str
    no_reserve: bool
    auction_id: int | None
    status: str
    price_cents: int | None
    ends_at: datetime | None
    listed_at: datetime

    @property
    def closes_at(self) -> datetime | None:
        """When its auction ends, while that is to come."""
        return self.ends_at if self.status in OPEN else None

    @property
    def closed_at(self) -> datetime | None:
        """When its auction ended, if it is over."""
        return self.ends_at if self.status == ENDED else None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one filter: its field as it is typed, a stable rule, and a sentence for the person."""

    field: str
    rule: str
    message: str


def faults(filters: Filters) -> tuple[Wrong, ...]:
    """Everything that makes filters impossible to use; empty in the good case."""
    found = [
        Wrong(measure.ends[0], "SPAN", "from is more than to: nothing can lie between")
        for measure in Measure
        if _is_backward(filters.span(measure))
    ]
    found += [
        Wrong(facet.value, "TOO_MANY", f"choose at most {MOST_CHOICES} of them")
        for facet in Facet
        if len(filters.choices(facet)) > MOST_CHOICES
    ]
    if filters.near is not None and not 1 <= filters.near.miles <= MOST_MILES:
        found.append(Wrong("miles", "RANGE", f"the distance must lie between 1 and {MOST_MILES:,} miles"))
    if filters.ending_within_h is not None and not 1 <= filters.ending_within_h <= MOST_HOURS:
        found.append(Wrong("ending_within_h", "RANGE", f"the hours must lie between 1 and {MOST_HOURS}"))
    if filters.text and not wanted_words(filters.text):
        found.append(Wrong("q", "NO_WORDS", "there is no word in it that could be looked for"))
    return tuple(found)


def loosened(filters: Filters) -> tuple[tuple[str, Filters], ...]:
    """The same filters with one of them left out, for each that asks for something, by its name in `Filters`."""
    names = [field.name for field in fields(Filters) if getattr(filters, field.name) != getattr(NO_FILTERS, field.name)]
    return tuple((name, replace(filters, **{name: getattr(NO_FILTERS, name)})) for name in names)


def fits(filters: Filters, listing: Listing, words: str, now: datetime) -> bool:
    """Whether a listing is what is looked for. `words` are its own by `domain.words.kept_words`."""
    return (
        all(_is_chosen(getattr(filters, name), getattr(listing, name)) for name in FACET_NAMES)
        and all(getattr(filters, name).holds(getattr(listing, name)) for name in MEASURE_NAMES)
        and not (filters.no_reserve and not listing.no_reserve)
        and _is_near(filters.near, listing)
        and _ends_in_time(filters.latest_end(now), listing.closes_at, now)
        and has_words(words, wanted_words(filters.text))
    )


def to_json(filters: Filters) -> str:
    """Lasting filters in their one way of being written: only what is set, in order, choices sorted, without case."""
    written: dict[str, Any] = {}
    for field in fields(Filters):
        value = getattr(filters, field.name)
        if isinstance(value, tuple) and value:
            written[field.name] = sorted({choice.casefold() for choice in value})
        elif isinstance(value, Span) and not value.is_open:
            written[field.name] = [value.low, value.high]
        elif isinstance(value, Near):
            written[field.name] = [value.zip, value.lat, value.lng, value.miles]
        elif isinstance(value, str) and value.strip():
            written[field.name] = " ".join(value.casefold().split())
        elif isinstance(value, int) and value:
            written[field.name] = value
    return json.dumps(written, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Filters:
    """Read what `to_json` has written."""
    written: Mapping[str, Any] = json.loads(text)
    return Filters(**{name: _read(name, value) for name, value in written.items()})


def _read(name: str, value: Any) -> Any:
    if name == "near":
        return Near(*value)
    if isinstance(value, list):
        return Span(*value) if name in MEASURE_NAMES else tuple(value)
    return value


def _is_backward(span: Span) -> bool:
    return span.low is not None and span.high is not None and span.low > span.high


def _is_chosen(choices: tuple[str, ...], value: str) -> bool:
    return not choices or value.casefold() in {choice.casefold() for choice in choices}


def _is_near(near: Near | None, listing: Listing) -> bool:
    if near is None:
        return True
    if listing.lat is None or listing.lng is None:
        return False
    return miles_between(near.lat, near.lng, listing.lat, listing.lng) <= near.miles


def _ends_in_time(latest: datetime | None, closes_at: datetime | None, now: datetime) -> bool:
    return latest is None or (closes_at is not None and now < closes_at <= latest)
