"""Queries on uploads, photos, documents and licences alike: where one stands, and each step to the next state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, exists, select, update

from activities.db.photo_tables import seller_documents, vehicle_documents, vehicle_images
from activities.db.tables import auctions
from domain.photos import MOVES, Flaw, Kind, State

TABLES: Mapping[Kind, Table] = MappingProxyType(
    {Kind.PHOTO: vehicle_images, Kind.DOCUMENT: vehicle_documents, Kind.LICENCE: seller_documents}
)
OF_VEHICLES = (Kind.PHOTO, Kind.DOCUMENT)
UNFINISHED = (State.AWAITING, State.CHECKING, State.REMOVED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an upload stands; `content_type` is what it was announced as. Its form is good until `expires_at`.

    A licence has its seller's number in the place of the vehicle's.
    """

    kind: Kind
    upload_id: str
    vehicle_id: int
    state: State
    content_type: str
    expires_at: datetime


def has_bids(connection: Connection, vehicle_id: int) -> bool:
    """Whether people have bid on what they saw: in an auction that is not over, or in one that sold it."""
    bid_on = select(auctions.c.id).where(
        auctions.c.vehicle_id == vehicle_id,
        auctions.c.bid_count > 0,
        (auctions.c.status != "ended") | (auctions.c.result == "sold"),
    )
    return bool(connection.execute(select(exists(bid_on))).scalar_one())


def find(connection: Connection, kind: Kind, upload_id: str) -> Standing | None:
    """Where one upload stands."""
    table = TABLES[kind]
    row = connection.execute(select(*_standing(table)).where(table.c.id == upload_id)).one_or_none()
    return None if row is None else _read(kind, row)


def begin_check(connection: Connection, kind: Kind, upload_id: str, at: datetime) -> bool:
    """The file is there; False where the upload is not to be checked (any more)."""
    return _move(connection, kind, upload_id, State.CHECKING, at)


def has_twin(connection: Connection, upload: Standing, sha256: str) -> bool:
    """Whether another upload of the same vehicle is the same file."""
    table = TABLES[upload.kind]
    same = select(table.c.id).where(
        _owner(table) == upload.vehicle_id, table.c.sha256 == sha256, table.c.id != upload.upload_id
    )
    return bool(connection.execute(select(exists(same))).scalar_one())


def finish(connection: Connection, kind: Kind, upload_id: str, *, sha256: str, at: datetime, **facts: Any) -> bool:
    """The upload may be shown; `facts` are columns of its table. False where it was removed meanwhile. IntegrityError
    where another one of the vehicle is the same file."""
    return _move(connection, kind, upload_id, State.READY, at, sha256=sha256, **facts)


def refuse(connection: Connection, kind: Kind, upload_id: str, flaw: Flaw, at: datetime) -> bool:
    """The file is not taken; False where the upload was removed meanwhile."""
    return _move(connection, kind, upload_id, State.REFUSED, at, refusal=flaw.value)


def remove(connection: Connection, kind: Kind, upload_id: str, at: datetime) -> bool:
    """Nobody sees it from now on; False where that was done before."""
    chosen = {"is_chosen": False} if kind is Kind.PHOTO else {}
    return _move(connection, kind, upload_id, State.REMOVED, at, sha256=None, **chosen)


def remove_all(connection: Connection, vehicle_id: int, at: datetime) -> None:
    """Nobody sees any file of a vehicle from now on: before a listing that was never shown is deleted."""
    for kind in OF_VEHICLES:
        _remove_all(connection, kind, vehicle_id, at)


def remove_licences(connection: Connection, seller_id: int, at: datetime) -> None:
    """Nobody sees any licence of a seller from now on."""
    _remove_all(connection, Kind.LICENCE, seller_id, at)


def forget(connection: Connection, kind: Kind, upload_id: str) -> None:
    """Delete the row of an upload that never came or was removed; one that is shown or refused stays."""
    table = TABLES[kind]
    connection.execute(delete(table).where(table.c.id == upload_id, table.c.state.in_(UNFINISHED)))


def unfinished(connection: Connection, kind: Kind, before: datetime, limit: int) -> list[Standing]:
    """Uploads that something is still to be done for and that nobody has touched since, oldest first."""
    table = TABLES[kind]
    query = (
        select(*_standing(table))
        .where(table.c.state.in_(UNFINISHED), table.c.updated_at < before)
        .order_by(table.c.updated_at, table.c.id)
        .limit(limit)
    )
    return [_read(kind, row) for row in connection.execute(query)]


def _remove_all(connection: Connection, kind: Kind, owner_id: int, at: datetime) -> None:
    table = TABLES[kind]
    query = select(table.c.id).where(_owner(table) == owner_id, table.c.state != State.REMOVED)
    for upload_id in connection.execute(query).scalars().all():
        remove(connection, kind, upload_id, at)


def _owner(table: Table) -> Column[Any]:
    return table.c.seller_id if table is seller_documents else table.c.vehicle_id


def _move(connection: Connection, kind: Kind, upload_id: str, state: State, at: datetime, **values: Any) -> bool:
    table = TABLES[kind]
    before = [each for each, following in MOVES.items() if state in following]
    statement = update(table).where(table.c.id == upload_id, table.c.state.in_(before))
    return connection.execute(statement.values(state=state, updated_at=at, **values)).rowcount == 1


def _standing(table: Table) -> tuple[Any, ...]:
    return (table.c.id, _owner(table), table.c.state, table.c.content_type, table.c.expires_at)


def _read(kind: Kind, row: Any) -> Standing:
    upload_id, vehicle_id, state, content_type, expires_at = row
    return Standing(kind, upload_id, vehicle_id, State(state), content_type, expires_at)
