"""Payments that only a person can end: what the vendor did with them is read in its console and written down here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, deposits, payments
from activities.db.audit import Deed
from activities.db.payments import Change, Payment
from api.commands import Reason
from api.database import now
from api.frames import request_id
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience, Staff
from api.staff_reads import note_read
from api.state import services_of
from domain.clock import to_text
from domain.payments import Kind, State

EXAMPLE: dict[str, Any] = {
    "id": 31,
    "user_id": 7,
    "purpose": "deposit",
    "kind": "charge",
    "of": None,
    "amount_cents": 250_000,
    "reference": "MFRGGZDFMZTWQ2LKNNWG",
    "transaction_id": None,
    "state": "manual",
    "code": "OUTCOME_UNKNOWN",
    "created_at": "2026-05-05T12:00:00.000Z",
    "updated_at": "2026-05-05T20:00:00.000Z",
}
RESOLVED = {**EXAMPLE, "state": "done", "code": None, "transaction_id": "60200000001"}
PAGE = {"items": [EXAMPLE], "next_cursor": None, "total": 1}
router = APIRouter(prefix="/api", tags=["payments"])


class Finding(BaseModel):
    """What somebody found out at the vendor, and why they believe it. A charge that is `done` names its transaction,
    by which it can be given back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"outcome": "done", "transaction_id": "60200000001", "reason": "Settled, see the batch."}]
        },
    )

    outcome: Literal["done", "failed"]
    transaction_id: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,19}$")] | None = None
    reason: Reason


class ReviewedPaymentView(TypedDict):
    """A payment as the staff see it: `reference` is its name at the vendor, `of` the charge that it gives back."""

    id: int
    user_id: int
    purpose: str
    kind: str
    of: int | None
    amount_cents: int
    reference: str
    transaction_id: str | None
    state: str
    code: str | None
    created_at: str
    updated_at: str


class ReviewedPaymentPage(TypedDict):
    """Payments that wait for a person, newest first; `total` counts all of them."""

    items: list[ReviewedPaymentView]
    next_cursor: str | None
    total: int


@router.get("/support/payments", **about(Audience.STAFF, "INVALID_CURSOR", example=PAGE))
async def list_manual(request: Request, person: Staff, limit: Limit = 50, cursor: Cursor = None) -> ReviewedPaymentPage:
    """Payments of which a person has to find out what the vendor did."""
    database, before = services_of(request).database, number_key(cursor)
    await note_read(request, person, "payments", "payments")
    found = await database.read(payments.manual, limit + 1, before)
    return {
        "items": [_view(payment) for payment in found[:limit]],
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
        "total": await database.read(payments.count_manual),
    }


@router.post(
    "/admin/payments/{payment_id}/resolve",
    **about(Audience.ADMIN, "DEPOSIT_NOT_FOUND", "DEPOSIT_NOT_HELD", example=RESOLVED),
)
async def resolve(request: Request, admin: Admin, payment_id: Id, finding: Finding) -> ReviewedPaymentView:
    """End a payment that waits for a person, with all that follows. The same finding again changes nothing."""
    services = services_of(request)
    deed = Deed(now(), admin.id, "payment_resolved", f"payment {payment_id}", {}, request_id(request.scope))
    public_url = services.settings.public_url
    payment, outbox_ids = await services.database.write(_resolve, payment_id, finding, deed, public_url)
    for outbox_id in outbox_ids:
        services.ways_in.post.send(outbox_id)
    services.ways_in.post.tell("payment", services.payments.payment_event(payment_id))
    return _view(payment)


def _resolve(
    connection: Connection, payment_id: int, finding: Finding, deed: Deed, public_url: str
) -> tuple[Payment, Sequence[str]]:
    before = payments.find(connection, payment_id)
    if before is None:
        raise fail("DEPOSIT_NOT_FOUND", "There is no such payment.")
    change = Change(State(finding.outcome), finding.transaction_id)
    if (
        change.state is State.DONE
        and before.kind is Kind.CHARGE
        and not (finding.transaction_id or before.transaction_id)
    ):
        raise fail("INVALID_INPUT", "A charge that is done needs the vendor's transaction.")
    payment, moved = payments.mark(connection, payment_id, change, deed.at, only_from=State.MANUAL)
    if not moved:
        if payment.state is change.state:
            return payment, []
        raise fail("DEPOSIT_NOT_HELD", "This payment waits for nobody.", state=payment.state.value)
    detail = {
        "outcome": finding.outcome,
        "transaction_id": payment.transaction_id,
        "code": before.code,
        "reason": finding.reason,
    }
    audit.note(connection, replace(deed, detail=detail))
    return payment, deposits.follow(connection, payment, deed.at, public_url=public_url)


def _view(payment: Payment) -> ReviewedPaymentView:
    return {
        "id": payment.id,
        "user_id": payment.user_id,
        "purpose": payment.purpose.value,
        "kind": payment.kind.value,
        "of": payment.of_payment_id,
        "amount_cents": payment.amount_cents,
        "reference": payment.reference,
        "transaction_id": payment.transaction_id,
        "state": payment.state.value,
        "code": payment.code,
        "created_at": to_text(payment.created_at),
        "updated_at": to_text(payment.updated_at),
    }
