"""A saved search in plain words: what it asks for, its name where its owner gave none, and how often we write of it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from web.formats import money
from web.search_views import Pairs
from web.search_words import TITLES, WORDS

LONGEST_NAME = 80
TENTHS = 10
# Codes and short names are written in capitals, whatever case a search was kept in.
SHORT = 3
ALERTS: Mapping[str, str] = MappingProxyType(
    {"instant": "At once", "daily": "Once a day, in one mail", "off": "Off: only kept here"}
)
NAMES = frozenset({"make", "model", "trim", "state"})
SPANS: Sequence[tuple[str, str, str]] = (
    ("Year", "year_from", "year_to"),
    ("Price", "price_from_cents", "price_to_cents"),
    ("Mileage", "mileage_from", "mileage_to"),
    ("Condition", "condition_from", "condition_to"),
)
Phrase = tuple[str, str]


def phrases(query: Mapping[str, Any]) -> list[Phrase]:
    """Each thing that a search asks for, with its title: `("Price", "up to $9,000")`. `query`: SearchView's filters."""
    found = [
        (title, " or ".join(_spelled(name, str(each)) for each in query[name]))
        for name, title in TITLES.items()
        if query.get(name)
    ]
    found += [
        (title, _span(title, query.get(low), query.get(high)))
        for title, low, high in SPANS
        if query.get(low) is not None or query.get(high) is not None
    ]
    if query.get("zip"):
        found.append(("Distance", f"within {query['miles']:,} miles of {query['zip']}"))
    if query.get("no_reserve"):
        found.append(("Reserve", "No reserve"))
    if query.get("q"):
        found.append(("Words", str(query["q"])))
    return found


def name_of(query: Mapping[str, Any]) -> str:
    """A name for a search that was given none: `Honda, Civic, 2018 or newer`."""
    return ", ".join(text for _, text in phrases(query))[:LONGEST_NAME].rstrip(" ,")


def pairs_of(query: Mapping[str, Any]) -> Pairs:
    """The pairs of the address that shows what a search finds."""
    found: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, list):
            found += [(name, str(each)) for each in value]
        else:
            found.append((name, "true" if value is True else str(value)))
    return found


def _span(title: str, low: int | None, high: int | None) -> str:
    first, last = (None if each is None else _measured(title, each) for each in (low, high))
    if first is None:
        return f"up to {last}"
    if last is None:
        return f"{first} or {'newer' if title == 'Year' else 'more'}"
    return first if first == last else f"{first} to {last}"


def _measured(title: str, value: int) -> str:
    if title == "Price":
        return money(value)
    if title == "Mileage":
        return f"{value:,} miles"
    return f"{value / TENTHS:.1f} of 5" if title == "Condition" else str(value)


def _spelled(name: str, value: str) -> str:
    if value in WORDS:
        return WORDS[value]
    if name == "drivetrain":
        return value.upper()
    if name in NAMES:
        return " ".join("-".join(_capital(part) for part in word.split("-")) for word in value.split())
    return value[:1].upper() + value[1:].replace("_", " ")


def _capital(part: str) -> str:
    is_code = len(part) <= SHORT or any(letter.isdigit() for letter in part)
    return part.upper() if is_code else part[:1].upper() + part[1:]
