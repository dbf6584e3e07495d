"""Which listings have the words that many of them have: read once from all texts, and followed from then on.

A full-text engine takes as long as what it finds is much. What few listings have it finds in milliseconds, and is asked
for; the words and beginnings of words that thousands have are kept here.
"""

from array import array
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from activities.search_index.columns import members_of
from domain.words import SHORTEST

# What ends in it stands for all words that begin so, as in `domain.words.wanted_words`.
BEGINNING = "*"
# A set of bits takes less than the list of its members where it has more than one in so many.
SPARSE = 32
MOST_HOMES = 100_000


def frequent_terms(texts: Iterable[str], least: int) -> frozenset[str]:
    """The words, and the beginnings of words (as `camr*`), that at least so many of the texts have."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = text.split()
        ends = ((word, range(SHORTEST, len(word) + 1)) for word in words)
        counts.update(words)
        counts.update({word[:end] + BEGINNING for word, lengths in ends for end in lengths})
    return frozenset(term for term, count in counts.items() if count >= least)


class Postings:
    """The listings of some terms; of each beginning of a word, the shorter ones have to be among the terms too.

    Each word of a text is written down at one term, its home: at itself, or else at its longest beginning that is a
    term. So a beginning stands for all that is written at the terms which begin so, and each listing is written once
    for each of its words.
    """

    def __init__(self, terms: Collection[str] = ()) -> None:
        self._sets: dict[str, int | array[int]] = {term: array("I") for term in terms}
        self._homes = _Homes(self._sets)

    def __len__(self) -> int:
        return len(self._sets)

    def members(self, term: str) -> int | None:
        """The listings that have a word, or a word that begins so; None where it is not among the terms."""
        if term not in self._sets:
            return None
        names = self._beginning(term[: -len(BEGINNING)]) if term.endswith(BEGINNING) else [term]
        held = [self._sets[name] for name in names]
        found = members_of(chain.from_iterable(one for one in held if not isinstance(one, int)))
        for one in held:
            found |= one if isinstance(one, int) else 0
        return found

    def add(self, texts: Iterable[tuple[int, str]]) -> None:
        """Write down listings that are not there yet, before `pack`."""
        homes = self._homes
        for member, text in texts:
            for word in text.split():
                homes[word].append(member)

    def pack(self) -> None:
        """Make what many listings have small; after the last `add`."""
        self._sets = {term: _packed(held) for term, held in self._sets.items()}
        self._homes = _Homes(self._sets)

    def replace(self, texts: Mapping[int, str]) -> None:
        """Write down the new texts of listings, whether or not they are there."""
        new = Postings(self._sets)
        new.add(texts.items())
        touched = members_of(texts)
        for term, held in self._sets.items():
            added = new._sets[term]
            if isinstance(held, int):
                self._sets[term] = (held ^ (held & touched)) | _bits(added)
            else:
                kept = array("I", [member for member in held if member not in texts])
                self._sets[term] = kept + added if isinstance(added, array) else kept

    def _beginning(self, stem: str) -> list[str]:
        return [name for name in self._sets if name.startswith(stem)]


class _Homes(dict[str, "array[int] | deque[int]"]):
    """Where the listings with a word are written: a list of some term, or nowhere."""

    def __init__(self, sets: Mapping[str, "int | array[int]"]) -> None:
        super().__init__()
        self._sets = sets
        self._nowhere: deque[int] = deque(maxlen=0)

    def __missing__(self, word: str) -> "array[int] | deque[int]":
        # Most words are of few listings, such as a stock number: these are not worth keeping.
        if len(self) > MOST_HOMES:
            self.clear()
        beginnings = (word[:end] + BEGINNING for end in range(len(word), SHORTEST - 1, -1))
        name = next((term for term in (word, *beginnings) if term in self._sets), None)
        held = self._nowhere if name is None else self._sets[name]
        if isinstance(held, int):
            raise TypeError("packed already")
        self[word] = held
        return held


def _packed(held: "int | array[int]") -> "int | array[int]":
    is_large = isinstance(held, array) and len(held) * SPARSE > max(held, default=0)
    return _bits(held) if is_large else held


def _bits(held: "int | array[int]") -> int:
    return held if isinstance(held, int) else members_of(held)
