"""What all routes of an order share: whose it is, what is recorded of it, and how an act on it is carried out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection
from starlette.requests import Request
from temporalio.service import RPCError

from activities.db import invoices, order_payouts, orders, payments
from activities.db.orders import Stored
from activities.db.people import Person, Scope
from api.commands import RETRY_S, need_scope
from api.database import now
from api.order_shapes import OrderView
from api.order_views import Dossier, ShownPayout, order_view
from api.problems import fail
from api.state import Services
from domain.orders import Party
from workflows.order_messages import OrderAnswer

AWAY = "The order cannot be reached. Send the same request with the same key again."
SCOPES = {Party.BUYER: Scope.BID, Party.SELLER: Scope.SELL}
# What any act on an order may come to.
ACTING = ("ORDER_NOT_FOUND", "ORDER_OVER", "UNAVAILABLE")
log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Own:
    """An order with the side that its reader is on."""

    stored: Stored
    side: Party


def own_order(connection: Connection, person: Person, order_id: int) -> Own:
    """An order of somebody's. Raises ORDER_NOT_FOUND, for strangers too."""
    stored = orders.find(connection, order_id)
    side = None if stored is None else stored.side_of(person.id)
    if stored is None or side is None:
        raise fail("ORDER_NOT_FOUND")
    return Own(stored, side)


def order_of_others(connection: Connection, order_id: int, user_id: int) -> Stored:
    """An order as the staff help it: nobody does in an order of their own. Raises ORDER_NOT_FOUND, ORDER_OWN."""
    stored = orders.find(connection, order_id)
    if stored is None:
        raise fail("ORDER_NOT_FOUND")
    if stored.side_of(user_id) is not None:
        raise fail("ORDER_OWN")
    return stored


def own_dossier(connection: Connection, person: Person, order_id: int) -> tuple[Dossier, Party]:
    """All that is recorded of somebody's order, and their side. Raises ORDER_NOT_FOUND."""
    own = own_order(connection, person, order_id)
    return dossier(connection, own.stored), own.side


def dossier(connection: Connection, stored: Stored) -> Dossier:
    """All that is recorded of an order."""
    number = stored.order.id
    payout = order_payouts.find(connection, number)
    return Dossier(
        stored,
        orders.title_of(connection, stored.order),
        orders.events(connection, number),
        payments.of_order(connection, number),
        invoices.of_order(connection, number),
        None if payout is None else ShownPayout.of(payout),
    )


async def acting_side(request: Request, services: Services, person: Person, order_id: int) -> Own:
    """An order that somebody acts on, with the scope that this takes. Raises ORDER_NOT_FOUND, SCOPE_MISSING."""
    own = await services.database.read(own_order, person, order_id)
    await need_scope(request, SCOPES[own.side])
    return own


async def carried_out(
    services: Services, order_id: int, update: Any, message: object | None, command_id: str
) -> OrderAnswer:
    """What an act comes to, as data. Raises UNAVAILABLE where that is not known: the same act may be sent again."""
    with reaching(order_id):
        return await services.orders.door.act(order_id, update, message, command_id)


async def done(services: Services, order_id: int, update: Any, message: object | None, command_id: str) -> None:
    """Carry an act out. Raises its refusal."""
    answer = await carried_out(services, order_id, update, message, command_id)
    if answer.code:
        raise fail(answer.code)


async def shown(services: Services, person: Person, order_id: int) -> OrderView:
    """An order as it is recorded now, for one of its sides. Raises ORDER_NOT_FOUND."""
    found, side = await services.database.read(own_dossier, person, order_id)
    return order_view(found, side, now())


@contextmanager
def reaching(order_id: int) -> Iterator[None]:
    """Turn whatever says that Temporal is away into UNAVAILABLE."""
    try:
        yield
    except (RPCError, TimeoutError, RuntimeError, LookupError) as error:
        log.warning("order_out_of_reach", order_id=order_id, error=type(error).__name__)
        raise fail("UNAVAILABLE", AWAY, retry_after_s=RETRY_S) from error
