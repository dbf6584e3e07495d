"""Photos of a vehicle: their sellers get upload forms, say when a file is there, and put photos in order."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from activities.db import audit, photos, uploads
from activities.db.audit import Deed, Source
from activities.db.photos import NewPhoto, Photo
from activities.db.uploads import Standing
from api.commands import OneLine
from api.database import now
from api.identifiers import Id
from api.listings import Asker, asker_of, owned, raise_over
from api.photo_views import (
    AWAITED,
    NEW_PHOTO,
    PHOTO_EXAMPLE,
    NewPhotos,
    NewPhotoView,
    PhotoList,
    PhotoView,
    form_view,
    photo_list,
    photo_view,
)
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.sources import source_of
from api.state import Services, services_of
from domain.photos import (
    FORM_LIFE,
    LEAST_BYTES,
    LONGEST_ALT_TEXT,
    MOST_AT_ONCE,
    MOST_PHOTOS,
    PHOTO_BYTES,
    PHOTO_TYPES,
    Kind,
    State,
    is_whole_order,
    next_place,
    order_tag,
    primary,
    upload_key,
)

PATH = "/api/vehicles/{vehicle_id}/photos"
ONE = f"{PATH}/{{photo_id}}"
OWN = ("VEHICLE_NOT_FOUND", "NOT_YOUR_LISTING")
TAG = "9b1c4f0e6a2d47c5b3e8f7a1d0c96e42"
ORDERED = {"items": [PHOTO_EXAMPLE], "primary_id": None, "order_tag": TAG, "limit": MOST_PHOTOS}
router = APIRouter(tags=["photos"])

AltText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_ALT_TEXT), OneLine]
ContentType = Annotated[str, StringConstraints(pattern=f"^({'|'.join(PHOTO_TYPES)})$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
IfMatch = Annotated[str | None, Header(description="The `order_tag` that was read, as ETag.")]


class PhotoBody(BaseModel):
    """A photo to be uploaded: the file's type, and what it shows, for those who cannot see it."""

    model_config = ConfigDict(extra="forbid")

    content_type: ContentType
    alt_text: AltText = ""


class PhotosBody(BaseModel):
    """Photos to be uploaded, in the order in which they shall be shown."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"photos": [{"content_type": "image/jpeg", "alt_text": "From the front"}]}]},
    )

    photos: Annotated[list[PhotoBody], Field(min_length=1, max_length=MOST_AT_ONCE)]


class OrderBody(BaseModel):
    """Every photo of the vehicle once, in order, and which one stands for it: without, the first that can be shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"photo_ids": [PHOTO_EXAMPLE["id"]], "primary_id": None}]}
    )

    photo_ids: Annotated[list[UploadId], Field(max_length=2 * MOST_PHOTOS)]
    primary_id: UploadId | None = None


class AltTextBody(BaseModel):
    """What a photo shows, in a sentence."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"alt_text": "The cracked mirror"}]})

    alt_text: AltText


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is wanted; `tag` is of the one that was read."""

    photo_ids: Sequence[str]
    primary_id: str | None
    tag: str


@router.post(
    PATH,
    status_code=201,
    **about(
        Audience.SELLER,
        *OWN,
        "LISTING_OVER",
        "TOO_MANY_PHOTOS",
        "PHOTOS_UNAVAILABLE",
        example={"items": [NEW_PHOTO]},
        success=201,
    ),
)
async def add_photos(request: Request, person: Seller, vehicle_id: Id, body: PhotosBody) -> NewPhotos:
    """One upload form for each photo. What never comes is forgotten an hour later."""
    asker = await asker_of(request, person)
    new = [NewPhoto(str(uuid.uuid4()), each.content_type, each.alt_text) for each in body.photos]
    return {"items": await await_photos(services_of(request), vehicle_id, asker, new)}


@router.get(PATH, **about(Audience.SELLER, *OWN, example=ORDERED))
async def list_photos(request: Request, response: Response, person: Seller, vehicle_id: Id) -> PhotoList:
    """All photos of a vehicle, with the state of each."""
    found = await own_photos(services_of(request), vehicle_id, await asker_of(request, person))
    response.headers["etag"] = f'"{found["order_tag"]}"'
    return found


@router.post(
    f"{ONE}/uploaded",
    status_code=202,
    **about(
        Audience.SELLER,
        *OWN,
        "PHOTO_NOT_FOUND",
        "PHOTOS_UNAVAILABLE",
        example={**AWAITED, "state": "checking"},
        success=202,
    ),
)
async def photo_uploaded(request: Request, person: Seller, vehicle_id: Id, photo_id: str) -> PhotoView:
    """Say that the file was sent, to have it checked now. Without it, that happens when the form has run out."""
    asker = await asker_of(request, person)
    await tell_uploaded(services_of(request), vehicle_id, asker, photo_id)
    return await _shown(services_of(request), vehicle_id, asker, photo_id)


@router.put(
    f"{PATH}/order",
    **about(
        Audience.SELLER, *OWN, "LISTING_OVER", "IF_MATCH_NEEDED", "ORDER_CHANGED", "ORDER_INCOMPLETE", example=ORDERED
    ),
)
async def order_photos(
    request: Request,
    response: Response,
    person: Seller,
    vehicle_id: Id,
    body: OrderBody,
    if_match: IfMatch = None,
) -> PhotoList:
    """Put the photos in order, and choose the one that stands for the vehicle. The public sees it at once."""
    if if_match is None:
        errors = [{"field": "If-Match", "rule": "required", "message": "send the order_tag that you have read"}]
        raise fail("IF_MATCH_NEEDED", errors=errors)
    services, asker = services_of(request), await asker_of(request, person)
    tag = if_match.strip().removeprefix("W/").strip('"')
    wanted = Order(body.photo_ids, body.primary_id, tag)
    await services.database.write(put_in_order, vehicle_id, asker, wanted, now(), source_of(request))
    found = await own_photos(services, vehicle_id, asker)
    response.headers["etag"] = f'"{found["order_tag"]}"'
    return found


@router.patch(ONE, **about(Audience.SELLER, *OWN, "LISTING_OVER", "PHOTO_NOT_FOUND", example=PHOTO_EXAMPLE))
async def describe_photo(
    request: Request, person: Seller, vehicle_id: Id, photo_id: str, body: AltTextBody
) -> PhotoView:
    """Say what a photo shows. The public reads it after the next review."""
    services, asker = services_of(request), await asker_of(request, person)
    await services.database.write(describe, vehicle_id, asker, photo_id, body.alt_text, now())
    return await _shown(services, vehicle_id, asker, photo_id)


@router.delete(
    ONE, status_code=204, **about(Audience.SELLER, *OWN, "LISTING_OVER", "PHOTO_NOT_FOUND", "PHOTO_KEPT", success=204)
)
async def remove_photo(request: Request, person: Seller, vehicle_id: Id, photo_id: str) -> None:
    """Remove a photo: nobody sees it from now on, and what is stored of it goes."""
    services, asker = services_of(request), await asker_of(request, person)
    removed = await services.database.write(remove, vehicle_id, asker, photo_id, now(), source_of(request))
    await services.photos.door.removed(removed)


async def await_photos(
    services: Services, vehicle_id: int, asker: Asker, new: Sequence[NewPhoto], redirect: str | None = None
) -> list[NewPhotoView]:
    """Write photos down and have their files awaited; gives each with its form. With `redirect` the browser that posts
    a form is sent there, with the photo's id at its end."""
    at, links = now(), services.photos.links
    expires_at = at + FORM_LIFE
    awaited = await services.database.write(add, vehicle_id, asker, new, at)
    await services.photos.door.begin(awaited)
    shown = {photo.photo_id: photo for photo in await services.database.read(photos.of_vehicle, vehicle_id)}
    items: list[NewPhotoView] = []
    for each in new:
        form = links.form(
            upload_key(Kind.PHOTO, vehicle_id, each.photo_id),
            each.content_type,
            least=LEAST_BYTES,
            most=PHOTO_BYTES,
            at=at,
            expires_at=expires_at,
            redirect=None if redirect is None else f"{redirect}{each.photo_id}",
        )
        view = photo_view(shown[each.photo_id], links, at, is_primary=False)
        upload = form_view(form, least=LEAST_BYTES, most=PHOTO_BYTES, expires_at=expires_at)
        items.append({**view, "upload": upload})
    return items


async def own_photos(services: Services, vehicle_id: int, asker: Asker) -> PhotoList:
    """The photos as their seller sees them."""
    found = await services.database.read(_own, vehicle_id, asker)
    return photo_list(found, services.photos.links, now(), MOST_PHOTOS)


async def tell_uploaded(services: Services, vehicle_id: int, asker: Asker, photo_id: str) -> None:
    """Have a file checked that is said to be there; one that was checked is left alone."""
    standing = await services.database.read(standing_of, vehicle_id, asker, photo_id)
    if standing.state is State.AWAITING:
        await services.photos.door.uploaded(standing)


def standing_of(connection: Connection, vehicle_id: int, asker: Asker, photo_id: str) -> Standing:
    """Where a photo of the asker's vehicle stands. Raises PHOTO_NOT_FOUND."""
    owned(connection, vehicle_id, asker)
    found = uploads.find(connection, Kind.PHOTO, photo_id)
    if found is None or found.vehicle_id != vehicle_id or found.state is State.REMOVED:
        raise fail("PHOTO_NOT_FOUND")
    return found


def add(connection: Connection, vehicle_id: int, asker: Asker, new: Sequence[NewPhoto], at: datetime) -> list[Standing]:
    """Await uploads behind the photos that are there. Raises TOO_MANY_PHOTOS."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    found = photos.of_vehicle(connection, vehicle_id)
    if len([photo for photo in found if photo.state is not State.REFUSED]) + len(new) > MOST_PHOTOS:
        raise fail("TOO_MANY_PHOTOS", limit=MOST_PHOTOS)
    place, expires_at = next_place(photo.placed for photo in found), at + FORM_LIFE
    photos.add(connection, vehicle_id, new, place=place, user_id=asker.person.id, at=at, expires_at=expires_at)
    return [
        Standing(Kind.PHOTO, each.photo_id, vehicle_id, State.AWAITING, each.content_type, expires_at) for each in new
    ]


def put_in_order(
    connection: Connection, vehicle_id: int, asker: Asker, wanted: Order, at: datetime, source: Source
) -> None:
    """Write an order with its deed. Raises ORDER_CHANGED, ORDER_INCOMPLETE."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    placed = [photo.placed for photo in photos.of_vehicle(connection, vehicle_id)]
    if wanted.tag != order_tag(placed):
        raise fail("ORDER_CHANGED", order_tag=order_tag(placed))
    if not is_whole_order(placed, wanted.photo_ids, wanted.primary_id):
        raise fail("ORDER_INCOMPLETE", photo_ids=[each.photo_id for each in placed])
    photos.place(connection, vehicle_id, wanted.photo_ids, wanted.primary_id)
    note(connection, asker, "photos_ordered", vehicle_id, at, source, primary_id=wanted.primary_id)


def describe(connection: Connection, vehicle_id: int, asker: Asker, photo_id: str, alt_text: str, at: datetime) -> None:
    """Write what a photo shows; the same again writes nothing. Raises PHOTO_NOT_FOUND."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    found = _photo(connection, vehicle_id, photo_id)
    if found.alt_text != alt_text:
        photos.describe(connection, photo_id, alt_text, at)


def remove(
    connection: Connection, vehicle_id: int, asker: Asker, photo_id: str, at: datetime, source: Source
) -> Standing:
    """Mark a photo as removed, with its deed. Raises PHOTO_NOT_FOUND, PHOTO_KEPT."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    found = _photo(connection, vehicle_id, photo_id)
    if found.approved_at is not None and uploads.has_bids(connection, vehicle_id):
        raise fail("PHOTO_KEPT")
    uploads.remove(connection, Kind.PHOTO, photo_id, at)
    note(connection, asker, "photo_removed", vehicle_id, at, source, photo_id=photo_id)
    return Standing(Kind.PHOTO, photo_id, vehicle_id, State.REMOVED, found.content_type, found.expires_at)


def note(
    connection: Connection, asker: Asker, action: str, vehicle_id: int, at: datetime, source: Source, **facts: object
) -> None:
    """Write a deed on a vehicle's files."""
    audit.note(connection, Deed(at, asker.person.id, action, f"vehicle {vehicle_id}", facts, *source))


async def _shown(services: Services, vehicle_id: int, asker: Asker, photo_id: str) -> PhotoView:
    found = await services.database.read(_own, vehicle_id, asker)
    first = primary(photo.placed for photo in found)
    for photo in found:
        if photo.photo_id == photo_id:
            return photo_view(photo, services.photos.links, now(), is_primary=photo_id == first)
    raise fail("PHOTO_NOT_FOUND")


def _own(connection: Connection, vehicle_id: int, asker: Asker) -> list[Photo]:
    owned(connection, vehicle_id, asker)
    return photos.of_vehicle(connection, vehicle_id)


def _photo(connection: Connection, vehicle_id: int, photo_id: str) -> Photo:
    for photo in photos.of_vehicle(connection, vehicle_id):
        if photo.photo_id == photo_id:
            return photo
    raise fail("PHOTO_NOT_FOUND")
