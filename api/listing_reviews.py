"""Listings as an admin reviews them: the queue, one working copy beside what the public sees, and the decision."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import listings
from activities.db.listings import Listing
from activities.db.people import Person
from api.commands import OneLine
from api.identifiers import Id
from api.listing_views import LISTING, SUBMITTED, ListingPage, ListingView
from api.listings import raise_over, raise_refusal, views
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience
from api.sources import source_of
from api.staff_reads import note_read
from api.state import services_of
from domain.listings import NAMES, Review, Step
from workflows.listing_messages import TakeStep

router = APIRouter(prefix="/api/admin/listings", tags=["listings"])
CODES = (
    "VEHICLE_NOT_FOUND",
    "OWN_LISTING",
    "LISTING_CHANGED",
    "LISTING_STATUS",
    "LISTING_OVER",
    "LISTING_UNAVAILABLE",
)
FIELDS = frozenset({*NAMES, "photos", "documents", "listing"})
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500), OneLine]


class ApprovalBody(BaseModel):
    """The `version` that was read: one that changed since is not approved."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 3}]})

    version: Annotated[int, Field(ge=1)]


class FindingsBody(ApprovalBody):
    """The version that was read, and a sentence for each field that is wrong; `listing` is for the whole."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"version": 3, "notes": {"mileage": "The photo shows 61,000 miles."}}]},
    )

    notes: Annotated[dict[str, Words], Field(min_length=1, max_length=len(FIELDS))]


@router.get(
    "",
    **about(Audience.ADMIN, "INVALID_CURSOR", example={"items": [dict(SUBMITTED)], "next_cursor": None, "total": 1}),
)
async def queue(
    request: Request,
    person: Admin,
    review: Annotated[Review, Query()] = Review.SUBMITTED,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ListingPage:
    """Listings whose working copy stands so, those that came first to begin with."""
    await note_read(request, person, "listings", "listings", review=review.value)
    read = services_of(request).database.read
    found = await read(listings.in_review, review, after_id=number_key(cursor), limit=limit + 1)
    total = await read(listings.count_in_review, review)
    return {
        "items": await read(views, found[:limit]),
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
        "total": total,
    }


@router.get("/{vehicle_id}", **about(Audience.ADMIN, "VEHICLE_NOT_FOUND", example=dict(SUBMITTED)))
async def one(request: Request, person: Admin, vehicle_id: Id) -> ListingView:
    """One listing: its working copy, what the public sees, and what differs."""
    await note_read(request, person, "listing", f"vehicle {vehicle_id}")
    return (await services_of(request).database.read(_views, vehicle_id))[0]


@router.post(
    "/{vehicle_id}/approve",
    **about(Audience.ADMIN, *CODES, "LISTING_INCOMPLETE", "LOT_NOT_HELD", example={**LISTING, "status": "approved"}),
)
async def approve(request: Request, person: Admin, vehicle_id: Id, body: ApprovalBody) -> ListingView:
    """Let the public see the working copy. Where bids stand on what changes, the lot is held and its bidders asked."""
    return await _decided(request, person, vehicle_id, TakeStep(Step.APPROVE, body.version, person.id))


@router.post("/{vehicle_id}/request-changes", **about(Audience.ADMIN, *CODES, example=dict(LISTING)))
async def request_changes(request: Request, person: Admin, vehicle_id: Id, body: FindingsBody) -> ListingView:
    """Ask the seller to change something, with a sentence for each field."""
    wish = TakeStep(Step.REQUEST_CHANGES, body.version, person.id, checked(body.notes))
    return await _decided(request, person, vehicle_id, wish)


@router.post("/{vehicle_id}/reject", **about(Audience.ADMIN, *CODES, example=dict(LISTING)))
async def reject(request: Request, person: Admin, vehicle_id: Id, body: FindingsBody) -> ListingView:
    """Turn the working copy down, with reasons by field; the seller may write it anew."""
    wish = TakeStep(Step.REJECT, body.version, person.id, checked(body.notes))
    return await _decided(request, person, vehicle_id, wish)


def checked(notes: dict[str, str]) -> dict[str, str]:
    """The findings, if each is about a field of a listing. Raises INVALID_INPUT."""
    strange = [name for name in notes if name not in FIELDS]
    if strange:
        errors = [
            {"field": f"notes.{name}", "rule": "known_field", "message": "is no field of a listing"} for name in strange
        ]
        raise fail("INVALID_INPUT", errors=errors)
    return notes


async def _decided(request: Request, person: Person, vehicle_id: int, wish: TakeStep) -> ListingView:
    services = services_of(request)
    await services.database.read(_reviewable, vehicle_id, person)
    request_id, address = source_of(request)
    asked = TakeStep(wish.step, wish.version, person.id, wish.notes, request_id, address)
    answer = await services.listings.take_step(vehicle_id, asked)
    raise_refusal(answer, await services.database.read(_found, vehicle_id))
    return (await services.database.read(_views, vehicle_id))[0]


def _reviewable(connection: Connection, vehicle_id: int, person: Person) -> None:
    """Raise what keeps this admin from deciding on the listing."""
    found = _found(connection, vehicle_id)
    if found.seller_id == person.id:
        raise fail("OWN_LISTING")
    raise_over(found)


def _views(connection: Connection, vehicle_id: int) -> list[ListingView]:
    return views(connection, [_found(connection, vehicle_id)])


def _found(connection: Connection, vehicle_id: int) -> Listing:
    found = listings.listing(connection, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    return found
