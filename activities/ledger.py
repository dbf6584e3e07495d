"""Recording: what auctions decided goes into the database and then out as news. Used by doors and by the worker."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import contracts
from activities.db import batches, bids, search
from activities.db import ledger as entries_db
from activities.db.bids import Receipt
from activities.db.engine import reading, transaction
from activities.db.ledger import BID_KINDS
from activities.db.reservations import Lack, Reservation, release_lost, reserve
from activities.live import LotNews, NewsPublisher
from domain.clock import truncate
from domain.ledger import Entry

CLOSING_LEAST = timedelta(milliseconds=500)
CLOSING_MOST = timedelta(seconds=5)
LAST_MINUTES = timedelta(minutes=10)
POLL_S = 0.1
NEWEST_BIDS = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """A batch about to be sent: its in-flight row, and each bid's id with what it may cost."""

    batch: batches.InFlight
    reservations: Sequence[Reservation]


@dataclass(frozen=True, slots=True)
class Opened:
    """What the database knew as the batch was opened.

    `recorded_through`: the last `seq` without a gap. `known`: bids that were answered before. `over_limit`: ids of bids
    that their bidder's buying power does not allow. `in_flight`: the batch has its row, for something is to be sent.
    """

    recorded_through: int
    known: dict[str, Receipt] = field(default_factory=dict)
    over_limit: Mapping[str, Lack] = field(default_factory=dict)
    in_flight: bool = False


class Ledger:
    """The recorder of one process, on its engine and with its publisher."""

    def __init__(self, engine: Engine, publisher: NewsPublisher) -> None:
        self._engine = engine
        self._publisher = publisher
        # Lots with bids of which a search has not heard yet; what a crash loses is found by its sweep.
        self._moved: set[int] = set()

    def open(self, opening: Opening) -> Opened:
        """Before a batch is sent, in one transaction: its in-flight row, reservations, first answers of repeated ids.

        Blocking. Raises SQLAlchemyError while the database is away, LookupError for an auction without a row.
        """
        now = utc_now()
        with transaction(self._engine) as connection:
            head = entries_db.head(connection, opening.batch.auction_id)
            if head is None:
                raise LookupError(opening.batch.auction_id)
            known = bids.receipts(connection, [item.bid_id for item in opening.reservations])
            fresh = [item for item in opening.reservations if item.bid_id not in known]
            over_limit = reserve(connection, fresh, now) if fresh else {}
            in_flight = any(item.bid_id not in over_limit for item in fresh)
            if in_flight:
                batches.open_batch(connection, opening.batch, now)
        return Opened(head.seq, known, over_limit, in_flight)

    def bring_home(
        self, auction_id: int, entries: Sequence[Entry], in_flight: Mapping[str, int]
    ) -> entries_db.Recorded:
        """After batches were answered, in one transaction: record their entries and forget that they were in flight.

        Blocking, idempotent. `in_flight`: ids of batches with the last `seq` of each; the row of one that is not
        recorded as far as that stays, for whoever catches up.
        """
        with transaction(self._engine) as connection:
            recorded = entries_db.record(connection, auction_id, entries)
            home = [batch_id for batch_id, through in in_flight.items() if through <= recorded.through]
            if home:
                batches.close_batches(connection, home)
                release_lost(connection, auction_id)
            self._note_move(connection, auction_id, recorded)
        self._announce(auction_id, recorded)
        return recorded

    def record(self, auction_id: int, entries: Sequence[Entry]) -> entries_db.Recorded:
        """Write entries and make them known. Blocking, idempotent."""
        with transaction(self._engine) as connection:
            recorded = entries_db.record(connection, auction_id, entries)
            self._note_move(connection, auction_id, recorded)
        self._announce(auction_id, recorded)
        return recorded

    def refresh_search(self) -> int:
        """Let searches know the prices and ends that bids have moved; returns how many lots that were. Blocking."""
        moved, self._moved = self._moved, set()
        if not moved:
            return 0
        try:
            with transaction(self._engine) as connection:
                return search.refresh(connection, moved, truncate(utc_now()))
        except BaseException:
            self._moved |= moved
            raise

    def _note_move(self, connection: Connection, auction_id: int, recorded: entries_db.Recorded) -> None:
        """A start, an end or a hold is found at once; bids are gathered, so that none of them pays for it."""
        if all(entry.public["kind"] in BID_KINDS for entry in recorded.written):
            if recorded.written:
                self._moved.add(auction_id)
        else:
            search.refresh(connection, [auction_id], truncate(utc_now()))

    def _announce(self, auction_id: int, recorded: entries_db.Recorded) -> None:
        if recorded.forked:
            log.error("ledger_forked", auction_id=auction_id, through=recorded.through)
        if recorded.written:
            self._publisher.publish([news_of(auction_id, recorded)])


def news_of(auction_id: int, recorded: entries_db.Recorded) -> LotNews:
    """What the public may hear of entries that were just recorded."""
    events, version = [], recorded.version_before
    for entry in recorded.written:
        if entry.public["version"] > version or entry.public["kind"] == "started":
            events.append(entry.public)
        version = entry.public["version"]
    # A batch may hold hundreds of bids; viewers are shown the newest, and every other kind of event.
    shown = [event for event in events[:-NEWEST_BIDS] if event["kind"] not in BID_KINDS] + events[-NEWEST_BIDS:]
    return LotNews(auction_id, entries_db.facts_of(recorded.written[-1].public), shown, list(recorded.users))


def utc_now() -> datetime:
    """This machine's clock as aware UTC."""
    return datetime.now(UTC)


class LedgerWork(contracts.LedgerActivities):
    """The worker's side: the activities of the Auction workflow."""

    def __init__(self, engine: Engine, publisher: NewsPublisher) -> None:
        self._engine = engine
        self._publisher = publisher
        self._ledger = Ledger(engine, publisher)

    @activity.defn(name="record_ledger")
    def record_ledger(self, work: contracts.RecordLedger) -> contracts.RecordedLedger:
        """Write the entries (idempotent by auction and seq), publish, and say how far the database is."""
        recorded = self._ledger.record(work.auction_id, work.entries)
        with reading(self._engine) as connection:
            count = entries_db.count_entries(connection, work.auction_id)
        return contracts.RecordedLedger(recorded.through, recorded.hash, count, recorded.forked)

    @activity.defn(name="await_bids_in_flight")
    async def await_bids_in_flight(self, work: contracts.AwaitBids) -> contracts.BidsAwaited:
        """Announce the closing; wait 0.5 s, and to 5 s after the end while an earlier bid is on its way."""
        await asyncio.to_thread(self._announce_closing, work)
        earliest, latest = work.ends_at + CLOSING_LEAST, work.ends_at + CLOSING_MOST
        started = time.monotonic()
        while True:
            in_flight, missed_at = await asyncio.to_thread(self._look, work)
            now = utc_now()
            waited = time.monotonic() - started >= CLOSING_LEAST.total_seconds()
            if (waited and now >= earliest and not in_flight) or now >= latest:
                return contracts.BidsAwaited(missed_at)
            await asyncio.sleep(POLL_S)

    @activity.defn(name="make_nonces")
    def make_nonces(self, count: int) -> list[str]:
        """Random 32-byte nonces as hex, from outside the workflow."""
        return [secrets.token_hex(32) for _ in range(count)]

    @activity.defn(name="look_up_bids")
    def look_up_bids(self, work: contracts.LookUpBids) -> contracts.BidsLookedUp:
        """Find which bids were judged and recorded before. Raises LookupError for an auction without a row."""
        with reading(self._engine) as connection:
            head = entries_db.head(connection, work.auction_id)
            if head is None:
                raise LookupError(work.auction_id)
            return contracts.BidsLookedUp(head.seq, list(bids.receipts(connection, work.bid_ids)))

    def _announce_closing(self, work: contracts.AwaitBids) -> None:
        with transaction(self._engine) as connection:
            facts = entries_db.mark_closing(connection, work.auction_id, work.ends_at)
        if facts is not None:
            event = {**facts, "kind": "closing", "status": "closing"}
            self._publisher.publish([LotNews(work.auction_id, event, [event], [])])

    def _look(self, work: contracts.AwaitBids) -> tuple[int, list[datetime]]:
        with reading(self._engine) as connection:
            in_flight = batches.count_in_flight(connection, work.auction_id, work.ends_at)
            missed_at = batches.missed_since(connection, work.auction_id, work.ends_at - LAST_MINUTES)
        return in_flight, missed_at
