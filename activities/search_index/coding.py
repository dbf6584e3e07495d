"""A listing as whole numbers, one for each column of the index; 0 is always what nobody knows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from activities.db.search import REMOVED
from activities.search_index.places import lat_code, lng_code
from domain.clock import to_ms
from domain.search import ENDED, OPEN, Facet, Listing, Measure, Sort

Texts = Mapping[str, Sequence[str]]
LISTED, NO_RESERVE, LAT, LNG = "listed", "no_reserve", "lat", "lng"
CLOSES, CLOSED, NEW = "closes", "closed", "new"
SECOND_MS = 1000
MOVING = frozenset({Facet.STATUS.value, Measure.PRICE_CENTS.value, CLOSES, CLOSED, NO_RESERVE, LISTED})
# The column of each order, and whether its greatest value comes first. Distance has none.
ORDERS: Mapping[Sort, tuple[str, bool]] = MappingProxyType(
    {
        Sort.ENDING_SOON: (CLOSES, False),
        Sort.ENDED_LATEST: (CLOSED, True),
        Sort.NEWEST: (NEW, True),
        Sort.PRICE_LOW: (Measure.PRICE_CENTS.value, False),
        Sort.PRICE_HIGH: (Measure.PRICE_CENTS.value, True),
        Sort.MILEAGE_LOW: (Measure.MILEAGE.value, False),
        Sort.YEAR_NEW: (Measure.YEAR.value, True),
    }
)


class Names:
    """The values of one facet, numbered from 1 as they come; those that differ by case alone are one."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {"": 0}
        self._spelled: dict[str, int] = {"": 0}
        self._shown: list[str] = [""]

    def codes(self, values: Iterable[str]) -> list[int]:
        """The numbers of some values, new ones where they are new."""
        spelled = self._spelled
        return [spelled[value] if value in spelled else self._code(value) for value in values]

    def known(self, value: str) -> int | None:
        """The number of a value, None where no listing has ever had it."""
        return self._codes.get(value.casefold())

    def shown(self, code: int) -> str:
        """The value of a number as it was written first."""
        return self._shown[code]

    def _code(self, value: str) -> int:
        key = value.casefold()
        if key not in self._codes:
            # Shown before it is known: another thread may read it at once.
            self._shown.append(value)
            self._codes[key] = len(self._shown) - 1
        code = self._spelled[value] = self._codes[key]
        return code


class Coding:
    """How one index writes listings down; its names grow with the listings it has seen."""

    def __init__(self) -> None:
        self.names = {facet: Names() for facet in Facet}

    def static(self, texts: Texts) -> dict[str, list[int]]:
        """What bids do not change, a column of codes each. `texts` are columns by the names of `search.CHANGE`."""
        facets = (facet for facet in Facet if facet is not Facet.STATUS)
        return {
            **{facet.value: self.names[facet].codes(texts[facet.value]) for facet in facets},
            Measure.YEAR.value: [int(text) for text in texts["year"]],
            Measure.MILEAGE.value: [int(text) + 1 for text in texts["mileage"]],
            Measure.CONDITION_GRADE.value: [int(text) + 1 for text in texts["condition_grade"]],
            NEW: [int(text) // SECOND_MS for text in texts["listed_at"]],
            LAT: [lat_code(float(text)) if text else 0 for text in texts["lat"]],
            LNG: [lng_code(float(text)) if text else 0 for text in texts["lng"]],
        }

    def moving(self, texts: Texts) -> dict[str, list[int]]:
        """What an auction changes as it goes on."""
        statuses = texts["status"]
        seconds = [int(text) // SECOND_MS if text else 0 for text in texts["ends_at"]]
        ends = list(zip(statuses, seconds, strict=True))
        return {
            Facet.STATUS.value: self.names[Facet.STATUS].codes(statuses),
            Measure.PRICE_CENTS.value: [int(text) if text else 0 for text in texts["price_cents"]],
            CLOSES: [end if status in OPEN else 0 for status, end in ends],
            CLOSED: [end if status == ENDED else 0 for status, end in ends],
            NO_RESERVE: [int(text) for text in texts["no_reserve"]],
            LISTED: [int(status != REMOVED) for status in statuses],
        }


def measure_code(measure: Measure, value: int | None) -> int:
    """A measure as a number; a year or a price is never 0, the others are counted from 1."""
    if value is None:
        return 0
    return value if measure in {Measure.YEAR, Measure.PRICE_CENTS} else value + 1


def moment_code(moment: datetime | None) -> int:
    """A time as whole seconds."""
    return 0 if moment is None else to_ms(moment) // SECOND_MS


SORTED_BY: Mapping[Sort, Callable[[Listing], int]] = MappingProxyType(
    {
        Sort.ENDING_SOON: lambda listing: moment_code(listing.closes_at),
        Sort.ENDED_LATEST: lambda listing: moment_code(listing.closed_at),
        Sort.NEWEST: lambda listing: moment_code(listing.listed_at),
        Sort.PRICE_LOW: lambda listing: measure_code(Measure.PRICE_CENTS, listing.price_cents),
        Sort.PRICE_HIGH: lambda listing: measure_code(Measure.PRICE_CENTS, listing.price_cents),
        Sort.MILEAGE_LOW: lambda listing: measure_code(Measure.MILEAGE, listing.mileage),
        Sort.YEAR_NEW: lambda listing: measure_code(Measure.YEAR, listing.year),
    }
)


def place_in(sort: Sort, listing: Listing) -> int:
    """The number by which a listing stands in an order that is not by distance."""
    return SORTED_BY[sort](listing)
