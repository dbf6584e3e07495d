"""Queries on photos: those of one vehicle in order, those that the public sees, and the changes of their seller."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, insert, literal, select, update

from activities.db.photo_tables import vehicle_images
from activities.db.tables import UtcMs
from domain.photos import Flaw, Placed, State, primary

COLUMNS = (
    vehicle_images.c.id.label("photo_id"),
    vehicle_images.c.vehicle_id,
    vehicle_images.c.state,
    vehicle_images.c.content_type,
    vehicle_images.c.alt_text,
    vehicle_images.c.place,
    vehicle_images.c.is_chosen,
    vehicle_images.c.width,
    vehicle_images.c.height,
    vehicle_images.c.refusal,
    vehicle_images.c.created_at,
    vehicle_images.c.expires_at,
    vehicle_images.c.approved_at,
    vehicle_images.c.approved_alt,
)
ORDER = (vehicle_images.c.place, vehicle_images.c.id)
IS_PUBLIC = (
    vehicle_images.c.state == State.READY,
    vehicle_images.c.approved_at.is_not(None),
    vehicle_images.c.width.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo; `width` and `height` in pixels once it is ready, upright. The public sees it from `approved_at` on, with
    `approved_alt`."""

    photo_id: str
    vehicle_id: int
    state: State
    content_type: str
    alt_text: str
    place: int
    is_chosen: bool
    width: int | None
    height: int | None
    refusal: Flaw | None
    created_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    approved_alt: str | None

    @property
    def placed(self) -> Placed:
        """What its order is judged by."""
        return Placed(self.photo_id, self.place, self.is_chosen, self.state)


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo to be uploaded."""

    photo_id: str
    content_type: str
    alt_text: str


def add(
    connection: Connection,
    vehicle_id: int,
    new: Sequence[NewPhoto],
    *,
    place: int,
    user_id: int,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Await uploads, placed one after the other from `place`."""
    rows = [
        {
            "id": photo.photo_id,
            "vehicle_id": vehicle_id,
            "state": State.AWAITING,
            "content_type": photo.content_type,
            "alt_text": photo.alt_text,
            "place": place + number,
            "is_chosen": False,
            "uploaded_by": user_id,
            "created_at": at,
            "expires_at": expires_at,
            "updated_at": at,
        }
        for number, photo in enumerate(new)
    ]
    connection.execute(insert(vehicle_images), rows)


def of_vehicle(connection: Connection, vehicle_id: int) -> list[Photo]:
    """All photos of a vehicle that are not removed, in order."""
    wanted = (vehicle_images.c.vehicle_id == vehicle_id, vehicle_images.c.state != State.REMOVED)
    return _photos(connection, select(*COLUMNS).where(*wanted).order_by(*ORDER))


def public_of(connection: Connection, vehicle_id: int) -> list[Photo]:
    """The photos that everybody sees, the primary one first."""
    query = select(*COLUMNS).where(vehicle_images.c.vehicle_id == vehicle_id, *IS_PUBLIC).order_by(*ORDER)
    return primary_first(_photos(connection, query))


def primary_first(found: Sequence[Photo]) -> list[Photo]:
    """The same photos with the primary one before the others."""
    first = primary(photo.placed for photo in found)
    return sorted(found, key=lambda photo: photo.photo_id != first)


def primary_in(connection: Connection, vehicle_ids: Collection[int]) -> dict[int, Photo]:
    """The primary photo of each vehicle of a page that has one, in one statement."""
    if not vehicle_ids:
        return {}
    rank = func.row_number().over(
        partition_by=vehicle_images.c.vehicle_id, order_by=(vehicle_images.c.is_chosen.desc(), *ORDER)
    )
    ranked = (
        select(*COLUMNS, rank.label("ranked"))
        .where(vehicle_images.c.vehicle_id.in_(vehicle_ids), *IS_PUBLIC)
        .subquery()
    )
    chosen = select(*(ranked.c[column.key] for column in COLUMNS)).where(ranked.c.ranked == 1)
    return {photo.vehicle_id: photo for photo in _photos(connection, chosen)}


def count_ready(connection: Connection, vehicle_id: int) -> int:
    """How many photos could be shown: what a listing's completeness asks for."""
    wanted = (vehicle_images.c.vehicle_id == vehicle_id, vehicle_images.c.state == State.READY)
    return connection.execute(select(func.count()).select_from(vehicle_images).where(*wanted)).scalar_one()


def approve(connection: Connection, vehicle_id: int, seen_at: datetime, at: datetime) -> int:
    """Let the public see, with the approval of a listing, every photo that was as it is now when the listing was handed
    in at `seen_at`: what came or changed later nobody has looked at. Returns how many they are."""
    wanted = (
        vehicle_images.c.vehicle_id == vehicle_id,
        vehicle_images.c.state == State.READY,
        vehicle_images.c.updated_at <= seen_at,
    )
    values = {
        "approved_at": func.coalesce(vehicle_images.c.approved_at, literal(at, UtcMs)),
        "approved_alt": vehicle_images.c.alt_text,
    }
    return connection.execute(update(vehicle_images).where(*wanted).values(values)).rowcount


def place(connection: Connection, vehicle_id: int, order: Iterable[str], chosen: str | None) -> None:
    """Put a vehicle's photos in this order, and choose the primary one."""
    statement = (
        update(vehicle_images)
        .where(vehicle_images.c.id == bindparam("photo"), vehicle_images.c.vehicle_id == vehicle_id)
        .values(place=bindparam("new_place"), is_chosen=bindparam("new_choice"))
    )
    rows = [
        {"photo": photo_id, "new_place": number, "new_choice": photo_id == chosen}
        for number, photo_id in enumerate(order)
    ]
    if rows:
        connection.execute(statement, rows)


def describe(connection: Connection, photo_id: str, alt_text: str, at: datetime) -> None:
    """Say what a photo shows, to those who cannot see it; the public reads it after the next review."""
    values = {"alt_text": alt_text, "updated_at": at}
    connection.execute(update(vehicle_images).where(vehicle_images.c.id == photo_id).values(values))


def _photos(connection: Connection, query: Select[Any]) -> list[Photo]:
    return [_photo(row) for row in connection.execute(query).mappings()]


def _photo(row: RowMapping) -> Photo:
    refusal = row["refusal"]
    read = {"state": State(row["state"]), "refusal": None if refusal is None else Flaw(refusal)}
    return Photo(**{**row, **read})
