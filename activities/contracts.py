"""The activities by name, with what goes in and what comes out; implementations subclass these."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from domain.ledger import Entry


@dataclass(frozen=True, slots=True)
class RecordLedger:
    """Entries of one auction, in order of `seq`, to be written down and made known."""

    auction_id: int
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class RecordedLedger:
    """How far the database is without a gap: the last `seq`, its hash, and the number of entries.

    `forked`: the database has another hash at a `seq` that was sent; the lot must be held.
    """

    through: int
    hash: str
    count: int
    forked: bool = False


@dataclass(frozen=True, slots=True)
class AwaitBids:
    """A lot whose end has come: wait while a bid received before `ends_at` is on its way, 0.5 to 5 s from the end."""

    auction_id: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class BidsAwaited:
    """When bids of the lot's last 10 minutes had to be answered 503, oldest first; empty in the good case."""

    missed_at: list[datetime]


@dataclass(frozen=True, slots=True)
class LookUpBids:
    """Bid ids to look for among the recorded bids of one auction."""

    auction_id: int
    bid_ids: list[str]


@dataclass(frozen=True, slots=True)
class BidsLookedUp:
    """Which of the ids are recorded, and the last `seq` that was recorded without a gap at that moment."""

    through: int
    known: list[str]


class LedgerActivities(ABC):
    """Recording what the auction decided."""

    @abstractmethod
    @activity.defn(name="record_ledger")
    def record_ledger(self, work: RecordLedger) -> RecordedLedger:
        """Write the entries (idempotent by auction and seq), then publish the change."""

    @abstractmethod
    @activity.defn(name="await_bids_in_flight")
    async def await_bids_in_flight(self, work: AwaitBids) -> BidsAwaited:
        """Announce the closing and wait for bids that are on their way."""

    @abstractmethod
    @activity.defn(name="make_nonces")
    def make_nonces(self, count: int) -> list[str]:
        """Random 32-byte nonces as hex, from outside the workflow."""

    @abstractmethod
    @activity.defn(name="look_up_bids")
    def look_up_bids(self, work: LookUpBids) -> BidsLookedUp:
        """Find which bids were judged and recorded before."""
