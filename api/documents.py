"""Documents of a vehicle: private, uploaded as photos are, and read by short signed links by those they are for."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import documents, listings, uploads
from activities.db.audit import Source
from activities.db.documents import Document, NewDocument
from activities.db.people import Person, Scope
from activities.db.uploads import Standing
from api.commands import OneLine, need_scope
from api.database import now
from api.identifiers import Id
from api.listings import Asker, asker_of, owned, raise_over
from api.photo_views import (
    DOCUMENT_EXAMPLE,
    LINK_EXAMPLE,
    NEW_DOCUMENT,
    DocumentLink,
    DocumentList,
    DocumentView,
    NewDocuments,
    NewDocumentView,
    document_view,
    form_view,
)
from api.photos import OWN, note
from api.problems import fail
from api.routes import about
from api.security import STAFF_ROLES, Audience, Seller, SignedIn
from api.sources import source_of
from api.staff_reads import note_read
from api.state import Services, services_of
from domain.clock import to_text
from domain.photos import (
    DOCUMENT_BYTES,
    DOCUMENT_TYPES,
    FORM_LIFE,
    LEAST_BYTES,
    LINK_LIFE,
    LONGEST_TITLE,
    MOST_AT_ONCE,
    MOST_DOCUMENTS,
    SUFFIXES,
    DocumentKind,
    Kind,
    State,
    document_key,
    may_read,
    upload_key,
)

PATH = "/api/vehicles/{vehicle_id}/documents"
ONE = f"{PATH}/{{document_id}}"
router = APIRouter(tags=["photos"])

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE), OneLine]
ContentType = Annotated[str, StringConstraints(pattern=f"^({'|'.join(DOCUMENT_TYPES)})$")]


class DocumentBody(BaseModel):
    """A document to be uploaded. Title scans are for the seller and the staff, inspections for signed-in buyers too."""

    model_config = ConfigDict(extra="forbid")

    kind: DocumentKind
    title: Title
    content_type: ContentType


class DocumentsBody(BaseModel):
    """Documents to be uploaded."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "documents": [
                        {"kind": "inspection", "title": "Pre-sale inspection", "content_type": "application/pdf"}
                    ]
                }
            ]
        },
    )

    documents: Annotated[list[DocumentBody], Field(min_length=1, max_length=MOST_AT_ONCE)]


@router.post(
    PATH,
    status_code=201,
    **about(
        Audience.SELLER,
        *OWN,
        "LISTING_OVER",
        "TOO_MANY_DOCUMENTS",
        "PHOTOS_UNAVAILABLE",
        example={"items": [NEW_DOCUMENT]},
        success=201,
    ),
)
async def add_documents(request: Request, person: Seller, vehicle_id: Id, body: DocumentsBody) -> NewDocuments:
    """One upload form for each document. What never comes is forgotten an hour later."""
    services, asker, at = services_of(request), await asker_of(request, person), now()
    new = [NewDocument(str(uuid.uuid4()), each.kind, each.title, each.content_type) for each in body.documents]
    awaited = await services.database.write(add, vehicle_id, asker, new, at)
    await services.photos.door.begin(awaited)
    found = {each.document_id: each for each in await services.database.read(documents.of_vehicle, vehicle_id)}
    return {"items": [_with_form(services, found[each.document_id], at) for each in new]}


@router.get(
    PATH,
    **about(
        Audience.SIGNED_IN,
        "VEHICLE_NOT_FOUND",
        example={"items": [DOCUMENT_EXAMPLE], "limit": MOST_DOCUMENTS},
    ),
)
async def list_documents(request: Request, person: SignedIn, vehicle_id: Id) -> DocumentList:
    """The documents of a vehicle: all of them for its seller and the staff, for others those that are for buyers."""
    found = await services_of(request).database.read(_readable, vehicle_id, await _reader(request, person))
    return {"items": [document_view(each) for each in found], "limit": MOST_DOCUMENTS}


@router.get(
    ONE,
    **about(
        Audience.SIGNED_IN,
        "VEHICLE_NOT_FOUND",
        "DOCUMENT_NOT_FOUND",
        "DOCUMENT_NOT_READY",
        "PHOTOS_UNAVAILABLE",
        example=LINK_EXAMPLE,
    ),
)
async def read_document(request: Request, person: SignedIn, vehicle_id: Id, document_id: str) -> DocumentLink:
    """A link to the document that is good for five minutes, and that a browser saves as a file."""
    services, reader, at = services_of(request), await _reader(request, person), now()
    for found in await services.database.read(_readable, vehicle_id, reader):
        if found.document_id == document_id:
            break
    else:
        raise fail("DOCUMENT_NOT_FOUND")
    if found.state is not State.READY:
        raise fail("DOCUMENT_NOT_READY", state=found.state.value)
    if reader.is_admin:
        await note_read(request, person, "document", f"vehicle {vehicle_id}", document_id=document_id)
    name = f"vehicle-{vehicle_id}-{found.kind.value}.{SUFFIXES[found.content_type]}"
    url = services.photos.links.link(
        document_key(vehicle_id, document_id, found.content_type),
        at,
        LINK_LIFE,
        content_disposition=f'attachment; filename="{name}"',
        content_type=found.content_type,
        cache_control="private, no-store",
    )
    return {"url": url, "expires_at": to_text(at + LINK_LIFE)}


@router.post(
    f"{ONE}/uploaded",
    status_code=202,
    **about(
        Audience.SELLER,
        *OWN,
        "DOCUMENT_NOT_FOUND",
        "PHOTOS_UNAVAILABLE",
        example={**DOCUMENT_EXAMPLE, "state": "checking", "bytes": None},
        success=202,
    ),
)
async def document_uploaded(request: Request, person: Seller, vehicle_id: Id, document_id: str) -> DocumentView:
    """Say that the file was sent, to have it checked now."""
    services, asker = services_of(request), await asker_of(request, person)
    found = await services.database.read(own_document, vehicle_id, asker, document_id)
    if found.state is State.AWAITING:
        await services.photos.door.uploaded(_standing(found))
    return document_view(await services.database.read(own_document, vehicle_id, asker, document_id))


@router.delete(
    ONE,
    status_code=204,
    **about(Audience.SELLER, *OWN, "LISTING_OVER", "DOCUMENT_NOT_FOUND", "PHOTO_KEPT", success=204),
)
async def remove_document(request: Request, person: Seller, vehicle_id: Id, document_id: str) -> None:
    """Remove a document: nobody reads it from now on, and what is stored of it goes."""
    services, asker = services_of(request), await asker_of(request, person)
    removed = await services.database.write(remove, vehicle_id, asker, document_id, now(), source_of(request))
    await services.photos.door.removed(removed)


def add(
    connection: Connection, vehicle_id: int, asker: Asker, new: Sequence[NewDocument], at: datetime
) -> list[Standing]:
    """Await uploads. Raises TOO_MANY_DOCUMENTS."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    found = [each for each in documents.of_vehicle(connection, vehicle_id) if each.state is not State.REFUSED]
    if len(found) + len(new) > MOST_DOCUMENTS:
        raise fail("TOO_MANY_DOCUMENTS", limit=MOST_DOCUMENTS)
    expires_at = at + FORM_LIFE
    documents.add(connection, vehicle_id, new, user_id=asker.person.id, at=at, expires_at=expires_at)
    return [
        Standing(Kind.DOCUMENT, each.document_id, vehicle_id, State.AWAITING, each.content_type, expires_at)
        for each in new
    ]


def own_document(connection: Connection, vehicle_id: int, asker: Asker, document_id: str) -> Document:
    """A document of the asker's vehicle. Raises DOCUMENT_NOT_FOUND."""
    owned(connection, vehicle_id, asker)
    found = documents.find(connection, vehicle_id, document_id)
    if found is None:
        raise fail("DOCUMENT_NOT_FOUND")
    return found


def remove(
    connection: Connection, vehicle_id: int, asker: Asker, document_id: str, at: datetime, source: Source
) -> Standing:
    """Mark a document as removed, with its deed. Raises DOCUMENT_NOT_FOUND, PHOTO_KEPT."""
    raise_over(owned(connection, vehicle_id, asker, lock=True))
    found = own_document(connection, vehicle_id, asker, document_id)
    if found.state is State.READY and uploads.has_bids(connection, vehicle_id):
        raise fail("PHOTO_KEPT", "People have bid on what this document says; it stays.")
    uploads.remove(connection, Kind.DOCUMENT, document_id, at)
    note(connection, asker, "document_removed", vehicle_id, at, source, document_id=document_id, kind=found.kind.value)
    return _standing(found)


async def _reader(request: Request, person: Person) -> Asker:
    """Who reads; the staff with their scope read what a seller may read, which is written down."""
    is_staff = person.role in STAFF_ROLES
    if is_staff:
        await need_scope(request, Scope.ADMIN)
    return Asker(person, is_staff)


def _readable(connection: Connection, vehicle_id: int, reader: Asker) -> list[Document]:
    found = listings.listing(connection, vehicle_id)
    is_keeper = found is not None and (reader.is_admin or found.seller_id == reader.person.id)
    is_listed = found is not None and found.listed_at is not None
    if found is None or not (is_keeper or is_listed):
        raise fail("VEHICLE_NOT_FOUND")
    return [
        each
        for each in documents.of_vehicle(connection, vehicle_id)
        if is_keeper or (each.state is State.READY and may_read(each.kind, is_keeper=is_keeper, is_listed=is_listed))
    ]


def _with_form(services: Services, document: Document, at: datetime) -> NewDocumentView:
    form = services.photos.links.form(
        upload_key(Kind.DOCUMENT, document.vehicle_id, document.document_id),
        document.content_type,
        least=LEAST_BYTES,
        most=DOCUMENT_BYTES,
        at=at,
        expires_at=document.expires_at,
    )
    upload = form_view(form, least=LEAST_BYTES, most=DOCUMENT_BYTES, expires_at=document.expires_at)
    return {**document_view(document), "upload": upload}


def _standing(found: Document) -> Standing:
    return Standing(
        Kind.DOCUMENT, found.document_id, found.vehicle_id, found.state, found.content_type, found.expires_at
    )
