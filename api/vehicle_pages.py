"""The page of a vehicle: what is known of it, what a decoder reports of it, and the auctions it has been in."""

from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse

from activities.db import auctions, photos, watchlist
from activities.db.auctions import Lot
from activities.db.people import Person
from activities.db.photos import Photo
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.listing_pictures import with_pictures
from api.photo_views import picture_view
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from api.vehicles import Found, public_vehicle, public_view
from api.views import auction_view
from web import views

AUCTIONS = 20
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """All that the page shows; lots are the newest first."""

    found: Found
    lots: list[Lot]
    photos: list[Photo]
    is_watched: bool


@router.get("/vehicles/{vehicle_id}", response_class=HTMLResponse, **about(Audience.PUBLIC, "VEHICLE_NOT_FOUND"))
async def vehicle(request: Request, identity: Viewer, vehicle_id: Id) -> HTMLResponse:
    """A vehicle and the auctions it has been in."""
    services, moment = services_of(request), now()
    facts = await services.database.read(_facts, vehicle_id, identity.person)
    pictures = [picture_view(photo, services.photos.links, moment) for photo in facts.photos]
    listed = [auction_view(lot, moment) for lot in facts.lots]
    view = views.Vehicle(frame(request), public_view(facts.found), listed, pictures, facts.is_watched)
    return with_pictures(services, services.pages.vehicle(view))


def _facts(connection: Connection, vehicle_id: int, person: Person | None) -> VehicleFacts:
    found = public_vehicle(connection, vehicle_id)
    lots = auctions.lots_of_vehicle(connection, vehicle_id, limit=AUCTIONS)
    shown = photos.primary_first(photos.public_of(connection, vehicle_id))
    is_watched = person is not None and bool(watchlist.watched_among(connection, person.id, [vehicle_id]))
    return VehicleFacts(found, lots, shown, is_watched)
