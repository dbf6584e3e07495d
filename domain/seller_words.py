"""A seller's free text, made fit to be sent to a vendor: no address, number, plate, name or link of anybody is left.

What is uncertain goes too: the text only lends its words to a draft, and the seller has the whole of it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from domain.questions import BETWEEN, DIGITS_OF_A_PHONE, EMAIL, HANDLE, LINK, WORD_OR_DIGIT, contacts

LONGEST = 2_000
GAP = " (removed) "
LEAST_OF_A_NAME = 3
LEAST_OF_A_VIN, SERIAL = 4, 6
TAG = re.compile(r"<[^<>]{0,500}>")
LINKED = re.compile(rf"\S*(?:{LINK.pattern})\S*", re.IGNORECASE)
MAILED = re.compile(rf"{EMAIL.pattern}(?:\.\w+)*", re.IGNORECASE)
HANDLED = re.compile(rf"(?:{HANDLE.pattern})\S*", re.IGNORECASE)
STREETS = (
    r"street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|way|place|pl|highway|hwy|parkway|pkwy"
    r"|circle|cir|trail|terrace|square|sq"
)
ADDRESS = re.compile(
    rf"\b\d{{1,6}}\s+(?:[nsew]{{1,2}}\.?\s+)?(?:[\w'.]+\s+){{1,3}}?(?:{STREETS})\b\.?"
    r"(?:,?\s*(?:apt|unit|suite|ste|#)\.?\s*\w+)?|\bp\.?\s?o\.?\s+box\s+\d+",
    re.IGNORECASE,
)
ZIP = re.compile(r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|\b\d{5}-\d{4}\b")
PLATE = re.compile(
    r"\b(?i:plates?|tags?|registration)(?:\s+(?i:number|no\.?|is|reads))*[\s:#]+"
    r"(?=[A-Z0-9 -]*\d)[A-Z0-9][A-Z0-9 -]{2,8}"
    r"|\b[A-Z]{3}[ -]?\d{3,4}\b|\b\d{3}[ -]?[A-Z]{3}\b|\b\d[A-Z]{3}\d{3}\b"
)
NAMED = re.compile(
    r"\b(?P<lead>(?i:ask for|call|contact|text|my name is|name is|name's|i am|i'm|this is|regards,?|thanks,?"
    r"|sincerely,?|mr\.?|mrs\.?|ms\.?|dr\.?))\s+[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)?"
)
TOKEN = re.compile(r"[A-Za-z0-9]+")
VIN = re.compile(r"\b(?=[A-Z]*\d)[A-HJ-NPR-Z0-9]{17}\b", re.IGNORECASE)


def on_one_line(text: str) -> str:
    """The text with its characters in their usual form, nothing invisible, and one blank between words."""
    usual = unicodedata.normalize("NFKC", text)
    seen = (char if unicodedata.category(char) != "Cf" else "" for char in usual)
    return " ".join("".join(char if char.isprintable() else " " for char in seen).split())


def without_people(text: str, *, vin: str = "", names: Sequence[str] = ()) -> str:
    """The text without markup and without anybody's contacts, plates, addresses and names; `names` are those that are
    known. Of the vehicle's own `vin` nothing is left that ends it. At most `LONGEST` characters; empty where somebody
    could still be reached."""
    left = _cut(on_one_line(text))
    for pattern in (TAG, VIN, MAILED, LINKED, HANDLED, ADDRESS, ZIP, PLATE):
        left = pattern.sub(GAP, left)
    left = NAMED.sub(rf"\g<lead>{GAP}", left)
    left = TOKEN.sub(lambda found: GAP if tells_of(found[0], vin) else found[0], left)
    for part in _parts(names):
        left = re.sub(rf"\b{re.escape(part)}\b", GAP, left, flags=re.IGNORECASE)
    left = " ".join(_without_phones(left).split())
    return "" if contacts(left) else left[:LONGEST]


def tells_of(token: str, vin: str) -> bool:
    """Whether a token is the end of a VIN, or holds its last digits."""
    if len(vin) < SERIAL or len(token) < LEAST_OF_A_VIN:
        return False
    return vin.endswith(token.upper()) or vin[-SERIAL:] in token.upper()


def _cut(text: str) -> str:
    """Whole sentences only, so that no half of a number is left."""
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(". ")[0]


def _parts(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from filter(None, (on_one_line(name),))
        yield from (part for part in re.findall(r"[^\W\d_]+", name) if len(part) >= LEAST_OF_A_NAME)


def _without_phones(text: str) -> str:
    kept, end = [], 0
    for first, last in _phones(text):
        kept += [text[end:first], GAP]
        end = last
    return "".join((*kept, text[end:]))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    """Where digits, written out or not, stand together as in a telephone number: begin and end of each."""
    begin, end, run = 0, 0, 0
    for match in WORD_OR_DIGIT.finditer(text):
        if run and BETWEEN.fullmatch(text, end, match.start()):
            run += 1
        else:
            if run >= DIGITS_OF_A_PHONE:
                yield begin, end
            begin, run = match.start(), 1
        end = match.end()
    if run >= DIGITS_OF_A_PHONE:
        yield begin, end
