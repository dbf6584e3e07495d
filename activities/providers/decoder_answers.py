"""What a decoder of VINs answered, and reading its words leniently: no field is promised, and none is trusted."""

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.decoding import Decoded

LONGEST = 120
DEEPEST = 8
# How decoders write that they do not know.
NOTHING = frozenset({"", "-", "--", "n/a", "na", "none", "null", "not applicable", "not available", "unknown"})
NAMES, VALUES = ("name", "variable", "label", "key"), ("value", "content")
DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y")
Tree = Any


@dataclass(frozen=True, slots=True)
class Fetched:
    """A decoder's answer: `decoded` is None where it does not know the VIN, `raw` is what came."""

    decoded: Decoded | None
    raw: str


def text(value: Tree, longest: int = LONGEST) -> str:
    """One line of printable words; empty for null, for what is no text or number, and for words that say nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
    return "" if line.casefold() in NOTHING else line[:longest].rstrip()


def number(value: Tree, least: int, most: int) -> int | None:
    """The whole number that a value begins with, as in `41,250 mi`, `4.0` and `4 doors`; None where it is none or not
    between the two."""
    found = re.match(r"(?:\d{1,3}(?:,\d{3})+|\d{1,9})(?!\d)", text(value))
    counted = None if found is None else int(found[0].replace(",", ""))
    return counted if counted is not None and least <= counted <= most else None


def day(value: Tree) -> date | None:
    """The day that a text begins with, in one of the forms that records use."""
    words = text(value)
    for form in DAYS:
        for part in (words, words[:10]):
            try:
                return datetime.strptime(part, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    return None


def name_of(key: str) -> str:
    """A field's name without case and signs: `Model_Year` and `modelYear` are one."""
    return re.sub(r"[^a-z0-9]", "", key.casefold())


def first(fields: Mapping[str, Tree], *names: str) -> Tree:
    """The first of these fields that says something."""
    return next((fields[name] for name in names if text(fields.get(name))), None)


def fields_of(tree: Tree, besides: Collection[str] = ()) -> dict[str, Tree]:
    """Every single value in the objects of a tree by its `name_of`, what stands higher up first; lists of names with
    values are read too, all others are left out, and so is what is below the names `besides`."""
    found: dict[str, Tree] = {}
    for name, value in _walk(tree, besides):
        if text(value):
            found.setdefault(name, value)
    return found


def lists_of(tree: Tree, *names: str) -> Iterator[Tree]:
    """Everything in the lists that have one of these names, wherever they stand."""
    for name, value in _walk(tree, ()):
        if name in names and isinstance(value, list):
            yield from value


def _walk(tree: Tree, besides: Collection[str]) -> Iterator[tuple[str, Tree]]:
    """Names and values, breadth first, not too deep."""
    waiting: deque[tuple[Tree, int]] = deque([(tree, 0)])
    while waiting:
        node, depth = waiting.popleft()
        for name, value in _named(node):
            if name in besides:
                continue
            yield name, value
            if isinstance(value, dict | list) and depth < DEEPEST:
                waiting.append((value, depth + 1))


def _named(node: Tree) -> Iterator[tuple[str, Tree]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield name_of(str(key)), value
    elif isinstance(node, list):
        for each in node:
            fields = {name_of(str(key)): value for key, value in each.items()} if isinstance(each, dict) else {}
            name, value = first(fields, *NAMES), first(fields, *VALUES)
            if isinstance(name, str) and value is not None:
                yield name_of(name), value
