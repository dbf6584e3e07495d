"""The pages on which the staff reviews listings, beside what the decoders know, and reads held questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import documents, listings, people, photos, vin_reports
from activities.db.documents import Document
from activities.db.listings import Listing
from activities.db.people import Person
from activities.db.photos import Photo
from api import documents as document_doors
from api import listing_pictures, listing_reviews, questions
from api.account_forms import form_page
from api.commands import Reason
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.listing_reviews import FIELDS, ApprovalBody, FindingsBody, Words
from api.listing_views import ListingView
from api.paging import number_key
from api.problems import fail
from api.questions import JudgementBody
from api.routes import about
from api.security import Admin, Audience, Staff, has_stepped_up
from api.state import services_of
from api.vin_views import DecodedVinView, decoded_view
from domain.clock import from_text
from domain.decoding import Answers
from domain.errors import DomainError
from domain.listing_checks import claimed
from domain.listings import Particulars, Review, review_due
from domain.questions import Part
from domain.vin import VinError, read_vin
from web import views
from web.formats import span
from web.listing_views import HeldQuestions, ReviewListing, ReviewQueue, Waiting
from web.listing_words import REVIEWED

LISTINGS, QUESTIONS = "/admin/listings", "/admin/questions"
ONE = f"{LISTINGS}/{{vehicle_id}}"
NOTE = "note."
PAGE = 24
SEE_OTHER = 303
MILLISECONDS = 1_000
WHY_WANTED = "Write a sentence beside each field that is wrong, or for the whole listing."
SHOWN = "The text is shown."
REFUSED = "The text is held back for good; its writer reads your reason."
REASON_WANTED = "Give a reason; the writer of the text reads it."
router = APIRouter(include_in_schema=False)
Line = Annotated[str, Form(max_length=500)]
Number = Annotated[int, Form(ge=1)]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a listing on the page of its review."""

    told: Particulars
    seller: str
    is_own: bool
    answers: Answers
    photos: list[Photo]
    documents: list[Document]


@router.get(LISTINGS, response_class=HTMLResponse, **about(Audience.ADMIN, "INVALID_CURSOR"))
async def queue(
    request: Request,
    person: Admin,
    review: Annotated[Review, Query()] = Review.SUBMITTED,
    cursor: str | None = None,
    done: str = "",
) -> HTMLResponse:
    """What waits for review, with its age and the time that was promised."""
    number_key(cursor)
    found, moment = await listing_reviews.queue(request, person, review, PAGE, cursor), now()
    text = REVIEWED.get(done)
    notice = None if text is None else views.Notice("success", text)
    view = ReviewQueue(
        frame(request, notice),
        [_waiting(each, moment) for each in found["items"]],
        found["total"],
        review.value,
        found["next_cursor"],
    )
    return HTMLResponse(services_of(request).pages.selling(view))


@router.get(ONE, response_class=HTMLResponse, **about(Audience.ADMIN, "VEHICLE_NOT_FOUND"))
async def one(request: Request, person: Admin, vehicle_id: Id) -> HTMLResponse:
    """One listing beside what the public sees and what the decoders know."""
    return await _page(request, person, vehicle_id)


@router.get(
    f"{ONE}/documents/{{document_id}}",
    response_class=RedirectResponse,
    **about(Audience.ADMIN, "VEHICLE_NOT_FOUND", "DOCUMENT_NOT_FOUND"),
)
async def document(request: Request, person: Admin, vehicle_id: Id, document_id: str) -> Response:
    """Lead to a document by a link that is good for minutes."""
    link = await document_doors.read_document(request, person, vehicle_id, document_id)
    return RedirectResponse(link["url"], SEE_OTHER)


@router.post(f"{ONE}/approve", response_class=HTMLResponse, **about(Audience.ADMIN, *listing_reviews.CODES))
async def approve(request: Request, person: Admin, vehicle_id: Id, version: Number = 1) -> Response:
    """Let the public see the version that was read."""
    try:
        await listing_reviews.approve(request, person, vehicle_id, ApprovalBody(version=version))
    except DomainError as error:
        return await _page(request, person, vehicle_id, error=error)
    return _done("approve")


@router.post(f"{ONE}/request-changes", response_class=HTMLResponse, **about(Audience.ADMIN, *listing_reviews.CODES))
async def request_changes(request: Request, person: Admin, vehicle_id: Id, version: Number = 1) -> Response:
    """Ask for changes, a sentence for each field."""
    notes = await _notes(request)
    try:
        await listing_reviews.request_changes(request, person, vehicle_id, _findings(version, notes))
    except DomainError as error:
        return await _page(request, person, vehicle_id, notes, error)
    return _done("request-changes")


@router.post(f"{ONE}/reject", response_class=HTMLResponse, **about(Audience.ADMIN, *listing_reviews.CODES))
async def reject(request: Request, person: Admin, vehicle_id: Id, version: Number = 1) -> Response:
    """Turn it down, a reason for each field."""
    notes = await _notes(request)
    try:
        await listing_reviews.reject(request, person, vehicle_id, _findings(version, notes))
    except DomainError as error:
        return await _page(request, person, vehicle_id, notes, error)
    return _done("reject")


@router.get(QUESTIONS, response_class=HTMLResponse, **about(Audience.STAFF, "INVALID_CURSOR"))
async def held_questions(request: Request, person: Staff, cursor: str | None = None, done: str = "") -> HTMLResponse:
    """Questions and answers that somebody has to read before they are shown."""
    text = {"shown": SHOWN, "refused": REFUSED}.get(done)
    notice = None if text is None else views.Notice("success", text)
    return await _questions(request, person, cursor=cursor, notice=notice)


@router.post(
    f"{QUESTIONS}/{{question_id}}/judge",
    response_class=HTMLResponse,
    **about(Audience.STAFF, "QUESTION_NOT_FOUND"),
)
async def judge(
    request: Request, person: Staff, question_id: Id, part: Line = "", verdict: Line = "", reason: Line = ""
) -> Response:
    """Show a text, or hold it back for good."""
    is_shown = verdict == "show"
    try:
        why = TypeAdapter(Reason).validate_python(reason or ("Read and found in order." if is_shown else ""))
        body = JudgementBody(part=Part(part), show=is_shown, reason=why)
        await questions.judge(request, person, question_id, body)
    except (ValidationError, ValueError):
        return await _questions(request, person, error=fail("INVALID_INPUT", REASON_WANTED))
    except DomainError as error:
        return await _questions(request, person, error=error)
    return RedirectResponse(f"{QUESTIONS}?done={'shown' if is_shown else 'refused'}", SEE_OTHER)


async def _page(
    request: Request,
    person: Person,
    vehicle_id: int,
    notes: Mapping[str, str] | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    services = services_of(request)
    listing = await listing_reviews.one(request, person, vehicle_id)
    beside = await services.database.read(_beside, vehicle_id, person)
    view = ReviewListing(
        frame(request),
        listing,
        beside.seller,
        has_stepped_up(request.state.identity, now()),
        beside.is_own,
        _decoded(beside),
        listing["decoder"]["conflicts"],
        listing_pictures.photos_shown(services, beside.photos),
        listing_pictures.documents_shown(beside.documents),
        notes or {},
        _due(listing),
        None if error is None else error.detail,
    )
    answer = form_page(services.pages.selling(view), error)
    answer.headers.update(listing_pictures.headers(services))
    return answer


async def _questions(
    request: Request,
    person: Person,
    *,
    cursor: str | None = None,
    notice: views.Notice | None = None,
    error: DomainError | None = None,
) -> HTMLResponse:
    number_key(cursor)
    found = await questions.queue(request, person, PAGE, cursor)
    is_fresh = has_stepped_up(request.state.identity, now())
    detail = None if error is None else error.detail
    view = HeldQuestions(frame(request, notice), found["items"], found["total"], found["next_cursor"], is_fresh, detail)
    return form_page(services_of(request).pages.selling(view), error)


def _beside(connection: Connection, vehicle_id: int, person: Person) -> Beside:
    found: Listing | None = listings.listing(connection, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    seller = people.person(connection, found.seller_id)
    return Beside(
        found.told,
        "" if seller is None else seller.name,
        found.seller_id == person.id,
        vin_reports.answers(connection, found.told.vin),
        photos.of_vehicle(connection, vehicle_id),
        documents.of_vehicle(connection, vehicle_id),
    )


def _decoded(beside: Beside) -> DecodedVinView | None:
    """What the decoders know of the VIN; None where it is one from before VINs were checked."""
    told = beside.told
    try:
        reading = read_vin(told.vin, told.market, latest_year=now().year + 2)
    except VinError:
        return None
    return decoded_view(reading, beside.answers, claimed(told), pending=False)


async def _notes(request: Request) -> dict[str, str]:
    form = await request.form()
    typed = {name: " ".join(text.split()) for name, text in form.multi_items() if isinstance(text, str)}
    names = {name: f"{NOTE}{name}" for name in FIELDS}
    return {name: typed[key] for name, key in names.items() if typed.get(key)}


def _findings(version: int, notes: Mapping[str, str]) -> FindingsBody:
    try:
        read = {name: TypeAdapter(Words).validate_python(text) for name, text in notes.items()}
        return FindingsBody(version=version, notes=read)
    except ValidationError:
        raise fail("INVALID_INPUT", WHY_WANTED) from None


def _waiting(listing: ListingView, moment: datetime) -> Waiting:
    since, due = listing["review"]["submitted_at"], _due(listing)
    age = "" if since is None else span(int((moment - from_text(since)).total_seconds()) * MILLISECONDS)
    return Waiting(listing, age, due, due is not None and due < moment)


def _due(listing: ListingView) -> datetime | None:
    since = listing["review"]["submitted_at"]
    waits = listing["review"]["status"] == Review.SUBMITTED.value
    return review_due(from_text(since)) if since is not None and waits else None


def _done(verb: str) -> RedirectResponse:
    return RedirectResponse(f"{LISTINGS}?done={verb}", SEE_OTHER)
