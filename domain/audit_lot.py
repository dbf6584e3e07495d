"""A public ledger as the audit reads it: entries without their private parts, and the steps between them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from domain.clock import from_text

Public = Mapping[str, Any]
# A place in the ledger and a sentence on what is wrong there.
Remark = tuple[int, str]
Inspection = Callable[["Lot"], Iterator[Remark]]

BIDS = frozenset({"bid", "auto_bid"})
REPLAYS = frozenset({"retracted", "bidder_removed"})
PURCHASES = frozenset({"reserved", "buy_now_failed", "bought", "offer_accepted"})
ENDINGS = frozenset({"closed", "cancelled", "bought", "offer_accepted"})
STANDING = ("price_cents", "leader", "reserve")
FACTS = (*STANDING, "version", "minimum_next_cents", "ends_at", "bid_count", "bidder_count")


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """An entry as everyone may read it; `commitment` stands for the private part (hashes in lower-case hex)."""

    seq: int
    prev_hash: str
    hash: str
    commitment: str
    public: Public


@dataclass(frozen=True, slots=True)
class Opened:
    """A private part with the nonce that opens its commitment; None and "" where there is nothing private."""

    private: Mapping[str, Any] | None
    nonce: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry after another. `starts_at`, `started` and `result` are what was so before it."""

    before: Public
    after: Public
    starts_at: datetime
    started: bool
    result: str | None

    @property
    def seq(self) -> int:
        """Where in the ledger."""
        seq: int = self.after["seq"]
        return seq

    @property
    def kind(self) -> str:
        """What kind of entry."""
        return str(self.after["kind"])

    @property
    def at(self) -> datetime:
        """When it was decided."""
        return from_text(self.after["at"])

    @property
    def end(self) -> datetime:
        """The end that was in force when it came."""
        return from_text(self.before["ends_at"])

    @property
    def refused(self) -> bool:
        """Whether nothing came of it."""
        return self.after.get("outcome") == "refused"

    @property
    def accepted(self) -> bool:
        """Whether it is an accepted bid."""
        return self.kind in BIDS and not self.refused

    @property
    def shown(self) -> bool:
        """Whether it is an accepted bid that everybody could see."""
        return self.accepted and not self.after["silent"]

    @property
    def received_at(self) -> datetime:
        """When the bid was received; only for bids."""
        return from_text(self.after["received_at"])

    def done(self, *kinds: str) -> bool:
        """Whether it is a fact of one of these kinds, not a refused attempt at one."""
        return self.kind in kinds and not self.refused

    def changes(self, *names: str) -> list[str]:
        """Which of these facts differ from before."""
        return [name for name in names if self.before[name] != self.after[name]]


@dataclass(frozen=True, slots=True)
class Lot:
    """One auction's ledger from its first entry on.

    `opened` holds the private parts by `seq`, as far as they are known. `running`: the ledger was taken before the end.
    """

    auction_id: int
    entries: Sequence[PublicEntry]
    opened: Mapping[int, Opened] | None = None
    running: bool = False

    @property
    def publics(self) -> list[Public]:
        """The public parts in order."""
        return [entry.public for entry in self.entries]

    @property
    def terms(self) -> Public:
        """The first entry, which has the frozen terms; only a ledger of the right form has it."""
        return self.entries[0].public

    def steps(self) -> Iterator[Step]:
        """Every entry but the first, with the one before it."""
        starts_at, started, result = from_text(self.terms["starts_at"]), False, None
        for before, after in pairwise(self.publics):
            step = Step(before, after, starts_at, started, result)
            yield step
            started = started or step.done("started")
            if step.done("resumed", "buy_now_failed"):
                starts_at = from_text(after["starts_at"])
            elif step.done(*ENDINGS):
                result = after["result"]
