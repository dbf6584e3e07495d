"""Queries on documents: those of one vehicle, and one to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select

from activities.db.photo_tables import vehicle_documents
from domain.photos import DocumentKind, Flaw, State

COLUMNS = (
    vehicle_documents.c.id.label("document_id"),
    vehicle_documents.c.vehicle_id,
    vehicle_documents.c.kind,
    vehicle_documents.c.title,
    vehicle_documents.c.state,
    vehicle_documents.c.content_type,
    vehicle_documents.c.bytes.label("size"),
    vehicle_documents.c.refusal,
    vehicle_documents.c.created_at,
    vehicle_documents.c.expires_at,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document; `size` in bytes once it is ready."""

    document_id: str
    vehicle_id: int
    kind: DocumentKind
    title: str
    state: State
    content_type: str
    size: int | None
    refusal: Flaw | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be uploaded."""

    document_id: str
    kind: DocumentKind
    title: str
    content_type: str


def add(
    connection: Connection,
    vehicle_id: int,
    new: Sequence[NewDocument],
    *,
    user_id: int,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Await uploads."""
    rows = [
        {
            "id": document.document_id,
            "vehicle_id": vehicle_id,
            "kind": document.kind,
            "title": document.title,
            "state": State.AWAITING,
            "content_type": document.content_type,
            "uploaded_by": user_id,
            "created_at": at,
            "expires_at": expires_at,
            "updated_at": at,
        }
        for document in new
    ]
    connection.execute(insert(vehicle_documents), rows)


def of_vehicle(connection: Connection, vehicle_id: int) -> list[Document]:
    """All documents of a vehicle that are not removed, oldest first."""
    query = (
        select(*COLUMNS)
        .where(vehicle_documents.c.vehicle_id == vehicle_id, vehicle_documents.c.state != State.REMOVED)
        .order_by(vehicle_documents.c.created_at, vehicle_documents.c.id)
    )
    return [_document(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, vehicle_id: int, document_id: str) -> Document | None:
    """One document of a vehicle that is not removed."""
    query = select(*COLUMNS).where(
        vehicle_documents.c.id == document_id,
        vehicle_documents.c.vehicle_id == vehicle_id,
        vehicle_documents.c.state != State.REMOVED,
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _document(row)


def _document(row: RowMapping) -> Document:
    refusal = row["refusal"]
    read = {
        "kind": DocumentKind(row["kind"]),
        "state": State(row["state"]),
        "refusal": None if refusal is None else Flaw(refusal),
    }
    return Document(**{**row, **read})
