"""What the system finds undone, or done after all, at the payment vendor: audited, and an error in the log if many."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from activities.db import audit, payments
from activities.db.audit import SYSTEM_ID, Deed
from activities.db.payments import Payment
from domain.payments import State

TAKEN_BACK, CAME_BACK, RETURN_UNDONE = "payment_taken_back", "payment_came_back", "payment_return_undone"
DAY = timedelta(days=1)
log = structlog.get_logger(__name__)


def reversal(before: Payment, after: Payment) -> str | None:
    """How the audit log calls a move that others made at the vendor; None for all that our own sending brings about."""
    if before.state is State.REVERSED:
        return CAME_BACK
    if after.state is State.REVERSED:
        return TAKEN_BACK
    return RETURN_UNDONE if before.state is State.DONE else None


def note_reversal(connection: Connection, before: Payment, after: Payment, now: datetime, *, many: int) -> None:
    """Write a move down as the system's, if it is such a one, in the transaction that makes it; and log an error when
    with it at least `many` charges were taken back within a day."""
    action = reversal(before, after)
    if action is None:
        return
    detail = {
        "actor": "system",
        "kind": after.kind.value,
        "before": before.state.value,
        "after": after.state.value,
        # The vendor's word for it: what came back was called so before.
        "code": after.code or before.code,
        "amount_cents": after.amount_cents,
        "transaction_id": after.transaction_id,
    }
    audit.note(connection, Deed(now, SYSTEM_ID, action, f"payment {after.id}", detail, ""))
    if action != TAKEN_BACK:
        return
    count = payments.count_in_state(connection, State.REVERSED, now - DAY)
    if count >= many:
        log.error("many_payments_taken_back", count=count, many=many, hours=24)
