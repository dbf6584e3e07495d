"""Which listings have a word: of frequent words this process knows it, rarer ones the full-text engine is asked for.

Either answer is of a moment. What was put since then is looked at word by word, and speaks for itself.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from activities.db import search
from activities.search_index.columns import members_of
from activities.search_index.postings import Postings, frequent_terms
from domain.words import has_words

# The engine needs about five microseconds for each listing that has a word.
FREQUENT = 2_000
# So many texts tell which words are frequent.
SAMPLE = 20_000
CHUNK = 1_000
# Each is at most as large as one place of a column.
MOST_TERMS = 256
# So many new texts are looked at for each word before they are written down.
MOST_FRESH = 1_000


class Terms:
    """The sets of terms (of `domain.words.wanted_words`). It is not safe for threads."""

    def __init__(self, postings: Postings | None = None) -> None:
        self._postings = Postings() if postings is None else postings
        self._kept: OrderedDict[str, int] = OrderedDict()
        self._fresh: dict[int, str] = {}
        self._touched = 0
        self.edition = 0

    def known(self, term: str) -> int | None:
        """The listings that have a word, where that is known; the engine has to be asked otherwise."""
        found = self._kept[term] if term in self._kept else self._postings.members(term)
        if found is None:
            return None
        self._remember(term, found)
        return self.current(term, found)

    def keep(self, term: str, members: int, edition: int) -> None:
        """Keep what the engine has found, if it was asked in this `edition`: what is not fresh any more it may lack."""
        if edition == self.edition:
            self._remember(term, members)

    def current(self, term: str, members: int) -> int:
        """The listings that have a word now, from those that had it at any time since this edition began."""
        having = members_of(member for member, text in self._fresh.items() if has_words(text, (term,)))
        return (members ^ (members & self._touched)) | having

    def follow(self, texts: Mapping[int, str]) -> None:
        """Take in the words of listings that were put; '' for those that have none any more."""
        self._fresh.update(texts)
        self._touched |= members_of(texts)
        if len(self._fresh) > MOST_FRESH:
            self._postings.replace(self._fresh)
            self._kept.clear()
            self._fresh, self._touched = {}, 0
            self.edition += 1

    def _remember(self, term: str, members: int) -> None:
        """Forget what nobody has asked for the longest time."""
        self._kept[term] = members
        self._kept.move_to_end(term)
        while len(self._kept) > MOST_TERMS:
            self._kept.popitem(last=False)


def read_terms(connection: Connection, members: Sequence[int], frequent: int = FREQUENT) -> Terms:
    """Read all texts, and write down the terms that about `frequent` of some listings have, or more."""
    if len(members) < frequent:
        return Terms()
    step = max(1, len(members) // SAMPLE)
    postings = Postings(frequent_terms(texts_of(connection, members[::step]).values(), max(1, frequent // step)))
    after: int | None = None
    while texts := search.words_after(connection, after, CHUNK):
        postings.add(texts)
        after = texts[-1][0]
    postings.pack()
    return Terms(postings)


def texts_of(connection: Connection, members: Sequence[int]) -> dict[int, str]:
    """The words of some listings; '' for those that have none."""
    found = dict.fromkeys(members, "")
    for start in range(0, len(members), CHUNK):
        found |= search.words_of(connection, members[start : start + CHUNK])
    return found
