"""Read queries on auctions: the lists, one lot, and the heads that the live streams compare."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from activities.db.tables import auctions, vehicles
from activities.db.vehicles import ANY_VEHICLE, FULL, SUMMARY, Vehicle, VehicleFilter, VehicleSummary


@dataclass(frozen=True, slots=True)
class Head:
    """An auction's state as last recorded; `seq` and `hash` name the newest recorded ledger entry.

    `leader_id`, `reserve_cents` and `alert` are for the house: they never leave it in a public answer.
    """

    id: int
    seller_id: int
    status: str
    start_cents: int
    reserve_cents: int | None
    window_s: int
    increments_version: str
    starts_at: datetime
    ends_at: datetime
    planned_ends_at: datetime
    price_cents: int | None
    leader_id: int | None
    leader_alias: str | None
    reserve_state: str
    minimum_next_cents: int
    version: int
    seq: int
    hash: str
    bid_count: int
    bidder_count: int
    result: str | None
    ended_at: datetime | None
    hold_reason: str | None
    public_reason: str | None
    alert: str | None


@dataclass(frozen=True, slots=True)
class Lot:
    """An auction with the short form of its vehicle: one card of a list."""

    head: Head
    vehicle: VehicleSummary


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """What became of an earlier auction of the same vehicle; the price is None where nobody has bid."""

    auction_id: int
    result: str
    price_cents: int | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class FullLot:
    """An auction with its vehicle in full, and the run before it: one page."""

    head: Head
    vehicle: Vehicle
    previous: PreviousRun | None = None


@dataclass(frozen=True, slots=True)
class LotFilter:
    """Which auctions a list shows. The price is the current one, or the start price while nobody has bid."""

    statuses: tuple[str, ...] = ()
    vehicle: VehicleFilter = ANY_VEHICLE
    price_from_cents: int | None = None
    price_to_cents: int | None = None
    closing_before: datetime | None = None
    seller_id: int | None = None

    @property
    def newest_first(self) -> bool:
        """Ended lots are listed from the latest end back; all others by what ends soonest."""
        return self.statuses == ("ended",)

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as conditions on `auctions` joined to `vehicles`."""
        price = func.coalesce(auctions.c.price_cents, auctions.c.start_cents)
        conditions = self.vehicle.conditions()
        if self.statuses:
            conditions.append(auctions.c.status.in_(self.statuses))
        if self.price_from_cents is not None:
            conditions.append(price >= self.price_from_cents)
        if self.price_to_cents is not None:
            conditions.append(price <= self.price_to_cents)
        if self.closing_before is not None:
            conditions.append(auctions.c.ends_at < self.closing_before)
        if self.seller_id is not None:
            conditions.append(auctions.c.seller_id == self.seller_id)
        return conditions


@dataclass(frozen=True, slots=True)
class LotKey:
    """Where a page of lots ended."""

    ends_at: datetime
    id: int


HEAD = tuple(auctions.c[field.name] for field in fields(Head))


def lot_page(connection: Connection, wanted: LotFilter, *, after: LotKey | None, limit: int) -> list[Lot]:
    """A page of lots by their end, after a key; see `LotFilter.newest_first` for the direction."""
    end, key = auctions.c.ends_at, auctions.c.id
    order = (end.desc(), key.desc()) if wanted.newest_first else (end.asc(), key.asc())
    query = _joined(*SUMMARY).where(*wanted.conditions()).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(_beyond(after, newest_first=wanted.newest_first))
    return [_lot(row) for row in connection.execute(query)]


def count_lots(connection: Connection, wanted: LotFilter) -> int:
    """Count the lots of a filter."""
    query = select(func.count()).select_from(auctions.join(vehicles)).where(*wanted.conditions())
    return connection.execute(query).scalar_one()


def lots(connection: Connection, auction_ids: Collection[int]) -> dict[int, Lot]:
    """The lots of some ids, in one query; unknown ids are missing from the answer."""
    found = connection.execute(_joined(*SUMMARY).where(auctions.c.id.in_(auction_ids)))
    return {lot.head.id: lot for lot in map(_lot, found)}


def lots_of_vehicle(connection: Connection, vehicle_id: int, *, limit: int) -> list[Lot]:
    """The auctions that a vehicle has been in, newest first."""
    query = _joined(*SUMMARY).where(auctions.c.vehicle_id == vehicle_id).order_by(auctions.c.id.desc()).limit(limit)
    return [_lot(row) for row in connection.execute(query)]


def full_lot(connection: Connection, auction_id: int) -> FullLot | None:
    """One auction with everything that its page shows of the vehicle."""
    row = connection.execute(_joined(*FULL).where(auctions.c.id == auction_id)).one_or_none()
    if row is None:
        return None
    vehicle = Vehicle(*row[len(HEAD) :])
    return FullLot(Head(*row[: len(HEAD)]), vehicle, previous_run(connection, vehicle.id, before_id=auction_id))


def previous_run(connection: Connection, vehicle_id: int, *, before_id: int) -> PreviousRun | None:
    """The auction of a vehicle before another one of it; one is made only when the one before is over."""
    query = (
        select(auctions.c.id, auctions.c.result, auctions.c.price_cents, auctions.c.ended_at)
        .where(auctions.c.vehicle_id == vehicle_id, auctions.c.id < before_id, auctions.c.ended_at.is_not(None))
        .order_by(auctions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else PreviousRun(*row)


def head(connection: Connection, auction_id: int) -> Head | None:
    """The recorded state of one auction."""
    row = connection.execute(select(*HEAD).where(auctions.c.id == auction_id)).one_or_none()
    return None if row is None else Head(*row)


def heads(connection: Connection, auction_ids: Collection[int]) -> dict[int, Head]:
    """The recorded states of many auctions, in one query."""
    found = connection.execute(select(*HEAD).where(auctions.c.id.in_(auction_ids)))
    return {row[0]: Head(*row) for row in found}


def versions(connection: Connection, auction_ids: Collection[int]) -> dict[int, int]:
    """The public versions of many auctions, in one small query, for the check of each second."""
    query = select(auctions.c.id, auctions.c.version).where(auctions.c.id.in_(auction_ids))
    return {row[0]: row[1] for row in connection.execute(query)}


def _joined(*vehicle_columns: Any) -> Select[Any]:
    return select(*HEAD, *vehicle_columns).select_from(auctions.join(vehicles))


def _beyond(after: LotKey, *, newest_first: bool) -> ColumnElement[bool]:
    # Written out, because MySQL does not use an index for a comparison of row values.
    end, key = auctions.c.ends_at, auctions.c.id
    if newest_first:
        return or_(end < after.ends_at, and_(end == after.ends_at, key < after.id))
    return or_(end > after.ends_at, and_(end == after.ends_at, key > after.id))


def _lot(row: Sequence[Any]) -> Lot:
    return Lot(Head(*row[: len(HEAD)]), VehicleSummary(*row[len(HEAD) :]))
