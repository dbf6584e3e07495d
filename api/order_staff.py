"""Orders as the staff see and help them: money that came past the card, news of title and vehicle, and open tasks.

Whatever is done here is written down before it is done; money takes two admins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, operator_tasks, order_desk, order_money, orders, payments
from activities.db.audit import Deed, Source
from activities.db.operator_tasks import Task
from activities.db.order_money import ByHand
from activities.db.payments import Payment
from activities.db.people import Person
from activities.order_till import OrderTill
from api.commands import Key, OneLine, Reason, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.order_acts import ACTING, done, dossier, order_of_others, reaching
from api.order_dispute_views import StaffDisputeView, staff_dispute_view
from api.order_examples import LISTED_EXAMPLE, PAYMENT_EXAMPLE, STAFF_EXAMPLE, TASK_EXAMPLE
from api.order_shapes import HistoryView, ListedOrderView, OrderPage, OrderPaymentView, OrderView, PayoutView
from api.order_views import Dossier, history_view, listed_view, order_view, payment_view, payout_view
from api.paging import ID_MAX, Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience, Staff
from api.sources import source_of
from api.staff_reads import note_read
from api.state import services_of
from domain.clock import to_text
from domain.money_events import Means
from domain.order_payments import PayCode
from domain.orders import OrderStatus, Party
from domain.promises import Event
from workflows.order import OrderWorkflow
from workflows.order_messages import CancelOrder, Happened

BY_HAND = (
    "ORDER_NOT_FOUND",
    "ORDER_OWN",
    "ORDER_NOT_INVOICED",
    "ORDER_BAD_AMOUNT",
    "ORDER_PAYMENT_IN_FUTURE",
    "ID_REUSED",
)
DECIDED = (
    "ORDER_NOT_FOUND",
    "ORDER_OWN",
    "PAYMENT_NOT_FOUND",
    "ORDER_PAYMENT_NOT_WAITING",
    "ORDER_PAYMENT_SAME_PERSON",
)
router = APIRouter(prefix="/api", tags=["orders"])


class HandPayment(BaseModel):
    """Money that came by wire or cashier's cheque: the bank's time of it, and the bank's reference."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "means": "wire",
                    "amount_cents": 1_401_850,
                    "made_at": "2026-05-07T15:00:00Z",
                    "reference": "FED-20260507-0042",
                }
            ]
        },
    )

    means: Literal["wire", "cheque"]
    amount_cents: Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]
    made_at: AwareDatetime
    reference: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), OneLine]


class News(BaseModel):
    """What happened to the title or the vehicle, when, and what is to be known of it by both sides."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"event": "title_received", "at": "2026-05-08T15:00:00Z"}]}
    )

    event: Literal["title_received", "title_filed", "picked_up", "delivered"]
    at: AwareDatetime
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), OneLine] = ""


class Why(BaseModel):
    """Why; it is written down."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Seen to by telephone."}]})

    reason: Reason


class TaskView(TypedDict):
    """What waits for a person: what for (`step`), and the kind of its trouble."""

    id: int
    order_id: int
    step: str
    code: str
    created_at: str
    done_at: str | None
    done_by: int | None


class TaskPage(TypedDict):
    """Tasks that wait, oldest first."""

    items: list[TaskView]
    next_cursor: str | None
    total: int


class StaffOrderView(TypedDict):
    """An order as the staff see it: what each side sees is in `order` (the buyer's), the rest beside it."""

    buyer_id: int
    seller_id: int
    order: OrderView
    history: list[HistoryView]
    disputes: list[StaffDisputeView]
    payout: PayoutView | None
    tasks: list[TaskView]


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells of something, when, and from where; with the facts that are written down."""

    by: Person
    at: datetime
    source: Source

    def deed(self, action: str, order_id: int, **detail: object) -> Deed:
        """What the audit log says of it."""
        return Deed(self.at, self.by.id, action, f"order {order_id}", detail, *self.source)


@router.get(
    "/support/orders",
    **about(
        Audience.STAFF,
        "INVALID_CURSOR",
        example={"items": [dict(LISTED_EXAMPLE)], "next_cursor": None, "total": 1},
    ),
)
async def all_orders(
    request: Request,
    person: Staff,
    status: Annotated[OrderStatus | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OrderPage:
    """Everybody's orders as their buyers see them, newest first, by status."""
    before = number_key(cursor)
    await note_read(request, person, "orders", "orders", status=status)
    found, total = await services_of(request).database.read(order_desk.all_page, status, before=before, limit=limit + 1)
    items: list[ListedOrderView] = [
        listed_view(each.stored, each.vehicle.title, Party.BUYER, payment_open=False) for each in found[:limit]
    ]
    return {
        "items": items,
        "next_cursor": str(items[-1]["id"]) if len(found) > limit else None,
        "total": total,
    }


@router.get("/support/orders/{order_id}", **about(Audience.STAFF, "ORDER_NOT_FOUND", example=dict(STAFF_EXAMPLE)))
async def any_order(request: Request, person: Staff, order_id: Id) -> StaffOrderView:
    """One order with both sides, its disputes with the staff's notes, its payout and its tasks."""
    await note_read(request, person, "order", f"order {order_id}")
    return await _shown(request, order_id)


@router.post(
    "/admin/orders/{order_id}/payments",
    status_code=201,
    **writes(Audience.ADMIN, *BY_HAND, example={**PAYMENT_EXAMPLE, "means": "wire", "state": "in_review"}, success=201),
)
async def record_payment(
    request: Request, person: Admin, order_id: Id, key: Key, told: HandPayment
) -> OrderPaymentView:
    """Write down a wire or a cashier's cheque. It counts once another admin has approved it."""
    return payment_view(await services_of(request).database.write(_record, order_id, key, told, _told(request, person)))


@router.post(
    "/admin/orders/{order_id}/payments/{payment_id}/approve",
    **about(Audience.ADMIN, *DECIDED, example={**PAYMENT_EXAMPLE, "means": "wire"}),
)
async def approve_payment(request: Request, person: Admin, order_id: Id, payment_id: Id) -> OrderPaymentView:
    """Let money that another admin has written down count, or a return by hand as sent."""
    return await _decided(request, person, order_id, payment_id, approved=True)


@router.post(
    "/admin/orders/{order_id}/payments/{payment_id}/reject",
    **about(Audience.ADMIN, *DECIDED, example={**PAYMENT_EXAMPLE, "means": "wire", "state": "failed"}),
)
async def reject_payment(request: Request, person: Admin, order_id: Id, payment_id: Id) -> OrderPaymentView:
    """Say that money that another admin has written down did not come."""
    return await _decided(request, person, order_id, payment_id, approved=False)


@router.post(
    "/support/orders/{order_id}/news",
    status_code=202,
    **about(
        Audience.STAFF,
        "ORDER_NOT_FOUND",
        "ORDER_OWN",
        "ORDER_PAYMENT_IN_FUTURE",
        "UNAVAILABLE",
        example={"told": True},
        success=202,
    ),
)
async def tell_news(request: Request, person: Staff, order_id: Id, news: News) -> dict[str, bool]:
    """Tell an order what happened to its title or its vehicle; the first word of a fact is the one that is kept."""
    services, told = services_of(request), _told(request, person)
    if news.at > told.at:
        raise fail("ORDER_PAYMENT_IN_FUTURE", "This has not happened yet.")
    deed = told.deed("told_order_news", order_id, event=news.event, at=to_text(news.at), note=news.note)
    await services.database.write(_note_known, order_id, deed)
    with reaching(order_id):
        await services.orders.door.happened(order_id, Happened(Event(news.event), news.at, news.note))
    return {"told": True}


@router.post(
    "/admin/orders/{order_id}/cancel",
    **writes(
        Audience.ADMIN,
        *ACTING,
        "ORDER_DISPUTE_OPEN",
        "ORDER_CANCEL_AFTER_PAYMENT",
        example=dict(STAFF_EXAMPLE),
    ),
)
async def cancel_order(request: Request, person: Admin, order_id: Id, key: Key, why: Why) -> StaffOrderView:
    """Call an order off before it is paid; both sides read why."""
    services, told = services_of(request), _told(request, person)
    await services.database.write(_note_known, order_id, told.deed("cancelled_order", order_id, reason=why.reason))
    command_id = wish_id(person, f"staff cancel order {order_id}", key)
    await done(services, order_id, OrderWorkflow.cancel, CancelOrder(Party.STAFF, why.reason), command_id)
    return await _shown(request, order_id)


@router.get(
    "/support/order-tasks",
    **about(
        Audience.STAFF,
        "INVALID_CURSOR",
        example={"items": [dict(TASK_EXAMPLE)], "next_cursor": None, "total": 1},
    ),
)
async def open_tasks(request: Request, person: Staff, limit: Limit = 50, cursor: Cursor = None) -> TaskPage:
    """What waits for a person, oldest first."""
    after = number_key(cursor)
    await note_read(request, person, "order_tasks", "order tasks")
    found, total = await services_of(request).database.read(_tasks, limit + 1, after)
    return {
        "items": [task_view(each) for each in found[:limit]],
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
        "total": total,
    }


@router.post(
    "/support/order-tasks/{task_id}/done",
    **about(Audience.STAFF, "TASK_NOT_FOUND", example={**TASK_EXAMPLE, "done_at": TASK_EXAMPLE["created_at"]}),
)
async def finish_task(request: Request, person: Staff, task_id: Id, why: Why) -> TaskView:
    """Say that a task is seen to, and how; whoever was first stays."""
    return await services_of(request).database.write(_finish, task_id, why.reason, _told(request, person))


def task_view(task: Task) -> TaskView:
    """A task for the staff."""
    return {
        "id": task.id,
        "order_id": task.order_id,
        "step": task.step,
        "code": task.code,
        "created_at": to_text(task.created_at),
        "done_at": None if task.done_at is None else to_text(task.done_at),
        "done_by": task.done_by,
    }


def _told(request: Request, person: Person) -> Told:
    return Told(person, now(), source_of(request))


async def _shown(request: Request, order_id: int) -> StaffOrderView:
    found, tasks = await services_of(request).database.read(_whole, order_id)
    order = found.stored.order
    return {
        "buyer_id": order.buyer_id,
        "seller_id": order.seller_id,
        "order": order_view(found, Party.BUYER, now()),
        "history": history_view(found.events, Party.STAFF),
        "disputes": [staff_dispute_view(each) for each in found.stored.disputes],
        "payout": None if found.payout is None else payout_view(found.payout),
        "tasks": [task_view(each) for each in tasks],
    }


async def _decided(
    request: Request, person: Person, order_id: int, payment_id: int, *, approved: bool
) -> OrderPaymentView:
    services, told = services_of(request), _told(request, person)
    till = services.orders.till
    payment, mails = await services.database.write(_decide, order_id, payment_id, told, till, approved)
    for outbox_id in mails:
        services.ways_in.post.send(outbox_id)
    services.ways_in.post.tell("order", services.orders.door.payment_news(order_id))
    return payment_view(payment)


def _whole(connection: Connection, order_id: int) -> tuple[Dossier, list[Task]]:
    stored = orders.find(connection, order_id)
    if stored is None:
        raise fail("ORDER_NOT_FOUND")
    return dossier(connection, stored), operator_tasks.of_order(connection, order_id)


def _note_known(connection: Connection, order_id: int, deed: Deed) -> None:
    """Write a deed on an order down. Raises ORDER_NOT_FOUND."""
    order_of_others(connection, order_id, deed.actor_id)
    audit.note(connection, deed)


def _record(connection: Connection, order_id: int, key: str, hand: HandPayment, told: Told) -> Payment:
    order_of_others(connection, order_id, told.by.id)
    stored = orders.locked(connection, order_id)
    by_hand = ByHand(Means(hand.means), hand.amount_cents, hand.made_at, told.by.id)
    made = order_money.record_by_hand(connection, stored, by_hand, key, told.at)
    if isinstance(made, PayCode):
        raise fail(made.value)
    facts = {"means": hand.means, "amount_cents": hand.amount_cents, "made_at": to_text(hand.made_at)}
    deed = told.deed("recorded_payment", order_id, payment_id=made.id, reference=hand.reference, **facts)
    audit.note(connection, deed)
    return made


def _decide(
    connection: Connection,
    order_id: int,
    payment_id: int,
    told: Told,
    till: OrderTill,
    approved: bool,  # noqa: FBT001
) -> tuple[Payment, Sequence[str]]:
    order_of_others(connection, order_id, told.by.id)
    known = payments.find(connection, payment_id)
    if known is None or known.order_id != order_id:
        raise fail("PAYMENT_NOT_FOUND")
    orders.locked(connection, order_id)
    decided = order_money.decide_by_hand(connection, payment_id, told.by.id, told.at, approved=approved)
    if isinstance(decided, PayCode):
        raise fail(decided.value)
    action = "approved_payment" if approved else "rejected_payment"
    audit.note(connection, told.deed(action, order_id, payment_id=payment_id, amount_cents=decided.amount_cents))
    return decided, till.follow(connection, decided, told.at)


def _tasks(connection: Connection, limit: int, after: int | None) -> tuple[list[Task], int]:
    return operator_tasks.waiting(connection, limit, after), operator_tasks.count_waiting(connection)


def _finish(connection: Connection, task_id: int, reason: str, told: Told) -> TaskView:
    task = operator_tasks.finish(connection, task_id, told.by.id, told.at)
    if task is None:
        raise fail("TASK_NOT_FOUND")
    audit.note(connection, told.deed("finished_order_task", task.order_id, task_id=task_id, reason=reason))
    return task_view(task)
