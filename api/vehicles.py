"""Vehicles: what is, was or will be for sale."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import vehicles
from activities.db.vehicles import VehicleFilter, VehicleSummary
from api.examples import FULL_VEHICLE, VEHICLE
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from api.views import FullVehicleView, VehicleView, full_vehicle_view, vehicle_view

Name = Annotated[str | None, Query(min_length=1, max_length=80)]
Year = Annotated[int | None, Query(ge=1900, le=2100)]
router = APIRouter(prefix="/api/vehicles", tags=["vehicles"])


class VehiclePage(TypedDict):
    """A page of vehicles, newest first."""

    items: list[VehicleView]
    next_cursor: str | None
    total: int


def vehicle_filter(
    make: Name = None, model: Name = None, year_from: Year = None, year_to: Year = None
) -> VehicleFilter:
    """The filter on vehicles in a query string; names compare without case, years include both ends."""
    return VehicleFilter(make, model, year_from, year_to)


VehicleQuery = Annotated[VehicleFilter, Depends(vehicle_filter)]


@router.get(
    "",
    **about(Audience.PUBLIC, "INVALID_CURSOR", example={"items": [VEHICLE], "next_cursor": "41", "total": 42}),
)
async def list_vehicles(
    request: Request, _: Viewer, wanted: VehicleQuery, limit: Limit = 20, cursor: Cursor = None
) -> VehiclePage:
    """Vehicles, newest first."""
    found, total = await services_of(request).database.read(_page, wanted, number_key(cursor), limit)
    more = len(found) > limit
    shown = found[:limit]
    return {
        "items": [vehicle_view(row) for row in shown],
        "next_cursor": str(shown[-1].id) if more else None,
        "total": total,
    }


@router.get("/{vehicle_id}", **about(Audience.PUBLIC, "VEHICLE_NOT_FOUND", example=FULL_VEHICLE))
async def one_vehicle(request: Request, _: Viewer, vehicle_id: Id) -> FullVehicleView:
    """A vehicle in full."""
    found = await services_of(request).database.read(vehicles.vehicle, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    return full_vehicle_view(found)


def _page(
    connection: Connection, wanted: VehicleFilter, after_id: int | None, limit: int
) -> tuple[list[VehicleSummary], int]:
    found = vehicles.vehicle_page(connection, wanted, after_id=after_id, limit=limit + 1)
    return found, vehicles.count_vehicles(connection, wanted)
