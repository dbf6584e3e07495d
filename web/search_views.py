"""The inventory page's values: facets with a link for each choice, chips that take one back, orders, and next steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from domain.search import Facet, Filters, Measure, Sort, Span
from web.formats import money, when
from web.search_words import MEASURES, SORTS, TITLES, word_of
from web.views import Frame, Json

PATH = "/inventory"
IN_SIGHT = 8
# What asks for a moment in the life of an auction, or for an order, cannot be kept as a saved search.
PASSING = frozenset({"status", "ending_within_h", "closing_before", "sort", "cursor"})
# What the form has a field of its own for.
TYPED = frozenset({"q", "zip", "miles", "sort", "no_reserve", "ending_within_h", "condition_from"}).union(
    *(measure.ends for measure in (Measure.YEAR, Measure.PRICE_CENTS, Measure.MILEAGE))
)
TENTHS = 10
Pairs = Sequence[tuple[str, str]]


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

    @property
    def shown(self) -> list[Choice]:
        """What is in sight at once: the first ones, and whatever is chosen."""
        return [each for number, each in enumerate(self.choices) if number < IN_SIGHT or each.is_chosen]

    @property
    def rest(self) -> list[Choice]:
        """What is shown when it is asked for."""
        return [each for each in self.choices[IN_SIGHT:] if not each.is_chosen]


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that is looked for; its link takes it back. `count`: how many there are without it, where counted."""

    text: str
    link: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Inventory:
    """A page of the inventory.

    `items` are ListingViews; `lots` their AuctionViews by auction, `mine` likewise for a signed-in bidder, `pictures`
    their PictureViews by vehicle. `query` are the pairs of its address without the cursor, as the API names them;
    `typed` the texts of fields that could not be used, `errors` a sentence for each.
    """

    frame: Frame
    items: Sequence[Json]
    total: int
    facets: Sequence[FacetList]
    filters: Filters
    query: Pairs
    sort: str
    next_link: str | None = None
    is_first: bool = True
    lots: Mapping[int, Json] = field(default_factory=dict)
    mine: Mapping[int, Json] = field(default_factory=dict)
    pictures: Mapping[int, Json] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    looser: Sequence[Chip] = ()
    ended: int = 0

    def text(self, name: str) -> str:
        """What is chosen or typed in a field that has one value; prices in dollars."""
        return self.typed.get(name) or _dollars(self.query, name) or _last(self.query, name)

    @property
    def carried(self) -> Pairs:
        """What the form carries along although nobody types it there."""
        return [(name, value) for name, value in self.query if name not in TYPED]

    @property
    def lasting(self) -> Pairs:
        """What a saved search keeps of the query."""
        return [(name, value) for name, value in self.query if name not in PASSING]

    @property
    def sorts(self) -> Mapping[str, str]:
        """The orders that make sense: by distance only from somewhere."""
        return {key: text for key, text in SORTS.items() if key != Sort.DISTANCE.value or self.text("zip")}

    @property
    def chips(self) -> list[Chip]:
        """Everything that is looked for, each to be taken back by itself."""
        of_facets = [
            Chip(f"{TITLES[facet]}: {word_of(value)}", address(_without(self.query, facet.value, value)))
            for facet in Facet
            for value in self.filters.choices(facet)
        ]
        return of_facets + [loose_chip(self.query, self.filters, name) for name in _spans_and_more(self.filters)]

    @property
    def first_link(self) -> str:
        """The first page of the same."""
        return address(self.query)

    @property
    def ended_link(self) -> str:
        """The same among what has ended."""
        kept = [pair for pair in self.query if pair[0] not in {"status", "sort", "ending_within_h", "closing_before"}]
        return address([*kept, ("status", "ended")])

    def facts(self, item: Json) -> list[str]:
        """What one compares at a glance, beside mileage and place."""
        near, miles = self.filters.near, item["distance_miles"]
        away = [] if near is None or miles is None else [f"{miles:,.0f} mi from {near.zip}"]
        grade = f"Condition {_tenths(item['condition_grade'])}"
        title = f"{word_of(item['title_status'])} title"
        sale = [word_of(item["sale_type"])] if item["sale_type"] != "timed" else []
        return [*away, *sale, title, grade]


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


def texts(filters: Filters) -> dict[str, str]:
    """What is looked for in plain words, by its name in `Filters`; what asks for nothing is missing."""
    found = {
        facet.value: f"{TITLES[facet]}: {', '.join(word_of(value) for value in filters.choices(facet))}"
        for facet in Facet
        if filters.choices(facet)
    }
    found |= {
        measure.value: _span_text(measure, filters.span(measure))
        for measure in Measure
        if not filters.span(measure).is_open
    }
    if filters.near is not None:
        found["near"] = f"Within {filters.near.miles:,} miles of {filters.near.zip}"
    if filters.ending_within_h is not None:
        found["ending_within_h"] = f"Ends within {filters.ending_within_h} hours"
    if filters.ends_before is not None:
        found["ends_before"] = f"Ends before {when(filters.ends_before)}"
    if filters.no_reserve:
        found["no_reserve"] = "No reserve"
    return found | ({"text": f"“{filters.text}”"} if filters.text else {})


def loose_chip(query: Pairs, filters: Filters, name: str, count: int = 0) -> Chip:
    """One filter, by its name in `Filters`, with the link that leaves all of it out."""
    gone = set(_fields_of(name))
    kept = [pair for pair in query if pair[0] not in gone and not (name == "near" and pair == ("sort", "distance"))]
    return Chip(texts(filters)[name], address(kept), count)


def address(query: Pairs) -> str:
    """The page's address for a query."""
    return f"{PATH}?{urlencode(list(query))}" if query else PATH


def _fields_of(name: str) -> tuple[str, ...]:
    if name in set(Measure):
        return Measure(name).ends
    return {"near": ("zip", "miles"), "ends_before": ("closing_before",), "text": ("q",)}.get(name, (name,))


def _spans_and_more(filters: Filters) -> list[str]:
    return [name for name in texts(filters) if name not in set(Facet)]


def _span_text(measure: Measure, span: Span) -> str:
    low, high = (None if end is None else _measured(measure, end) for end in (span.low, span.high))
    if low is None or high is None:
        return f"{MEASURES[measure]} {f'up to {high}' if low is None else f'from {low}'}"
    return f"{MEASURES[measure]} {low}" if low == high else f"{MEASURES[measure]} {low} to {high}"


def _measured(measure: Measure, value: int) -> str:
    known = {Measure.PRICE_CENTS: money(value), Measure.CONDITION_GRADE: _tenths(value), Measure.YEAR: str(value)}
    return known.get(measure, f"{value:,} mi")


def _tenths(grade: int) -> str:
    return f"{grade // TENTHS}.{grade % TENTHS}"


def _last(query: Pairs, name: str) -> str:
    return next((value for key, value in reversed(query) if key == name), "")


def _dollars(query: Pairs, name: str) -> str:
    cents = _last(query, f"{name}_cents")
    return money(int(cents)).removeprefix("$") if cents and name in {"price_from", "price_to"} else ""


def _without(query: Pairs, name: str, value: str) -> list[tuple[str, str]]:
    return [(key, each) for key, each in query if not (key == name and each.casefold() == value.casefold())]


def _choice(name: str, value: str, count: int, chosen: Mapping[str, str], query: Pairs) -> Choice:
    is_chosen = value.casefold() in chosen
    rest = _without(query, name, value)
    return Choice(value, word_of(value), count, is_chosen, address(rest if is_chosen else [*rest, (name, value)]))
