"""The inventory page's values: the facets with a link for each choice, the orders, and what is chosen now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from domain.search import Facet, Sort
from web.views import Frame, Json

PATH = "/inventory"
Pairs = Sequence[tuple[str, str]]
TITLES: Mapping[str, str] = MappingProxyType(
    {
        Facet.MAKE.value: "Make",
        Facet.MODEL.value: "Model",
        Facet.TRIM.value: "Trim",
        Facet.BODY_TYPE.value: "Body",
        Facet.FUEL_TYPE.value: "Fuel",
        Facet.DRIVETRAIN.value: "Drivetrain",
        Facet.TRANSMISSION.value: "Transmission",
        Facet.EXTERIOR_COLOR.value: "Color",
        Facet.TITLE_STATUS.value: "Title",
        Facet.STATE.value: "State",
        Facet.SALE_TYPE.value: "Sale",
        Facet.STATUS.value: "Auction",
    }
)
SORTS: Mapping[str, str] = MappingProxyType(
    {
        Sort.NEWEST.value: "Newest",
        Sort.ENDING_SOON.value: "Ending soon",
        Sort.PRICE_LOW.value: "Price: low to high",
        Sort.PRICE_HIGH.value: "Price: high to low",
        Sort.MILEAGE_LOW.value: "Mileage: low to high",
        Sort.YEAR_NEW.value: "Year: newest",
        Sort.DISTANCE.value: "Distance",
        Sort.ENDED_LATEST.value: "Ended last",
    }
)
# How a value reads where its own spelling would not do.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "listed": "No auction",
        "live": "Live now",
        "scheduled": "Upcoming",
        "held": "On hold",
        "closing": "Closing",
        "ended": "Ended",
        "timed": "Auction",
        "buy_now_only": "Buy now",
        "make_offer": "Make an offer",
        "cvt": "CVT",
        "suv": "SUV",
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet; its link chooses it, or takes the choice back."""

    value: str
    text: str
    count: int
    is_chosen: bool
    link: str


@dataclass(frozen=True, slots=True)
class FacetList:
    """One facet with its values, most first, the chosen ones always among them."""

    name: str
    title: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Inventory:
    """A page of the inventory. `query` are the pairs of its address without the cursor; `errors` by field."""

    frame: Frame
    items: Sequence[Json]
    total: int
    facets: Sequence[FacetList]
    query: Pairs
    sort: str
    next_link: str | None
    errors: Mapping[str, str]
    watched: frozenset[int]

    def text(self, name: str) -> str:
        """What is chosen or typed in a field that has one value."""
        return next((value for key, value in self.query if key == name), "")

    @property
    def sorts(self) -> Mapping[str, str]:
        """The orders that make sense: by distance only from somewhere."""
        return {key: text for key, text in SORTS.items() if key != Sort.DISTANCE.value or self.text("zip")}


def inventory(
    frame: Frame,
    page: Mapping[str, Any],
    query: Pairs,
    *,
    sort: str,
    errors: Mapping[str, str] | None = None,
    watched: frozenset[int] = frozenset(),
) -> Inventory:
    """The page from the answer of `GET /api/vehicles` to the same query."""
    kept = [(name, value) for name, value in query if name != "cursor" and value]
    cursor = page["next_cursor"]
    return Inventory(
        frame,
        page["items"],
        page["total"],
        facet_lists(page["facets"], kept),
        kept,
        sort,
        None if cursor is None else address([*kept, ("cursor", cursor)]),
        errors or {},
        watched,
    )


def facet_lists(facets: Mapping[str, Sequence[Mapping[str, Any]]], query: Pairs) -> list[FacetList]:
    """The facets that there is something to choose of, each value with the link that chooses it or takes it back."""
    found = []
    for name, counts in facets.items():
        chosen = {value.casefold(): value for key, value in query if key == name}
        known = {str(each["value"]): int(each["count"]) for each in counts}
        missing = {value: 0 for key, value in chosen.items() if key not in {value.casefold() for value in known}}
        choices = [_choice(name, value, count, chosen, query) for value, count in (known | missing).items()]
        if choices:
            found.append(FacetList(name, TITLES[name], choices))
    return found


def address(query: Pairs) -> str:
    """The page's address for a query."""
    return f"{PATH}?{urlencode(list(query))}" if query else PATH


def _choice(name: str, value: str, count: int, chosen: Mapping[str, str], query: Pairs) -> Choice:
    is_chosen = value.casefold() in chosen
    rest = [(key, each) for key, each in query if not (key == name and each.casefold() == value.casefold())]
    text = WORDS.get(value, value[:1].upper() + value[1:])
    return Choice(value, text, count, is_chosen, address(rest if is_chosen else [*rest, (name, value)]))
