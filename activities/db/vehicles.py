"""Queries on vehicles: what is sold, whoever sells it and whenever, and what was withdrawn but has a history."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from activities.db.tables import auctions, vehicles
from domain.listings import Status


@dataclass(frozen=True, slots=True)
class VehicleSummary:
    """What a card in a list shows of a vehicle; `mileage` in miles."""

    id: int
    vin: str
    year: int
    make: str
    model: str
    trim: str
    body_type: str
    exterior_color: str
    mileage: int
    city: str
    state: str

    @property
    def title(self) -> str:
        """`2019 Honda Civic EX`."""
        return f"{self.year} {self.make} {self.model} {self.trim}".rstrip()


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle in full; `mileage` in `mileage_unit`s, `condition_grade` in tenths from 0 to 50, `lights` with commas.

    What only its seller and the house may know of the listing is not here.
    """

    id: int
    seller_id: int
    vin: str
    year: int
    make: str
    model: str
    trim: str
    body_type: str
    exterior_color: str
    interior_color: str
    engine: str
    transmission: str
    drivetrain: str
    fuel_type: str
    mileage: int
    title_status: str
    condition_grade: int
    city: str
    state: str
    description: str
    disclosures: str
    created_at: datetime
    market: str
    cylinders: int | None
    doors: int | None
    mileage_unit: str
    odometer_status: str
    title_state: str
    has_lien: bool
    lights: str
    sale_type: str
    buy_now_cents: int | None
    offers_open: bool
    disclosures_hash: str | None
    listed_at: datetime | None

    @property
    def title(self) -> str:
        """`2019 Honda Civic EX`."""
        return f"{self.year} {self.make} {self.model} {self.trim}".rstrip()


@dataclass(frozen=True, slots=True)
class ShownVehicle:
    """A vehicle as anybody may see it, with where its listing stands, and since when it is withdrawn."""

    vehicle: Vehicle
    status: Status
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VehicleFilter:
    """Which vehicles a list shows; names compare without case, years include both ends."""

    make: str | None = None
    model: str | None = None
    year_from: int | None = None
    year_to: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as conditions on `vehicles`."""
        conditions: list[ColumnElement[bool]] = []
        if self.make is not None:
            conditions.append(func.lower(vehicles.c.make) == self.make.lower())
        if self.model is not None:
            conditions.append(func.lower(vehicles.c.model) == self.model.lower())
        if self.year_from is not None:
            conditions.append(vehicles.c.year >= self.year_from)
        if self.year_to is not None:
            conditions.append(vehicles.c.year <= self.year_to)
        return conditions


ANY_VEHICLE = VehicleFilter()
# What was approved once and is not deleted: what was withdrawn too, for those who look at its auctions and orders.
IS_PUBLIC = vehicles.c.listed_at.is_not(None) & vehicles.c.deleted_at.is_(None)
# What a list may show.
IS_LISTED = IS_PUBLIC & (vehicles.c.listing_status != Status.WITHDRAWN.value)
HAS_HISTORY = select(auctions.c.id).where(auctions.c.vehicle_id == vehicles.c.id).exists()
SUMMARY = tuple(vehicles.c[field.name] for field in fields(VehicleSummary))
FULL = tuple(vehicles.c[field.name] for field in fields(Vehicle))


def add_vehicle(connection: Connection, **values: Any) -> int:
    """Add a vehicle that the public sees at once, and return its id: for seeds and tests, which have nobody review it.

    `values` are columns of `vehicles` but `id`; an open listing of the same VIN raises IntegrityError.
    """
    listed = {"listed_at": values["created_at"], "open_vin": values["vin"], **values}
    key: Any = connection.execute(insert(vehicles).values(listed)).inserted_primary_key
    number: int = key[0]
    return number


def vehicle(connection: Connection, vehicle_id: int) -> Vehicle | None:
    """Find one vehicle that the public may see, or might when it was not withdrawn yet."""
    row = connection.execute(select(*FULL).where(vehicles.c.id == vehicle_id, IS_PUBLIC)).one_or_none()
    return None if row is None else Vehicle(*row)


def shown_vehicle(connection: Connection, vehicle_id: int) -> ShownVehicle | None:
    """Find one vehicle that has a public page: it is listed, or was, and somebody may look up what became of it.

    One that was withdrawn has one as long as an auction of it is told of; offers and orders come of auctions alone.
    """
    columns = (*FULL, vehicles.c.listing_status, vehicles.c.updated_at)
    query = select(*columns).where(vehicles.c.id == vehicle_id, IS_PUBLIC, or_(IS_LISTED, HAS_HISTORY))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    status, changed_at = Status(row[-2]), row[-1]
    # Nothing is written of a listing after it was withdrawn.
    return ShownVehicle(Vehicle(*row[: len(FULL)]), status, changed_at if status is Status.WITHDRAWN else None)


def makes(connection: Connection) -> list[str]:
    """The makes there are, by name."""
    return list(
        connection.execute(select(vehicles.c.make).where(IS_LISTED).distinct().order_by(vehicles.c.make)).scalars()
    )


def vehicle_page(
    connection: Connection, wanted: VehicleFilter, *, after_id: int | None, limit: int
) -> list[VehicleSummary]:
    """A page of vehicles that are listed, newest first, after (below) an id."""
    query = select(*SUMMARY).where(IS_LISTED, *wanted.conditions()).order_by(vehicles.c.id.desc()).limit(limit)
    if after_id is not None:
        query = query.where(vehicles.c.id < after_id)
    return [VehicleSummary(*row) for row in connection.execute(query)]
