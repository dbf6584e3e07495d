"""Bids in flight: which batches a door has sent, and which bids had to be turned away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from activities.db.bulk import insert_rows
from activities.db.prepared import PreparedIn
from activities.db.tables import auctions, bid_batches, missed_bids
from domain.clock import to_ms

CLOSE = PreparedIn(lambda ids: delete(bid_batches).where(bid_batches.c.batch_id.in_(ids)))


@dataclass(frozen=True, slots=True)
class InFlight:
    """A batch that was sent to its auction and is not known to be recorded."""

    batch_id: str
    auction_id: int
    process_id: str
    first_received_at: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """A bid of a lot's last minutes that was answered 503."""

    id: int
    auction_id: int
    at: datetime


def open_batch(connection: Connection, batch: InFlight, now: datetime) -> None:
    """Write that a batch is on its way, before it is sent."""
    moment = to_ms(now)
    row = {
        "batch_id": batch.batch_id,
        "auction_id": batch.auction_id,
        "process_id": batch.process_id,
        "first_received_at": to_ms(batch.first_received_at),
        "created_at": moment,
        "seen_at": moment,
    }
    insert_rows(connection, bid_batches, [row])


def close_batches(connection: Connection, batch_ids: Sequence[str]) -> None:
    """Forget batches whose entries are recorded."""
    if batch_ids:
        CLOSE.run(connection, batch_ids)


def touch_batches(connection: Connection, batch_ids: Sequence[str], now: datetime) -> None:
    """Say that somebody is still working on these batches."""
    connection.execute(update(bid_batches).where(bid_batches.c.batch_id.in_(batch_ids)).values(seen_at=now))


def abandoned(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Auctions with batches that no process has touched since `before`, the longest abandoned first."""
    query = (
        select(bid_batches.c.auction_id)
        .where(bid_batches.c.seen_at < before)
        .group_by(bid_batches.c.auction_id)
        .order_by(func.min(bid_batches.c.seen_at))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def close_abandoned(connection: Connection, auction_id: int, before: datetime) -> int:
    """Forget the abandoned batches of an auction that was caught up since; returns how many they were."""
    mine = delete(bid_batches).where(bid_batches.c.auction_id == auction_id, bid_batches.c.seen_at < before)
    return connection.execute(mine).rowcount


def count_in_flight(connection: Connection, auction_id: int, received_before: datetime) -> int:
    """How many batches hold a bid that was received before a moment."""
    query = (
        select(func.count())
        .select_from(bid_batches)
        .where(bid_batches.c.auction_id == auction_id, bid_batches.c.first_received_at < received_before)
    )
    return connection.execute(query).scalar_one()


def ends_at(connection: Connection, auction_id: int) -> datetime | None:
    """The recorded end of an auction that is not over, or None."""
    query = select(auctions.c.ends_at).where(auctions.c.id == auction_id, auctions.c.status != "ended")
    return connection.execute(query).scalar_one_or_none()


def add_missed(connection: Connection, auction_id: int, at: datetime, reason: str) -> None:
    """Write down that a bid of the last minutes had to be turned away."""
    connection.execute(insert(missed_bids).values(auction_id=auction_id, at=at, reason=reason, handled=False))


def missed(connection: Connection, limit: int) -> list[Missed]:
    """Turned-away bids that their auctions have not been told of, oldest first."""
    query = (
        select(missed_bids.c.id, missed_bids.c.auction_id, missed_bids.c.at)
        .where(missed_bids.c.handled.is_(False))
        .order_by(missed_bids.c.id)
        .limit(limit)
    )
    return [Missed(*row) for row in connection.execute(query)]


def missed_since(connection: Connection, auction_id: int, since: datetime) -> list[datetime]:
    """When bids of one auction were turned away from a moment on, oldest first."""
    query = (
        select(missed_bids.c.at)
        .where(missed_bids.c.auction_id == auction_id, missed_bids.c.at >= since)
        .order_by(missed_bids.c.at)
    )
    return list(connection.execute(query).scalars())


def mark_missed_handled(connection: Connection, ids: Sequence[int]) -> None:
    """The auctions know of these."""
    connection.execute(update(missed_bids).where(missed_bids.c.id.in_(ids)).values(handled=True))
