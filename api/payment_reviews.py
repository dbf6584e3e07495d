"""Payments that only a person can end, and charges that were taken back: what the vendor or a bank did with them is
read elsewhere and written down here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, deposits, payments
from activities.db.audit import Deed
from activities.db.payments import Change, Payment
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.paging import ID_MAX, Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience, Staff
from api.signins import Via
from api.sources import source_of
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
TWO_FACTS = "What is done names the vendor's transaction and the amount in its record, and both must be this payment's."
PAGE = {"items": [EXAMPLE], "next_cursor": None, "total": 1}
# Why a charge was reversed by somebody here: no status of the vendor undoes that.
CHARGEBACK = "CHARGEBACK"
router = APIRouter(prefix="/api", tags=["payments"])


class Finding(BaseModel):
    """What somebody found out at the vendor, and why they believe it.

    What is `done` names two facts of the vendor's record: its transaction and the amount in it. A charge that was done
    is `reversed` by a bank's chargeback, of which the vendor knows nothing, and `done` again when the dispute is won.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "outcome": "done",
                    "transaction_id": "60200000001",
                    "amount_cents": 250_000,
                    "reason": "Settled, see the batch.",
                }
            ]
        },
    )

    outcome: Literal["done", "failed", "reversed"]
    transaction_id: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,19}$")] | None = None
    amount_cents: Annotated[int, Field(strict=True, ge=0, le=ID_MAX)] | None = None
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
    """Payments in a state, newest first; `total` counts all of them."""

    items: list[ReviewedPaymentView]
    next_cursor: str | None
    total: int


@router.get("/support/payments", **about(Audience.STAFF, "INVALID_CURSOR", example=PAGE))
async def list_payments(
    request: Request,
    person: Staff,
    state: Annotated[
        Literal["manual", "reversed"], Query(description="What waits for a person, or was taken back from us.")
    ] = "manual",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReviewedPaymentPage:
    """Payments of which a person has to find out what the vendor did, or charges that were taken back."""
    database, before = services_of(request).database, number_key(cursor)
    await note_read(request, person, "payments", "payments")
    found = await database.read(payments.in_state, State(state), limit + 1, before)
    return {
        "items": [_view(payment) for payment in found[:limit]],
        "next_cursor": str(found[limit - 1].id) if len(found) > limit else None,
        "total": await database.read(payments.count_in_state, State(state)),
    }


@router.post(
    "/admin/payments/{payment_id}/resolve",
    **about(Audience.ADMIN, "BROWSER_ONLY", "DEPOSIT_NOT_FOUND", "DEPOSIT_NOT_HELD", example=RESOLVED),
)
async def resolve(request: Request, admin: Admin, payment_id: Id, finding: Finding) -> ReviewedPaymentView:
    """End a payment that waits for a person, or write down a chargeback, with all that follows, once.

    Only for a person who has just stepped up: a bearer token, whenever it was made, resolves nothing.
    """
    if request.state.identity.via is not Via.SESSION:
        raise fail("BROWSER_ONLY")
    services = services_of(request)
    deed = Deed(now(), admin.id, "payment_resolved", f"payment {payment_id}", {}, *source_of(request))
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
    if change.state is State.REVERSED:
        change = Change(State.REVERSED, code=CHARGEBACK)
    if change.state is State.DONE and (wrong := _doubts(connection, before, finding)):
        raise fail("INVALID_INPUT", TWO_FACTS, errors=wrong)
    payment, moved = payments.mark(connection, payment_id, change, deed.at, only_from=_leaves(before, change))
    if not moved:
        if payment.state is change.state:
            return payment, []
        raise fail("DEPOSIT_NOT_HELD", "This payment waits for nobody.", state=payment.state.value)
    detail = {
        "before": before.state.value,
        "outcome": finding.outcome,
        "amount_cents": finding.amount_cents,
        "transaction_id": payment.transaction_id,
        "code": before.code,
        "reason": finding.reason,
    }
    audit.note(connection, replace(deed, detail=detail))
    return payment, deposits.follow(connection, payment, deed.at, public_url=public_url)


def _doubts(connection: Connection, payment: Payment, finding: Finding) -> list[dict[str, str]]:
    """What in the facts of the vendor's record is missing, or is of another payment."""
    own = {payment.id, payment.of_payment_id}
    named = finding.transaction_id
    others = set() if named is None else set(payments.by_transaction(connection, named)) - own
    wrong = {
        ("transaction_id", "required", "name the vendor's transaction"): named is None,
        ("transaction_id", "known", "the vendor gave this payment another transaction"): (
            payment.kind is Kind.CHARGE and named is not None and payment.transaction_id not in {None, named}
        ),
        ("transaction_id", "unique", "this transaction is another payment's"): bool(others),
        ("amount_cents", "required", "name the amount in the vendor's record"): finding.amount_cents is None,
        ("amount_cents", "equal", "this is not the payment's amount; find the right transaction"): (
            finding.amount_cents not in {None, payment.amount_cents}
        ),
    }
    return [
        {"field": field, "rule": rule, "message": message}
        for (field, rule, message), is_wrong in wrong.items()
        if is_wrong
    ]


def _leaves(before: Payment, change: Change) -> State:
    """The one state that a finding may end. What a bank took back was done; that it did may turn out otherwise."""
    if change.state is State.REVERSED:
        return State.DONE
    written_down = before.state is State.REVERSED and before.code == CHARGEBACK
    return State.REVERSED if written_down and change.state is State.DONE else State.MANUAL


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
