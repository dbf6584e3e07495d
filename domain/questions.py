"""Questions on a listing and their answers: what is shown at once, and what waits for somebody of the staff.

Who deals past the house loses its protection, and the house its fee: contact details and links are held back.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

LONGEST = 1_000
SHORTEST = 8
# Open questions of one person on one vehicle, so that nobody floods a seller.
OPEN_MOST = 3
DIGITS_OF_A_PHONE = 7


class State(StrEnum):
    """Where a question or an answer stands. `held`: for the staff to read; `refused`: it is not shown."""

    SHOWN = "shown"
    HELD = "held"
    REFUSED = "refused"


class Part(StrEnum):
    """Which of the two texts."""

    QUESTION = "question"
    ANSWER = "answer"


class Contact(StrEnum):
    """What a text gives away."""

    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    HANDLE = "handle"


AT = r"(?:@|\(at\)|\[at\]|\s+at\s+)"
DOT = r"(?:\.|\(dot\)|\[dot\]|\s+dot\s+)"
EMAIL = re.compile(rf"[a-z0-9_.+-]+\s*{AT}\s*[a-z0-9-]+\s*{DOT}\s*[a-z]{{2,}}", re.IGNORECASE)
LINK = re.compile(
    r"https?:|www\.|\b[a-z0-9][a-z0-9-]+(?:\.|\s+dot\s+|\(dot\)|\[dot\])"
    r"(?:com|net|org|io|co|us|info|biz|me|ly|app|dev|shop)\b",
    re.IGNORECASE,
)
HANDLE = re.compile(
    r"(?<![\w.])@[a-z0-9_.]{3,}|\b(?:whats\s*app|telegram|signal|snapchat|instagram|facebook)\b", re.IGNORECASE
)
NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
} | {"oh": "0"}
WORD_OR_DIGIT = re.compile(rf"\d|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
# What may stand between the digits of a telephone number.
BETWEEN = re.compile(r"[\s().+/-]*")


def contacts(text: str) -> frozenset[Contact]:
    """What of the writer a text gives away; empty where it may be shown at once."""
    return frozenset(_contacts(text))


def state_of(text: str) -> State:
    """Where a new text stands."""
    return State.HELD if contacts(text) else State.SHOWN


def _contacts(text: str) -> Iterator[Contact]:
    found = {Contact.EMAIL: EMAIL, Contact.LINK: LINK, Contact.HANDLE: HANDLE}
    yield from (kind for kind, pattern in found.items() if pattern.search(text))
    if _longest_run(text) >= DIGITS_OF_A_PHONE:
        yield Contact.PHONE


def _longest_run(text: str) -> int:
    """The most digits, written out or not, that follow each other with nothing but a telephone's signs between."""
    longest, run, end = 0, 0, 0
    for match in WORD_OR_DIGIT.finditer(text):
        together = run and BETWEEN.fullmatch(text, end, match.start())
        run, end = (run + 1 if together else 1), match.end()
        longest = max(longest, run)
    return longest
