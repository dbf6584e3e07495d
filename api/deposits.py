"""Deposits: money that raises a person's buying power, charged to their stored card and given back to it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import deposits, payments
from activities.db.payments import Payment
from activities.db.people import Person, Scope
from api.commands import Key, need_scope, writes
from api.database import now
from api.identifiers import Id
from api.paging import ID_MAX, Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import Services, services_of
from domain.clock import to_text
from domain.deposits import Refused
from domain.payments import Kind, Purpose, State, is_final

EXAMPLE: dict[str, Any] = {
    "id": 31,
    "kind": "deposit",
    "of": None,
    "amount_cents": 250_000,
    "state": "done",
    "code": None,
    "created_at": "2026-05-05T12:00:00.000Z",
    "updated_at": "2026-05-05T12:00:01.250Z",
}
RETURN_EXAMPLE: dict[str, Any] = {**EXAMPLE, "id": 32, "kind": "return", "of": 31, "state": "pending"}
# What a person is told of the states between the first and the last.
WORDS = {State.HELD: "in_review", State.MANUAL: "in_review"}
# A deposit that is given back as a void is a return all the same.
NAMES = {Kind.CHARGE: "deposit", Kind.FORFEIT: "forfeit"}
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
ASKED = (
    "ACCOUNT_CLOSED",
    "ID_REUSED",
    "CARD_MISSING",
    "CARD_DECLINED",
    "CARD_EXPIRED",
    "DEPOSIT_NOT_WHOLE_DOLLARS",
    "DEPOSIT_TOO_SMALL",
    "DEPOSIT_TOO_LARGE",
    "DEPOSIT_OPEN",
)
RETURNED = (
    "ID_REUSED",
    "DEPOSIT_NOT_FOUND",
    "DEPOSIT_NOT_HELD",
    "DEPOSIT_NOT_WHOLE_DOLLARS",
    "RETURN_TOO_LARGE",
    "RETURN_OPEN",
    "UNPAID_WIN",
    "DEPOSIT_NEEDED",
)
router = APIRouter(prefix="/api/me/deposits", tags=["deposits"])


class NewDeposit(BaseModel):
    """A deposit in whole dollars, from 500 to 50,000."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"amount_cents": 250_000}]})

    amount_cents: Annotated[int, Field(ge=0, le=ID_MAX)]


class NewReturn(BaseModel):
    """How much of a deposit goes back, in whole dollars; without an amount, all that is left of it."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"amount_cents": 100_000}]})

    amount_cents: Annotated[int, Field(ge=0, le=ID_MAX)] | None = None


class DepositView(TypedDict):
    """A deposit, the return `of` one, or its `forfeit` by a default; `code` says why it is in its state.

    `state` is pending, in_review, done, declined, failed, or reversed: a deposit that was taken back from us.
    """

    id: int
    kind: str
    of: int | None
    amount_cents: int
    state: str
    code: str | None
    created_at: str
    updated_at: str


class DepositPage(TypedDict):
    """Deposits and returns, newest first; `deposits_cents` is what counts for the buying power now."""

    items: list[DepositView]
    next_cursor: str | None
    total: int
    deposits_cents: int


@router.post("", status_code=201, **writes(Audience.SIGNED_IN, *ASKED, example=EXAMPLE, success=201))
async def make_deposit(
    request: Request, response: Response, person: SignedIn, key: Key, wanted: NewDeposit
) -> DepositView:
    """Charge a deposit to the stored card: 201 with what came of it, or 202 with its address while that is open."""
    await need_scope(request, Scope.BID)
    database = services_of(request).database
    asked = await database.write(deposits.ask, person.id, wanted.amount_cents, key, now())
    return await _carried_out(request, response, asked)


@router.post(
    "/{deposit_id}/return",
    status_code=201,
    **writes(Audience.SIGNED_IN, *RETURNED, example=RETURN_EXAMPLE, success=201),
)
async def return_deposit(
    request: Request, response: Response, person: SignedIn, key: Key, deposit_id: Id, wanted: NewReturn
) -> DepositView:
    """Give back what backs no bid and no win. The buying power is lower at once, the money follows."""
    await need_scope(request, Scope.BID)
    database = services_of(request).database
    asked = await database.write(deposits.ask_return, person.id, deposit_id, wanted.amount_cents, key, now())
    return await _carried_out(request, response, asked)


@router.get(
    "",
    **about(
        Audience.SIGNED_IN,
        "INVALID_CURSOR",
        example={"items": [EXAMPLE], "next_cursor": None, "total": 1, "deposits_cents": 250_000},
    ),
)
async def list_deposits(request: Request, person: SignedIn, limit: Limit = 50, cursor: Cursor = None) -> DepositPage:
    """The deposits and returns of the signed-in person, newest first."""
    database, before = services_of(request).database, number_key(cursor)
    found = await database.read(payments.of_user, person.id, Purpose.DEPOSIT, limit=limit + 1, before=before)
    page = found[:limit]
    return {
        "items": [_view(payment) for payment in page],
        "next_cursor": str(page[-1].id) if len(found) > limit else None,
        "total": await database.read(payments.count_of_user, person.id, Purpose.DEPOSIT),
        "deposits_cents": await database.read(payments.deposits_cents, person.id),
    }


@router.get("/{deposit_id}", **about(Audience.SIGNED_IN, "DEPOSIT_NOT_FOUND", example=EXAMPLE))
async def show_deposit(request: Request, person: SignedIn, deposit_id: Id) -> DepositView:
    """One deposit or return."""
    return _view(await _found(request, person, deposit_id))


async def _carried_out(request: Request, response: Response, asked: Payment | Refused) -> DepositView:
    """Let the payment be carried out, and tell how far it came while somebody waits."""
    if isinstance(asked, Refused):
        raise fail(asked.code.value, None, **asked.facts)
    services = services_of(request)
    payment = asked
    if not is_final(payment.state):
        await services.payments.begin(payment.id)
        payment = await _awaited(services, payment)
    if not is_final(payment.state):
        response.status_code = 202
        response.headers["Location"] = f"{router.prefix}/{payment.id}"
    return _view(payment)


async def _awaited(services: Services, payment: Payment) -> Payment:
    """The payment when it is over, held for review, or somebody has waited long enough."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + services.payments.patience_s, FIRST_PAUSE_S
    while True:
        payment = await services.database.read(_as_it_is, payment)
        if is_final(payment.state) or payment.state in WORDS or loop.time() >= until:
            return payment
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def _as_it_is(connection: Connection, payment: Payment) -> Payment:
    return payments.find(connection, payment.id) or payment


async def _found(request: Request, person: Person, deposit_id: int) -> Payment:
    payment = await services_of(request).database.read(payments.find, deposit_id)
    if payment is None or (payment.user_id, payment.purpose) != (person.id, Purpose.DEPOSIT):
        raise fail("DEPOSIT_NOT_FOUND")
    return payment


def _view(payment: Payment) -> DepositView:
    final = is_final(payment.state)
    return {
        "id": payment.id,
        "kind": NAMES.get(payment.kind, "return"),
        "of": payment.of_payment_id,
        "amount_cents": payment.amount_cents,
        "state": payment.state.value if final else WORDS.get(payment.state, "pending"),
        "code": payment.code if final else None,
        "created_at": to_text(payment.created_at),
        "updated_at": to_text(payment.updated_at),
    }
