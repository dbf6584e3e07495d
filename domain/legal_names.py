"""Whether the legal name that a person gave is the one that their identity check found."""

import unicodedata
from dataclasses import dataclass

# What Unicode does not take apart into a letter and its mark.
LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}  # noqa: RUF001
)
# Written in some documents and left out in others, without a gap between the letters.
SILENT = frozenset("'’‘ʼ`´.")  # noqa: RUF001
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


@dataclass(frozen=True, slots=True, repr=False)
class LegalName:
    """A name as it stands in a document; `first` may hold middle names too. It never shows itself in a log."""

    first: str
    last: str


def is_same_person(given: LegalName, found: LegalName) -> bool:
    """Whether two spellings can be one person's: case, accents, hyphens, spaces, suffixes and middle names may differ.

    The last names have to be the same letters; of the first names the first word, or all letters together.
    """
    last = "".join(_without_suffix(words(given.last)))
    if not last or last != "".join(_without_suffix(words(found.last))):
        return False
    ours, theirs = words(given.first), words(found.first)
    if not ours or not theirs:
        return False
    return ours[0] == theirs[0] or "".join(ours) == "".join(theirs)


def words(text: str) -> tuple[str, ...]:
    """The words of a name in plain small letters."""
    taken_apart = unicodedata.normalize("NFKD", text).casefold().translate(LETTERS)
    return tuple("".join(_plain(character) for character in taken_apart).split())


def _plain(character: str) -> str:
    if character.isalnum():
        return character
    return "" if character in SILENT or unicodedata.combining(character) else " "


def _without_suffix(name: tuple[str, ...]) -> tuple[str, ...]:
    return name[:-1] if len(name) > 1 and name[-1] in SUFFIXES else name
