"""What the pages and the API of orders read: filtered lists, payments on their way, and papers that may be filed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from activities.db.account_tables import payments
from activities.db.order_tables import orders
from activities.db.orders import COLUMNS, Listed, _stored
from activities.db.payments import OPEN
from activities.db.photo_tables import vehicle_documents
from activities.db.tables import vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from domain.orders import OrderStatus, Party
from domain.payments import Kind, Purpose
from domain.photos import DocumentKind, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose orders, on which side (buyer or seller), and where they stand; None for all."""

    user_id: int
    side: Party | None = None
    status: OrderStatus | None = None


@dataclass(frozen=True, slots=True)
class Filable:
    """A paper of the vehicle that may be filed as evidence; `digest` is its SHA-256 (hex)."""

    document_id: str
    title: str
    digest: str


def page(connection: Connection, wanted: Wanted, *, before: int | None = None, limit: int) -> list[Listed]:
    """Somebody's orders with their vehicles, newest first, below an id."""
    query = (
        select(*COLUMNS, *SUMMARY)
        .join(vehicles, vehicles.c.id == orders.c.vehicle_id)
        .where(*_wanted(wanted))
        .order_by(orders.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(orders.c.id < before)
    width = len(COLUMNS)
    return [Listed(_stored(row[:width]), VehicleSummary(*row[width:])) for row in connection.execute(query)]


def count(connection: Connection, wanted: Wanted) -> int:
    """How many orders `page` would list in all."""
    return connection.execute(select(func.count()).select_from(orders).where(*_wanted(wanted))).scalar_one()


def all_page(
    connection: Connection, status: OrderStatus | None, *, before: int | None = None, limit: int
) -> tuple[list[Listed], int]:
    """Everybody's orders for the staff, newest first, below an id, and how many there are."""
    which = [] if status is None else [orders.c.status == status.value]
    query = select(*COLUMNS, *SUMMARY).join(vehicles, vehicles.c.id == orders.c.vehicle_id).where(*which)
    if before is not None:
        query = query.where(orders.c.id < before)
    rows = connection.execute(query.order_by(orders.c.id.desc()).limit(limit))
    width = len(COLUMNS)
    found = [Listed(_stored(row[:width]), VehicleSummary(*row[width:])) for row in rows]
    total: int = connection.execute(select(func.count()).select_from(orders).where(*which)).scalar_one()
    return found, total


def being_paid(connection: Connection, order_ids: Collection[int]) -> set[int]:
    """Those of some orders for which a payment is on its way."""
    query = select(payments.c.order_id).where(
        payments.c.order_id.in_(list(order_ids)),
        payments.c.purpose == Purpose.ORDER.value,
        payments.c.kind == Kind.CHARGE.value,
        payments.c.state.in_(OPEN),
    )
    return set(connection.execute(query).scalars()) if order_ids else set()


def filable(connection: Connection, vehicle_id: int, side: Party) -> list[Filable]:
    """The papers of a vehicle that a side may file: the scan of its title is the seller's alone."""
    query = (
        select(vehicle_documents.c.id, vehicle_documents.c.title, vehicle_documents.c.sha256)
        .where(vehicle_documents.c.vehicle_id == vehicle_id, vehicle_documents.c.state == State.READY)
        .order_by(vehicle_documents.c.created_at, vehicle_documents.c.id)
    )
    if side is not Party.SELLER:
        query = query.where(vehicle_documents.c.kind != DocumentKind.TITLE_SCAN)
    return [Filable(*row) for row in connection.execute(query)]


def _wanted(wanted: Wanted) -> list[Any]:
    columns = {Party.BUYER: orders.c.buyer_id, Party.SELLER: orders.c.seller_id}
    sides = columns.values() if wanted.side is None else [columns[wanted.side]]
    own = or_(*(column == wanted.user_id for column in sides))
    return [own] if wanted.status is None else [own, orders.c.status == wanted.status.value]
