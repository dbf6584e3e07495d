"""The index of one process: filled from the database at first, and caught up with it before each answer."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

from sqlalchemy import Connection

from activities.db import search, text_search
from activities.db.search import ChangeKey
from activities.search_index.batch import Changes
from activities.search_index.coding import ORDERS, Coding, place_in
from activities.search_index.columns import listed, members_of
from activities.search_index.snapshot import After, Snapshot
from activities.search_index.terms import FREQUENT, Terms, read_terms, texts_of
from domain.errors import UnavailableError
from domain.search import Facet, Filters, Listing, Sort
from domain.words import wanted_words

CHUNK = 5_000
# A transaction may commit after one that began later: what changed this long before the newest change is read again.
OVERLAP_MS = 20_000
# A small inventory is read within that; for a large one nobody is kept waiting.
PATIENCE_S = 0.25
RETRY_S = 5
LOADING = "The search is being prepared on this server; try again in a few seconds."


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page to be found. DISTANCE needs `filters.near`."""

    filters: Filters
    sort: Sort
    limit: int
    after: After | None = None
    with_counts: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A page in order, and where it ended unless it was the last one; `total` and `counts` are exact."""

    listings: Sequence[Listing]
    total: int
    counts: dict[Facet, list[tuple[str, int]]]
    after: After | None


class SearchIndex:
    """Every listing as columns of bits; one instance serves a process and all its threads.

    Words that at least `frequent` listings have are answered from memory, others by the database.
    """

    def __init__(self, frequent: int = FREQUENT) -> None:
        self._frequent = frequent
        self._snapshot = Snapshot.empty(Coding())
        # The rows of the overlap by vehicle with their time of change, both as texts.
        self._seen: dict[str, str] = {}
        self._newest_ms = 0
        self._terms = Terms()
        self._is_filled = False
        self._lock = threading.Lock()

    def find(self, connection: Connection, wanted: Wanted, now: datetime) -> Found:
        """Answer one page: a statement for the changes, one for the page, and two for each rare word, at first.

        The first call in a process reads all listings; `catch_up` beforehand spares it that. Raises UnavailableError
        (SEARCH_LOADING) while somebody else is at that for longer than a moment.
        """
        self.catch_up(connection)
        snapshot, filters = self._snapshot, wanted.filters
        chosen = snapshot.chosen(filters, now, self._having(connection, wanted_words(filters.text)))
        page, after = _page(connection, snapshot, wanted, chosen.members)
        counts = snapshot.counts(filters, chosen) if wanted.with_counts else {}
        return Found(page, chosen.members.bit_count(), counts, after)

    @property
    def is_filled(self) -> bool:
        """Whether all listings were read once."""
        return self._is_filled

    @property
    def is_loading(self) -> bool:
        """Whether somebody is reading them for the first time."""
        return not self._is_filled and self._lock.locked()

    def catch_up(self, connection: Connection) -> int:
        """Read what changed since the last time, at first everything; returns how many listings that were.

        Raises UnavailableError as `find` does.
        """
        if not self._lock.acquire(timeout=-1 if self._is_filled else PATIENCE_S):
            raise UnavailableError("SEARCH_LOADING", LOADING, retry_after_s=RETRY_S)
        try:
            return self._catch_up(connection)
        finally:
            self._lock.release()

    def _catch_up(self, connection: Connection) -> int:
        since = max(0, self._newest_ms - OVERLAP_MS)
        changes, after = Changes(self._snapshot, since), None
        while True:
            rows = search.changes(connection, since, after, CHUNK)
            changes.note([row for row in rows if self._seen.get(row[0]) != row[1]])
            self._remember(rows)
            if len(rows) < CHUNK:
                break
            after = ChangeKey(int(rows[-1][1]), int(rows[-1][0]))
        self._snapshot = changes.snapshot()
        if not self._is_filled:
            self._terms = read_terms(connection, listed(self._snapshot.everyone), self._frequent)
            self._is_filled = True
        elif changes.put:
            self._terms.follow(texts_of(connection, sorted(changes.put)))
        return changes.count

    def _having(self, connection: Connection, terms: Sequence[str]) -> int | None:
        """The listings that have all terms; None where there is no term."""
        sets = [self._having_one(connection, term) for term in terms]
        return reduce(and_, sets) if sets else None

    def _having_one(self, connection: Connection, term: str) -> int:
        # While the engine is asked nobody else waits.
        with self._lock:
            known, edition = self._terms.known(term), self._terms.edition
        if known is not None:
            return known
        found = members_of(text_search.vehicles_with(connection, [term]))
        with self._lock:
            self._terms.keep(term, found, edition)
            return self._terms.current(term, found)

    def _remember(self, rows: Sequence[Sequence[str]]) -> None:
        if not rows:
            return
        self._newest_ms = max(self._newest_ms, int(rows[-1][1]))
        oldest = self._newest_ms - OVERLAP_MS
        seen = {**self._seen, **{row[0]: row[1] for row in rows}}
        self._seen = {vehicle_id: at for vehicle_id, at in seen.items() if int(at) >= oldest}


def _page(
    connection: Connection, snapshot: Snapshot, wanted: Wanted, members: int
) -> tuple[list[Listing], After | None]:
    """The listings of a page as the database has them now, in order."""
    sort, near = wanted.sort, wanted.filters.near
    if sort is Sort.DISTANCE and near is not None:
        nearest = snapshot.nearest(near, members, wanted.after, wanted.limit + 1)
        known = search.listings(connection, [member for _, member in nearest])
        page = [(part, known[member]) for part, member in nearest if member in known]
        more = len(nearest) > wanted.limit
    else:
        first = snapshot.first(sort, members, wanted.after, wanted.limit + 1)
        known = search.listings(connection, first)
        _, greatest = ORDERS[sort]
        page = [(place_in(sort, listing), listing) for listing in known.values()]
        page.sort(key=lambda each: (not each[0], -each[0] if greatest else each[0], -each[1].vehicle_id))
        more = len(first) > wanted.limit
    shown = page[: wanted.limit]
    after = After(shown[-1][0], shown[-1][1].vehicle_id) if more and shown else None
    return [listing for _, listing in shown], after
