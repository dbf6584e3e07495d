"""One auction as this process streams it: the state that its watchers were told last, and the news that wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from activities.db.streams import Mark, Recorded
from activities.live import LotNews
from api.database import now
from api.streams.frames import BID_KINDS, ENCODER, HISTORY_LINES, STATE, Facts, Frame, lines_of, stamped
from api.views import auction_view, history_view
from domain.clock import to_text

# Where the version stays the same, an auction moves on through these and never back.
RANKS: Mapping[str, int] = {"scheduled": 0, "live": 1, "closing": 2, "held": 3, "ended": 4}
Position = tuple[int, int]


def position_of(facts: Facts) -> Position:
    """Where a public state stands among those of its auction."""
    return facts["version"], RANKS[facts["status"]]


class Waiting:
    """News of a lot that no watcher has heard yet, merged."""

    __slots__ = ("entries", "everyone", "facts", "reread", "users")

    def __init__(self) -> None:
        self.facts: Facts | None = None
        self.entries: dict[tuple[int, str], Facts] = {}
        self.users: set[int] = set()
        self.reread = False
        self.everyone = False

    def __bool__(self) -> bool:
        return bool(self.facts or self.users or self.reread or self.everyone)


class LiveLot:
    """The public state and newest history of one lot, kept in step with what was sent."""

    __slots__ = (
        "_checked_seq",
        "_snapshot",
        "heard",
        "id",
        "is_flushing",
        "lines",
        "seq",
        "told",
        "unused_since",
        "view",
        "waiting",
    )

    def __init__(self, recorded: Recorded) -> None:
        self.id = recorded.lot.head.id
        self.waiting = Waiting()
        self.is_flushing = False
        self.heard = 0
        self.unused_since = 0.0
        # What each person who has bid here was told last of their own position; private.
        self.told: dict[int, tuple[Any, ...]] = {}
        # The `seq` that news brought us, and the one that the last check found.
        self.seq = self._checked_seq = recorded.lot.head.seq
        self.become(recorded)

    @property
    def version(self) -> int:
        """The version that watchers were told last."""
        version: int = self.view["version"]
        return version

    @property
    def position(self) -> Position:
        """Where the state stands that watchers were told last."""
        return position_of(self.view)

    def become(self, recorded: Recorded) -> None:
        """Take the state and history from the database."""
        view: dict[str, Any] = {**auction_view(recorded.lot, now())}
        del view["server_now"]
        self.view = view
        self.lines: list[dict[str, Any]] = [{**history_view(line)} for line in recorded.history]
        self._snapshot: bytes | None = None

    def hear(self, news: LotNews) -> None:
        """Merge news with those that wait."""
        waiting = self.waiting
        self.heard += 1
        waiting.users.update(news.users)
        self.seq = max(self.seq, news.facts["seq"])
        if position_of(news.facts) <= self.position:
            return
        if waiting.facts is None or position_of(news.facts) > position_of(waiting.facts):
            waiting.facts = news.facts
        for entry in news.events:
            waiting.entries[entry["seq"], entry["kind"]] = entry

    def check(self, mark: Mark, *, patient: bool) -> None:
        """Compare with the database; where it knows more, have it reread.

        `patient`: news flow, so what they have not brought yet may be on its way until the next check.
        """
        ours, theirs = self.position, (mark.version, RANKS[mark.status])
        # A bid that nobody sees the loss of is retracted without a version; only its history line and count show it.
        recounted = theirs == ours and mark.bid_count != self.view["bid_count"]
        expected = self._checked_seq if patient else mark.seq
        waiting = self.waiting
        waiting.reread = waiting.reread or theirs > ours or recounted
        waiting.everyone = waiting.everyone or expected > self.seq
        self.seq = max(self.seq, expected)
        self._checked_seq = mark.seq

    def is_whole(self, waiting: Waiting) -> bool:
        """Whether the waiting entries lead from what was told to their newest state without a gap."""
        if waiting.facts is None:
            return False
        versions = sorted({entry["version"] for entry in waiting.entries.values()} - {self.version})
        return versions == list(range(self.version + 1, waiting.facts["version"] + 1))

    def next_bids(self, waiting: Waiting) -> list[Facts] | None:
        """The waiting entries where they are bids and nothing but bids, and none is missing; None: ask the database."""
        if waiting.facts is None or waiting.reread or not self.is_whole(waiting):
            return None
        entries = [entry for _, entry in sorted(waiting.entries.items()) if entry["version"] > self.version]
        plain = all(entry["kind"] in BID_KINDS for entry in entries) and waiting.facts["status"] == self.view["status"]
        return entries if entries and plain else None

    def advance(self, facts: Facts, entries: Sequence[Facts]) -> None:
        """Take the state after some bids from their news."""
        self.view = {**self.view, **{name: facts[name] for name in STATE}}
        self.lines = [*lines_of(entries), *self.lines][:HISTORY_LINES]
        self._snapshot = None

    def snapshot(self) -> Frame:
        """The whole public state with its newest history, as of now."""
        if self._snapshot is None:
            self._snapshot = ENCODER.encode({**self.view, "history": self.lines})
        return Frame("snapshot", stamped(self._snapshot, to_text(now())))
