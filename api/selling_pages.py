"""The pages on which a seller lists a car: the VIN first, then everything else in one sitting; no scripts needed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import auctions, photos, vin_reports
from activities.db.auctions import Lot
from activities.db.listings import Listing
from activities.db.people import Person
from activities.db.photos import Photo
from api import listing_pictures, listings, schedules, vins
from api.account_forms import form_page
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.listing_forms import Slips, body_in, body_of, typed_in
from api.listing_views import etag, listing_view, plain
from api.listings import OWN, Asker, asker_of, owned, told_in
from api.paging import number_key
from api.problems import fail
from api.routes import about
from api.schedules import ScheduleBody
from api.security import Audience, Seller
from api.state import services_of
from api.views import auction_view
from domain.clock import CHICAGO, to_text, truncate
from domain.decoding import Answers, best
from domain.errors import DomainError
from domain.listings import YEARS_AHEAD, Particulars, changed, flaws, review_due
from domain.sellers import day_in_chicago
from domain.vin import Market, read_vin
from web import views
from web.listing_fields import FIELDS, LENGTHS, label_of, typed_of
from web.listing_fields import shown as in_words
from web.listing_views import Difference, EndListing, Missing, MyListings, NewListing, SellListing
from web.listing_words import DONE

HOME = "/sell"
ONE = f"{HOME}/{{vehicle_id}}"
SEE_OTHER = 303
PAGE = 24
LOTS = 10
LENGTH_WANTED = "Choose one of the lengths."
TIME_WANTED = "Choose a day and a time, or leave it empty to begin now."
IMPORTED = "The drafts are created. Add photos to each, and send it in."
CHECK_FIELDS = "Please check the fields that are marked; nothing was saved."
CHANGED_MEANWHILE = "Somebody has changed this listing meanwhile. Compare, then save again to keep what you have typed."
router = APIRouter(include_in_schema=False)
Line = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Known:
    """All that the page of one listing shows."""

    listing: Listing
    photos: list[Photo]
    lots: list[Lot]
    answers: Answers


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a form: as it was filled in, and what was wrong with it."""

    typed: Mapping[str, Any] | None = None
    slips: Mapping[str, str] = field(default_factory=dict)
    error: DomainError | None = None
    base: Particulars | None = None
    starts_at: str = ""


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SELLER, "INVALID_CURSOR"))
async def my_listings(request: Request, person: Seller, cursor: str | None = None, done: str = "") -> HTMLResponse:
    """A seller's listings, with what waits for them."""
    number_key(cursor)
    found = await listings.own_listings(request, person, PAGE, cursor)
    view = MyListings(frame(request, _notice(done)), found["items"], found["total"], found["next_cursor"])
    return HTMLResponse(services_of(request).pages.selling(view))


@router.get(f"{HOME}/new", response_class=HTMLResponse, **about(Audience.SELLER))
async def new_listing(request: Request, _: Seller, vin: str = "") -> HTMLResponse:
    """Asks for the VIN."""
    return HTMLResponse(services_of(request).pages.selling(NewListing(frame(request), vin[:40])))


@router.post(f"{HOME}/new", response_class=HTMLResponse, **about(Audience.SELLER, *vins.CODES))
async def look_up(request: Request, person: Seller, vin: Line = "", market: Line = "us") -> HTMLResponse:
    """Show what the decoders know of a VIN; where they know nothing, the listing is begun by hand."""
    try:
        body = vins.DecodeVinBody(vin=vin[: vins.LONGEST_TYPED], market=_market(market))
        decoded = await vins.decode_vin(request, Response(), person, body)
    except DomainError as error:
        return _new_page(request, vin, market, error)
    view = NewListing(frame(request), decoded["vin"], market, decoded)
    return HTMLResponse(services_of(request).pages.selling(view))


@router.post(HOME, response_class=HTMLResponse, **about(Audience.SELLER, "VIN_LISTED"))
async def begin(request: Request, person: Seller, vin: Line = "", market: Line = "us") -> Response:
    """Begin the draft, with what the decoders know filled in."""
    try:
        reading = read_vin(vin, _market(market), latest_year=day_in_chicago(now()).year + YEARS_AHEAD)
        found = best(await services_of(request).database.read(vin_reports.answers, reading.text))
        body = body_of(reading, reading.market, found.specification if found else None)
        made = await listings.begin(request, Response(), person, body)
    except DomainError as error:
        return _new_page(request, vin, market, error)
    return _home(made["id"], "begun")


@router.get(ONE, response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def one(request: Request, person: Seller, vehicle_id: Id, done: str = "") -> HTMLResponse:
    """One listing, all of it."""
    return await _page(request, vehicle_id, await asker_of(request, person), notice=_notice(done))


@router.post(ONE, response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def save(request: Request, person: Seller, vehicle_id: Id) -> Response:
    """Save what was typed, on the version that the form was filled from."""
    return await _write(request, person, vehicle_id, send_in=False)


@router.post(f"{ONE}/submit", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def send_in(request: Request, person: Seller, vehicle_id: Id) -> Response:
    """Save what was typed, and send it in for review."""
    return await _write(request, person, vehicle_id, send_in=True)


@router.post(f"{ONE}/schedule", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def schedule(
    request: Request, person: Seller, vehicle_id: Id, key: Line = "", starts_at: Line = "", length_days: Line = ""
) -> Response:
    """Put it into an auction. A form that is sent twice makes one."""
    asker = await asker_of(request, person)
    await services_of(request).database.read(owned, vehicle_id, asker)
    try:
        wanted = {"vehicle_id": vehicle_id, "starts_at": _start(starts_at), "length_days": _days(length_days)}
        body = ScheduleBody(**{name: value for name, value in wanted.items() if value is not None})
        await schedules.schedule(request, Response(), person, key or str(uuid.uuid4()), body)
    except DomainError as error:
        if error.code != "ID_REUSED":
            return await _page(request, vehicle_id, asker, Sent(error=_told_whole(error), starts_at=starts_at))
    return _home(vehicle_id, "scheduled", "#auction")


@router.get(f"{ONE}/withdraw", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def ask_to_withdraw(request: Request, person: Seller, vehicle_id: Id) -> HTMLResponse:
    """Ask once more before a listing is withdrawn."""
    return await _end_page(request, person, vehicle_id, "withdraw")


@router.post(f"{ONE}/withdraw", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def withdraw(request: Request, person: Seller, vehicle_id: Id) -> Response:
    """Take a listing back."""
    try:
        await listings.withdraw(request, Response(), person, vehicle_id)
    except DomainError as error:
        return await _end_page(request, person, vehicle_id, "withdraw", error)
    return _home(vehicle_id, "withdrawn")


@router.get(f"{ONE}/delete", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def ask_to_delete(request: Request, person: Seller, vehicle_id: Id) -> HTMLResponse:
    """Ask once more before a listing is deleted."""
    return await _end_page(request, person, vehicle_id, "delete")


@router.post(f"{ONE}/delete", response_class=HTMLResponse, **about(Audience.SELLER, *OWN))
async def delete(request: Request, person: Seller, vehicle_id: Id) -> Response:
    """Delete a listing."""
    try:
        await listings.remove(request, person, vehicle_id)
    except DomainError as error:
        return await _end_page(request, person, vehicle_id, "delete", error)
    return RedirectResponse(f"{HOME}?done=deleted", SEE_OTHER)


async def _write(request: Request, person: Person, vehicle_id: int, *, send_in: bool) -> Response:
    form, asker = await request.form(), await asker_of(request, person)
    found = await services_of(request).database.read(owned, vehicle_id, asker)
    typed, version = typed_in(form), form.get("version")
    tag = f'"{version}"' if isinstance(version, str) else None
    try:
        body = body_in(typed, found.told)
    except Slips as slips:
        return await _page(request, vehicle_id, asker, Sent(typed, slips.found))
    try:
        saved = await listings.write_listing(request, Response(), person, vehicle_id, body, tag)
        if send_in:
            await listings.submit(request, Response(), person, vehicle_id, etag(saved["version"]))
    except DomainError as error:
        base = told_in(body, now()) if error.code == "LISTING_CHANGED" else None
        return await _page(request, vehicle_id, asker, Sent(typed, _slips_of(error), error, base))
    return _home(vehicle_id, "sent" if send_in else "saved")


async def _page(
    request: Request, vehicle_id: int, asker: Asker, sent: Sent | None = None, notice: views.Notice | None = None
) -> HTMLResponse:
    sent = sent or Sent()
    services, moment = services_of(request), now()
    known = await services.database.read(_known, vehicle_id, asker)
    found, told = known.listing, known.listing.told
    ready, shown = listing_pictures.ready(known.photos), listing_view(found, known.answers)
    view = SellListing(
        frame(request, notice),
        shown,
        sent.typed or typed_of(told),
        str(uuid.uuid4()),
        [Missing(each.field, each.message) for each in flaws(told, ready, day_in_chicago(moment).year)],
        listing_pictures.photos_shown(services, known.photos),
        [auction_view(lot, moment) for lot in known.lots],
        shown["decoder"]["conflicts"],
        sent.slips,
        [] if sent.base is None else _differences(sent.base, told),
        None if found.submitted_at is None else review_due(found.submitted_at),
        _sentence(sent),
        sent.starts_at,
    )
    error = fail("INVALID_INPUT", CHECK_FIELDS) if sent.slips and sent.error is None else sent.error
    answer = form_page(services.pages.selling(view), error)
    answer.headers.update(listing_pictures.headers(services))
    return answer


def _known(connection: Connection, vehicle_id: int, asker: Asker) -> Known:
    found = owned(connection, vehicle_id, asker)
    return Known(
        found,
        photos.of_vehicle(connection, vehicle_id),
        auctions.lots_of_vehicle(connection, vehicle_id, limit=LOTS),
        vin_reports.answers(connection, found.told.vin),
    )


def _new_page(request: Request, vin: str, market: str, error: DomainError) -> HTMLResponse:
    data: Mapping[str, Any] = error.data
    view = NewListing(frame(request), vin, market, None, error.detail, data.get("suggestion"), data.get("vehicle_id"))
    return form_page(services_of(request).pages.selling(view), error)


async def _end_page(
    request: Request, person: Person, vehicle_id: int, verb: str, error: DomainError | None = None
) -> HTMLResponse:
    services = services_of(request)
    known = await services.database.read(_known, vehicle_id, await asker_of(request, person))
    detail = None if error is None else error.detail
    view = EndListing(frame(request), listing_view(known.listing, known.answers), verb, detail)
    return form_page(services.pages.selling(view), error)


def _differences(mine: Particulars, theirs: Particulars) -> list[Difference]:
    one, other = plain(mine), plain(theirs)
    names = [name for name in changed(mine, theirs) if name in FIELDS]
    return [Difference(label_of(name), in_words(name, one[name]), in_words(name, other[name])) for name in names]


def _slips_of(error: DomainError) -> dict[str, str]:
    """What an error says by field, as sentences."""
    told: Any = error.data.get("errors", ())
    return {each["field"]: f"{each['message'][:1].upper()}{each['message'][1:].removesuffix('.')}." for each in told}


def _sentence(sent: Sent) -> str | None:
    if sent.base is not None:
        return CHANGED_MEANWHILE
    if sent.error is not None:
        return sent.error.detail
    return CHECK_FIELDS if sent.slips else None


def _told_whole(error: DomainError) -> DomainError:
    """The error with what is wrong by field in its sentence: a form of three fields needs no marks."""
    wrong = " ".join(_slips_of(error).values())
    return fail(error.code, wrong) if wrong else error


def _start(text: str) -> str:
    """When an auction begins, for the API: as it was typed, in the market's own zone, or now."""
    if not text.strip():
        return to_text(now())
    try:
        return to_text(truncate(datetime.fromisoformat(text.strip()).replace(tzinfo=CHICAGO)))
    except (ValueError, OverflowError):
        raise fail("INVALID_INPUT", TIME_WANTED) from None


def _days(text: str) -> int | None:
    if not text:
        return None
    if text not in dict(LENGTHS):
        raise fail("INVALID_INPUT", LENGTH_WANTED)
    return int(text)


def _market(text: str) -> Market:
    if text not in {each.value for each in Market}:
        raise fail("INVALID_INPUT")
    return Market(text)


def _home(vehicle_id: int, done: str, place: str = "") -> RedirectResponse:
    return RedirectResponse(f"{HOME}/{vehicle_id}?done={done}{place}", SEE_OTHER)


def _notice(done: str) -> views.Notice | None:
    text = IMPORTED if done == "imported" else DONE.get(done)
    return None if text is None else views.Notice("success", text)
