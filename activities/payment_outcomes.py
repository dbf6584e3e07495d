"""What the vendor's answers make of a payment, and the way back of money: void, refund, or wait for the settlement."""

from dataclasses import dataclass
from typing import Protocol, assert_never

from activities.db.payments import Change, Payment
from activities.providers.authorize_net_results import (
    BATCH_FAILED,
    LOST_STATUSES,
    NEVER_SETTLED_STATUSES,
    VOIDED,
    Ambiguous,
    CardRef,
    Charged,
    ChargeOutcome,
    Declined,
    FoundCharge,
    FoundRefund,
    HeldForReview,
    NotFound,
    NotRefundable,
    Refunded,
    RefundOutcome,
    RefundRefusal,
    Reversed,
    TransactionDetails,
    Voided,
    VoidOutcome,
)
from domain.payments import Kind, State

AMBIGUOUS = "AMBIGUOUS"
CHARGE_REVERSED = "CHARGE_REVERSED"
NO_CARD = "NO_CARD"
NO_TRANSACTION = "NO_TRANSACTION"
# The stored card is gone at the vendor.
NO_RECORD = "E00040"


@dataclass(frozen=True, slots=True)
class ChargeLost:
    """There is nothing to give back: the charge itself was taken back from us. `status` is the vendor's."""

    status: str

    def ends_return(self, *, again: bool) -> Change:
        """What becomes of a return of it. One sent before may have given back what was disputed only later."""
        if again and self.status not in NEVER_SETTLED_STATUSES:
            return Change(State.MANUAL, code=self.status)
        return Change(State.FAILED, code=CHARGE_REVERSED)


class Returns(Protocol):
    """What giving back needs of the vendor."""

    async def transaction(self, transaction_id: str) -> TransactionDetails | None:
        """One transaction."""

    async def void(self, transaction_id: str, reference: str) -> VoidOutcome:
        """Let a transaction never settle."""

    async def refund(self, transaction_id: str, amount_cents: int, to: CardRef | str, reference: str) -> RefundOutcome:
        """Give back all or a part of a settled charge."""

    async def find_refund(self, profile_id: str, reference: str, amount_cents: int) -> FoundRefund:
        """What became of a refund."""


def charge_change(outcome: ChargeOutcome, *, again: bool) -> Change:
    """What an answer to a charge makes of it. That the card is gone says nothing of a sending before this one."""
    match outcome:
        case Charged():
            return Change(State.DONE, outcome.transaction_id)
        case HeldForReview():
            return Change(State.HELD, outcome.transaction_id)
        case Declined():
            in_doubt = again and outcome.code == NO_RECORD
            return Change(State.UNKNOWN if in_doubt else State.DECLINED, code=outcome.code)
        case _ as unreachable:
            assert_never(unreachable)


def found_charge_change(found: FoundCharge) -> Change | None:
    """What a look-up makes of a charge; None where the vendor shows nothing."""
    match found:
        case Charged() | HeldForReview():
            return charge_change(found, again=True)
        case Declined():
            return Change(State.DECLINED, code=found.code)
        case Reversed():
            return Change(_reversed(found.status), found.transaction_id, found.status)
        case Ambiguous():
            return Change(State.MANUAL, code=AMBIGUOUS)
        case NotFound():
            return None
        case _ as unreachable:
            assert_never(unreachable)


def _reversed(status: str) -> State:
    """A charge found taken back: it never was, it may come back, or nobody knows what the vendor means."""
    if status in NEVER_SETTLED_STATUSES and status != BATCH_FAILED:
        return State.FAILED
    return State.REVERSED if status in LOST_STATUSES else State.MANUAL


async def give_back(vendor: Returns, payment: Payment, charge: Payment, card: CardRef) -> Change | ChargeLost | None:
    """Give back by the way that is open; None where only tonight's settlement opens one. `card` is the stored one."""
    told = await vendor.transaction(charge.transaction_id or "")
    whole = payment.amount_cents == charge.amount_cents
    if told is None:
        return Change(State.MANUAL, code=NO_TRANSACTION)
    if told.status == VOIDED and whole:
        return _voided(told.transaction_id)
    if told.status in LOST_STATUSES:
        return ChargeLost(told.status)
    if told.is_unsettled:
        return await _void(vendor, told.transaction_id, payment) if whole else None
    if not told.last4 and told.card != card:
        return Change(State.MANUAL, code=NO_CARD)
    outcome = await _refund(vendor, payment, told, card)
    if isinstance(outcome, NotRefundable) and outcome.reason is RefundRefusal.UNSETTLED:
        return None
    return _refund_change(outcome)


async def found_refund_change(
    vendor: Returns, payment: Payment, charge: Payment, profile_id: str
) -> Change | ChargeLost | None:
    """What a look-up makes of a return; None where the vendor shows nothing. Of a charge that was never settled nothing
    can have been refunded; of one that was disputed later, something may have been before."""
    told = await vendor.transaction(charge.transaction_id or "")
    if told is not None and told.status == VOIDED and payment.amount_cents == charge.amount_cents:
        return _voided(told.transaction_id)
    if told is not None and told.status in NEVER_SETTLED_STATUSES:
        return ChargeLost(told.status)
    if not profile_id:
        return None
    found = await vendor.find_refund(profile_id, payment.reference, payment.amount_cents)
    if isinstance(found, Ambiguous):
        return Change(State.MANUAL, code=AMBIGUOUS)
    return None if isinstance(found, NotFound) else _refund_change(found)


async def _refund(vendor: Returns, payment: Payment, told: TransactionDetails, card: CardRef) -> RefundOutcome:
    """Refund to what paid: by the stored card where that is still the one, since the vendor lists such a refund among
    the customer's for good, else by the last 4 digits that paid, which a card that is replaced or removed leaves."""
    to = card if told.card == card else told.last4
    outcome = await vendor.refund(told.transaction_id, payment.amount_cents, to, payment.reference)
    if isinstance(outcome, NotRefundable) and outcome.code == NO_RECORD and told.last4:
        # The card has gone since; the same reference keeps a first sending from being repeated.
        return await vendor.refund(told.transaction_id, payment.amount_cents, told.last4, payment.reference)
    return outcome


async def _void(vendor: Returns, transaction_id: str, payment: Payment) -> Change | None:
    # What cannot be voided is being settled now, and can be refunded soon.
    outcome = await vendor.void(transaction_id, payment.reference)
    return _voided(transaction_id) if isinstance(outcome, Voided) else None


def _voided(transaction_id: str) -> Change:
    return Change(State.DONE, transaction_id, kind=Kind.VOID)


def _refund_change(outcome: RefundOutcome) -> Change:
    if isinstance(outcome, Refunded):
        if outcome.failed:
            return Change(State.MANUAL, outcome.transaction_id, BATCH_FAILED)
        return Change(State.DONE, outcome.transaction_id)
    return Change(State.DECLINED, code=f"{outcome.reason}:{outcome.code}")
