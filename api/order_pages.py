"""The pages of orders and their disputes: the same calls as the API's, by forms that work without scripts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import accounts, order_desk
from activities.db.order_desk import Wanted
from activities.db.people import Person
from api import order_disputes as cases
from api import order_payments as till
from api import orders as doors
from api.account_forms import form_page
from api.database import now
from api.frames import frame
from api.idempotency import LONGEST
from api.identifiers import BidId as DisputeId
from api.identifiers import Id
from api.order_acts import own_dossier
from api.order_shapes import OrderPaymentView
from api.order_views import order_view
from api.paging import number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of
from domain.accounts import Card
from domain.dispute_terms import Kind, Remedy
from domain.errors import DomainError
from domain.orders import OrderStatus, Party
from web.formats import cents_of
from web.order_views import HOME, DisputePage, OrderLine, OrderPage, Orders, page_link
from web.order_words import DONE, REFUSED
from web.views import Notice

ONE, CASE = f"{HOME}/{{order_id}}", f"{HOME}/{{order_id}}/disputes/{{dispute_id}}"
PAGE = 20
MISSING = "Please fill in the form, and write amounts like 800 or 800.50."
router = APIRouter(include_in_schema=False)
Body = TypeVar("Body", bound=BaseModel)

Choice = Annotated[str, Query(max_length=20)]
PageCursor = Annotated[str | None, Query(max_length=80)]
Done = Annotated[str, Query(max_length=20)]
Text = Annotated[str, Field(max_length=8_000)]


class OrderForm(BaseModel):
    """What the forms of these pages hold, each some of it."""

    idempotency_key: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")]
    amount_cents: Annotated[int, Field(ge=1, le=10**12)] | None = None
    reason: Text = ""
    kind: Annotated[str, Field(max_length=20)] = ""
    words: Text = ""
    remedy: Annotated[str, Field(max_length=20)] = ""
    amount: Annotated[str, Field(max_length=40)] = ""
    document_id: Annotated[str, Field(max_length=36)] = ""

    @property
    def text(self) -> str:
        """What happened, with the ends of lines that programs use."""
        return self.words.replace("\r\n", "\n").strip()

    @property
    def typed(self) -> Mapping[str, str]:
        """What was typed, for a form that is sent back."""
        names = ("reason", "kind", "words", "remedy", "amount")
        return {name: value for name in names if (value := getattr(self, name))}


Sent = Annotated[OrderForm, Form()]


@dataclass(frozen=True, slots=True)
class Back:
    """What a page is shown again with, after its form was refused."""

    error: DomainError
    form: OrderForm

    @property
    def text(self) -> str:
        """The refusal in words for people."""
        return REFUSED.get(self.error.code, self.error.detail)


@router.get(HOME, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "INVALID_CURSOR"))
async def order_list(
    request: Request, person: SignedIn, side: Choice = "", status: Choice = "", cursor: PageCursor = None
) -> HTMLResponse:
    """What its reader has bought and sold."""
    wanted = Wanted(
        person.id,
        Party(side) if side in {Party.BUYER, Party.SELLER} else None,
        OrderStatus(status) if status in set(OrderStatus) else None,
    )
    services, before = services_of(request), number_key(cursor)
    found, paying, total = await services.database.read(doors.page_and_total, wanted, before, PAGE + 1)
    lines = [OrderLine(doors.line(each, person, paying), now()) for each in found[:PAGE]]
    side, status = wanted.side or "", wanted.status or ""
    older = page_link(side, status, str(lines[-1].order["id"])) if len(found) > PAGE else None
    view = Orders(frame(request), lines, total, older, side, status)
    return form_page(services.pages.ordering(view), None)


@router.get(ONE, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "ORDER_NOT_FOUND"))
async def order(request: Request, person: SignedIn, order_id: Id, done: Done = "") -> HTMLResponse:
    """One order."""
    return await _order(request, person, order_id, done=done)


@router.post(f"{ONE}/pay", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *till.PAYING))
async def pay(request: Request, person: SignedIn, order_id: Id, form: Sent) -> Response:
    """Pay all that is left, as it was shown."""
    wanted = till.Pay(amount_cents=form.amount_cents, whole=True)
    try:
        paid = await till.pay(request, Response(), person, order_id, form.idempotency_key, wanted)
    except DomainError as error:
        return await _order(request, person, order_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}", _word(paid))


@router.post(f"{ONE}/cancel", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *doors.CANCELLING))
async def cancel(request: Request, person: SignedIn, order_id: Id, form: Sent) -> Response:
    """Wish a sale called off."""
    try:
        wish = _read(doors.CancelWish, reason=form.reason)
        await doors.cancel(request, Response(), person, order_id, form.idempotency_key, wish)
    except DomainError as error:
        return await _order(request, person, order_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}", "cancel")


@router.post(f"{ONE}/accept-delivery", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *doors.ACCEPTING))
async def accept_delivery(request: Request, person: SignedIn, order_id: Id, form: Sent) -> Response:
    """Accept the vehicle."""
    try:
        await doors.accept_delivery(request, person, order_id, form.idempotency_key)
    except DomainError as error:
        return await _order(request, person, order_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}", "accept")


@router.get(f"{ONE}/disputes/new", response_class=HTMLResponse, **about(Audience.SIGNED_IN, "ORDER_NOT_FOUND"))
async def new_dispute(request: Request, person: SignedIn, order_id: Id) -> HTMLResponse:
    """The form that opens a dispute."""
    return await _dispute(request, person, order_id)


@router.post(f"{ONE}/disputes", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *cases.OPENING))
async def open_dispute(request: Request, person: SignedIn, order_id: Id, form: Sent) -> Response:
    """Open a dispute."""
    try:
        wanted = _wanted(form)
        made = await cases.open_dispute(request, person, order_id, form.idempotency_key, wanted)
    except DomainError as error:
        return await _dispute(request, person, order_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}/disputes/{made['id']}", "dispute")


@router.get(CASE, response_class=HTMLResponse, **about(Audience.SIGNED_IN, "ORDER_NOT_FOUND", "ORDER_NO_SUCH_DISPUTE"))
async def dispute(
    request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, done: Done = ""
) -> HTMLResponse:
    """One dispute."""
    return await _dispute(request, person, order_id, dispute_id, done=done)


@router.post(f"{CASE}/answer", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *cases.ANSWERING))
async def answer(request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, form: Sent) -> Response:
    """Answer a dispute."""
    try:
        told = _read(cases.Answer, words=form.text)
        await cases.answer(request, person, order_id, dispute_id, form.idempotency_key, told)
    except DomainError as error:
        return await _dispute(request, person, order_id, dispute_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}/disputes/{dispute_id}", "answer")


@router.post(f"{CASE}/concede", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *cases.REPLYING))
async def concede(request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, form: Sent) -> Response:
    """Agree to what is asked."""
    try:
        await cases.concede(request, person, order_id, dispute_id, form.idempotency_key)
    except DomainError as error:
        return await _dispute(request, person, order_id, dispute_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}/disputes/{dispute_id}", "concede")


@router.post(f"{CASE}/evidence", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *cases.FILING))
async def file_evidence(
    request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, form: Sent
) -> Response:
    """File a statement or a paper."""
    try:
        filed = _read(cases.Filing, words=form.text, document_id=form.document_id or None)
        await cases.file_evidence(request, person, order_id, dispute_id, form.idempotency_key, filed)
    except DomainError as error:
        return await _dispute(request, person, order_id, dispute_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}/disputes/{dispute_id}", "evidence")


@router.post(f"{CASE}/withdraw", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *cases.REPLYING))
async def withdraw(request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, form: Sent) -> Response:
    """Let a dispute go."""
    try:
        await cases.withdraw(request, person, order_id, dispute_id, form.idempotency_key)
    except DomainError as error:
        return await _dispute(request, person, order_id, dispute_id, back=Back(error, form))
    return _to(f"{HOME}/{order_id}/disputes/{dispute_id}", "withdraw")


async def _order(
    request: Request, person: Person, order_id: int, *, done: str = "", back: Back | None = None
) -> HTMLResponse:
    services = services_of(request)
    found, side = await services.database.read(own_dossier, person, order_id)
    card = await services.database.read(_card, person) if side is Party.BUYER else ""
    shown = order_view(found, side, now())
    view = OrderPage(
        frame(request, _notice(done)),
        shown,
        str(uuid.uuid4()),
        card,
        None if back is None else back.text,
        {} if back is None else back.form.typed,
    )
    return form_page(services.pages.ordering(view), None if back is None else back.error)


async def _dispute(
    request: Request,
    person: Person,
    order_id: int,
    dispute_id: str | None = None,
    *,
    done: str = "",
    back: Back | None = None,
) -> HTMLResponse:
    services = services_of(request)
    found, side = await services.database.read(own_dossier, person, order_id)
    shown = order_view(found, side, now())
    case = next((each for each in shown["disputes"] if each["id"] == dispute_id), None)
    if case is None and dispute_id is not None:
        raise fail("ORDER_NO_SUCH_DISPUTE")
    papers = await services.database.read(order_desk.filable, found.stored.order.vehicle_id, side)
    view = DisputePage(
        frame(request, _notice(done)),
        shown,
        str(uuid.uuid4()),
        case,
        {each.document_id: each.title for each in papers},
        None if back is None else back.text,
        {} if back is None else back.form.typed,
    )
    return form_page(services.pages.ordering(view), None if back is None else back.error)


def _card(connection: Connection, person: Person) -> str:
    """The stored card as its owner knows it; empty without one."""
    account = accounts.find(connection, person.id)
    if account is None or account.facts.card is not Card.STORED:
        return ""
    return f"{account.card.brand} ending in {account.card.last4}"


def _wanted(form: OrderForm) -> cases.NewDispute:
    cents = cents_of(form.amount) if form.remedy == Remedy.PARTIAL_REFUND else 0
    if form.kind not in set(Kind) or form.remedy not in set(Remedy) or cents is None:
        raise fail("INVALID_INPUT", MISSING)
    return _read(cases.NewDispute, kind=form.kind, words=form.text, remedy=form.remedy, amount_cents=cents)


def _read(body: type[Body], /, **fields: object) -> Body:
    """The body of the API's call. Raises INVALID_INPUT."""
    try:
        return TypeAdapter(body).validate_python(fields)
    except ValidationError:
        raise fail("INVALID_INPUT", MISSING) from None


def _word(paid: OrderPaymentView) -> str:
    return {"done": "paid", "reversed": "failed"}.get(paid["state"], paid["state"])


def _notice(done: str) -> Notice | None:
    if done not in DONE:
        return None
    kind, text = DONE[done]
    return Notice(kind, text)


def _to(path: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"{path}?done={done}", HTTPStatus.SEE_OTHER)
