"""Recognising a payment card's number in text, so that none is ever taken in: issuer prefix, length and Luhn digit."""

import re
from itertools import cycle

# Prefixes and lengths of the networks' ranges (ISO/IEC 7812; as published by the networks).
ISSUERS = (
    (re.compile(r"4"), frozenset({13, 16, 19})),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"6011|64[4-9]|65|622"), frozenset({16, 17, 18, 19})),
    (re.compile(r"352[89]|35[3-8]"), frozenset({16, 17, 18, 19})),
    (re.compile(r"36|38|39|30[0-5]|3095"), frozenset({14, 15, 16, 17, 18, 19})),
    (re.compile(r"62"), frozenset({16, 17, 18, 19})),
)
# Digits in a row, or in groups with one space, dot or dash between, as people write them; no part of a longer word.
CANDIDATE = re.compile(r"(?<![\w.-])\d(?:[ .-]?\d){12,18}(?![\w-])", re.ASCII)
GROUPING = re.compile(r"[ .-]")


def holds_card_number(text: str) -> bool:
    """Whether somewhere in the text stands what can only be meant as a card's number."""
    return any(is_card_number(GROUPING.sub("", found[0])) for found in CANDIDATE.finditer(text))


def is_card_number(digits: str) -> bool:
    """Whether a string of ASCII digits has an issuer's prefix, one of its lengths, and the right check digit."""
    return _has_issuer(digits) and _luhn(digits) == 0


def _has_issuer(digits: str) -> bool:
    return any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in ISSUERS)


def _luhn(digits: str) -> int:
    doubled = (int(digit) * factor for digit, factor in zip(reversed(digits), cycle((1, 2)), strict=False))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10  # noqa: PLR2004 - Luhn's digits
