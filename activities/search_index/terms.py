"""Which listings have a word: asked of the full-text engine once, then kept and followed.

InnoDB takes a second over a word that a hundred thousand listings have; the words that people type are few.
"""

from collections import OrderedDict
from collections.abc import Mapping

from activities.search_index.columns import members_of
from domain.words import has_words

# Each is at most as large as one place of a column.
MOST_TERMS = 256


class Terms:
    """The sets of the terms (of `domain.words.wanted_words`) that were asked for last."""

    def __init__(self) -> None:
        self._sets: OrderedDict[str, int] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._sets)

    def known(self, term: str) -> int | None:
        """The listings that have a word, where that is known."""
        found = self._sets.get(term)
        if found is not None:
            self._sets.move_to_end(term)
        return found

    def keep(self, term: str, members: int) -> None:
        """Keep what the engine has found, and forget what nobody has asked for the longest time."""
        self._sets[term] = members
        while len(self._sets) > MOST_TERMS:
            self._sets.popitem(last=False)

    def follow(self, words: Mapping[int, str]) -> None:
        """Take in the words of listings that were put."""
        touched = members_of(words)
        for term, members in self._sets.items():
            having = members_of(member for member, text in words.items() if has_words(text, (term,)))
            self._sets[term] = (members ^ (members & touched)) | having

    def forget(self) -> None:
        """Forget all, after more changes than are worth following."""
        self._sets.clear()
