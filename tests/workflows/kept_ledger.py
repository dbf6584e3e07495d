"""A recorder that keeps the real rules and drops the database: entries go into a list, and it can be away or lie."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import activity

from activities.contracts import (
    AwaitBids,
    BidsAwaited,
    BidsLookedUp,
    LedgerActivities,
    LookUpBids,
    RecordedLedger,
    RecordLedger,
)
from domain.ledger import Entry, genesis


@dataclass
class Kept:
    """What is recorded of one auction, and how its recorder behaves."""

    entries: list[Entry] = field(default_factory=list)
    away: bool = False
    other_history: bool = False
    missed: list[datetime] = field(default_factory=list)
    in_flight: asyncio.Event = field(default_factory=asyncio.Event)
    closings: int = 0
    looked_up: int = 0

    def head(self, auction_id: int) -> RecordedLedger:
        last = self.entries[-1] if self.entries else None
        digest = genesis(auction_id) if last is None else last.hash
        return RecordedLedger(len(self.entries), digest, len(self.entries))

    def kinds(self) -> list[str]:
        return [entry.public["kind"] for entry in self.entries]


class KeptLedger(LedgerActivities):
    """All auctions of a test session, by id."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}

    def of(self, auction_id: int) -> Kept:
        if auction_id not in self._kept:
            self._kept[auction_id] = Kept()
            self._kept[auction_id].in_flight.set()
        return self._kept[auction_id]

    def record(self, auction_id: int, entries: list[Entry]) -> RecordedLedger:
        """What the database's own `record` says: idempotent by seq, forked by another hash, nothing over a gap."""
        kept = self.of(auction_id)
        head = kept.head(auction_id)
        known = [entry for entry in entries if entry.seq <= head.through]
        fresh = [entry for entry in entries if entry.seq > head.through]
        if kept.other_history or any(kept.entries[entry.seq - 1].hash != entry.hash for entry in known):
            return RecordedLedger(head.through, head.hash, head.count, forked=True)
        if fresh and fresh[0].seq == head.through + 1:
            assert fresh[0].prev_hash == head.hash
            kept.entries.extend(fresh)
        return kept.head(auction_id)

    @activity.defn(name="record_ledger")
    def record_ledger(self, work: RecordLedger) -> RecordedLedger:
        if self.of(work.auction_id).away:
            raise ConnectionError("the database is away")
        return self.record(work.auction_id, work.entries)

    @activity.defn(name="await_bids_in_flight")
    async def await_bids_in_flight(self, work: AwaitBids) -> BidsAwaited:
        kept = self.of(work.auction_id)
        kept.closings += 1
        await kept.in_flight.wait()
        return BidsAwaited(list(kept.missed))

    @activity.defn(name="look_up_bids")
    def look_up_bids(self, work: LookUpBids) -> BidsLookedUp:
        kept = self.of(work.auction_id)
        kept.looked_up += 1
        known = {entry.public.get("bid_id") for entry in kept.entries}
        return BidsLookedUp(kept.head(work.auction_id).through, [bid_id for bid_id in work.bid_ids if bid_id in known])

    @activity.defn(name="make_nonces")
    def make_nonces(self, count: int) -> list[str]:
        return [secrets.token_hex(32) for _ in range(count)]
