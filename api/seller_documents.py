"""The papers of a dealer's licence: sent by their seller, and read by them and the staff alone, by short links."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import audit, seller_documents, sellers, uploads
from activities.db.audit import Deed, Source
from activities.db.seller_documents import SellerDocument
from api.database import now
from api.identifiers import Id
from api.photo_views import FORM_EXAMPLE, LINK_EXAMPLE, DocumentLink, form_view
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser, Staff
from api.seller_views import DOCUMENT, NewSellerDocumentView, SellerDocumentView, document_view
from api.sellers import owner
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
    MOST_LICENCES,
    SUFFIXES,
    Kind,
    State,
    document_key,
    upload_key,
)
from domain.sellers import SellerStatus

PATH = "/api/me/seller/documents"
ONE = f"{PATH}/{{document_id}}"
# The review of a profile goes, or went, by its papers.
REVIEWED_BY = frozenset({SellerStatus.SUBMITTED, SellerStatus.APPROVED})
CODES = ("DOCUMENT_NOT_FOUND", "PHOTOS_UNAVAILABLE")
router = APIRouter(tags=["sellers"])


class SellerDocumentBody(BaseModel):
    """A licence to be uploaded as a PDF or a picture."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"content_type": "application/pdf"}]})

    content_type: Annotated[str, StringConstraints(pattern=f"^({'|'.join(DOCUMENT_TYPES)})$")]


@router.post(
    PATH,
    status_code=201,
    **about(
        Audience.BROWSER,
        "SELLER_NOT_FOUND",
        "SELLER_SUSPENDED",
        "TOO_MANY_DOCUMENTS",
        "PHOTOS_UNAVAILABLE",
        example={**DOCUMENT, "state": "awaiting", "bytes": None, "upload": FORM_EXAMPLE},
        success=201,
    ),
)
async def add_document(request: Request, identity: Browser, body: SellerDocumentBody) -> NewSellerDocumentView:
    """An upload form for my licence. What never comes is forgotten an hour later."""
    services, at, user_id = services_of(request), now(), owner(identity)
    new = SellerDocument(str(uuid.uuid4()), user_id, State.AWAITING, body.content_type, None, None, at, at + FORM_LIFE)
    await services.database.write(add, new)
    await services.photos.door.begin([new.standing])
    return _with_form(services, new, at)


@router.get(ONE, **about(Audience.BROWSER, *CODES, "DOCUMENT_NOT_READY", example=LINK_EXAMPLE))
async def read_document(request: Request, identity: Browser, document_id: str) -> DocumentLink:
    """A link to my licence that is good for five minutes, and that a browser saves as a file."""
    services, user_id = services_of(request), owner(identity)
    return _link(services, await services.database.read(readable, user_id, document_id))


@router.post(
    f"{ONE}/uploaded",
    status_code=202,
    **about(Audience.BROWSER, *CODES, example={**DOCUMENT, "state": "checking", "bytes": None}, success=202),
)
async def document_uploaded(request: Request, identity: Browser, document_id: str) -> SellerDocumentView:
    """Say that the file was sent, to have it checked now."""
    services, user_id = services_of(request), owner(identity)
    found = await services.database.read(own, user_id, document_id)
    if found.state is State.AWAITING:
        await services.photos.door.uploaded(found.standing)
    return document_view(await services.database.read(own, user_id, document_id))


@router.delete(ONE, status_code=204, **about(Audience.BROWSER, "DOCUMENT_NOT_FOUND", "PHOTO_KEPT", success=204))
async def remove_document(request: Request, identity: Browser, document_id: str) -> None:
    """Remove a licence that no review goes by: nobody reads it from now on, and what is stored of it goes."""
    services, user_id = services_of(request), owner(identity)
    removed = await services.database.write(remove, user_id, document_id, now(), source_of(request))
    await services.photos.door.removed(removed.standing)


@router.get(
    "/api/admin/sellers/{user_id}/documents/{document_id}",
    **about(Audience.STAFF, *CODES, "DOCUMENT_NOT_READY", example=LINK_EXAMPLE),
)
async def read_for_review(request: Request, person: Staff, user_id: Id, document_id: str) -> DocumentLink:
    """A link to a seller's licence that is good for five minutes; who looked is written down."""
    services = services_of(request)
    found = await services.database.read(readable, user_id, document_id)
    await note_read(request, person, "seller_document", f"seller {user_id}", document_id=document_id)
    return _link(services, found)


def add(connection: Connection, new: SellerDocument) -> None:
    """Await an upload. Raises SELLER_NOT_FOUND, SELLER_SUSPENDED, TOO_MANY_DOCUMENTS."""
    sellers.lock_seller(connection, new.seller_id)
    found = sellers.seller(connection, new.seller_id)
    if found is None:
        raise fail("SELLER_NOT_FOUND")
    if found.profile.status is SellerStatus.SUSPENDED:
        raise fail("SELLER_SUSPENDED")
    known = seller_documents.of_sellers(connection, [new.seller_id])[new.seller_id]
    if len([each for each in known if each.state is not State.REFUSED]) >= MOST_LICENCES:
        raise fail("TOO_MANY_DOCUMENTS", "A seller has at most `limit` documents.", limit=MOST_LICENCES)
    seller_documents.add(connection, new)


def own(connection: Connection, user_id: int, document_id: str) -> SellerDocument:
    """A document of a seller's. Raises DOCUMENT_NOT_FOUND."""
    found = seller_documents.find(connection, user_id, document_id)
    if found is None:
        raise fail("DOCUMENT_NOT_FOUND")
    return found


def readable(connection: Connection, user_id: int, document_id: str) -> SellerDocument:
    """A document of a seller's that was checked. Raises DOCUMENT_NOT_FOUND, DOCUMENT_NOT_READY."""
    found = own(connection, user_id, document_id)
    if found.state is not State.READY:
        raise fail("DOCUMENT_NOT_READY", state=found.state.value)
    return found


def remove(connection: Connection, user_id: int, document_id: str, at: datetime, source: Source) -> SellerDocument:
    """Mark a document as removed, with its deed. Raises DOCUMENT_NOT_FOUND, PHOTO_KEPT."""
    sellers.lock_seller(connection, user_id)
    found = own(connection, user_id, document_id)
    if found.state is State.READY and sellers.profile(connection, user_id).status in REVIEWED_BY:
        raise fail("PHOTO_KEPT", "The review of your profile goes by this document; it stays.")
    uploads.remove(connection, Kind.LICENCE, document_id, at)
    facts = {"document_id": document_id}
    audit.note(connection, Deed(at, user_id, "seller_document_removed", f"seller {user_id}", facts, *source))
    return replace(found, state=State.REMOVED)


def _link(services: Services, found: SellerDocument) -> DocumentLink:
    at = now()
    name = f"seller-{found.seller_id}-licence.{SUFFIXES[found.content_type]}"
    url = services.photos.links.link(
        document_key(found.seller_id, found.document_id, found.content_type, Kind.LICENCE),
        at,
        LINK_LIFE,
        content_disposition=f'attachment; filename="{name}"',
        content_type=found.content_type,
        cache_control="private, no-store",
    )
    return {"url": url, "expires_at": to_text(at + LINK_LIFE)}


def _with_form(services: Services, new: SellerDocument, at: datetime) -> NewSellerDocumentView:
    key = upload_key(Kind.LICENCE, new.seller_id, new.document_id)
    form = services.photos.links.form(
        key, new.content_type, least=LEAST_BYTES, most=DOCUMENT_BYTES, at=at, expires_at=new.expires_at
    )
    upload = form_view(form, least=LEAST_BYTES, most=DOCUMENT_BYTES, expires_at=new.expires_at)
    return {**document_view(new), "upload": upload}
