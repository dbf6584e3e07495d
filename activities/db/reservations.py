"""Buying power on hold: reserved before a bid is sent, given back when the bid cannot win, kept by the close."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from activities.db.prepared import Prepared, PreparedIn
from activities.db.tables import bid_batches, bids, reservations, users

# The lock keeps two processes from spending the same power; the order of ids keeps them from waiting in a circle.
LIMITS = PreparedIn(
    lambda people: (
        select(users.c.id, users.c.buying_limit_cents, users.c.lots_limit)
        .where(users.c.id.in_(people), users.c.buying_limit_cents.is_not(None))
        .order_by(users.c.id)
        .with_for_update()
    )
)
ANY = Prepared(select(reservations.c.bid_id).where(reservations.c.auction_id == bindparam("auction_id")).limit(1))


class Lack(StrEnum):
    """Which limit a bid goes beyond."""

    CENTS = "BUYING_POWER"
    LOTS = "LOTS_LIMIT"


class Kind(StrEnum):
    """What a reservation is for. `buying`: a buy-now on its way to its auction; `buy`: one that holds the lot.

    An `offer` is one that stands, or the binding one that a leader below the reserve has made.
    """

    BID = "bid"
    WIN = "win"
    OFFER = "offer"
    BUYING = "buying"
    BUY = "buy"


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a person may have at stake, and on how many lots (None: any number)."""

    cents: int
    lots: int | None


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one bid, purchase or offer, by its id, may cost its maker."""

    bid_id: str
    user_id: int
    auction_id: int
    cents: int
    kind: Kind = Kind.BID


def reserve(connection: Connection, wanted: Sequence[Reservation], now: datetime) -> dict[str, Lack]:
    """Reserve for each bid in order; returns those that their bidder's limits do not allow, by bid id.

    Exposure is the sum over lots of the highest reserved amount. A person without a limit needs no reservation.
    """
    people = {item.user_id for item in wanted}
    limits = _limits(connection, people)
    if not limits:
        return {}
    exposure = _exposure(connection, limits)
    refused: dict[str, Lack] = {}
    granted: dict[str, Reservation] = {}
    for item in wanted:
        # A bid that comes twice in one batch is decided once; the auction answers the second one.
        if item.user_id not in limits or item.bid_id in granted or item.bid_id in refused:
            continue
        lots = exposure.setdefault(item.user_id, {})
        raised = {**lots, item.auction_id: max(lots.get(item.auction_id, 0), item.cents)}
        if lack := _lack(raised, limits[item.user_id]):
            refused[item.bid_id] = lack
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
    lost = or_(reservations.c.kind == Kind.BUYING.value, (reservations.c.kind == Kind.BID.value) & ~judged)
    connection.execute(delete(reservations).where(reservations.c.auction_id == auction_id, ~on_its_way, lost))


def hold(connection: Connection, wanted: Reservation, now: datetime) -> Lack | None:
    """Let a reservation be for these cents from now on, whatever it was for before; None where the limits allow it.

    Where they do not, it stays as it was. The caller's transaction has to be a writing one.
    """
    own = reservations.c.bid_id == wanted.bid_id
    limits = _limits(connection, [wanted.user_id])
    before = connection.execute(select(reservations).where(own)).mappings().one_or_none()
    connection.execute(delete(reservations).where(own))
    lack = reserve(connection, [wanted], now).get(wanted.bid_id) if limits else None
    if lack is not None and before is not None:
        connection.execute(insert(reservations).values(dict(before)))
    return lack


def settle(connection: Connection, settled: Reservation, now: datetime) -> None:
    """Let a reservation be what was decided, whatever its maker's limit says: a decision binds them already."""
    connection.execute(delete(reservations).where(reservations.c.bid_id == settled.bid_id))
    if _limits(connection, [settled.user_id]):
        connection.execute(insert(reservations), [_row(settled, now)])


def set_free(connection: Connection, bid_id: str, *kinds: Kind) -> None:
    """Give back what a purchase or an offer holds, if it is of one of these kinds still."""
    kept = [kind.value for kind in kinds]
    connection.execute(delete(reservations).where(reservations.c.bid_id == bid_id, reservations.c.kind.in_(kept)))


def _has_any(connection: Connection, auction_id: int) -> bool:
    return ANY.run(connection, auction_id=auction_id).one_or_none() is not None


def reinstate(connection: Connection, auction_id: int, leader_id: int, now: datetime) -> bool:
    """Reserve for who leads again because another bid was taken out of the lot, whatever their limit says.

    Returns whether that was needed: they may be beyond their limit then, and new bids of theirs wait for that to end.
    """
    valid = (
        (bids.c.auction_id == auction_id)
        & (bids.c.user_id == leader_id)
        & (bids.c.outcome != "refused")
        & bids.c.retracted.is_(False)
    )
    held = select(reservations.c.bid_id).join(bids, bids.c.bid_id == reservations.c.bid_id).where(valid).limit(1)
    if leader_id not in _limits(connection, [leader_id]) or connection.execute(held).one_or_none():
        return False
    best = select(bids.c.bid_id, bids.c.cents).where(valid).order_by(bids.c.cents.desc(), bids.c.seq).limit(1)
    bid_id, cents = connection.execute(best).one()
    connection.execute(insert(reservations), [_row(Reservation(bid_id, leader_id, auction_id, cents), now)])
    return True


def beyond_limit(connection: Connection, user_id: int) -> Limit | None:
    """The limit that what a person has on hold goes beyond; None while they are within theirs, or have none."""
    limit = _limits(connection, [user_id]).get(user_id)
    return limit if limit is not None and _lack(at_stake(connection, user_id), limit) else None


def turn(connection: Connection, auction_id: int, leader_id: int, kind: Kind, price_cents: int) -> None:
    """At the close, what the leader has on hold becomes the unpaid win or the binding offer, at the lot's price."""
    own = (
        (reservations.c.auction_id == auction_id)
        & (reservations.c.user_id == leader_id)
        & (reservations.c.kind == Kind.BID.value)
    )
    query = select(reservations.c.bid_id).where(own).order_by(reservations.c.cents.desc()).limit(1)
    kept = connection.execute(query).scalar_one_or_none()
    connection.execute(delete(reservations).where(own, reservations.c.bid_id != kept))
    connection.execute(
        update(reservations).where(reservations.c.bid_id == kept).values(kind=kind.value, cents=price_cents)
    )


def at_stake(connection: Connection, user_id: int) -> dict[int, int]:
    """What a person has on hold, in cents by lot: bids that lead or are on their way, unpaid wins, binding offers."""
    return _exposure(connection, [user_id]).get(user_id, {})


def _lack(lots: Mapping[int, int], limit: Limit) -> Lack | None:
    if sum(lots.values()) > limit.cents:
        return Lack.CENTS
    return Lack.LOTS if limit.lots is not None and len(lots) > limit.lots else None


def _limits(connection: Connection, people: Iterable[int]) -> dict[int, Limit]:
    rows: Sequence[Sequence[Any]] = LIMITS.run(connection, list(people)).all()
    return {row[0]: Limit(row[1], row[2]) for row in rows}


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
        "kind": item.kind.value,
    }
