"""Listings for their sellers: written with optimistic concurrency, sent in for review, withdrawn and deleted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response

from activities.db import audit, listings, schedules, vin_reports
from activities.db.audit import Deed, Source
from activities.db.listings import Listing
from activities.db.people import Person
from api import vins
from api.commands import acts_as_admin, has_fresh_proof
from api.database import now
from api.identifiers import Id
from api.listing_views import LISTING, SUBMITTED, ListingBody, ListingPage, ListingView, etag, listing_view
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.sources import source_of
from api.state import Services, services_of
from domain.chassis_numbers import held_number
from domain.errors import InvalidError
from domain.listings import OVER, WITHDRAWABLE, YEARS_AHEAD, Particulars, Status, Step
from domain.sellers import day_in_chicago
from domain.vin import VinError, read_vin
from workflows.listing_messages import StepAnswer, TakeStep

router = APIRouter(tags=["listings"])
PATH = "/api/vehicles/{vehicle_id}"
OWN = ("VEHICLE_NOT_FOUND", "NOT_YOUR_LISTING")
STALE = ("IF_MATCH_NEEDED", "LISTING_CHANGED")
STEPS = ("LISTING_STATUS", "LISTING_OVER", "LISTING_INCOMPLETE", "LISTING_UNAVAILABLE")
IfMatch = Annotated[str | None, Header(description='The ETag that was read, as `"3"`.')]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; `is_admin` where they act for the house, for whom every listing is open."""

    person: Person
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What was written of one vehicle, on the `version` that was read; its writer may be `proven` by a fresh proof."""

    asker: Asker
    told: Particulars = field(repr=False)
    at: datetime
    source: Source
    vehicle_id: int = 0
    version: int = 0
    proven: bool = False


@router.post(
    "/api/vehicles", status_code=201, **about(Audience.SELLER, "VIN_LISTED", example=dict(LISTING), success=201)
)
async def begin(request: Request, response: Response, person: Seller, body: ListingBody) -> ListingView:
    """Begin a listing as a draft: a VIN is enough, the rest may follow. Nobody else sees it."""
    services = services_of(request)
    moment = now()
    written = Written(await asker_of(request, person), told_in(body, moment), moment, source_of(request))
    try:
        found = await services.database.write(add, written)
    except IntegrityError:
        raise await _listed(request, person, written.told) from None
    await services.listings.follow(found.id)
    response.headers["location"] = f"/api/me/vehicles/{found.id}"
    return await _shown(services, response, found)


@router.get(
    "/api/me/vehicles",
    **about(Audience.SELLER, "INVALID_CURSOR", example={"items": [dict(LISTING)], "next_cursor": None, "total": 1}),
)
async def own_listings(request: Request, person: Seller, limit: Limit = 20, cursor: Cursor = None) -> ListingPage:
    """My listings, newest first, with what waits for me."""
    read = services_of(request).database.read
    found = await read(listings.of_seller, person.id, after_id=number_key(cursor), limit=limit + 1)
    total = await read(listings.count_of_seller, person.id)
    more = len(found) > limit
    return {
        "items": await read(views, found[:limit]),
        "next_cursor": str(found[limit - 1].id) if more else None,
        "total": total,
    }


@router.get("/api/me/vehicles/{vehicle_id}", **about(Audience.SELLER, *OWN, example=dict(LISTING)))
async def own_listing(request: Request, response: Response, person: Seller, vehicle_id: Id) -> ListingView:
    """One of my listings, with its working copy."""
    services, asker = services_of(request), await asker_of(request, person)
    return await _shown(services, response, await services.database.read(owned, vehicle_id, asker))


@router.put(
    PATH,
    **about(
        Audience.SELLER,
        *OWN,
        *STALE,
        "LISTING_OVER",
        "VIN_FIXED",
        "VIN_LISTED",
        "STEP_UP_REQUIRED",
        example=dict(LISTING),
    ),
)
async def write_listing(
    request: Request, response: Response, person: Seller, vehicle_id: Id, body: ListingBody, if_match: IfMatch = None
) -> ListingView:
    """Write the whole working copy. What the public sees stays until it is sent in and approved again.

    Once it was sent in, another reserve needs a fresh proof of who asks.
    """
    services, moment, asker = services_of(request), now(), await asker_of(request, person)
    version, proven = version_of(if_match), await has_fresh_proof(request)
    written = Written(asker, told_in(body, moment), moment, source_of(request), vehicle_id, version, proven)
    try:
        found = await services.database.write(write, written)
    except IntegrityError:
        raise await _listed(request, person, written.told) from None
    return await _shown(services, response, found)


@router.post(f"{PATH}/submit", **about(Audience.SELLER, *OWN, *STALE, *STEPS, example=dict(SUBMITTED)))
async def submit(
    request: Request, response: Response, person: Seller, vehicle_id: Id, if_match: IfMatch = None
) -> ListingView:
    """Send the working copy in, as its next version; an admin reads it within one business day.

    The decoders are asked for its VIN. It is sent in all the same where they are away: `decoder` says so, and they are
    asked again later.
    """
    services, asker = services_of(request), await asker_of(request, person)
    wish = TakeStep(Step.SUBMIT, version_of(if_match), person.id, {}, *source_of(request))
    raise_over(await services.database.read(owned, vehicle_id, asker))
    answer = await services.listings.take_step(vehicle_id, wish)
    found = await services.database.read(owned, vehicle_id, asker)
    raise_refusal(answer, found)
    await vins.ask_for(services, person.id, found.told)
    return await _shown(services, response, found)


@router.post(
    f"{PATH}/withdraw", **about(Audience.SELLER, *OWN, "LISTING_OVER", "LISTING_IN_AUCTION", example=dict(LISTING))
)
async def withdraw(request: Request, response: Response, person: Seller, vehicle_id: Id) -> ListingView:
    """Take the listing back for good; one that is in an auction goes through the auction first."""
    services, asker = services_of(request), await asker_of(request, person)
    found = await services.database.write(take_back, vehicle_id, asker, now(), source_of(request))
    await services.listings.tell(vehicle_id)
    return await _shown(services, response, found)


@router.delete(PATH, status_code=204, **about(Audience.SELLER, *OWN, "LISTING_IN_AUCTION", success=204))
async def remove(request: Request, person: Seller, vehicle_id: Id) -> None:
    """Delete a listing; where bids or orders hang on it, it is hidden and kept for them."""
    services, asker = services_of(request), await asker_of(request, person)
    await services.database.write(delete, vehicle_id, asker, now(), source_of(request))
    await services.listings.tell(vehicle_id)


async def asker_of(request: Request, person: Person) -> Asker:
    """Who asks. Raises SCOPE_MISSING for an admin whose bearer token may not act as one."""
    return Asker(person, await acts_as_admin(request, person))


def told_in(body: ListingBody, moment: datetime) -> Particulars:
    """What a body tells. Raises InvalidError for its VIN, with the field, the rule and what to look at."""
    try:
        latest_year = day_in_chicago(moment).year + YEARS_AHEAD
        return body.told(read_vin(body.vin, body.market, latest_year=latest_year).text)
    except VinError as error:
        errors = [{"field": "vin", "rule": error.code, "message": error.detail}]
        raise InvalidError("INVALID_INPUT", error.detail, errors=errors, **error.data) from None


def version_of(if_match: str | None) -> int:
    """The version that an If-Match names. Raises IF_MATCH_NEEDED, or LISTING_CHANGED for what is no tag of ours."""
    if if_match is None:
        errors = [{"field": "If-Match", "rule": "required", "message": "send the ETag that you have read"}]
        raise fail("IF_MATCH_NEEDED", errors=errors)
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < len("1000000000")):
        raise fail("LISTING_CHANGED")
    return int(text)


def owned(connection: Connection, vehicle_id: int, asker: Asker, *, lock: bool = False) -> Listing:
    """A listing of this seller, or any for an admin. Raises VEHICLE_NOT_FOUND, or NOT_YOUR_LISTING for a public one."""
    found = listings.listing(connection, vehicle_id, lock=lock)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    if not asker.is_admin and found.seller_id != asker.person.id:
        raise fail("VEHICLE_NOT_FOUND" if found.listed_at is None else "NOT_YOUR_LISTING")
    return found


def views(connection: Connection, found: Sequence[Listing]) -> list[ListingView]:
    """Listings as their sellers and the admins see them, with what the decoders say of all, in one query."""
    answers = vin_reports.answers_of(connection, [each.told.vin for each in found])
    return [listing_view(each, answers[each.told.vin]) for each in found]


def add(connection: Connection, written: Written) -> Listing:
    """Begin a listing with its deed."""
    vehicle_id = listings.add(connection, written.asker.person.id, written.told, written.at)
    _note(connection, written.asker, "listing_begun", vehicle_id, written.at, written.source, version=1)
    return owned(connection, vehicle_id, written.asker)


def write(connection: Connection, written: Written) -> Listing:
    """Write a working copy with its deed; the same again writes nothing. Raises the refusals of its route."""
    found = owned(connection, written.vehicle_id, written.asker, lock=True)
    if found.told == written.told:
        return found
    if found.version != written.version:
        raise fail("LISTING_CHANGED", version=found.version)
    raise_over(found)
    if found.public is not None and found.public.vin != written.told.vin:
        raise fail("VIN_FIXED")
    is_other = found.told.reserve_cents != written.told.reserve_cents
    if is_other and found.submitted_at is not None and not written.proven:
        raise fail("STEP_UP_REQUIRED", step_up="/auth/step-up")
    version = listings.save(connection, found, written.told, written.at)
    _note(connection, written.asker, "listing_written", found.id, written.at, written.source, version=version)
    return owned(connection, found.id, written.asker)


def take_back(connection: Connection, vehicle_id: int, asker: Asker, at: datetime, source: Source) -> Listing:
    """Withdraw with its deed; done twice, it is done once."""
    found = owned(connection, vehicle_id, asker, lock=True)
    if found.status is Status.WITHDRAWN:
        return found
    if schedules.open_auction(connection, vehicle_id) is not None:
        raise fail("LISTING_IN_AUCTION")
    if found.status not in WITHDRAWABLE:
        raise fail("LISTING_OVER", status=found.status.value)
    listings.withdraw(connection, found, at)
    _note(connection, asker, "listing_withdrawn", vehicle_id, at, source, version=found.version)
    return owned(connection, vehicle_id, asker)


def delete(connection: Connection, vehicle_id: int, asker: Asker, at: datetime, source: Source) -> None:
    """Delete or hide with its deed."""
    found = owned(connection, vehicle_id, asker, lock=True)
    if schedules.open_auction(connection, vehicle_id) is not None:
        raise fail("LISTING_IN_AUCTION")
    for_good = listings.remove(connection, found, at)
    action = "listing_deleted" if for_good else "listing_hidden"
    _note(connection, asker, action, vehicle_id, at, source, version=found.version)


def raise_over(found: Listing) -> None:
    """Raise LISTING_OVER where nothing can be done with it any more."""
    if found.status in OVER:
        raise fail("LISTING_OVER", status=found.status.value)


def raise_refusal(answer: StepAnswer, found: Listing) -> None:
    """Raise what a step was refused with."""
    if answer.code == "INCOMPLETE":
        errors = [{"field": name, "rule": rule, "message": words} for name, rule, words in answer.missing]
        raise fail("LISTING_INCOMPLETE", errors=errors)
    if answer.code:
        raise fail(answer.code, status=found.status.value, review=found.review.value, version=found.version)


def _note(
    connection: Connection, asker: Asker, action: str, vehicle_id: int, at: datetime, source: Source, *, version: int
) -> None:
    detail = {"vehicle_id": vehicle_id, "version": version}
    audit.note(connection, Deed(at, asker.person.id, action, f"vehicle {vehicle_id}", detail, *source))


async def _listed(request: Request, person: Person, told: Particulars) -> Exception:
    """VIN_LISTED, with the listing where it is the person's own."""
    read, number = services_of(request).database.read, held_number(told)
    other = None if number is None else await read(listings.open_with_number, number)
    own = None if other is None else await read(listings.listing, other)
    return fail("VIN_LISTED", vehicle_id=other if own is not None and own.seller_id == person.id else None)


async def _shown(services: Services, response: Response, found: Listing) -> ListingView:
    response.headers["etag"] = etag(found.version)
    return (await services.database.read(views, [found]))[0]
