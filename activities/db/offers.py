"""Offers in the database: what a buyer may ask for, each offer as it stands, and the buying power that it binds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from activities.db.offer_tables import offer_steps, offers
from activities.db.reservations import Kind, Lack, Reservation, hold, set_free, settle
from activities.db.seller_feed import note_offer
from activities.db.tables import auctions, reservations, users, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from activities.offer_contracts import OfferStep
from domain.offers import STANDING, Act, Offer, OfferStatus, Side, Thresholds

OPEN = sorted(status.value for status in STANDING)
# A wish on its way holds buying power before its offer does; what is older than this belongs to nobody.
STRAY_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Stored:
    """An offer with its parties; `first_cents` is what the buyer began with, `thresholds` are the seller's secret."""

    offer_id: str
    vehicle_id: int
    auction_id: int
    buyer_id: int
    seller_id: int
    offer: Offer
    first_cents: int
    thresholds: Thresholds
    created_at: datetime
    updated_at: datetime

    def side_of(self, user_id: int) -> Side | None:
        """Which side somebody is on; None for a stranger."""
        return {self.buyer_id: Side.BUYER, self.seller_id: Side.SELLER}.get(user_id)


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer in a list, with its vehicle."""

    stored: Stored
    vehicle: VehicleSummary


@dataclass(frozen=True, slots=True)
class OfferKey:
    """Where a page of offers ended."""

    created_at: datetime
    offer_id: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is told of an offer."""

    user_id: int
    email: str
    name: str


COLUMNS = (
    offers.c.id,
    offers.c.vehicle_id,
    offers.c.auction_id,
    offers.c.buyer_id,
    offers.c.seller_id,
    offers.c.cents,
    offers.c.expires_at,
    offers.c.made,
    offers.c.by_side,
    offers.c.status,
    offers.c.step,
    offers.c.reason,
    offers.c.first_cents,
    offers.c.auto_accept_cents,
    offers.c.auto_decline_cents,
    offers.c.created_at,
    offers.c.updated_at,
)


def lock_buyer(connection: Connection, user_id: int) -> None:
    """Let the offers of one buyer be decided one after the other, until the end of the transaction."""
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())


def find(connection: Connection, offer_id: str) -> Stored | None:
    """One offer."""
    row = connection.execute(select(*COLUMNS).where(offers.c.id == offer_id)).one_or_none()
    return None if row is None else _stored(row)


def made_so_far(connection: Connection, vehicle_id: int, buyer_id: int) -> tuple[int, str | None]:
    """How many offers a buyer has made on a vehicle, and the id of the one that stands."""
    own = (offers.c.vehicle_id == vehicle_id) & (offers.c.buyer_id == buyer_id)
    made: int = connection.execute(select(func.coalesce(func.max(offers.c.made), 0)).where(own)).scalar_one()
    standing = select(offers.c.id).where(own, offers.c.status.in_(OPEN)).limit(1)
    return made, connection.execute(standing).scalar_one_or_none()


def open_lot(connection: Connection, vehicle_id: int) -> int | None:
    """The auction of a vehicle that is not over."""
    query = select(auctions.c.id).where(auctions.c.vehicle_id == vehicle_id, auctions.c.status != "ended")
    return connection.execute(query.order_by(auctions.c.id.desc()).limit(1)).scalar_one_or_none()


def thresholds(connection: Connection, vehicle_id: int) -> Thresholds:
    """What the seller has settled before for a vehicle."""
    columns = vehicles.c.auto_accept_cents, vehicles.c.auto_decline_cents
    return Thresholds(*connection.execute(select(*columns).where(vehicles.c.id == vehicle_id)).one())


def add(connection: Connection, stored: Stored) -> Lack | None:
    """Write a new offer with its first step and its buying power; else the limit that does not allow it."""
    lack = bind(connection, stored, stored.offer.cents, stored.created_at)
    if lack is not None:
        return lack
    row = {
        "id": stored.offer_id,
        "vehicle_id": stored.vehicle_id,
        "auction_id": stored.auction_id,
        "buyer_id": stored.buyer_id,
        "seller_id": stored.seller_id,
        "first_cents": stored.first_cents,
        "auto_accept_cents": stored.thresholds.accept_cents,
        "auto_decline_cents": stored.thresholds.decline_cents,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }
    connection.execute(insert(offers).values({**row, **_columns(stored.offer)}))
    first = OfferStep(Act.OFFER, Side.BUYER, stored.created_at, stored.offer)
    connection.execute(insert(offer_steps).values(_step_row(stored.offer_id, first)))
    note_offer(connection, stored, [first])
    return None


def bind(connection: Connection, stored: Stored, cents: int, now: datetime) -> Lack | None:
    """Reserve the buyer's power for a figure before it is on the table."""
    wanted = Reservation(stored.offer_id, stored.buyer_id, stored.auction_id, cents, Kind.OFFER)
    return hold(connection, wanted, now)


def unbind(connection: Connection, offer_id: str, now: datetime) -> None:
    """Let the buying power be what the offer, as it is recorded, binds: a wish came to nothing."""
    stored = find(connection, offer_id)
    if stored is not None:
        _follow(connection, stored, now)


def record(connection: Connection, offer_id: str, steps: Sequence[OfferStep], now: datetime) -> Stored:
    """Write the steps that are new, and let row and buying power follow. Idempotent by the number of each step.

    Raises LookupError for an offer without a row.
    """
    connection.execute(select(offers.c.id).where(offers.c.id == offer_id).with_for_update())
    stored = find(connection, offer_id)
    if stored is None:
        raise LookupError(offer_id)
    fresh = [step for step in steps if step.offer.step > stored.offer.step]
    if fresh:
        connection.execute(insert(offer_steps), [_step_row(offer_id, step) for step in fresh])
        moved = {**_columns(fresh[-1].offer), "updated_at": fresh[-1].at}
        connection.execute(update(offers).where(offers.c.id == offer_id).values(moved))
        stored = find(connection, offer_id) or stored
    _follow(connection, stored, now)
    note_offer(connection, stored, fresh)
    return stored


def did(connection: Connection, offer_id: str, number: int, act: Act, side: Side, cents: int) -> bool:
    """Whether a step is recorded as this side's act, with this figure where it named one."""
    own = (offer_steps.c.offer_id == offer_id) & (offer_steps.c.number == number)
    same = own & (offer_steps.c.act == act.value) & (offer_steps.c.side == side.value)
    query = select(offer_steps.c.cents).where(same)
    found = connection.execute(query).scalar_one_or_none()
    return found is not None and (not cents or found == cents)


def parties(connection: Connection, stored: Stored) -> dict[Side, Party]:
    """Buyer and seller, as far as they can be written to."""
    query = select(users.c.id, users.c.email, users.c.name).where(
        users.c.id.in_([stored.buyer_id, stored.seller_id]), users.c.erased_at.is_(None)
    )
    people = [Party(*row) for row in connection.execute(query)]
    return {side: party for party in people if (side := stored.side_of(party.user_id)) is not None}


def title_of(connection: Connection, vehicle_id: int) -> str:
    """How the vehicle is called."""
    return VehicleSummary(*connection.execute(select(*SUMMARY).where(vehicles.c.id == vehicle_id)).one()).title


def page(connection: Connection, user_id: int, side: Side, *, after: OfferKey | None, limit: int) -> list[Listed]:
    """Somebody's offers as buyer or as seller, with their vehicles, newest first."""
    own = offers.c.buyer_id if side is Side.BUYER else offers.c.seller_id
    query = (
        select(*COLUMNS, *SUMMARY)
        .join(vehicles, vehicles.c.id == offers.c.vehicle_id)
        .where(own == user_id)
        .order_by(offers.c.created_at.desc(), offers.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        same = and_(offers.c.created_at == after.created_at, offers.c.id < after.offer_id)
        query = query.where(or_(offers.c.created_at < after.created_at, same))
    width = len(COLUMNS)
    return [Listed(_stored(row[:width]), VehicleSummary(*row[width:])) for row in connection.execute(query)]


def count(connection: Connection, user_id: int, side: Side) -> int:
    """How many offers `page` would list in all."""
    own = offers.c.buyer_id if side is Side.BUYER else offers.c.seller_id
    return connection.execute(select(func.count()).select_from(offers).where(own == user_id)).scalar_one()


def newest_of(connection: Connection, vehicle_id: int, buyer_id: int) -> Stored | None:
    """A buyer's newest offer on a vehicle."""
    own = (offers.c.vehicle_id == vehicle_id) & (offers.c.buyer_id == buyer_id)
    query = select(*COLUMNS).where(own).order_by(offers.c.created_at.desc(), offers.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def unstarted(connection: Connection, before: datetime, limit: int) -> list[Stored]:
    """Offers from before a moment whose workflow nobody has seen to be started, oldest first."""
    waiting = (offers.c.started_at.is_(None)) & (offers.c.created_at < before) & offers.c.status.in_(OPEN)
    query = select(*COLUMNS).where(waiting).order_by(offers.c.created_at, offers.c.id).limit(limit)
    return [_stored(row) for row in connection.execute(query)]


def mark_started(connection: Connection, offer_ids: Sequence[str], now: datetime) -> None:
    """Remember that the workflows of these offers are started."""
    connection.execute(update(offers).where(offers.c.id.in_(offer_ids)).values(started_at=now))


def overtaken(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """Standing offers whose lot takes none any more, each with the reason: bid (somebody has bid), sold or ended."""
    closed = or_(auctions.c.bidder_count > 0, auctions.c.status == "ended")
    query = (
        select(offers.c.id, auctions.c.result, auctions.c.bidder_count)
        .join(auctions, auctions.c.id == offers.c.auction_id)
        .where(offers.c.status == OfferStatus.OPEN.value, closed)
        .order_by(offers.c.created_at)
        .limit(limit)
    )
    return [(key, _why(result, bidders)) for key, result, bidders in connection.execute(query)]


def free_strays(connection: Connection, now: datetime) -> int:
    """Give back buying power that a wish reserved whose offer binds nothing: its process died on the way."""
    bound = exists().where(
        offers.c.id == reservations.c.bid_id,
        or_(
            offers.c.status == OfferStatus.ACCEPTING.value,
            and_(offers.c.status == OfferStatus.OPEN.value, offers.c.by_side == Side.BUYER.value),
        ),
    )
    ours = exists().where(offers.c.id == reservations.c.bid_id)
    stray = delete(reservations).where(
        reservations.c.kind == Kind.OFFER.value, reservations.c.created_at < now - STRAY_AFTER, ours, ~bound
    )
    return connection.execute(stray).rowcount


def _follow(connection: Connection, stored: Stored, now: datetime) -> None:
    """What the auction has made of the power (a win) is no longer the offer's."""
    won = select(reservations.c.bid_id).where(
        reservations.c.bid_id == stored.offer_id, reservations.c.kind == Kind.WIN.value
    )
    if stored.offer.status is OfferStatus.ACCEPTED or connection.execute(won).one_or_none():
        return
    if not stored.offer.held_cents:
        set_free(connection, stored.offer_id, Kind.OFFER)
        return
    bound = Reservation(stored.offer_id, stored.buyer_id, stored.auction_id, stored.offer.held_cents, Kind.OFFER)
    settle(connection, bound, now)


def _why(result: str | None, bidders: int) -> str:
    if result == "sold":
        return "sold"
    return "bid" if bidders else "ended"


def _columns(offer: Offer) -> dict[str, Any]:
    return {
        "status": offer.status.value,
        "cents": offer.cents,
        "by_side": offer.by.value,
        "made": offer.made,
        "step": offer.step,
        "expires_at": offer.expires_at,
        "reason": offer.reason,
    }


def _step_row(offer_id: str, step: OfferStep) -> dict[str, Any]:
    return {
        "offer_id": offer_id,
        "number": step.offer.step,
        "act": step.act.value,
        "side": step.side.value,
        "status": step.offer.status.value,
        "cents": step.offer.cents,
        "expires_at": step.offer.expires_at,
        "reason": step.offer.reason,
        "at": step.at,
    }


def _stored(row: Sequence[Any]) -> Stored:
    offer_id, vehicle_id, auction_id, buyer_id, seller_id, cents, expires_at, made, by, status, step, reason, *more = (
        row
    )
    offer = Offer(cents, expires_at, made, Side(by), OfferStatus(status), step, reason)
    first_cents, accept_cents, decline_cents, created_at, updated_at = more
    limits = Thresholds(accept_cents, decline_cents)
    return Stored(
        offer_id, vehicle_id, auction_id, buyer_id, seller_id, offer, first_cents, limits, created_at, updated_at
    )
