"""The query of the inventory page: read as far as it can be used, with what is wrong with the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from activities.search_index.index import Wanted
from api.search_forms import SearchQuery, filters_of, usual_sort, wanted_of
from domain.errors import DomainError
from domain.search import OPEN, UNSOLD, Filters
from web.formats import cents_of
from web.search_words import fault

Pairs = Sequence[tuple[str, str]]
PAGE = 24
LONGEST = 80
# What can still be bought; what has ended is shown to whoever asks for it.
FOR_SALE = (*sorted(OPEN), UNSOLD)
PRICES = ("price_from", "price_to")
MILEAGES = frozenset({"mileage_from", "mileage_to"})
# The page has a size of its own, and links that others give out carry marks of theirs.
PASSED_OVER = frozenset({"limit", "facets"})
MARKS = "utm_"
LISTS = frozenset(name for name, field in SearchQuery.model_fields.items() if field.default == [])


@dataclass(frozen=True, slots=True)
class Slip:
    """A field that cannot be used: by which rule, and the text of it; all of its texts where none is named."""

    field: str
    rule: str
    text: str | None = None

    def concerns(self, pair: tuple[str, str]) -> bool:
        """Whether this pair of a query has to be left out."""
        return pair[0] == self.field and self.text in {None, pair[1]}


@dataclass(frozen=True, slots=True)
class Asked:
    """What can be used of a query: `pairs` without cursor, by the API's names; `filters` as they were chosen, `wanted`
    with what the page adds. `errors` has a sentence for each field that was left out, `typed` its text."""

    pairs: Pairs
    filters: Filters
    wanted: Wanted
    is_first: bool
    errors: Mapping[str, str]
    typed: Mapping[str, str]


def asked(query: Iterable[tuple[str, str]]) -> Asked:
    """Read the pairs of a query string. What cannot be used is left out, and named."""
    kept, slips = _plain(query)
    while True:
        try:
            form = SearchQuery.model_validate(_given(kept))
            filters = filters_of(form)
            chosen = replace(filters, status=filters.status or FOR_SALE)
            wanted = wanted_of(form, chosen, usual_sort(filters))
        except (ValidationError, DomainError) as error:
            found = list(_slips(error))
        else:
            break
        rest = [pair for pair in kept if not any(slip.concerns(pair) for slip in found)]
        slips += [(slip, _typed(kept, slip)) for slip in found]
        # Whatever is wrong: without any filter there is a page.
        kept = rest if len(rest) < len(kept) else []
    pairs = [pair for pair in kept if pair[0] != "cursor"]
    errors: dict[str, str] = {}
    typed: dict[str, str] = {}
    for slip, text in slips:
        name = slip.field.removesuffix("_cents")
        errors.setdefault(name, fault(slip.field, slip.rule, text))
        typed.setdefault(name, text)
    return Asked(pairs, filters, replace(wanted, limit=PAGE), form.cursor is None, errors, typed)


def _plain(query: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[Slip, str]]]:
    """The pairs by the API's names, and those that have no such name; prices and mileages as numbers."""
    kept: list[tuple[str, str]] = []
    slips: list[tuple[Slip, str]] = []
    for name, value in query:
        text = value.strip()
        if not text or name in PASSED_OVER or name.startswith(MARKS):
            continue
        if name in PRICES:
            cents = cents_of(text)
            slips += [] if cents is not None else [(Slip(name, "PRICE"), text[:LONGEST])]
            kept += [] if cents is None else [(f"{name}_cents", str(cents))]
        elif name in MILEAGES:
            kept.append((name, text.replace(",", "")))
        elif name in SearchQuery.model_fields:
            kept.append((name, text))
        else:
            slips.append((Slip(name[:LONGEST], "UNKNOWN"), text[:LONGEST]))
    return list(dict.fromkeys(kept)), slips


def _given(pairs: Pairs) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in LISTS:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    return given


def _slips(error: ValidationError | DomainError) -> Iterable[Slip]:
    if isinstance(error, ValidationError):
        for each in error.errors():
            name, text = str(each["loc"][0]), each["input"]
            yield Slip(name, each["type"], text if isinstance(text, str) and name in LISTS else None)
        return
    wrongs: Any = error.data["errors"]
    for wrong in wrongs:
        yield Slip(wrong["field"], wrong["rule"])
        if wrong["rule"] == "SPAN":
            yield Slip(wrong["field"].replace("_from", "_to"), wrong["rule"])


def _typed(pairs: Pairs, slip: Slip) -> str:
    texts = [value for name, value in pairs if name == slip.field]
    return (slip.text or (texts[-1] if texts else ""))[:LONGEST]
