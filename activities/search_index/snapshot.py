"""The index at one moment: which listings fit some filters, how many there are of each kind, and which come first."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil, floor, sqrt

from activities.search_index.coding import CLOSES, LISTED, NO_RESERVE, ORDERS, Coding, measure_code, moment_code
from activities.search_index.columns import Column, below, highest, listed
from activities.search_index.places import Places
from domain.search import Facet, Filters, Measure, Near, Sort

EMPTY = Column()
# Of a facet with a great many values the counts are of use only within what it belongs to.
BELONGS = {Facet.MODEL: Facet.MAKE, Facet.TRIM: Facet.MODEL}
MILES_PARTS = 100
ENOUGH = 2


@dataclass(frozen=True, slots=True)
class After:
    """Where a page ended: the last listing, and the number by which it stood in its order."""

    place: int
    vehicle_id: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Sets of listings: all that fit, and for each facet with a choice those that fit but for this choice."""

    members: int
    without: Mapping[Facet, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All columns by name at one moment; nothing in it ever changes but the exact places."""

    coding: Coding
    columns: Mapping[str, Column]
    places: Places

    @classmethod
    def empty(cls, coding: Coding) -> "Snapshot":
        """The index before anything is known."""
        return cls(coding, {}, Places(EMPTY, EMPTY, array("d"), array("d")))

    def column(self, name: str) -> Column:
        """A column; an empty one where no listing has had a value."""
        return self.columns.get(name, EMPTY)

    @property
    def everyone(self) -> int:
        """All listings that are not removed."""
        places = self.column(LISTED).places
        return places[0] if places else 0

    def chosen(self, filters: Filters, now: datetime, found: int | None) -> Chosen:
        """What fits; `found` are the listings that a text was found in, where one is looked for."""
        base = self.column(LISTED).equal(1, found if found is not None else self.everyone)
        for measure in Measure:
            base = self._within(filters, measure, base)
        if filters.no_reserve:
            base = self.column(NO_RESERVE).equal(1, base)
        latest = filters.latest_end(now)
        if latest is not None:
            base = self.column(CLOSES).between(moment_code(now) + 1, moment_code(latest), base)
        if filters.near is not None:
            base = self.places.within(filters.near, base)
        sets = {facet: self._any_of(facet, filters.choices(facet), base) for facet in Facet if filters.choices(facet)}
        return Chosen(_all_of(base, sets, None), {facet: _all_of(base, sets, facet) for facet in sets})

    def counts(self, filters: Filters, chosen: Chosen) -> dict[Facet, list[tuple[str, int]]]:
        """How many there are of each value of a facet, most first, as if nothing were chosen of that facet itself."""
        found = {}
        for facet in Facet:
            if facet in BELONGS and not filters.choices(facet) and not filters.choices(BELONGS[facet]):
                continue
            counted = self.column(facet.value).counts(chosen.without.get(facet, chosen.members))
            names = self.coding.names[facet]
            values = [(names.shown(code), count) for code, count in counted.items() if code]
            found[facet] = sorted(values, key=lambda value: (-value[1], value[0]))
        return found

    def first(self, sort: Sort, members: int, after: After | None, limit: int) -> list[int]:
        """The listings of a set that come next in an order which is not by distance, at most `limit`, in no order."""
        name, greatest = ORDERS[sort]
        column = self.column(name)
        unknown = column.equal(0, members)
        known = members ^ unknown
        if after is not None and not after.place:
            known, unknown = 0, below(after.vehicle_id, unknown)
        elif after is not None:
            same = below(after.vehicle_id, column.equal(after.place, known))
            less = column.at_most(after.place - 1, known)
            known = same | (less if greatest else known ^ column.at_most(after.place, known))
        found = listed(column.first(known, limit, greatest=greatest))
        return found + listed(highest(unknown, limit - len(found)))

    def nearest(self, near: Near, members: int, after: After | None, limit: int) -> list[tuple[int, int]]:
        """The listings of a set that come next by distance, in order, each after the hundredths of a mile to it."""
        count = members.bit_count()
        start = (-1, 0) if after is None else (after.place, -after.vehicle_id)
        # Wide enough for the page if they lay evenly; the next ring is twice as wide.
        miles = near.miles * min(1.0, sqrt(ENOUGH * limit / max(1, count))) + max(0, start[0]) / MILES_PARTS
        while True:
            ring = replace(near, miles=min(ceil(miles), near.miles))
            found = listed(self.places.within(ring, members))
            parts = [(floor(self.places.miles(near, member) * MILES_PARTS), -member) for member in found]
            further = sorted(part for part in parts if part > start)
            if len(further) >= limit or ring.miles >= near.miles:
                return [(part, -member) for part, member in further[:limit]]
            miles *= 2

    def _within(self, filters: Filters, measure: Measure, members: int) -> int:
        span, column = filters.span(measure), self.column(measure.value)
        if span.is_open:
            return members
        found = members ^ column.equal(0, members)
        if span.high is not None:
            found = column.at_most(measure_code(measure, span.high), found)
        if span.low is not None:
            found ^= column.at_most(measure_code(measure, span.low) - 1, found)
        return found

    def _any_of(self, facet: Facet, choices: tuple[str, ...], members: int) -> int:
        column, names = self.column(facet.value), self.coding.names[facet]
        found = 0
        for choice in choices:
            code = names.known(choice)
            found |= 0 if code is None else column.equal(code, members)
        return found


def _all_of(base: int, sets: Mapping[Facet, int], but: Facet | None) -> int:
    for facet, members in sets.items():
        if facet is not but:
            base &= members
    return base
