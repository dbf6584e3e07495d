"""Words as both full-text engines find them: plain lower-case letters and digits, none too short or too usual."""

import re
import unicodedata

WORD = re.compile(r"[a-z0-9]+")
JOINED = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
# InnoDB keeps no word of fewer letters: a model such as Q5 is kept as q5zz.
SHORTEST = 3
FILLING = "zz"
MOST_WORDS = 8
LONGEST_WORD = 40
# What InnoDB never keeps, and no car is called.
USUAL = frozenset(
    (
        *("a", "about", "an", "are", "as", "at", "be", "by", "com", "de", "en", "for", "from", "how", "i", "in", "is"),
        *("it", "la", "of", "on", "or", "that", "the", "this", "to", "was", "what", "when", "where", "who", "will"),
        *("with", "und", "www"),
    )
)


def kept_words(*texts: str) -> str:
    """The words of some texts to be searched in, each once; `F-150` is found as `f150`, as `f` and as `150`."""
    return " ".join(dict.fromkeys(word for text in texts for word in _words(_plain(text), split=True)))


def wanted_words(text: str) -> tuple[str, ...]:
    """The words of what somebody typed, at most `MOST_WORDS`; a last one that ends in `*` stands for its beginnings."""
    plain = _plain(text)
    words = list(dict.fromkeys(_words(plain, split=False)))[:MOST_WORDS]
    if words and plain[-1:].isalnum() and not words[-1].endswith(FILLING):
        words[-1] += "*"
    return tuple(words)


def has_words(kept: str, wanted: tuple[str, ...]) -> bool:
    """Whether every wanted word is among the kept ones: what both engines answer."""
    known = kept.split()
    return all(
        any(word.startswith(each[:-1]) for word in known) if each.endswith("*") else each in known for each in wanted
    )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _words(plain: str, *, split: bool) -> list[str]:
    joined = [match.replace("-", "") for match in JOINED.findall(plain)]
    parts = WORD.findall(plain if split else JOINED.sub(" ", plain))
    return [_filled(word[:LONGEST_WORD]) for word in (*joined, *parts) if word not in USUAL]


def _filled(word: str) -> str:
    return word if len(word) >= SHORTEST else word + FILLING
