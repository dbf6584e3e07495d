"""Baseline B: no workflow at all, each bid is one `SELECT ... FOR UPDATE` transaction on its auction's row."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from activities.db.engine import transaction
from activities.db.tables import auctions, bids
from api.state import Services
from domain.bidding import Kind, Standing, accept
from domain.clock import to_text, truncate
from domain.errors import Code
from domain.ledger import Entry
from domain.money import INCREMENT_TABLES
from temporal.auctions import AuctionDoor, Judged
from workflows.messages import BidIn

THREADS = 16
NO_HASH = "0" * 64


class RowLock(AuctionDoor):
    """A door straight into the database; it keeps no ledger and chains no hashes, as such code does not."""

    def __init__(self, services: Services) -> None:
        self._database = services.database.engine
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bids")

    async def place(self, auction_id: int, bid: BidIn) -> Judged:
        """Judge and write the bid in one transaction."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, judge, self._database, auction_id, bid)

    async def hand_over(self, auction_id: int, bid: BidIn) -> Judged | None:
        """The same: there is nothing to hand it over to."""
        return await self.place(auction_id, bid)

    def in_flight(self) -> list[str]:
        """A transaction is either there or not."""
        return []

    async def finish(self) -> None:
        """Nothing is left behind an answer."""
        self._threads.shutdown()


def judge(engine: Engine, auction_id: int, bid: BidIn) -> Judged:
    """One transaction: lock the row, judge by the minimum, write the bid and the row. Blocking."""
    now = truncate(datetime.now(UTC))
    with transaction(engine) as connection:
        row = connection.execute(select(auctions).where(auctions.c.id == auction_id).with_for_update()).one()
        standing = _standing(row)
        taken = bid.cents >= standing.minimum_for(bid.bidder) and now < row.ends_at
        after = accept(standing, Kind(bid.kind), bid.bidder, bid.cents) if taken else standing
        seq = row.seq + 1
        connection.execute(insert(bids).values(_bid_row(auction_id, seq, bid, now, taken=taken)))
        connection.execute(update(auctions).where(auctions.c.id == auction_id).values(_head(row, after, seq)))
    outcome, code = ("leading", None) if taken else ("refused", Code.BELOW_MINIMUM.value)
    return Judged(outcome, code, Entry(seq, NO_HASH, NO_HASH, _facts(row, after, bid, now, seq)))


def _standing(row: Any) -> Standing:
    return Standing(
        start_cents=row.start_cents,
        reserve_cents=row.reserve_cents,
        increments=INCREMENT_TABLES[row.increments_version],
        price_cents=row.price_cents,
        leader=None if row.leader_id is None else str(row.leader_id),
        max_cents=row.price_cents or 0,
    )


def _bid_row(auction_id: int, seq: int, bid: BidIn, now: datetime, *, taken: bool) -> dict[str, Any]:
    return {
        "bid_id": bid.bid_id,
        "auction_id": auction_id,
        "seq": seq,
        "user_id": int(bid.bidder),
        "kind": bid.kind,
        "cents": bid.cents,
        "outcome": "leading" if taken else "refused",
        "code": None if taken else Code.BELOW_MINIMUM.value,
        "received_at": bid.received_at,
        "decided_at": now,
        "retracted": False,
    }


def _head(row: Any, after: Standing, seq: int) -> dict[str, Any]:
    return {
        "seq": seq,
        "version": row.version + 1,
        "price_cents": after.price_cents,
        "leader_id": None if after.leader is None else int(after.leader),
        "minimum_next_cents": after.minimum_next_cents,
        "bid_count": row.bid_count + 1,
    }


def _facts(row: Any, after: Standing, bid: BidIn, now: datetime, seq: int) -> dict[str, Any]:
    return {
        "auction_id": row.id,
        "bid_id": bid.bid_id,
        "seq": seq,
        "version": row.version + 1,
        "price_cents": after.price_cents,
        "minimum_next_cents": after.minimum_next_cents,
        "reserve": "none",
        "leader": after.leader,
        "bidder": bid.bidder,
        "ends_at": to_text(row.ends_at),
        "received_at": to_text(bid.received_at),
        "at": to_text(now),
    }
