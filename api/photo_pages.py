"""The page on which a seller adds photos and puts them in order; all of it works without scripts."""

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import photos
from activities.db.photos import NewPhoto
from api import photos as doors
from api.account_forms import form_page
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.listings import Asker, asker_of, owned
from api.photo_views import NewPhotoView
from api.photos import OWN, AltText, ContentType, Order
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.sources import source_of
from api.state import services_of
from domain.errors import DomainError
from domain.photos import moved, order_tag
from web.photo_views import VehiclePhotos

HOME = "/sell/{vehicle_id}/photos"
SEE_OTHER = 303
PLACES = {"earlier": -1, "later": 1}
router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=1_000)]
Step = Literal["earlier", "later", "primary", "remove"]


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def photo_page(request: Request, person: Seller, vehicle_id: Id) -> HTMLResponse:
    """The photos of a vehicle, in order, with forms for each."""
    return await _page(request, vehicle_id, await asker_of(request, person))


@router.post(f"{HOME}/new", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def new_photo(
    request: Request, person: Seller, vehicle_id: Id, content_type: Field = "", alt_text: Field = ""
) -> HTMLResponse:
    """Ask for one upload form; the page then holds it."""
    services, asker = services_of(request), await asker_of(request, person)
    try:
        new = NewPhoto(str(uuid.uuid4()), _read(ContentType, content_type), _read(AltText, alt_text))
        back = f"{services.settings.public_url}/sell/{vehicle_id}/photos/uploaded?photo="
        [upload] = await doors.await_photos(services, vehicle_id, asker, [new], back)
    except DomainError as error:
        return await _page(request, vehicle_id, asker, error=error)
    return await _page(request, vehicle_id, asker, upload=upload)


@router.get(f"{HOME}/uploaded", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def came_back(request: Request, person: Seller, vehicle_id: Id, photo: str = "") -> Response:
    """Where the browser is sent after the file was taken. What the address says is only a reason to look."""
    services, asker = services_of(request), await asker_of(request, person)
    try:
        await doors.tell_uploaded(services, vehicle_id, asker, photo)
    except DomainError as error:
        return await _page(request, vehicle_id, asker, error=error)
    return _home(vehicle_id)


@router.post(f"{HOME}/{{photo_id}}/alt", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def describe(request: Request, person: Seller, vehicle_id: Id, photo_id: str, alt_text: Field = "") -> Response:
    """Say what a photo shows."""
    services, asker = services_of(request), await asker_of(request, person)
    try:
        text = _read(AltText, alt_text)
        await services.database.write(doors.describe, vehicle_id, asker, photo_id, text, now())
    except DomainError as error:
        return await _page(request, vehicle_id, asker, error=error)
    return _home(vehicle_id)


@router.post(f"{HOME}/{{photo_id}}/{{step}}", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def take_step(request: Request, person: Seller, vehicle_id: Id, photo_id: str, step: Step) -> Response:
    """Move a photo, let it stand for the vehicle, or remove it."""
    services, asker = services_of(request), await asker_of(request, person)
    try:
        if step == "remove":
            source = source_of(request)
            removed = await services.database.write(doors.remove, vehicle_id, asker, photo_id, now(), source)
            await services.photos.door.removed(removed)
        else:
            wanted = await services.database.read(_wanted, vehicle_id, asker, photo_id, step)
            await services.database.write(doors.put_in_order, vehicle_id, asker, wanted, now(), source_of(request))
    except DomainError as error:
        return await _page(request, vehicle_id, asker, error=error)
    return _home(vehicle_id)


def _wanted(connection: Connection, vehicle_id: int, asker: Asker, photo_id: str, step: Step) -> Order:
    doors.standing_of(connection, vehicle_id, asker, photo_id)
    placed = [photo.placed for photo in photos.of_vehicle(connection, vehicle_id)]
    order = [photo.photo_id for photo in placed]
    chosen = next((photo.photo_id for photo in placed if photo.is_chosen), None)
    if step == "primary":
        return Order(order, photo_id, order_tag(placed))
    return Order(moved(order, photo_id, PLACES[step]), chosen, order_tag(placed))


async def _page(
    request: Request,
    vehicle_id: int,
    asker: Asker,
    *,
    upload: NewPhotoView | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    services = services_of(request)
    found = await services.database.read(owned, vehicle_id, asker)
    shown = await doors.own_photos(services, vehicle_id, asker)
    view = VehiclePhotos(
        frame(request), vehicle_id, found.told.title, shown, upload, None if error is None else error.detail
    )
    answer = form_page(services.pages.photos(view), error)
    answer.headers["Content-Security-Policy"] = services.photos.policy
    return answer


def _home(vehicle_id: int) -> RedirectResponse:
    return RedirectResponse(f"/sell/{vehicle_id}/photos", SEE_OTHER)


def _read(kind: Any, text: str) -> str:
    try:
        found: str = TypeAdapter(kind).validate_python(text)
    except ValidationError:
        raise fail("INVALID_INPUT", "Please check what you have entered.") from None
    return found
