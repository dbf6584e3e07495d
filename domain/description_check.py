"""Whether a description may be shown to the seller as a draft: nothing in it but the facts, in plain words."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.description_claims import Claim, claims
from domain.questions import contacts
from domain.vehicle_words import words_of

SHORTEST, LONGEST = 40, 1_500
SIGNS = frozenset(" \n.,;:!?'\"()&/+-%–—‘’“”°·")  # noqa: RUF001 - quotation marks and dashes of the typesetter
NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
NUMBERS = re.compile(NUMBER)
WRITTEN: Mapping[str, int] = MappingProxyType(
    {
        word: number
        for number, word in enumerate(
            (
                *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
                *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
            )
        )
    }
    | {
        word: 10 * number
        for number, word in enumerate(
            ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
        )
    }
    | {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000, "single": 1, "twin": 2, "dual": 2}
)
MEASURED = re.compile(
    rf"({NUMBER})[ -]*(?:(?P<miles>miles?|mi\b)|(?P<km>km\b|kms\b|kilomet)|(?P<doors>doors?\b)|(?P<cylinders>cyl)"
    r"|(?P<litres>l\b|lit(?:er|re)s?\b)|(?P<power>hp\b|bhp\b|horse ?power)|(?P<gears>speeds?\b|gears?\b)"
    r"|(?P<grade>(?:/|out of|of) ?5\b))",
    re.IGNORECASE,
)
BRAND = re.compile(r"\b(?:brand|branded|brands|salvage|rebuilt|lemon)\b")

Measure = tuple[str, Decimal]


class Problem(StrEnum):
    """Why a text may not be shown. `omission`: it is silent on the brand of the title."""

    LENGTH = "length"
    NOT_PLAIN = "not_plain"
    CONTACT = "contact"
    NUMBER = "number"
    CLAIM = "claim"
    OMISSION = "omission"


@dataclass(frozen=True, slots=True)
class Said:
    """What may be said: the facts as `words`, with their numbers and units, and what is known of the title."""

    words: str
    has_clean_title: bool = False
    is_branded: bool = False


def problems(text: str, said: Said) -> tuple[Problem, ...]:
    """All that keeps a text from being shown; empty when it may be."""
    return tuple(_problems(text, said))


def is_plain(text: str) -> bool:
    """Whether a text has only Latin letters, ASCII digits and a few signs: no markup, nothing hidden."""
    return text == unicodedata.normalize("NFKC", text) and all(map(_is_plain, text))


def _problems(text: str, said: Said) -> Iterator[Problem]:
    if not SHORTEST <= len(text) <= LONGEST:
        yield Problem.LENGTH
    if not is_plain(text):
        yield Problem.NOT_PLAIN
    if contacts(text):
        yield Problem.CONTACT
    if not (_numbers(text) <= _numbers(said.words) and _measures(text) <= _measures(said.words)):
        yield Problem.NUMBER
    if claims(text) - ({Claim.CLEAN_TITLE} if said.has_clean_title else set()):
        yield Problem.CLAIM
    if said.is_branded and BRAND.search(words_of(text)) is None:
        yield Problem.OMISSION


def _is_plain(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in SIGNS
    return char in SIGNS or (char.isalpha() and unicodedata.name(char, "").startswith("LATIN"))


def _numbers(text: str) -> set[Decimal]:
    """Every number, in digits or written out."""
    written = {Decimal(WRITTEN[word]) for word in words_of(text).split() if word in WRITTEN}
    return written | {_number(found) for found in NUMBERS.findall(text)}


def _measures(text: str) -> set[Measure]:
    """Every number that has a unit, with its unit."""
    return {(str(found.lastgroup), _number(found[1])) for found in MEASURED.finditer(text)}


def _number(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))
