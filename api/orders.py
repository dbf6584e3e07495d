"""Orders over HTTP: what somebody has bought and sold, in full for its two sides, and what either may do with it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import order_desk
from activities.db.order_desk import Wanted
from activities.db.orders import Listed
from activities.db.people import Person
from api.commands import Key, Reason, wish_id, writes
from api.identifiers import Id
from api.order_acts import ACTING, acting_side, carried_out, done, shown
from api.order_examples import LISTED_EXAMPLE, ORDER_EXAMPLE
from api.order_shapes import ListedOrderView, OrderPage, OrderView
from api.order_views import listed_view
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of
from domain.orders import OrderCode, OrderStatus, Party
from workflows.order import OrderWorkflow
from workflows.order_messages import CancelOrder

CANCELLING = (*ACTING, "ORDER_DISPUTE_OPEN", "ORDER_CANCEL_AFTER_PAYMENT", "ORDER_REASON_MISSING", "ORDER_PASSED_THAT")
ACCEPTING = (*ACTING, "ORDER_NOT_YET", "ORDER_PASSED_THAT", "ORDER_DISPUTE_OPEN", "ORDER_BUYERS_ONLY")
PAGE_EXAMPLE: dict[str, Any] = {"items": [dict(LISTED_EXAMPLE)], "next_cursor": None, "total": 1}
router = APIRouter(prefix="/api/orders", tags=["orders"])

Side = Annotated[Literal["buyer", "seller"] | None, Query(description="Which side you are on; both without it.")]
Status = Annotated[OrderStatus | None, Query(description="Where they stand; all without it.")]


class CancelWish(BaseModel):
    """Why the sale is to be called off; the other side reads it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "We agreed on another day."}]})

    reason: Reason


@router.get("", **about(Audience.SIGNED_IN, "INVALID_CURSOR", example=PAGE_EXAMPLE))
async def my_orders(
    request: Request,
    person: SignedIn,
    side: Side = None,
    status: Status = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OrderPage:
    """What you have bought and sold, newest first."""
    before = number_key(cursor)
    wanted = Wanted(person.id, None if side is None else Party(side), status)
    found, paying, total = await services_of(request).database.read(page_and_total, wanted, before, limit + 1)
    return {
        "items": [line(each, person, paying) for each in found[:limit]],
        "next_cursor": str(found[limit - 1].stored.order.id) if len(found) > limit else None,
        "total": total,
    }


@router.get("/{order_id}", **about(Audience.SIGNED_IN, "ORDER_NOT_FOUND", example=dict(ORDER_EXAMPLE)))
async def one_order(request: Request, person: SignedIn, order_id: Id) -> OrderView:
    """One order in full, to its two sides: each sees what is its own."""
    return await shown(services_of(request), person, order_id)


@router.post("/{order_id}/cancel", **writes(Audience.SIGNED_IN, *CANCELLING, example=dict(ORDER_EXAMPLE)))
async def cancel(
    request: Request, response: Response, person: SignedIn, order_id: Id, key: Key, wish: CancelWish
) -> OrderView:
    """Wish a sale called off before it is paid: 202 while the other side does not wish so, 200 once it is cancelled."""
    services = services_of(request)
    own = await acting_side(request, services, person, order_id)
    message = CancelOrder(own.side, wish.reason)
    command_id = wish_id(person, f"cancel order {order_id}", key)
    answer = await carried_out(services, order_id, OrderWorkflow.cancel, message, command_id)
    view = await shown(services, person, order_id)
    if answer.code == OrderCode.CANCEL_NEEDS_BOTH and own.side.value in view["cancel_wished_by"]:
        response.status_code = 202
    elif answer.code:
        raise fail(answer.code)
    return view


@router.post("/{order_id}/accept-delivery", **writes(Audience.SIGNED_IN, *ACCEPTING, example=dict(ORDER_EXAMPLE)))
async def accept_delivery(request: Request, person: SignedIn, order_id: Id, key: Key) -> OrderView:
    """Accept the vehicle as it was delivered; its condition is not disputed after that."""
    services = services_of(request)
    own = await acting_side(request, services, person, order_id)
    if own.side is not Party.BUYER:
        raise fail("ORDER_BUYERS_ONLY")
    command_id = wish_id(person, f"accept order {order_id}", key)
    await done(services, order_id, OrderWorkflow.accept_delivery, None, command_id)
    return await shown(services, person, order_id)


def page_and_total(
    connection: Connection, wanted: Wanted, before: int | None, limit: int
) -> tuple[list[Listed], set[int], int]:
    """A page of orders, those of them that are being paid, and how many there are in all."""
    found = order_desk.page(connection, wanted, before=before, limit=limit)
    paying = order_desk.being_paid(connection, [each.stored.order.id for each in found])
    return found, paying, order_desk.count(connection, wanted)


def line(listed: Listed, person: Person, paying: set[int]) -> ListedOrderView:
    """An order in somebody's list."""
    stored = listed.stored
    side = stored.side_of(person.id) or Party.BUYER
    return listed_view(stored, listed.vehicle.title, side, payment_open=stored.order.id in paying)
