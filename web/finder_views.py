"""What the pages of saved searches and of the watchlist are given; each names its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from domain.watching import WatchNews
from web.lots import OPEN, Lot
from web.saved_search_words import ALERTS, Phrase, pairs_of, phrases
from web.search_views import address
from web.views import Frame, Json

# What is under way comes first, the soonest end at the top; what is over comes last.
ORDER = ("live", "closing", "held", "scheduled")
REMINDERS: Mapping[str, str] = MappingProxyType(
    {
        WatchNews.DAY.value: "24 hours before its auction ends",
        WatchNews.HOUR.value: "1 hour before",
        WatchNews.MINUTES.value: "10 minutes before",
        WatchNews.OUTBID.value: "When somebody outbids you",
        WatchNews.RESERVE.value: "When the price reaches the reserve",
    }
)


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A SearchView of the API, as its owner reads it."""

    search: Json

    @property
    def phrases(self) -> Sequence[Phrase]:
        """What it asks for."""
        return phrases(self.search["filters"])

    @property
    def link(self) -> str:
        """Where its results are."""
        return address(pairs_of(self.search["filters"]))


@dataclass(frozen=True, slots=True)
class SavedSearches:
    """Somebody's saved searches: SearchViews, newest first. `modes`: how often we may write, as the API names it.

    `wanted` is the address of the results of a search that could not be kept, beside the `error` that says why.
    """

    template: ClassVar[str] = "saved_searches"
    frame: Frame
    items: Sequence[Json]
    most: int
    modes: Sequence[str]
    error: str | None = None
    wanted: str | None = None

    @property
    def searches(self) -> Sequence[KeptSearch]:
        """The searches."""
        return [KeptSearch(each) for each in self.items]

    @property
    def alerts(self) -> Mapping[str, str]:
        """The choices of how often we write."""
        return {mode: ALERTS[mode] for mode in self.modes}


@dataclass(frozen=True, slots=True)
class WatchedFacts:
    """A VehicleView, its AuctionView and `mine`, both None without an auction, and the reminders that are wanted."""

    vehicle: Json
    auction: Json | None = None
    mine: Json | None = None
    reminders: frozenset[str] = frozenset(REMINDERS)


@dataclass(frozen=True, slots=True)
class WatchedLine:
    """A watched vehicle, its auction with its reader's position, if it has one, and what the reader is told of it."""

    vehicle: Json
    lot: Lot | None
    reminders: frozenset[str]

    @property
    def place(self) -> tuple[int, str]:
        """Where in the list it stands."""
        if self.lot is None:
            return len(ORDER), ""
        status = self.lot.auction["status"]
        if status in OPEN:
            return ORDER.index(status), self.lot.turns_at
        return len(ORDER) + 1, ""

    @property
    def link(self) -> str:
        """Where it is looked at."""
        return f"/vehicles/{self.vehicle['id']}" if self.lot is None else f"/auctions/{self.lot.auction['id']}"


@dataclass(frozen=True, slots=True)
class Watchlist:
    """What somebody watches."""

    template: ClassVar[str] = "watchlist"
    frame: Frame
    items: Sequence[WatchedFacts]
    page: int = 1
    size: int = 50
    error: str | None = None

    @property
    def lines(self) -> Sequence[WatchedLine]:
        """The lines of this page, in their order."""
        first = (self.page - 1) * self.size
        return self._sorted()[first : first + self.size]

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return len(self.items) > self.page * self.size

    @property
    def reminders(self) -> Mapping[str, str]:
        """What one can be told."""
        return REMINDERS

    def _sorted(self) -> list[WatchedLine]:
        now = self.frame.server_now
        found = [
            WatchedLine(
                each.vehicle,
                None if each.auction is None or each.mine is None else Lot(each.auction, each.mine, now),
                each.reminders,
            )
            for each in self.items
        ]
        return sorted(found, key=lambda line: line.place)


FinderView = SavedSearches | Watchlist
