"""Orders in the database: a row from the moment of the sale, and how each stands as its workflow last told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from activities.db.account_tables import accounts
from activities.db.order_tables import order_events, orders
from activities.db.reservations import Kind
from activities.db.tables import auctions, reservations, users, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from activities.order_contracts import OrderEvent, RecordOrder
from domain import promises
from domain.charges import Total
from domain.disputes import Dispute
from domain.orders import HowSold, Order, OrderStatus, Party
from domain.promises import Promise

FIRST_RUN = 1
ENCODER = msgspec.json.Encoder()
COLUMNS = tuple(
    orders.c[name]
    for name in (
        *("id", "auction_id", "run_no", "vehicle_id", "buyer_id", "seller_id", "price_cents", "how", "sold_at"),
        *("stage", "reason", "version", "snapshot", "charges", "invoice_number", "total_cents", "paid_cents"),
        *("late_fee_cents", "invoiced_at", "default_at", "charge_agreed", "with_carrier", "updated_at", "completed_at"),
    )
)
# The unpaid win stays on hold for as long as it is to be paid.
UNPAID = frozenset({OrderStatus.PENDING_PAYMENT})


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale that becomes an order, unique by its auction and run."""

    auction_id: int
    vehicle_id: int
    seller_id: int
    buyer_id: int
    price_cents: int
    how: HowSold
    sold_at: datetime
    run_no: int = FIRST_RUN


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a workflow knows of its order besides the row's columns."""

    timeline: tuple[Promise, ...] = ()
    disputes: tuple[Dispute, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """An order with all that its row tells. `charges` are there once it is invoiced; `late_fee_cents` is None until one
    was due; `default_at` is the day that the timeline gives."""

    order: Order
    version: int
    timeline: tuple[Promise, ...]
    disputes: tuple[Dispute, ...]
    charges: Total | None
    invoice_number: str | None
    total_cents: int | None
    paid_cents: int
    late_fee_cents: int | None
    invoiced_at: datetime | None
    default_at: datetime | None
    charge_agreed: bool
    with_carrier: bool
    updated_at: datetime
    completed_at: datetime | None

    def side_of(self, user_id: int) -> Party | None:
        """Which side somebody is on; None for a stranger."""
        return {self.order.seller_id: Party.SELLER, self.order.buyer_id: Party.BUYER}.get(user_id)


@dataclass(frozen=True, slots=True)
class Listed:
    """An order in a list, with its vehicle."""

    stored: Stored
    vehicle: VehicleSummary


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who is told of an order."""

    party: Party
    user_id: int
    email: str
    name: str


def add(connection: Connection, sold: Sold) -> int:
    """Write a sale's order, or find the one of its auction and run; returns its id."""
    known = of_run(connection, sold.auction_id, sold.run_no)
    if known is not None:
        return known
    agreed = select(accounts.c.charge_agreed_at).where(accounts.c.user_id == sold.buyer_id)
    row = {
        "auction_id": sold.auction_id,
        "run_no": sold.run_no,
        "vehicle_id": sold.vehicle_id,
        "buyer_id": sold.buyer_id,
        "seller_id": sold.seller_id,
        "price_cents": sold.price_cents,
        "how": sold.how.value,
        "sold_at": sold.sold_at,
        "stage": OrderStatus.PENDING_PAYMENT.value,
        "status": OrderStatus.PENDING_PAYMENT.value,
        "charge_agreed": connection.execute(agreed).scalar_one_or_none() is not None,
        "updated_at": sold.sold_at,
    }
    key: Any = connection.execute(insert(orders).values(row)).inserted_primary_key
    number: int = key[0]
    return number


def sell(
    connection: Connection, auction_id: int, *, buyer_id: int, price_cents: int, how: HowSold, sold_at: datetime
) -> int:
    """The order of a lot that was just sold, in the transaction that records it; returns its id."""
    query = select(auctions.c.vehicle_id, auctions.c.seller_id).where(auctions.c.id == auction_id)
    vehicle_id, seller_id = connection.execute(query).one()
    return add(connection, Sold(auction_id, vehicle_id, seller_id, buyer_id, price_cents, how, sold_at))


def of_run(connection: Connection, auction_id: int, run_no: int = FIRST_RUN) -> int | None:
    """The order of an auction's run."""
    query = select(orders.c.id).where(orders.c.auction_id == auction_id, orders.c.run_no == run_no)
    return connection.execute(query).scalar_one_or_none()


def next_run(connection: Connection, auction_id: int) -> int:
    """The number of the auction's next sale; its caller has the auction's row locked."""
    query = select(func.coalesce(func.max(orders.c.run_no), 0)).where(orders.c.auction_id == auction_id)
    last: int = connection.execute(query).scalar_one()
    return last + 1


def find(connection: Connection, order_id: int) -> Stored | None:
    """One order."""
    row = connection.execute(select(*COLUMNS).where(orders.c.id == order_id)).one_or_none()
    return None if row is None else _stored(row)


def locked(connection: Connection, order_id: int) -> Stored:
    """One order, which nobody else changes before the transaction's end, nor its buyer's money. Raises LookupError.

    The buyer is locked first, as by whoever moves a payment: so nobody waits in a circle.
    """
    buyer = connection.execute(select(orders.c.buyer_id).where(orders.c.id == order_id)).scalar_one_or_none()
    connection.execute(select(users.c.id).where(users.c.id == buyer).with_for_update())
    row = connection.execute(select(*COLUMNS).where(orders.c.id == order_id).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(order_id)
    return _stored(row)


def of_user(
    connection: Connection, user_id: int, party: Party, *, before: int | None = None, limit: int
) -> list[Listed]:
    """Somebody's orders as buyer or as seller with their vehicles, newest first, below an id."""
    query = (
        select(*COLUMNS, *SUMMARY)
        .join(vehicles, vehicles.c.id == orders.c.vehicle_id)
        .where(_own(party) == user_id)
        .order_by(orders.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(orders.c.id < before)
    width = len(COLUMNS)
    return [Listed(_stored(row[:width]), VehicleSummary(*row[width:])) for row in connection.execute(query)]


def count_of_user(connection: Connection, user_id: int, party: Party) -> int:
    """How many orders `of_user` would list in all."""
    query = select(func.count()).select_from(orders).where(_own(party) == user_id)
    return connection.execute(query).scalar_one()


def unstarted(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Orders sold before a moment whose workflow nobody has seen to be started, oldest first."""
    waiting = orders.c.started_at.is_(None) & (orders.c.sold_at < before)
    query = select(orders.c.id).where(waiting).order_by(orders.c.sold_at, orders.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def mark_started(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Remember that the workflows of these orders are started; the first time stays."""
    fresh = orders.c.id.in_(ids) & orders.c.started_at.is_(None)
    connection.execute(update(orders).where(fresh).values(started_at=now))


def record(connection: Connection, work: RecordOrder, now: datetime) -> Stored | None:
    """Write down how an order stands, with the lines of its history that are new; None where that is known already.

    The unpaid win of an order that waits for no payment any more is freed. Raises LookupError for no order.
    """
    known, order = locked(connection, work.order.id), work.order
    if work.version <= known.version:
        return None
    snapshot = Snapshot(work.timeline, tuple(work.disputes))
    due = next((each.due_at for each in work.timeline if each.code is promises.Code.LAST_PAYMENT), None)
    values = {
        "stage": order.stage.value,
        "status": order.status.value,
        "reason": order.reason,
        "version": work.version,
        "snapshot": ENCODER.encode(snapshot).decode(),
        "default_at": due,
        "updated_at": now,
    }
    if order.stage is OrderStatus.COMPLETED and known.completed_at is None:
        values["completed_at"] = now
    change(connection, order.id, **values)
    _append(connection, work)
    if order.stage not in UNPAID:
        free_win(connection, order)
    return find(connection, order.id)


def change(connection: Connection, order_id: int, **columns: object) -> None:
    """Write columns of an order that its caller has locked."""
    connection.execute(update(orders).where(orders.c.id == order_id).values(columns))


def free_win(connection: Connection, order: Order) -> None:
    """The buying power that an unpaid win holds is its buyer's again."""
    own = (reservations.c.auction_id == order.auction_id) & (reservations.c.user_id == order.buyer_id)
    connection.execute(reservations.delete().where(own, reservations.c.kind == Kind.WIN.value))


def events(connection: Connection, order_id: int) -> list[OrderEvent]:
    """An order's history, oldest line first."""
    columns = (order_events.c[name] for name in ("at", "kind", "by", "cents", "words"))
    query = select(*columns).where(order_events.c.order_id == order_id).order_by(order_events.c.number)
    return [OrderEvent(at, kind, Party(by), cents, words) for at, kind, by, cents, words in connection.execute(query)]


def sides(connection: Connection, order: Order) -> dict[Party, Side]:
    """Buyer and seller, as far as they can be written to."""
    query = select(users.c.id, users.c.email, users.c.name).where(
        users.c.id.in_([order.buyer_id, order.seller_id]), users.c.erased_at.is_(None)
    )
    people = {user_id: (email, name) for user_id, email, name in connection.execute(query)}
    both = ((Party.BUYER, order.buyer_id), (Party.SELLER, order.seller_id))
    return {party: Side(party, user_id, *people[user_id]) for party, user_id in both if user_id in people}


def title_of(connection: Connection, order: Order) -> str:
    """How the order's vehicle is called."""
    return VehicleSummary(*connection.execute(select(*SUMMARY).where(vehicles.c.id == order.vehicle_id)).one()).title


def is_resold(connection: Connection, order: Order) -> bool:
    """Whether the vehicle has gone to somebody else since, or is up for sale again."""
    lost = [status.value for status in (OrderStatus.CANCELLED, OrderStatus.DEFAULTED, OrderStatus.REFUNDED)]
    later = (orders.c.vehicle_id == order.vehicle_id) & (orders.c.id > order.id) & orders.c.stage.not_in(lost)
    if connection.execute(select(orders.c.id).where(later).limit(1)).one_or_none() is not None:
        return True
    lot = (auctions.c.vehicle_id == order.vehicle_id) & (auctions.c.id > order.auction_id)
    open_lot = select(auctions.c.id).where(lot, auctions.c.status != "ended").limit(1)
    return connection.execute(open_lot).one_or_none() is not None


def _append(connection: Connection, work: RecordOrder) -> None:
    own = order_events.c.order_id == work.order.id
    last = connection.execute(select(func.coalesce(func.max(order_events.c.number), -1)).where(own)).scalar_one()
    rows = [
        {
            "order_id": work.order.id,
            "number": number,
            "at": event.at,
            "kind": event.kind,
            "by": event.by.value,
            "cents": event.cents,
            "words": event.words,
        }
        for number, event in enumerate(work.events, start=work.first_event)
        if number > last
    ]
    if rows:
        connection.execute(insert(order_events), rows)


def _own(party: Party) -> Any:
    return orders.c.seller_id if party is Party.SELLER else orders.c.buyer_id


def _stored(row: Sequence[Any]) -> Stored:
    order_id, auction_id, run_no, vehicle_id, buyer_id, seller_id, price, how, sold_at, stage, reason, *rest = row
    version, snapshot, charges, *more = rest
    known = Snapshot() if snapshot is None else msgspec.json.decode(snapshot, type=Snapshot)
    order = Order(
        order_id,
        auction_id,
        run_no,
        vehicle_id,
        buyer_id,
        seller_id,
        price,
        HowSold(how),
        sold_at,
        OrderStatus(stage),
        tuple(each.id for each in known.disputes if each.is_open),
        reason,
    )
    told = None if charges is None else msgspec.json.decode(charges, type=Total)
    return Stored(order, version, known.timeline, known.disputes, told, *more)
