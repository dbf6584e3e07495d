"""Queries on vehicles: what is sold, whoever sells it and whenever."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from activities.db.tables import vehicles


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
IS_PUBLIC = vehicles.c.listed_at.is_not(None) & vehicles.c.deleted_at.is_(None)
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
    """Find one vehicle that the public may see."""
    row = connection.execute(select(*FULL).where(vehicles.c.id == vehicle_id, IS_PUBLIC)).one_or_none()
    return None if row is None else Vehicle(*row)


def makes(connection: Connection) -> list[str]:
    """The makes there are, by name."""
    return list(
        connection.execute(select(vehicles.c.make).where(IS_PUBLIC).distinct().order_by(vehicles.c.make)).scalars()
    )


def vehicle_page(
    connection: Connection, wanted: VehicleFilter, *, after_id: int | None, limit: int
) -> list[VehicleSummary]:
    """A page of vehicles, newest first, after (below) an id."""
    query = select(*SUMMARY).where(IS_PUBLIC, *wanted.conditions()).order_by(vehicles.c.id.desc()).limit(limit)
    if after_id is not None:
        query = query.where(vehicles.c.id < after_id)
    return [VehicleSummary(*row) for row in connection.execute(query)]
