"""Paying an order with the stored card: once, however many tabs ask for it, and told as it goes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import order_money, orders, payments
from activities.db.payments import Payment
from activities.db.people import Person, Scope
from api.commands import Key, need_scope, writes
from api.database import now
from api.identifiers import Id
from api.order_acts import own_order
from api.order_examples import PAYMENT_EXAMPLE
from api.order_shapes import OrderPaymentView
from api.order_views import WAITS, payment_view
from api.paging import ID_MAX
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import Services, services_of
from domain.order_payments import PayCode
from domain.orders import Party
from domain.payments import is_final

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
PAYING = (
    "ORDER_NOT_FOUND",
    "ORDER_BUYERS_ONLY",
    "ID_REUSED",
    "ORDER_NOT_INVOICED",
    "ORDER_NOTHING_DUE",
    "ORDER_PAYMENT_OPEN",
    "ORDER_BAD_AMOUNT",
    "ORDER_DUE_CHANGED",
    "CARD_MISSING",
)
router = APIRouter(prefix="/api/orders", tags=["orders"])


class Pay(BaseModel):
    """How much to charge, in cents: all that is left without an amount. With `whole`, the amount has to be all that is
    left: nothing is charged where that has changed since it was seen."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"amount_cents": 1_401_850, "whole": True}]}
    )

    amount_cents: Annotated[int, Field(ge=1, le=ID_MAX)] | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment as a buyer asks for it."""

    person: Person
    order_id: int
    cents: int | None
    whole: bool
    key: str
    at: datetime


@router.post(
    "/{order_id}/pay",
    status_code=201,
    **writes(Audience.SIGNED_IN, *PAYING, example=dict(PAYMENT_EXAMPLE), success=201),
)
async def pay(
    request: Request, response: Response, person: SignedIn, order_id: Id, key: Key, wanted: Pay
) -> OrderPaymentView:
    """Charge what is left to the stored card: 201 with what came of it, or 202 with its address while that is open.

    One payment of an order is on its way at a time, so that two tabs pay once.
    """
    await need_scope(request, Scope.BID)
    services = services_of(request)
    wish = Wanted(person, order_id, wanted.amount_cents, wanted.whole, key, now())
    payment = await services.database.write(ask, wish)
    if not is_final(payment.state):
        await services.payments.begin(payment.id)
        payment = await _awaited(services, payment)
    if not is_final(payment.state):
        response.status_code = 202
        response.headers["Location"] = f"{router.prefix}/{order_id}/payments/{payment.id}"
    return payment_view(payment)


@router.get(
    "/{order_id}/payments/{payment_id}",
    **about(Audience.SIGNED_IN, "ORDER_NOT_FOUND", "PAYMENT_NOT_FOUND", example=dict(PAYMENT_EXAMPLE)),
)
async def one_payment(request: Request, person: SignedIn, order_id: Id, payment_id: Id) -> OrderPaymentView:
    """One payment or refund of an order, to its buyer."""
    return payment_view(await services_of(request).database.read(_own_payment, person, order_id, payment_id))


def ask(connection: Connection, wanted: Wanted) -> Payment:
    """Write down the payment, or find the one of this key. Raises the refusals of `PAYING`."""
    own = own_order(connection, wanted.person, wanted.order_id)
    if own.side is not Party.BUYER:
        raise fail("ORDER_BUYERS_ONLY")
    stored = orders.locked(connection, wanted.order_id)
    known = payments.by_key(connection, payments.request_key(wanted.person.id, f"order {wanted.order_id}", wanted.key))
    due = order_money.due_cents(connection, stored)
    is_open = order_money.open_charge(connection, wanted.order_id) is not None
    if wanted.whole and known is None and not is_open and 0 < due != wanted.cents:
        raise fail("ORDER_DUE_CHANGED", due_cents=due)
    asked = order_money.ask(connection, stored, wanted.key, wanted.at, cents=wanted.cents)
    if isinstance(asked, PayCode):
        raise fail(asked.value, due_cents=due)
    return asked


async def _awaited(services: Services, payment: Payment) -> Payment:
    """The payment when it is over, held for review, or somebody has waited long enough."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + services.payments.patience_s, FIRST_PAUSE_S
    while True:
        payment = await services.database.read(_as_it_is, payment)
        if is_final(payment.state) or payment.state in WAITS or loop.time() >= until:
            return payment
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def _as_it_is(connection: Connection, payment: Payment) -> Payment:
    return payments.find(connection, payment.id) or payment


def _own_payment(connection: Connection, person: Person, order_id: int, payment_id: int) -> Payment:
    own = own_order(connection, person, order_id)
    payment = payments.find(connection, payment_id)
    if payment is None or payment.order_id != order_id or own.side is not Party.BUYER:
        raise fail("PAYMENT_NOT_FOUND")
    return payment
