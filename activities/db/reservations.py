"""Buying power on hold: reserved before a bid is sent, given back when the bid cannot win."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select

from activities.db.prepared import Prepared, PreparedIn
from activities.db.tables import bid_batches, bids, reservations, users

# The lock keeps two processes from spending the same power; the order of ids keeps them from waiting in a circle.
LIMITS = PreparedIn(
    lambda people: (
        select(users.c.id, users.c.buying_limit_cents)
        .where(users.c.id.in_(people), users.c.buying_limit_cents.is_not(None))
        .order_by(users.c.id)
        .with_for_update()
    )
)
ANY = Prepared(select(reservations.c.bid_id).where(reservations.c.auction_id == bindparam("auction_id")).limit(1))


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one bid may cost its bidder."""

    bid_id: str
    user_id: int
    auction_id: int
    cents: int


def reserve(connection: Connection, wanted: Sequence[Reservation], now: datetime) -> set[str]:
    """Reserve for each bid in order; returns the ids of those that their bidder's limit does not allow.

    Exposure is the sum over lots of the highest reserved amount. A person without a limit needs no reservation.
    """
    people = {item.user_id for item in wanted}
    limits = _limits(connection, people)
    if not limits:
        return set()
    exposure = _exposure(connection, limits)
    refused: set[str] = set()
    granted: dict[str, Reservation] = {}
    for item in wanted:
        # A bid that comes twice in one batch is decided once; the auction answers the second one.
        if item.user_id not in limits or item.bid_id in granted or item.bid_id in refused:
            continue
        lots = exposure.setdefault(item.user_id, {})
        raised = {**lots, item.auction_id: max(lots.get(item.auction_id, 0), item.cents)}
        if sum(raised.values()) > limits[item.user_id]:
            refused.add(item.bid_id)
        else:
            exposure[item.user_id] = raised
            granted[item.bid_id] = item
    _insert(connection, granted, now)
    return refused


def release(connection: Connection, auction_id: int, leader_id: int | None) -> None:
    """Give back what judged bids hold on a lot, except its leader's. Bids on their way keep theirs."""
    if not _has_any(connection, auction_id):
        return
    judged = or_(
        exists().where(bids.c.bid_id == reservations.c.bid_id, bids.c.outcome == "refused"),
        exists().where(bids.c.bid_id == reservations.c.bid_id, bids.c.retracted.is_(True)),
        exists().where(bids.c.bid_id == reservations.c.bid_id, bids.c.user_id != (leader_id or 0)),
    )
    connection.execute(delete(reservations).where(reservations.c.auction_id == auction_id, judged))


def release_lost(connection: Connection, auction_id: int) -> None:
    """Give back what bids hold that were never judged, once nothing of the lot is on its way any more."""
    if not _has_any(connection, auction_id):
        return
    on_its_way = exists().where(bid_batches.c.auction_id == reservations.c.auction_id)
    judged = exists().where(bids.c.bid_id == reservations.c.bid_id)
    connection.execute(delete(reservations).where(reservations.c.auction_id == auction_id, ~on_its_way, ~judged))


def _has_any(connection: Connection, auction_id: int) -> bool:
    return ANY.run(connection, auction_id=auction_id).one_or_none() is not None


def _limits(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    rows: Sequence[Sequence[int]] = LIMITS.run(connection, list(people)).all()
    return {row[0]: row[1] for row in rows}


def _exposure(connection: Connection, people: Iterable[int]) -> dict[int, dict[int, int]]:
    query = (
        select(reservations.c.user_id, reservations.c.auction_id, func.max(reservations.c.cents))
        .where(reservations.c.user_id.in_(people))
        .group_by(reservations.c.user_id, reservations.c.auction_id)
    )
    exposure: dict[int, dict[int, int]] = {}
    for user_id, auction_id, cents in connection.execute(query):
        exposure.setdefault(user_id, {})[auction_id] = cents
    return exposure


def _insert(connection: Connection, granted: Mapping[str, Reservation], now: datetime) -> None:
    """Write what is new: a bid that is sent again after an unknown outcome has its reservation already."""
    if not granted:
        return
    query = select(reservations.c.bid_id).where(reservations.c.bid_id.in_(granted))
    held = set(connection.execute(query).scalars())
    rows = [_row(item, now) for item in granted.values() if item.bid_id not in held]
    if rows:
        connection.execute(insert(reservations), rows)


def _row(item: Reservation, now: datetime) -> dict[str, object]:
    return {
        "bid_id": item.bid_id,
        "user_id": item.user_id,
        "auction_id": item.auction_id,
        "cents": item.cents,
        "created_at": now,
    }
