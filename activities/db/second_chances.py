"""Second chances in the database: opened by a default, each as it stands, and the sale that it ends with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from activities.db import listings, orders, relists
from activities.db.bidder_ranks import askable, book_of
from activities.db.links import barred_with
from activities.db.order_tables import orders as orders_table
from activities.db.orders import Sold
from activities.db.reservations import Kind, Lack, Reservation, hold, set_free, settle
from activities.db.tables import auctions, reservations, users, vehicles
from activities.db.talks_tables import second_chance_steps as steps_table
from activities.db.talks_tables import second_chances as table
from activities.db.vehicles import SUMMARY, VehicleSummary
from activities.talks_contracts import ChanceRecorded, ChanceStep, OpenedChance
from domain.auction import Result
from domain.listings import Status as ListingStatus
from domain.orders import HowSold
from domain.second_chance import Candidate, Chance, Status, candidates

WAITING, STOPPED = "waiting", "stopped"
ASKED = (Status.ASKING_SELLER.value, Status.OFFERED.value)
RUNNING = (WAITING, *ASKED)
# The order was paid after all, or the vehicle is not for sale any more.
GONE = "SECOND_CHANCE_OVER"
STRAY_AFTER = timedelta(minutes=2)
HOLDS = UUID("3d0f6f0b-1b0a-4d0e-9d35-60bb0f0c6a1e")
ENCODER, DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(Chance)
NAMES = (
    *("order_id", "auction_id", "vehicle_id", "seller_id", "run_no", "status", "step", "snapshot"),
    *("new_order_id", "relisted_as", "created_at", "updated_at"),
)
COLUMNS = tuple(table.c[name] for name in NAMES)


@dataclass(frozen=True, slots=True)
class StoredChance:
    """A second chance. `chance` is None until its workflow has begun it, and where nobody is asked."""

    order_id: int
    auction_id: int
    vehicle_id: int
    seller_id: int
    run_no: int
    status: str
    step: int
    chance: Chance | None
    new_order_id: int | None
    relisted_as: int | None
    created_at: datetime
    updated_at: datetime

    def candidate_of(self, user_id: int) -> Candidate | None:
        """What was offered to somebody, once it was; None for everybody else."""
        chance = self.chance
        if chance is None:
            return None
        asked = chance.candidates[: chance.turn + was_asked(chance)]
        return next((each for each in asked if each.bidder == str(user_id)), None)


@dataclass(frozen=True, slots=True)
class ListedChance:
    """A second chance in a list, with its vehicle."""

    stored: StoredChance
    vehicle: VehicleSummary


def open(connection: Connection, order_id: int, now: datetime) -> None:  # noqa: A001 - what its callers say: second_chances.open
    """Offer a vehicle to the next bidders, in the transaction that records its order's default; once for each order.

    Raises LookupError for no order.
    """
    stored = orders.find(connection, order_id)
    if stored is None:
        raise LookupError(order_id)
    if find(connection, order_id) is not None:
        return
    order = stored.order
    row = {
        "order_id": order.id,
        "auction_id": order.auction_id,
        "vehicle_id": order.vehicle_id,
        "seller_id": order.seller_id,
        "run_no": order.run_no + 1,
        "status": WAITING,
        "step": 0,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(table).values(row))


def stop(connection: Connection, order_id: int, now: datetime) -> bool:
    """The order is paid after all: nobody is asked any more, nor is the lot put up again.

    False where the vehicle is with somebody else, or up for sale again. In the transaction that takes the default back.
    """
    stored = _locked(connection, order_id)
    if stored is None or stored.status == STOPPED:
        return True
    if stored.new_order_id is not None or stored.relisted_as is not None:
        return False
    connection.execute(update(table).where(table.c.order_id == order_id).values(status=STOPPED, updated_at=now))
    unsold = (vehicles.c.id == stored.vehicle_id) & (vehicles.c.listing_status == ListingStatus.UNSOLD.value)
    if connection.execute(select(vehicles.c.id).where(unsold)).one_or_none() is not None:
        # It was its seller's again, but not put up yet.
        listings.end_lot(connection, stored.auction_id, Result.SOLD.value, now)
    return True


def opening(connection: Connection, order_id: int) -> OpenedChance:
    """Who is asked, in order, by the price replayed without who did not pay. Raises LookupError without a row."""
    stored = find(connection, order_id)
    if stored is None:
        raise LookupError(order_id)
    lot = select(auctions.c.sunday_rule).where(auctions.c.id == stored.auction_id)
    sunday_rule: bool = connection.execute(lot).scalar_one()
    found: tuple[Candidate, ...] = ()
    if stored.chance is None and stored.status == WAITING:
        book = book_of(connection, stored.auction_id)
        found = candidates(book, _out(connection, stored), askable(connection, stored.auction_id))
    is_stopped = stored.status == STOPPED
    allowed = _allowed(connection, stored)
    return OpenedChance(stored.seller_id, sunday_rule, found, allowed, stored.chance, is_stopped)


def give_up(connection: Connection, order_id: int, now: datetime) -> None:
    """There is nobody to ask: it is over before it began."""
    unbegun = (table.c.order_id == order_id) & (table.c.status == WAITING)
    connection.execute(update(table).where(unbegun).values(status=Status.OVER.value, updated_at=now))


def record(connection: Connection, order_id: int, steps: Sequence[ChanceStep], now: datetime) -> ChanceRecorded:
    """Write the steps that are new, and let row and sale follow. Idempotent by the number of each step.

    A last step that would sell what is no longer for sale is left out, and the code says why. Raises LookupError for
    one without a row.
    """
    stored = _locked(connection, order_id)
    if stored is None:
        raise LookupError(order_id)
    fresh, code = [step for step in steps if step.chance.step > stored.step], ""
    values: dict[str, Any] = {}
    if fresh and fresh[-1].chance.status is Status.TAKEN:
        if _is_for_sale(connection, stored):
            values["new_order_id"] = _sell(connection, stored, fresh[-1], now)
        else:
            fresh, code = fresh[:-1], GONE
    if fresh:
        connection.execute(insert(steps_table), [_step_row(order_id, step) for step in fresh])
        values |= _columns(fresh[-1].chance) | {"updated_at": fresh[-1].at}
        if stored.status == STOPPED:
            values["status"] = STOPPED
        connection.execute(update(table).where(table.c.order_id == order_id).values(values))
    return ChanceRecorded(code, values.get("new_order_id", stored.new_order_id))


def relist(connection: Connection, order_id: int, now: datetime) -> int | None:
    """Put the vehicle up again once nobody takes it; the new auction's id, or None where its seller has to do that.

    Raises LookupError for a second chance without a row.
    """
    stored = _locked(connection, order_id)
    if stored is None:
        raise LookupError(order_id)
    if stored.status != Status.OVER.value or stored.relisted_as is not None:
        return stored.relisted_as
    auction_id = relists.relist(connection, stored.auction_id, f"relisted after order {order_id}", now)
    changes = {"relisted_as": auction_id, "updated_at": now}
    connection.execute(update(table).where(table.c.order_id == order_id).values(changes))
    return auction_id


def find(connection: Connection, order_id: int) -> StoredChance | None:
    """One second chance, by the order that was not paid."""
    row = connection.execute(select(*COLUMNS).where(table.c.order_id == order_id)).one_or_none()
    return None if row is None else _stored(row)


def was_done(connection: Connection, order_id: int, act_id: str) -> bool:
    """Whether this very wish was recorded before."""
    own = (steps_table.c.order_id == order_id) & (steps_table.c.act_id == act_id)
    return connection.execute(select(steps_table.c.number).where(own).limit(1)).one_or_none() is not None


def page(connection: Connection, user_id: int, *, before: int | None, limit: int) -> list[ListedChance]:
    """A page of the second chances that somebody has a part in, newest first, below an order's id."""
    query = (
        _of(user_id, *COLUMNS, *SUMMARY)
        .join(vehicles, vehicles.c.id == table.c.vehicle_id)
        .order_by(table.c.order_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(table.c.order_id < before)
    width = len(COLUMNS)
    return [ListedChance(_stored(row[:width]), VehicleSummary(*row[width:])) for row in connection.execute(query)]


def count(connection: Connection, user_id: int) -> int:
    """How many second chances `page` would list in all."""
    found: int = connection.execute(_of(user_id, func.count()).select_from(table)).scalar_one()
    return found


def bind(connection: Connection, stored: StoredChance, user_id: int, cents: int, now: datetime) -> Lack | None:
    """Reserve a candidate's power before they take what is offered."""
    return hold(connection, _hold(stored, user_id, cents, Kind.OFFER), now)


def unbind(connection: Connection, stored: StoredChance, user_id: int) -> None:
    """A wish came to nothing: what it held is free."""
    set_free(connection, _hold(stored, user_id, 0, Kind.OFFER).bid_id, Kind.OFFER)


def free_strays(connection: Connection, now: datetime) -> int:
    """Give back buying power that a wish held whose process died on the way; how many reservations that were."""
    ours = reservations.c.auction_id.in_(select(table.c.auction_id))
    stray = delete(reservations).where(
        reservations.c.kind == Kind.OFFER.value, reservations.c.created_at < now - STRAY_AFTER, ours
    )
    return connection.execute(stray).rowcount


def unstarted(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Orders whose second chance was opened before a moment, while nobody has seen its workflow to be started."""
    waiting = table.c.status.in_(RUNNING) & table.c.started_at.is_(None) & (table.c.created_at < before)
    query = select(table.c.order_id).where(waiting).order_by(table.c.created_at).limit(limit)
    return list(connection.execute(query).scalars())


def mark_started(connection: Connection, order_ids: Sequence[int], now: datetime) -> None:
    """Remember that the workflows of these are started."""
    connection.execute(update(table).where(table.c.order_id.in_(order_ids)).values(started_at=now))


def stopped(connection: Connection, since: datetime, limit: int) -> list[int]:
    """Orders whose second chance was stopped since a moment, and whose workflow is to know."""
    query = select(table.c.order_id).where(table.c.status == STOPPED, table.c.updated_at >= since)
    return list(connection.execute(query.order_by(table.c.order_id).limit(limit)).scalars())


def was_asked(chance: Chance) -> bool:
    """Whether the candidate in turn has been offered the vehicle: not while, or since, the seller did not allow it."""
    candidate, allowed = chance.candidate, chance.allowed_cents
    has_word = not candidate.needs_word or (allowed is not None and candidate.cents >= allowed)
    return has_word and chance.status is not Status.ASKING_SELLER


def parties(connection: Connection, seller_id: int, bidder_id: int) -> dict[int, tuple[str, str]]:
    """Address and name of the two sides by account, as far as they can be written to."""
    query = select(users.c.id, users.c.email, users.c.name).where(
        users.c.id.in_([seller_id, bidder_id]), users.c.erased_at.is_(None)
    )
    return {user_id: (email, name) for user_id, email, name in connection.execute(query)}


def _locked(connection: Connection, order_id: int) -> StoredChance | None:
    connection.execute(select(table.c.order_id).where(table.c.order_id == order_id).with_for_update())
    return find(connection, order_id)


def _out(connection: Connection, stored: StoredChance) -> frozenset[str]:
    """Who did not pay for this lot, or is linked to one who did not."""
    lost = (orders_table.c.auction_id == stored.auction_id) & (orders_table.c.run_no < stored.run_no)
    buyers = set(connection.execute(select(orders_table.c.buyer_id).where(lost)).scalars())
    linked = {each for them in barred_with(connection, buyers).values() for each in them}
    return frozenset(str(each) for each in buyers | linked)


def _allowed(connection: Connection, stored: StoredChance) -> int | None:
    """The seller has agreed to this price, where they negotiated the sale that came to nothing."""
    order = orders.find(connection, stored.order_id)
    negotiated = order is not None and order.order.how is HowSold.NEGOTIATED
    return order.order.price_cents if order is not None and negotiated else None


def _is_for_sale(connection: Connection, stored: StoredChance) -> bool:
    columns = vehicles.c.listing_status, vehicles.c.deleted_at
    query = select(*columns).where(vehicles.c.id == stored.vehicle_id).with_for_update()
    status, deleted_at = connection.execute(query).one()
    return stored.status != STOPPED and status == ListingStatus.SOLD.value and deleted_at is None


def _sell(connection: Connection, stored: StoredChance, step: ChanceStep, now: datetime) -> int:
    candidate = step.chance.candidate
    buyer = int(candidate.bidder)
    unbind(connection, stored, buyer)
    settle(connection, _hold(stored, buyer, candidate.cents, Kind.WIN), now)
    sold = Sold(
        stored.auction_id,
        stored.vehicle_id,
        stored.seller_id,
        buyer,
        candidate.cents,
        HowSold.SECOND_CHANCE,
        step.at,
        stored.run_no,
    )
    return orders.add(connection, sold)


def _hold(stored: StoredChance, user_id: int, cents: int, kind: Kind) -> Reservation:
    key = str(uuid5(HOLDS, f"{stored.order_id}:{user_id}"))
    return Reservation(key, user_id, stored.auction_id, cents, kind)


def _of(user_id: int, *columns: Any) -> Select[Any]:
    asked = select(steps_table.c.order_id).where(steps_table.c.bidder_id == user_id)
    own = or_(table.c.seller_id == user_id, table.c.order_id.in_(asked))
    return select(*columns).where(table.c.snapshot.is_not(None), own)


def _columns(chance: Chance) -> dict[str, Any]:
    return {
        "status": chance.status.value,
        "bidder_id": int(chance.candidate.bidder),
        "cents": chance.candidate.cents,
        "step": chance.step,
        "expires_at": chance.expires_at,
        "snapshot": ENCODER.encode(chance).decode(),
    }


def _step_row(order_id: int, step: ChanceStep) -> dict[str, Any]:
    """A step with who is asked after it; while the seller is, nobody else knows of it."""
    chance = step.chance
    return {
        "order_id": order_id,
        "number": chance.step,
        "bidder_id": int(chance.candidate.bidder) if was_asked(chance) else 0,
        "act": "open" if step.act is None else step.act.value,
        "act_id": step.act_id,
        "cents": chance.candidate.cents,
        "status": chance.status.value,
        "expires_at": chance.expires_at,
        "at": step.at,
    }


def _stored(row: Sequence[Any]) -> StoredChance:
    values = dict(zip(NAMES, row, strict=True))
    snapshot = values.pop("snapshot")
    return StoredChance(**values, chance=None if snapshot is None else DECODER.decode(snapshot))
