"""What the night's settlement, and whatever comes after it, makes of a payment that was done: it holds, it is open, or
it is lost. Judged by the vendor's status of its transaction, whatever a webhook said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from activities.db.payments import Change, Payment
from activities.providers.authorize_net_results import LOST_STATUSES, REFUSED_STATUSES, SETTLED_STATUSES, VOIDED
from domain.payments import Kind, State, taken_back

# What proves that a payment holds, and what that it does not. A void is lost where its charge was settled all the same.
HOLDS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.CHARGE: SETTLED_STATUSES,
        Kind.REFUND: frozenset({"refundSettledSuccessfully"}),
        Kind.VOID: REFUSED_STATUSES | {VOIDED, "expired"},
    }
)
LOST: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {Kind.CHARGE: LOST_STATUSES, Kind.REFUND: LOST_STATUSES, Kind.VOID: SETTLED_STATUSES}
)
# Why a charge may be reversed and come back, and the status that proves it: the vendor resets a batch that failed, for
# 30 days. What a person wrote down is not the vendor's to undo, which knows nothing of a card's chargebacks.
COMES_BACK: Mapping[str, frozenset[str]] = MappingProxyType(
    {"settlementError": frozenset({"settledSuccessfully"}), "chargeback": frozenset({"chargebackReversal"})}
)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a payment becomes, if anything, and whether that is not the last word."""

    change: Change | None
    waits: bool


def is_followed(payment: Payment) -> bool:
    """Whether a payment is looked at by its transaction: it was done once."""
    was_done = payment.kind is not Kind.CHARGE and payment.state is State.MANUAL
    return payment.transaction_id is not None and (was_done or payment.state in {State.DONE, State.REVERSED})


def settlement(payment: Payment, status: str | None) -> Settlement:
    """Judge a payment that is followed; a status of None, or one that we do not know, proves nothing."""
    if payment.state is State.REVERSED:
        proof = COMES_BACK.get(payment.code or "", frozenset())
        return Settlement(Change(State.DONE), waits=False) if status in proof else Settlement(None, waits=bool(proof))
    if status in HOLDS[payment.kind]:
        return Settlement(Change(State.DONE) if payment.state is State.MANUAL else None, waits=False)
    if status in LOST[payment.kind] and payment.state is State.DONE:
        change = Change(taken_back(payment.kind), code=status)
        return Settlement(change, waits=change.state is State.MANUAL or status in COMES_BACK)
    return Settlement(None, waits=True)
