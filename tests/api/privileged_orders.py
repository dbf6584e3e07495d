"""What the staff do with orders, each with what it needs to be done: for the walk that finds its deed in the log."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from activities.db import operator_tasks
from activities.db.engine import transaction
from api.database import now
from domain.clock import to_text
from tests.api.floor import Floor
from tests.api.order_day import open_order_day
from tests.api.owners import Facts
from tests.api.owners_of_orders import CASE, CLAIM, TOLD, a_delivered_order, a_disputed_order, an_unpaid_order

WHY = {"reason": "a reason"}
SUPPORT, ADMIN = "/api/support/orders/{order_id}", "/api/admin/orders/{order_id}"


def wire(_: Facts) -> Mapping[str, Any]:
    return {"means": "wire", "amount_cents": 100_00, "made_at": to_text(now()), "reference": "FED-42"}


async def a_wire(floor: Floor) -> Facts:
    found = await an_unpaid_order(floor)
    told = await floor.post("amy", f"{ADMIN.format(**found)}/payments", wire(found))
    return {**found, "payment_id": told.json()["id"]}


async def a_proposal(floor: Floor) -> Facts:
    found = await a_delivered_order(floor)
    made = await floor.post("amy", f"{ADMIN.format(**found)}/refund", WHY)
    return {**found, "dispute_id": made.json()["id"]}


async def a_case_with_the_staff(floor: Floor) -> Facts:
    found = await a_disputed_order(floor)
    await floor.post("sue", f"{SUPPORT}/{CASE}/escalate".format(**found))
    return found


async def a_task(floor: Floor) -> Facts:
    order_id = open_order_day(floor.house, floor).sold()
    with transaction(floor.house.engine) as connection:
        operator_tasks.call(connection, order_id, "t", "give_back", "BY_HAND", now())
        return {"task_id": operator_tasks.of_order(connection, order_id)[0].id}


async def nothing(_: Floor) -> Facts:
    return {}


def told(
    make: Callable[[Floor], Awaitable[Facts]] = nothing,
    body: Callable[[Facts], Mapping[str, Any] | None] = lambda _: None,
    by: str = "alan",
) -> tuple[Any, Any, str]:
    """What `tests.api.privileged.Privileged` is made of."""
    return make, body, by


ORDERS: Mapping[tuple[str, str], tuple[Any, Any, str]] = MappingProxyType(
    {
        ("GET", "/api/support/orders"): told(by="sue"),
        ("GET", SUPPORT): told(an_unpaid_order, by="sue"),
        ("GET", "/api/support/order-tasks"): told(by="sue"),
        ("POST", "/api/support/order-tasks/{task_id}/done"): told(a_task, lambda _: WHY, "sue"),
        ("POST", f"{ADMIN}/payments"): told(an_unpaid_order, wire),
        ("POST", f"{ADMIN}/payments/{{payment_id}}/approve"): told(a_wire),
        ("POST", f"{ADMIN}/payments/{{payment_id}}/reject"): told(a_wire),
        ("POST", f"{SUPPORT}/news"): told(
            a_delivered_order, lambda _: {"event": "title_filed", "at": to_text(now())}, "sue"
        ),
        ("POST", f"{ADMIN}/cancel"): told(an_unpaid_order, lambda _: WHY),
        ("POST", f"{ADMIN}/refund"): told(a_delivered_order, lambda _: {**WHY, "amount_cents": 100}),
        ("POST", f"{SUPPORT}/disputes"): told(a_delivered_order, lambda _: {**CLAIM, "against": "seller"}, "sue"),
        ("POST", f"{SUPPORT}/{CASE}/note"): told(a_disputed_order, lambda _: TOLD, "sue"),
        ("POST", f"{SUPPORT}/{CASE}/assign"): told(a_disputed_order, lambda _: {"user_id": 5}, "sue"),
        ("POST", f"{SUPPORT}/{CASE}/escalate"): told(a_disputed_order, by="sue"),
        ("POST", f"{ADMIN}/{CASE}/propose"): told(a_case_with_the_staff, lambda _: {**WHY, "remedy": "release"}),
        ("POST", f"{ADMIN}/{CASE}/approve"): told(a_proposal),
        ("POST", f"{ADMIN}/{CASE}/reject"): told(a_proposal),
    }
)
