"""Vehicles: what is, was or will be for sale."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from activities.db import vehicles
from activities.db.vehicles import VehicleFilter
from api.examples import FULL_VEHICLE
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from api.views import FullVehicleView, full_vehicle_view

Name = Annotated[str | None, Query(min_length=1, max_length=80)]
Year = Annotated[int | None, Query(ge=1900, le=2100)]
router = APIRouter(prefix="/api/vehicles", tags=["vehicles"])


def vehicle_filter(
    make: Name = None, model: Name = None, year_from: Year = None, year_to: Year = None
) -> VehicleFilter:
    """The filter on vehicles in a query string; names compare without case, years include both ends."""
    return VehicleFilter(make, model, year_from, year_to)


VehicleQuery = Annotated[VehicleFilter, Depends(vehicle_filter)]


@router.get("/{vehicle_id}", **about(Audience.PUBLIC, "VEHICLE_NOT_FOUND", example=FULL_VEHICLE))
async def one_vehicle(request: Request, _: Viewer, vehicle_id: Id) -> FullVehicleView:
    """A vehicle in full."""
    found = await services_of(request).database.read(vehicles.vehicle, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    return full_vehicle_view(found)
