"""The catalogue's vehicles in the demo sellers' hands."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine

from activities.db import search
from activities.db.engine import transaction
from activities.db.vehicles import ANY_VEHICLE, add_vehicle, vehicle_page
from temporal.demo.catalogue import Offering, stock

VEHICLES_MOST = 10_000


def write_vehicles_as_rows(engine: Engine, owners: Mapping[str, int], now: datetime) -> dict[str, dict[str, int]]:
    """Add the vehicles that are missing of sellers, given by the catalogue's names; the ids by those names and VIN."""
    with transaction(engine) as connection:
        page = vehicle_page(connection, ANY_VEHICLE, after_id=None, limit=VEHICLES_MOST)
        parked = {vehicle.vin: vehicle.id for vehicle in page}
        theirs = [offering for offering in stock() if offering.seller in owners]
        for offering in theirs:
            if offering.spec.vin not in parked:
                parked[offering.spec.vin] = _add(connection, offering, owners[offering.seller], now)
    return {
        name: {offering.spec.vin: parked[offering.spec.vin] for offering in theirs if offering.seller == name}
        for name in owners
    }


def _add(connection: Connection, offering: Offering, seller_id: int, now: datetime) -> int:
    values: dict[str, Any] = {
        name: value.value if isinstance(value, StrEnum) else value for name, value in asdict(offering.spec).items()
    }
    vehicle_id = add_vehicle(connection, **values, seller_id=seller_id, created_at=now)
    search.put(connection, vehicle_id, now)
    return vehicle_id
