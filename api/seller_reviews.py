"""Sellers as an admin reviews them: the queue, one profile, and the decisions with their reasons."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from temporalio.service import RPCError

from activities.db import audit, notifications, seller_documents, sellers
from activities.db.audit import Deed, Source
from activities.db.notifications import NewNotice
from activities.db.people import Person
from activities.db.seller_documents import SellerDocument
from activities.db.sellers import VERSION_LENGTH, Seller
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience
from api.seller_views import REVIEWED, ReviewedSellerView, SellerPage, audited, reviewed_view, shown
from api.sources import source_of
from api.staff_reads import note_read
from api.state import Services, services_of
from domain.notices import NoticeKind
from domain.sellers import SellerStatus, Step, after, day_in_chicago, twelve_months_before

WATCH_S = 5.0
SELL_PATH = "/sell"
SELLER_PATH = "/account/seller"
VERBS: Mapping[Step, str] = MappingProxyType(
    {Step.APPROVE: "seller_approved", Step.REJECT: "seller_rejected", Step.SUSPEND: "seller_suspended"}
)
CODES = ("SELLER_NOT_FOUND", "SELLER_STATUS")
BOUND = (*CODES, "SELLER_CHANGED")
log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api/admin/sellers", tags=["sellers"])


class SuspendBody(BaseModel):
    """Why; the seller reads it. No `version`: whoever keeps editing is not safe from it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Three buyers complained."}]})

    reason: Reason


class ReviewBody(BaseModel):
    """Why, which the seller reads, and the `version` of the profile that was read. One that changed since is not
    decided on: read it again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"version": REVIEWED["version"], "reason": "The licence was found in the state's register."}]
        },
    )

    version: Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{VERSION_LENGTH}}}$")]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Page:
    """Sellers, how many there are in all, and by their ids the vehicles that count against a private seller's limit
    and their documents."""

    found: list[Seller]
    total: int
    vehicles: Mapping[int, int]
    documents: Mapping[int, Sequence[SellerDocument]]


@dataclass(frozen=True, slots=True)
class Review:
    """One admin's decision on one seller, whose profile they read as `version`; None where that does not matter."""

    user_id: int
    version: str | None
    step: Step
    reason: str
    by: Person
    at: datetime
    source: Source
    public_url: str


@router.get(
    "",
    **about(Audience.ADMIN, "INVALID_CURSOR", example={"items": [dict(REVIEWED)], "next_cursor": None, "total": 1}),
)
async def list_sellers(
    request: Request,
    person: Admin,
    status: Annotated[SellerStatus | None, Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SellerPage:
    """Sellers by id; `status=submitted` are those who wait for a review, `lapsed` those whose licence has run out."""
    services, moment, after_id = services_of(request), now(), number_key(cursor)
    await note_read(request, person, "sellers", "sellers", status=status)
    page = await services.database.read(page_and_total, status, moment, after_id, limit + 1)
    items = [
        reviewed_view(each, page.vehicles[each.user_id], page.documents[each.user_id], services.sealer, moment)
        for each in page.found[:limit]
    ]
    return {
        "items": items,
        "next_cursor": str(page.found[limit - 1].user_id) if len(page.found) > limit else None,
        "total": page.total,
    }


@router.get("/{user_id}", **about(Audience.ADMIN, "SELLER_NOT_FOUND", example=dict(REVIEWED)))
async def one_seller(request: Request, person: Admin, user_id: Id) -> ReviewedSellerView:
    """One seller's profile."""
    await note_read(request, person, "seller", f"seller {user_id}")
    return await _view(request, user_id)


@router.post("/{user_id}/approve", **about(Audience.ADMIN, *BOUND, "SELLER_INCOMPLETE", example=dict(REVIEWED)))
async def approve(request: Request, person: Admin, user_id: Id, body: ReviewBody) -> ReviewedSellerView:
    """Approve a profile, or lift a suspension. The person becomes a seller and may bid as before."""
    return await _reviewed(request, person, user_id, Step.APPROVE, body.reason, body.version)


@router.post(
    "/{user_id}/reject", **about(Audience.ADMIN, *BOUND, example={**REVIEWED, "status": "rejected", "licence": None})
)
async def reject(request: Request, person: Admin, user_id: Id, body: ReviewBody) -> ReviewedSellerView:
    """Send a profile back to be corrected."""
    return await _reviewed(request, person, user_id, Step.REJECT, body.reason, body.version)


@router.post("/{user_id}/suspend", **about(Audience.ADMIN, *CODES, example={**REVIEWED, "status": "suspended"}))
async def suspend(request: Request, person: Admin, user_id: Id, body: SuspendBody) -> ReviewedSellerView:
    """Stop a seller's new listings; auctions that run go on."""
    return await _reviewed(request, person, user_id, Step.SUSPEND, body.reason)


def page_and_total(
    connection: Connection, status: SellerStatus | None, moment: datetime, after_id: int | None, limit: int
) -> Page:
    """A page of sellers, and what is shown of each."""
    today = day_in_chicago(moment)
    found = sellers.seller_page(connection, status, today, after_id=after_id, limit=limit)
    ids = [each.user_id for each in found]
    vehicles = sellers.vehicle_counts(connection, ids, twelve_months_before(today))
    documents = seller_documents.of_sellers(connection, ids)
    return Page(found, sellers.count_sellers(connection, status, today), vehicles, documents)


def decide(connection: Connection, review: Review) -> str | None:
    """Carry a decision out, with its deed and its mail, and return the mail's outbox id.

    One's own decision that stands already is left as it is, and told nobody again. Raises the refusals of `BOUND`,
    or SELLER_INCOMPLETE; nobody decides on what they have not read.
    """
    sellers.lock_seller(connection, review.user_id)
    before = sellers.seller(connection, review.user_id)
    if before is None:
        raise fail("SELLER_NOT_FOUND")
    today = day_in_chicago(review.at)
    standing = before.profile.standing(today)
    decided = after(standing, review.step)
    unread = review.version not in {None, before.version}
    stands = decided is None and standing is after(SellerStatus.SUBMITTED, review.step)
    if stands and (before.reviewed_by == review.by.id or not unread):
        return None
    if unread:
        raise fail("SELLER_CHANGED", seller_status=standing.value, reviewed_by=before.reviewed_by)
    if decided is None:
        raise fail("SELLER_STATUS", seller_status=standing.value)
    missing = before.profile.missing(today)
    if missing and review.step is Step.APPROVE:
        raise fail("SELLER_INCOMPLETE", missing=list(missing))
    sellers.decide(connection, review.user_id, decided, reason=review.reason, by=review.by.id, now=review.at)
    _note(connection, review, before)
    return _tell(connection, review, before)


def _note(connection: Connection, review: Review, before: Seller) -> None:
    facts = {"before": audited(before), "after": audited(sellers.seller(connection, review.user_id))}
    subject, detail = f"user {review.user_id}", {**facts, "reason": review.reason, "version": review.version}
    audit.note(connection, Deed(review.at, review.by.id, VERBS[review.step], subject, detail, *review.source))


def _tell(connection: Connection, review: Review, seller: Seller) -> str | None:
    """Write the mail that tells of an approval or a rejection into the outbox."""
    values: Mapping[str, Any]
    names = {"name": seller.name, "business_name": seller.profile.business_name}
    key = f"{VERBS[review.step]}:{review.user_id}:{review.source.request_id}"
    match review.step:
        case Step.APPROVE:
            kind, values = NoticeKind.SELLER_APPROVED, {**names, "sell_link": review.public_url + SELL_PATH}
        case Step.REJECT:
            kind = NoticeKind.SELLER_REJECTED
            values = {**names, "seller_link": review.public_url + SELLER_PATH, "reasons": [review.reason]}
        case _:
            return None
    return notifications.enqueue(connection, NewNotice(review.user_id, kind, seller.email, values, key), review.at)


async def _reviewed(
    request: Request, person: Person, user_id: int, step: Step, reason: str, version: str | None = None
) -> ReviewedSellerView:
    services = services_of(request)
    public_url = services.settings.public_url
    review = Review(user_id, version, step, reason, person, now(), source_of(request), public_url)
    services.ways_in.post.send(await services.database.write(decide, review))
    view = await _view(request, user_id)
    if step is Step.APPROVE and view["licence"] is not None:
        await _watch(services, user_id, date.fromisoformat(view["licence"]["expires_on"]))
    return view


async def _watch(services: Services, user_id: int, expires_on: date) -> None:
    """Have the licence watched. Where that cannot be done now, a repeated approval does it; listing needs it not."""
    try:
        await asyncio.wait_for(services.selling.watch.licence(user_id, expires_on), WATCH_S)
    except (RPCError, RuntimeError, TimeoutError) as error:
        log.warning("licence_not_watched", user_id=user_id, error=type(error).__name__)


async def _view(request: Request, user_id: int) -> ReviewedSellerView:
    services, moment = services_of(request), now()
    found = await services.database.read(_one, user_id, moment)
    if found is None:
        raise fail("SELLER_NOT_FOUND")
    return reviewed_view(*found, services.sealer, moment)


def _one(connection: Connection, user_id: int, moment: datetime) -> tuple[Seller, int, Sequence[SellerDocument]] | None:
    found = shown(connection, user_id, moment)
    return None if found.seller is None else (found.seller, found.vehicles, found.documents)
