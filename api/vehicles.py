"""Vehicles: what is, was or will be for sale."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import vehicles, vin_reports
from activities.db.vehicles import ShownVehicle
from api.examples import FULL_VEHICLE
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from api.views import FullVehicleView, full_vehicle_view
from api.vin_check_views import RECORDS_EXAMPLE, RecordsView, records_view
from domain.clock import to_text
from domain.decoding import Answers

router = APIRouter(prefix="/api/vehicles", tags=["vehicles"])


class PublicVehicleView(FullVehicleView):
    """A vehicle in full with where its listing stands, and what a decoder's report holds of it.

    `status` is approved, scheduled, sold, unsold or withdrawn; what was withdrawn is shown for the sake of its auctions
    alone. `records` is null where there is no report: that says nothing of the vehicle.
    """

    status: str
    withdrawn_at: str | None
    records: RecordsView | None


@dataclass(frozen=True, slots=True)
class Found:
    """A vehicle that anybody may see, and what the decoders have answered of its VIN."""

    shown: ShownVehicle
    answers: Answers


EXAMPLE: dict[str, Any] = {
    **FULL_VEHICLE,
    "status": "scheduled",
    "withdrawn_at": None,
    "records": dict(RECORDS_EXAMPLE),
}


@router.get("/{vehicle_id}", **about(Audience.PUBLIC, "VEHICLE_NOT_FOUND", example=EXAMPLE))
async def one_vehicle(request: Request, _: Viewer, vehicle_id: Id) -> PublicVehicleView:
    """A vehicle in full, with what a decoder's report says of its title, its odometer and its recalls.

    One that was withdrawn is there as long as its auctions are; drafts and what was deleted are not.
    """
    return public_view(await services_of(request).database.read(public_vehicle, vehicle_id))


def public_vehicle(connection: Connection, vehicle_id: int) -> Found:
    """What anybody may see of a vehicle. Raises VEHICLE_NOT_FOUND."""
    shown = vehicles.shown_vehicle(connection, vehicle_id)
    if shown is None:
        raise fail("VEHICLE_NOT_FOUND")
    return Found(shown, vin_reports.answers(connection, shown.vehicle.vin))


def public_view(found: Found) -> PublicVehicleView:
    """The same as JSON."""
    return {
        **full_vehicle_view(found.shown.vehicle),
        "status": found.shown.status.value,
        "withdrawn_at": _when(found.shown.withdrawn_at),
        "records": records_view(found.answers),
    }


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
