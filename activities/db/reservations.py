"""Buying power on hold: what a person's bids may cost, reserved before a bid is sent and given back when it cannot win."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, or_, select

from activities.db.tables import bids, reservations, users


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
    granted: list[Reservation] = []
    for item in wanted:
        if item.user_id not in limits:
            continue
        lots = exposure.setdefault(item.user_id, {})
        raised = {**lots, item.auction_id: max(lots.get(item.auction_id, 0), item.cents)}
        if sum(raised.values()) > limits[item.user_id]:
            refused.add(item.bid_id)
        else:
            exposure[item.user_id] = raised
            granted.append(item)
    if granted:
        connection.execute(insert(reservations), [_row(item, now) for item in granted])
    return refused


def release(connection: Connection, auction_id: int, leader_id: int | None) -> None:
    """Give back what judged bids hold on a lot, except those of its leader. Bids still on their way keep theirs."""
    judged = or_(
        exists().where(bids.c.bid_id == reservations.c.bid_id, bids.c.outcome == "refused"),
        exists().where(bids.c.bid_id == reservations.c.bid_id, bids.c.user_id != (leader_id or 0)),
    )
    connection.execute(delete(reservations).where(reservations.c.auction_id == auction_id, judged))


def _limits(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    query = select(users.c.id, users.c.buying_limit_cents).where(
        users.c.id.in_(people), users.c.buying_limit_cents.is_not(None)
    )
    # The lock keeps two processes from spending the same power; the order of ids keeps them from waiting in a circle.
    rows = connection.execute(query.order_by(users.c.id).with_for_update())
    return dict(rows.tuples().all())


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


def _row(item: Reservation, now: datetime) -> dict[str, object]:
    return {
        "bid_id": item.bid_id,
        "user_id": item.user_id,
        "auction_id": item.auction_id,
        "cents": item.cents,
        "created_at": now,
    }
