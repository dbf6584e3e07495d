"""Read queries on bids, each for the person who made them and nobody else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, func, or_, select

from activities.db.history import ENTRY, LedgerRow, entry_of
from activities.db.prepared import PreparedIn
from activities.db.tables import auction_ledger, auctions, bids, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Bid:
    """A judged bid; `cents` is the amount of a plain bid or the maximum of an auto-bid, so it is its owner's secret."""

    bid_id: str
    auction_id: int
    seq: int
    user_id: int
    kind: str
    cents: int
    outcome: str
    code: str | None
    received_at: datetime
    decided_at: datetime
    retracted: bool


@dataclass(frozen=True, slots=True)
class MyBid:
    """A bid on the page of the person who made it, with the state of its lot."""

    bid: Bid
    vehicle: VehicleSummary
    auction_status: str
    ends_at: datetime
    price_cents: int | None
    leading: bool
    result: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A bid with the ledger entry that proves it."""

    bid: Bid
    entry: LedgerRow


@dataclass(frozen=True, slots=True)
class BidKey:
    """Where a page of bids ended."""

    decided_at: datetime
    bid_id: str


@dataclass(frozen=True, slots=True)
class Mine:
    """What one person has in one auction: counted are accepted bids that were not retracted."""

    max_cents: int | None
    last_bid_id: str | None
    alias: str | None


NOTHING = Mine(None, None, None)
BID = (
    bids.c.bid_id,
    bids.c.auction_id,
    bids.c.seq,
    bids.c.user_id,
    bids.c.kind,
    bids.c.cents,
    bids.c.outcome,
    bids.c.code,
    bids.c.received_at,
    bids.c.decided_at,
    bids.c.retracted,
)
LOT = (auctions.c.status, auctions.c.ends_at, auctions.c.price_cents, auctions.c.leader_id, auctions.c.result)


KNOWN = PreparedIn(lambda ids: select(bids.c.bid_id).where(bids.c.bid_id.in_(ids)))


def bid(connection: Connection, bid_id: str) -> Bid | None:
    """One judged bid."""
    row = connection.execute(select(*BID).where(bids.c.bid_id == bid_id)).one_or_none()
    return None if row is None else Bid(*row)


def receipt(connection: Connection, bid_id: str, *, user_id: int) -> Receipt | None:
    """A bid of this person with its ledger entry; another person's bid is not found."""
    query = (
        select(*BID, *ENTRY)
        .join(
            auction_ledger, and_(auction_ledger.c.auction_id == bids.c.auction_id, auction_ledger.c.seq == bids.c.seq)
        )
        .where(bids.c.bid_id == bid_id, bids.c.user_id == user_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Receipt(Bid(*row[: len(BID)]), entry_of(row[len(BID) :]))


def receipts(connection: Connection, bid_ids: Sequence[str]) -> dict[str, Receipt]:
    """The bids of these ids that were judged and recorded, by id. `bid_ids` may not be empty."""
    bid_ids = list(KNOWN.run(connection, bid_ids).scalars())
    if not bid_ids:
        return {}
    query = (
        select(*BID, *ENTRY)
        .join(
            auction_ledger, and_(auction_ledger.c.auction_id == bids.c.auction_id, auction_ledger.c.seq == bids.c.seq)
        )
        .where(bids.c.bid_id.in_(bid_ids))
    )
    rows = connection.execute(query).all()
    return {row[0]: Receipt(Bid(*row[: len(BID)]), entry_of(row[len(BID) :])) for row in rows}


def bid_page(connection: Connection, user_id: int, *, after: BidKey | None, limit: int) -> list[MyBid]:
    """A page of a person's bids with their lots, newest first, in one query."""
    query = (
        select(*BID, *LOT, *SUMMARY)
        .join(auctions, auctions.c.id == bids.c.auction_id)
        .join(vehicles, vehicles.c.id == auctions.c.vehicle_id)
        .where(bids.c.user_id == user_id)
        .order_by(bids.c.decided_at.desc(), bids.c.bid_id.desc())
        .limit(limit)
    )
    if after is not None:
        same_time = and_(bids.c.decided_at == after.decided_at, bids.c.bid_id < after.bid_id)
        query = query.where(or_(bids.c.decided_at < after.decided_at, same_time))
    return [_my_bid(row, user_id) for row in connection.execute(query)]


def count_bids(connection: Connection, user_id: int) -> int:
    """Count the bids of a person."""
    return connection.execute(select(func.count()).where(bids.c.user_id == user_id)).scalar_one()


def mine(connection: Connection, auction_id: int, user_id: int) -> Mine:
    """What a person has in an auction: own maximum, newest bid and alias; all None without an accepted bid."""
    return mine_in(connection, [auction_id], user_id).get(auction_id, NOTHING)


def mine_in(connection: Connection, auction_ids: Collection[int], user_id: int) -> dict[int, Mine]:
    """What a person has in many auctions, in one query; those without an accepted bid are missing."""
    standing = case((bids.c.retracted.is_(False), bids.c.cents))
    own = (
        select(bids.c.auction_id, func.max(standing).label("most"), func.max(bids.c.seq).label("last"))
        .where(bids.c.user_id == user_id, bids.c.auction_id.in_(auction_ids), bids.c.outcome != REFUSED)
        .group_by(bids.c.auction_id)
        .subquery()
    )
    query = (
        select(own.c.auction_id, own.c.most, bids.c.bid_id, auction_ledger.c.public)
        .join(bids, and_(bids.c.auction_id == own.c.auction_id, bids.c.seq == own.c.last))
        .join(
            auction_ledger, and_(auction_ledger.c.auction_id == bids.c.auction_id, auction_ledger.c.seq == bids.c.seq)
        )
    )
    return {
        key: Mine(most, bid_id, msgspec.json.decode(public)["bidder"])
        for key, most, bid_id, public in connection.execute(query)
    }


def _my_bid(row: Sequence[Any], user_id: int) -> MyBid:
    own = Bid(*row[: len(BID)])
    status, ends_at, price, leader_id, result = row[len(BID) : len(BID) + len(LOT)]
    vehicle = VehicleSummary(*row[len(BID) + len(LOT) :])
    return MyBid(own, vehicle, status, ends_at, price, leader_id == user_id, result)
