"""Negotiations in the database: begun with a missed reserve, each as it stands, the buying power that it binds, and the
sale that it ends with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, or_, select, update

from activities.db import listings, orders, search
from activities.db.bidder_ranks import askable, book_of
from activities.db.orders import Sold
from activities.db.reservations import Kind, Lack, Reservation, hold, settle
from activities.db.schedules import open_auction
from activities.db.tables import auctions, reservations, vehicles
from activities.db.talks_tables import negotiation_figures, negotiations
from activities.db.vehicles import SUMMARY, VehicleSummary
from activities.talks_contracts import OpenedTalks, TalksRecorded, TalksStep
from domain.auction import Result
from domain.listings import Status as ListingStatus
from domain.negotiation import Act, Candidate, Negotiation, Side, Status
from domain.negotiation_views import seen_by_bidder
from domain.orders import HowSold
from domain.second_chance import MOST_ASKED, reached

WAITING = "waiting"
RUNNING = (WAITING, Status.OPEN.value)
# Why a sale that both sides want is refused: the vehicle was put up again, sold or withdrawn meanwhile.
LOT_GONE = "LISTING_OVER"
# Buying power for an act on its way is held before it is recorded; what is older than this belongs to nobody.
STRAY_AFTER = timedelta(minutes=2)
HOLDS = UUID("8a3c2f54-5d2e-4c39-9c3e-6a3b1fd2c9a4")
ENCODER, DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Negotiation)
NAMES = (
    *("auction_id", "vehicle_id", "seller_id", "status", "bidder_id", "held_cents", "step", "snapshot"),
    *("order_id", "created_at", "updated_at"),
)
COLUMNS = tuple(negotiations.c[name] for name in NAMES)


@dataclass(frozen=True, slots=True)
class StoredTalks:
    """A negotiation with its parties. `talks` is None until its workflow has begun it, and where nobody is asked.

    `bidder_id` is with whom the talks are, or were last.
    """

    auction_id: int
    vehicle_id: int
    seller_id: int
    status: str
    bidder_id: int
    held_cents: int
    step: int
    talks: Negotiation | None
    order_id: int | None
    created_at: datetime
    updated_at: datetime

    def side_of(self, user_id: int) -> Side | None:
        """Which side somebody is on, or was; None for who was not asked."""
        if self.talks is None:
            return None
        if user_id == self.seller_id:
            return Side.SELLER
        return None if seen_by_bidder(self.talks, str(user_id)) is None else Side.BUYER


@dataclass(frozen=True, slots=True)
class ListedTalks:
    """A negotiation in a list, with its vehicle."""

    stored: StoredTalks
    vehicle: VehicleSummary


@dataclass(frozen=True, slots=True)
class TalksKey:
    """Where a page of negotiations ended."""

    created_at: datetime
    auction_id: int


def begin(connection: Connection, auction_id: int, *, leader_id: int, cents: int, at: datetime) -> None:
    """Begin the negotiation of a lot that was just closed below its reserve, in the transaction that records it."""
    known = select(negotiations.c.auction_id).where(negotiations.c.auction_id == auction_id)
    if connection.execute(known).one_or_none() is not None:
        return
    lot = select(auctions.c.vehicle_id, auctions.c.seller_id).where(auctions.c.id == auction_id)
    vehicle_id, seller_id = connection.execute(lot).one()
    row = {
        "auction_id": auction_id,
        "vehicle_id": vehicle_id,
        "seller_id": seller_id,
        "status": WAITING,
        "bidder_id": leader_id,
        "cents": cents,
        "held_cents": cents,
        "step": 0,
        "created_at": at,
        "updated_at": at,
    }
    connection.execute(insert(negotiations).values(row))


def opening(connection: Connection, auction_id: int) -> OpenedTalks:
    """Who may be asked, the leader first, and at which price each begins. Raises LookupError without a row."""
    stored = find(connection, auction_id)
    if stored is None:
        raise LookupError(auction_id)
    lot = select(auctions.c.reserve_cents, auctions.c.sunday_rule, auctions.c.leader_id)
    reserve_cents, sunday_rule, leader_id = connection.execute(lot.where(auctions.c.id == auction_id)).one()
    found: tuple[tuple[str, int], ...] = ()
    if stored.talks is None and stored.status == WAITING and reserve_cents is not None:
        found = reached(book_of(connection, auction_id), askable(connection, auction_id), MOST_ASKED)
    candidates = tuple(Candidate(who, cents, is_bound=who == str(leader_id)) for who, cents in found)
    return OpenedTalks(stored.seller_id, reserve_cents or 0, sunday_rule, candidates, stored.talks)


def give_up(connection: Connection, auction_id: int, now: datetime) -> None:
    """There is nobody to talk to: it is over before it began, and what the leader had on hold is free."""
    unbegun = (negotiations.c.auction_id == auction_id) & (negotiations.c.status == WAITING)
    over = {"status": Status.OVER.value, "held_cents": 0, "updated_at": now}
    if connection.execute(update(negotiations).where(unbegun).values(over)).rowcount:
        connection.execute(delete(reservations).where(*_held_on(auction_id)))


def record(connection: Connection, auction_id: int, steps: Sequence[TalksStep], now: datetime) -> TalksRecorded:
    """Write the steps that are new, and let row, buying power and sale follow. Idempotent by the number of each step.

    A last step that would sell what is no longer for sale is left out, and the code says why. Raises LookupError for a
    negotiation without a row.
    """
    connection.execute(
        select(negotiations.c.auction_id).where(negotiations.c.auction_id == auction_id).with_for_update()
    )
    stored = find(connection, auction_id)
    if stored is None:
        raise LookupError(auction_id)
    fresh, code = [step for step in steps if step.talks.step > stored.step], ""
    values: dict[str, Any] = {}
    if fresh and fresh[-1].talks.status is Status.SOLD:
        if _is_for_sale(connection, stored):
            values["order_id"] = _sell(connection, stored, fresh[-1].talks, fresh[-1].at)
        else:
            fresh, code = fresh[:-1], LOT_GONE
    if fresh:
        connection.execute(insert(negotiation_figures), [_figure_row(auction_id, step) for step in fresh])
        values |= _columns(fresh[-1].talks) | {"updated_at": fresh[-1].at}
        connection.execute(update(negotiations).where(negotiations.c.auction_id == auction_id).values(values))
        stored = find(connection, auction_id) or stored
    _bind(connection, stored, now)
    if "order_id" in values and stored.talks is not None:
        # The unpaid win, which is the order's from now on.
        settle(connection, _hold(auction_id, stored.bidder_id, stored.talks.figure.cents, Kind.WIN), now)
    return TalksRecorded(code, stored.order_id)


def find(connection: Connection, auction_id: int) -> StoredTalks | None:
    """One negotiation."""
    row = connection.execute(select(*COLUMNS).where(negotiations.c.auction_id == auction_id)).one_or_none()
    return None if row is None else _stored(row)


def was_done(connection: Connection, auction_id: int, act_id: str) -> bool:
    """Whether this very wish was recorded before."""
    own = (negotiation_figures.c.auction_id == auction_id) & (negotiation_figures.c.act_id == act_id)
    return connection.execute(select(negotiation_figures.c.number).where(own).limit(1)).one_or_none() is not None


def was_told(connection: Connection, auction_id: int, bidder: Candidate) -> bool:
    """Whether a bidder knows of the talks: they are bound by their bid, or the seller has named a figure to them."""
    own = (negotiation_figures.c.auction_id == auction_id) & (negotiation_figures.c.bidder_id == int(bidder.bidder))
    asked = own & negotiation_figures.c.act.in_([Act.ACCEPT.value, Act.COUNTER.value])
    query = select(negotiation_figures.c.number).where(asked).limit(1)
    return bidder.is_bound or connection.execute(query).one_or_none() is not None


def figure_at(connection: Connection, auction_id: int, number: int) -> int:
    """The figure in cents that was on the table after a step. Raises NoResultFound for no such step."""
    own = (negotiation_figures.c.auction_id == auction_id) & (negotiation_figures.c.number == number)
    cents: int = connection.execute(select(negotiation_figures.c.cents).where(own)).scalar_one()
    return cents


def page(connection: Connection, user_id: int, *, after: TalksKey | None, limit: int) -> list[ListedTalks]:
    """A page of the negotiations that somebody has a part in, newest first, with their vehicles."""
    query = (
        _of(user_id, *COLUMNS, *SUMMARY)
        .join(vehicles, vehicles.c.id == negotiations.c.vehicle_id)
        .order_by(negotiations.c.created_at.desc(), negotiations.c.auction_id.desc())
        .limit(limit)
    )
    if after is not None:
        same = (negotiations.c.created_at == after.created_at) & (negotiations.c.auction_id < after.auction_id)
        query = query.where(or_(negotiations.c.created_at < after.created_at, same))
    width = len(COLUMNS)
    return [ListedTalks(_stored(row[:width]), VehicleSummary(*row[width:])) for row in connection.execute(query)]


def count(connection: Connection, user_id: int) -> int:
    """How many negotiations `page` would list in all."""
    found: int = connection.execute(_of(user_id, func.count()).select_from(negotiations)).scalar_one()
    return found


def bind(connection: Connection, auction_id: int, user_id: int, cents: int, now: datetime) -> Lack | None:
    """Reserve a bidder's power for a figure before it is on the table."""
    return hold(connection, _hold(auction_id, user_id, cents, Kind.OFFER), now)


def unbind(connection: Connection, auction_id: int, now: datetime) -> None:
    """Let the buying power be what the talks, as they are recorded, bind: a wish came to nothing."""
    stored = find(connection, auction_id)
    if stored is not None:
        _bind(connection, stored, now)


def free_strays(connection: Connection, now: datetime) -> int:
    """Let buying power follow the records where a wish held it whose process died on the way."""
    bound = (
        (reservations.c.user_id == negotiations.c.bidder_id)
        & (reservations.c.cents == negotiations.c.held_cents)
        & negotiations.c.status.in_(RUNNING)
    )
    query = (
        select(negotiations.c.auction_id)
        .join(reservations, reservations.c.auction_id == negotiations.c.auction_id)
        .where(reservations.c.kind == Kind.OFFER.value, reservations.c.created_at < now - STRAY_AFTER, ~bound)
        .distinct()
    )
    found = list(connection.execute(query).scalars())
    for auction_id in found:
        unbind(connection, auction_id, now)
    return len(found)


def unstarted(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Lots whose negotiation began before a moment, while nobody has seen its workflow to be started, oldest first."""
    waiting = negotiations.c.status.in_(RUNNING) & negotiations.c.started_at.is_(None)
    query = select(negotiations.c.auction_id).where(waiting, negotiations.c.created_at < before)
    return list(connection.execute(query.order_by(negotiations.c.created_at).limit(limit)).scalars())


def mark_started(connection: Connection, auction_ids: Sequence[int], now: datetime) -> None:
    """Remember that the workflows of these are started."""
    connection.execute(update(negotiations).where(negotiations.c.auction_id.in_(auction_ids)).values(started_at=now))


def overtaken(connection: Connection, limit: int) -> list[int]:
    """Lots that are talked about still, while their vehicle is up again, sold otherwise or withdrawn."""
    gone = or_(
        vehicles.c.listing_status != ListingStatus.UNSOLD.value,
        vehicles.c.deleted_at.is_not(None),
        exists().where(auctions.c.vehicle_id == negotiations.c.vehicle_id, auctions.c.status != "ended"),
    )
    query = (
        select(negotiations.c.auction_id)
        .join(vehicles, vehicles.c.id == negotiations.c.vehicle_id)
        .where(negotiations.c.status == Status.OPEN.value, gone)
        .order_by(negotiations.c.created_at)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def seller_is_bound(connection: Connection, vehicle_id: int) -> bool:
    """Whether a figure of the seller's is on the table: until it is answered the vehicle cannot be put up again."""
    query = select(negotiations.c.snapshot).where(
        negotiations.c.vehicle_id == vehicle_id, negotiations.c.status == Status.OPEN.value
    )
    found = [DECODER.decode(text) for text in connection.execute(query).scalars() if text is not None]
    return any(talks.figure.by is Side.SELLER for talks in found)


def _is_for_sale(connection: Connection, stored: StoredTalks) -> bool:
    columns = vehicles.c.listing_status, vehicles.c.deleted_at
    query = select(*columns).where(vehicles.c.id == stored.vehicle_id).with_for_update()
    status, deleted_at = connection.execute(query).one()
    is_open = status == ListingStatus.UNSOLD.value and deleted_at is None
    return is_open and open_auction(connection, stored.vehicle_id) is None


def _sell(connection: Connection, stored: StoredTalks, talks: Negotiation, at: datetime) -> int:
    listings.end_lot(connection, stored.auction_id, Result.SOLD.value, at)
    search.refresh(connection, [stored.auction_id], at)
    sides = stored.seller_id, int(talks.candidate.bidder)
    sold = Sold(stored.auction_id, stored.vehicle_id, *sides, talks.figure.cents, HowSold.NEGOTIATED, at)
    return orders.add(connection, sold)


def _bind(connection: Connection, stored: StoredTalks, now: datetime) -> None:
    """One bidder's figure is held at a time; until the talks have begun that is what the close has made of the bid."""
    talks = stored.talks
    if talks is None:
        return
    connection.execute(delete(reservations).where(*_held_on(stored.auction_id)))
    if talks.status is Status.OPEN and talks.held_cents:
        settle(connection, _hold(stored.auction_id, stored.bidder_id, talks.held_cents, Kind.OFFER), now)


def _hold(auction_id: int, user_id: int, cents: int, kind: Kind) -> Reservation:
    return Reservation(str(uuid5(HOLDS, f"{auction_id}:{user_id}")), user_id, auction_id, cents, kind)


def _held_on(auction_id: int) -> tuple[ColumnElement[bool], ...]:
    return reservations.c.auction_id == auction_id, reservations.c.kind == Kind.OFFER.value


def _of(user_id: int, *columns: Any) -> Select[Any]:
    figures = select(negotiation_figures.c.auction_id).where(negotiation_figures.c.bidder_id == user_id)
    own = or_(
        negotiations.c.seller_id == user_id,
        negotiations.c.bidder_id == user_id,
        negotiations.c.auction_id.in_(figures),
    )
    return select(*columns).where(negotiations.c.snapshot.is_not(None), own)


def _columns(talks: Negotiation) -> dict[str, Any]:
    return {
        "status": talks.status.value,
        "bidder_id": int(talks.candidate.bidder),
        "cents": talks.figure.cents,
        "held_cents": talks.held_cents,
        "step": talks.step,
        "expires_at": talks.expires_at,
        "snapshot": ENCODER.encode(talks).decode(),
    }


def _figure_row(auction_id: int, step: TalksStep) -> dict[str, Any]:
    talks = step.talks
    return {
        "auction_id": auction_id,
        "number": talks.step,
        "bidder_id": int(talked_to(step).bidder),
        "act": "open" if step.act is None else step.act.value,
        "side": step.side.value,
        "act_id": step.act_id,
        "cents": talks.figure.cents,
        "by_side": talks.figure.by.value,
        "status": talks.status.value,
        "expires_at": talks.expires_at,
        "at": step.at,
    }


def talked_to(step: TalksStep) -> Candidate:
    """With whom the talks were as this was done: what ends them may have begun the next ones already."""
    talks = step.talks
    ended = step.act in {Act.DECLINE, Act.EXPIRE, Act.STOP}
    return talks.candidates[len(talks.endings) - 1] if ended else talks.candidate


def _stored(row: Sequence[Any]) -> StoredTalks:
    values = dict(zip(NAMES, row, strict=True))
    snapshot = values.pop("snapshot")
    return StoredTalks(**values, talks=None if snapshot is None else DECODER.decode(snapshot))
