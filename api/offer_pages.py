"""The page of offers, for buyers and sellers: each act on a figure is a form, and asked once more before it counts."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import offers, purchases
from activities.db.offers import Listed, OfferKey, Stored
from activities.db.people import Person
from api import offers as doors
from api.buyer_pages import draw
from api.database import now
from api.frames import frame
from api.idempotency import LONGEST
from api.identifiers import BidId as OfferId
from api.offer_views import listed_view
from api.pages import auction_page
from api.paging import ID_MAX, mail_cursor, mail_key
from api.problems import fail, status_of
from api.routes import about
from api.security import Audience, Bidder, SignedIn, viewer
from api.state import services_of
from api.talks_lines import talks_of
from domain.errors import DomainError
from domain.offers import Act, OfferCode, Side, answered
from web.formats import cents_of
from web.offer_views import DONE, HOME, REFUSED, OfferLine, OfferList, Offers, Question
from web.talks_views import TALKS_DONE, TALKS_REFUSED
from web.views import Notice

ONE = f"{HOME}/{{offer_id}}"
PAGE = 50
NOT_AN_AMOUNT = "Write whole dollars, like 12,500."
CODES = (*doors.ANSWERING, *doors.LIMITS)
router = APIRouter(include_in_schema=False)
Key = Annotated[str, Form(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")]
Typed = Annotated[str, Form(max_length=40)]
Number = Annotated[int, Form(ge=1, le=ID_MAX)]
PageCursor = Annotated[str | None, Query(max_length=80)]


class AnswerForm(BaseModel):
    """An answer as a form has it: the step that was seen, a counter's figure, and the figure that was confirmed."""

    step: Annotated[int, Field(ge=1, le=10_000)]
    idempotency_key: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")]
    amount: Annotated[str, Field(max_length=40)] = ""
    confirmed: Annotated[str, Field(max_length=20)] = ""


Answered = Annotated[AnswerForm, Form()]


@dataclass(frozen=True, slots=True)
class Known:
    """A page of somebody's offers as one side, one more than are shown, and how many there are in all."""

    found: Sequence[Listed]
    total: int


@dataclass(frozen=True, slots=True)
class Own:
    """An offer with its reader's side and the vehicle's title."""

    stored: Stored
    side: Side
    title: str


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "INVALID_CURSOR"))
async def offer_list(
    request: Request, person: SignedIn, received: PageCursor = None, made: PageCursor = None, done: str = ""
) -> HTMLResponse:
    """All offers of its reader: those on own vehicles, and those to others."""
    words = {**DONE, **TALKS_DONE}
    notice = Notice("success", words[done]) if done in words else None
    return await offers_page(request, person, received=received, made=made, notice=notice)


@router.post(f"{HOME}/new", response_class=HTMLResponse, **about(Audience.BIDDER, "AUCTION_NOT_FOUND", *doors.MAKING))
async def make(
    request: Request,
    person: Bidder,
    auction_id: Number,
    idempotency_key: Key,
    amount: Typed = "",
    confirmed: Typed = "",
) -> Response:
    """Make an offer on a lot, once its figure is confirmed."""
    terms, title = await services_of(request).database.read(_lot, auction_id)
    back = f"/auctions/{auction_id}"
    try:
        cents = cents_typed(amount)
        if confirmed != str(cents):
            fields = {"auction_id": str(auction_id), "idempotency_key": idempotency_key, "amount": amount}
            asked = Question("offer", Side.BUYER.value, title, cents, f"{HOME}/new", _confirmed(fields, cents), back)
            return draw(request, Offers(frame(request), question=asked))
        wanted = doors.NewOffer(amount_cents=cents)
        stored = await doors.make_offer(request, person, terms.vehicle_id, idempotency_key, wanted)
    except DomainError as error:
        notice = Notice("danger", REFUSED.get(error.code, error.detail))
        return await auction_page(request, await viewer(request), auction_id, notice=notice, status=status_of(error))
    return _done("offer", stored["id"])


@router.post(f"{ONE}/accept", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES, *doors.JUDGED))
async def accept(request: Request, person: SignedIn, offer_id: OfferId, form: Answered) -> Response:
    """Agree to the other side's figure."""
    return await _act(request, person, offer_id, Act.ACCEPT, form)


@router.post(
    f"{ONE}/counter",
    response_class=HTMLResponse,
    **about(
        Audience.SIGNED_IN,
        *CODES,
        "COUNTER_TOO_LOW",
        "COUNTER_TOO_HIGH",
        "TOO_MANY_OFFERS",
        "NOT_APPROVED_TO_BID",
        "OWN_VEHICLE",
    ),
)
async def counter(request: Request, person: SignedIn, offer_id: OfferId, form: Answered) -> Response:
    """Name another figure."""
    return await _act(request, person, offer_id, Act.COUNTER, form)


@router.post(f"{ONE}/decline", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES))
async def decline(request: Request, person: SignedIn, offer_id: OfferId, form: Answered) -> Response:
    """Turn the other side's figure down."""
    return await _act(request, person, offer_id, Act.DECLINE, form)


@router.post(f"{ONE}/withdraw", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES))
async def withdraw(request: Request, person: SignedIn, offer_id: OfferId, form: Answered) -> Response:
    """Take one's own figure back."""
    return await _act(request, person, offer_id, Act.WITHDRAW, form)


DOORS: MappingProxyType[Act, Callable[..., Any]] = MappingProxyType(
    {Act.ACCEPT: doors.accept, Act.COUNTER: doors.counter, Act.DECLINE: doors.decline, Act.WITHDRAW: doors.withdraw}
)


async def _act(request: Request, person: Person, offer_id: str, act: Act, form: AnswerForm) -> Response:
    own = await services_of(request).database.read(_own, person, offer_id)
    try:
        said, cents = _said(act, form, own)
        if form.confirmed != str(cents) and not (form.confirmed and act is not Act.COUNTER):
            return draw(request, Offers(frame(request), question=_question(own, act, form, cents)))
        await DOORS[act](request, person, offer_id, form.idempotency_key, said)
    except DomainError as error:
        return await offers_page(request, person, error=error, typed={offer_id: form.amount})
    return _done(act.value, offer_id)


def _said(act: Act, form: AnswerForm, own: Own) -> tuple[doors.Answer, int]:
    """The answer for the API, with the figure that it is about. Raises INVALID_INPUT for a counter that names none."""
    if act is not Act.COUNTER:
        return doors.Answer(step=form.step), own.stored.offer.cents
    cents = cents_typed(form.amount)
    return doors.Counter(step=form.step, amount_cents=cents), cents


def _question(own: Own, act: Act, form: AnswerForm, cents: int) -> Question:
    """What is asked before it is done. Raises what the offer as it is recorded refuses already."""
    offer = own.stored.offer
    if offer.stands and offer.step != form.step:
        raise fail("OFFER_CHANGED")
    judged = answered(offer, own.side, act, now(), cents=cents)
    if isinstance(judged, OfferCode):
        raise fail(judged.value)
    fields = {"step": str(form.step), "idempotency_key": form.idempotency_key, "amount": form.amount}
    action = f"{HOME}/{own.stored.offer_id}/{act.value}"
    return Question(act.value, own.side.value, own.title, cents, action, _confirmed(fields, cents))


async def offers_page(
    request: Request,
    person: Person,
    *,
    received: str | None = None,
    made: str | None = None,
    notice: Notice | None = None,
    error: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    """The page of somebody's offers. `typed` are counters as they were typed, by their offer or negotiation."""
    cursors, moment = {Side.SELLER: received, Side.BUYER: made}, now()
    keys = {side: mail_key(cursor) for side, cursor in cursors.items()}
    known = await services_of(request).database.read(_known, person.id, keys)
    lists = {side: _list(known[side], side, moment, typed or {}) for side in cursors}
    talks = await services_of(request).database.read(talks_of, person.id, moment, typed or {})
    detail = None if error is None else {**REFUSED, **TALKS_REFUSED}.get(error.code, error.detail)
    view = Offers(frame(request, notice), lists[Side.SELLER], lists[Side.BUYER], detail, talks=talks)
    return draw(request, view, error)


def _list(known: Known, side: Side, moment: datetime, typed: dict[str, str]) -> OfferList:
    shown = known.found[:PAGE]
    names = _buyers(shown) if side is Side.SELLER else {}
    lines = [
        OfferLine(
            listed_view(each, side, moment),
            names.get(each.stored.offer_id, "the seller"),
            moment,
            str(uuid.uuid4()),
            typed.get(each.stored.offer_id, ""),
        )
        for each in shown
    ]
    older = None
    if len(known.found) > PAGE:
        name = "received" if side is Side.SELLER else "made"
        last = shown[-1].stored
        older = f"{HOME}?{urlencode({name: mail_cursor(last.created_at, last.offer_id)})}"
    return OfferList(lines, known.total, older)


def _buyers(found: Sequence[Listed]) -> dict[str, str]:
    """How a seller tells buyers apart who are not named: by number for each vehicle, in order of their first offers."""
    numbers: dict[int, dict[int, int]] = {}
    names: dict[str, str] = {}
    for each in reversed(found):
        known = numbers.setdefault(each.stored.vehicle_id, {})
        number = known.setdefault(each.stored.buyer_id, len(known) + 1)
        names[each.stored.offer_id] = f"buyer {number}"
    return names


def _known(connection: Connection, user_id: int, keys: dict[Side, tuple[datetime, str] | None]) -> dict[Side, Known]:
    found: dict[Side, Known] = {}
    for side, key in keys.items():
        after = None if key is None else OfferKey(*key)
        page = offers.page(connection, user_id, side, after=after, limit=PAGE + 1)
        found[side] = Known(page, offers.count(connection, user_id, side))
    return found


def _own(connection: Connection, person: Person, offer_id: str) -> Own:
    """An offer of one's own. Raises OFFER_NOT_FOUND, for strangers too."""
    stored = offers.find(connection, offer_id)
    side = None if stored is None else stored.side_of(person.id)
    if stored is None or side is None:
        raise fail("OFFER_NOT_FOUND")
    return Own(stored, side, offers.title_of(connection, stored.vehicle_id))


def _lot(connection: Connection, auction_id: int) -> tuple[purchases.SaleTerms, str]:
    terms = purchases.sale_terms(connection, auction_id)
    if terms is None:
        raise fail("AUCTION_NOT_FOUND")
    return terms, offers.title_of(connection, terms.vehicle_id)


def cents_typed(text: str) -> int:
    """A figure as it was typed. Raises INVALID_INPUT for what no offer may be."""
    try:
        return doors.NewOffer.model_validate({"amount_cents": cents_of(text)}).amount_cents
    except ValidationError:
        raise fail("INVALID_INPUT", NOT_AN_AMOUNT) from None


def _confirmed(fields: dict[str, str], cents: int) -> dict[str, str]:
    return {**fields, "confirmed": str(cents)}


def _done(what: str, offer_id: str) -> RedirectResponse:
    return RedirectResponse(f"{HOME}?done={what}#offer-{offer_id}", HTTPStatus.SEE_OTHER)
