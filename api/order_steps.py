"""What each side of an order may do now, and the one thing that it does next: read off the record, judged elsewhere.

The order's workflow judges every act; this only says which of them are worth offering.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from activities.db.orders import Stored
from domain.dispute_terms import Anchor, Kind, Sale, window_ends, window_refusal
from domain.disputes import Dispute
from domain.disputes import State as CaseState
from domain.orders import DISPUTABLE, OrderStatus, Party
from domain.promises import Code, Promise, State

DONE = frozenset({State.KEPT, State.LATE})
RUNNING = frozenset({State.OPEN, State.MISSED, State.HELD})
ANSWERABLE = frozenset({CaseState.OPEN, CaseState.REVIEW, CaseState.ESCALATED})
WITH_THE_SELLER = (Code.TITLE_HANDED, Code.HANDOVER)


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of one side: a code of `web.order_words.NEXT`, and until when (aware UTC) or None."""

    code: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Disputable:
    """A kind of dispute that may be opened now, and until when; None while its window has no end."""

    kind: Kind
    until: datetime | None


def promise_of(stored: Stored, code: Code) -> Promise | None:
    """One line of the timeline, or None where nothing of the kind is promised, or not yet told."""
    return next((each for each in stored.timeline if each.code is code), None)


def due_cents(stored: Stored) -> int:
    """What is left to pay, with late fees: 0 before the invoice and once the order waits for no payment."""
    if stored.total_cents is None or stored.order.stage is not OrderStatus.PENDING_PAYMENT:
        return 0
    return max(stored.total_cents + (stored.late_fee_cents or 0) - stored.paid_cents, 0)


def sale_of(stored: Stored) -> Sale:
    """What has happened of an order, as far as the windows of disputes are counted by it."""
    delivery = Code.DELIVERY if promise_of(stored, Code.DELIVERY) else Code.HANDOVER
    facts = {
        Anchor.SOLD: stored.order.sold_at,
        Anchor.PAID: _done_at(stored, Code.PAYMENT),
        Anchor.DELIVERED: _done_at(stored, delivery) if _has_begun(stored, Code.INSPECTION) else None,
    }
    return Sale({anchor: at for anchor, at in facts.items() if at is not None}, stored.paid_cents)


def disputable(stored: Stored, side: Party, now: datetime) -> Iterator[Disputable]:
    """The kinds of disputes that a side may open now."""
    if stored.order.stage not in DISPUTABLE:
        return
    sale = sale_of(stored)
    standing = {case.claim.kind for case in stored.disputes if case.is_open and case.claim.by is side}
    if _done_at(stored, Code.INSPECTION) is not None:
        # Who has accepted the vehicle, by word or by silence, has accepted its condition.
        standing.add(Kind.CONDITION)
    for kind in Kind:
        if kind not in standing and window_refusal(kind, side, sale, now) is None:
            yield Disputable(kind, window_ends(kind, sale))


def can_pay(stored: Stored, side: Party, *, payment_open: bool) -> bool:
    """Whether a side may pay now."""
    return side is Party.BUYER and due_cents(stored) > 0 and not payment_open


def can_accept(stored: Stored, side: Party) -> bool:
    """Whether a side may accept the vehicle now."""
    inspection = promise_of(stored, Code.INSPECTION)
    is_open = inspection is not None and inspection.state is State.OPEN
    return side is Party.BUYER and is_open and stored.order.stage is OrderStatus.DELIVERED


def can_cancel(stored: Stored) -> bool:
    """Whether a side may wish the order to be called off."""
    return stored.order.stage is OrderStatus.PENDING_PAYMENT and not stored.order.disputes


def acts_on(case: Dispute, side: Party) -> list[str]:
    """What a side may do with a dispute now."""
    if not case.is_open:
        return []
    found = ["evidence"]
    if case.against is side and case.state in ANSWERABLE:
        found += ["concede"] if case.answer else ["answer", "concede"]
    if case.claim.by is side and case.state in ANSWERABLE:
        found.append("withdraw")
    return found


def next_of(stored: Stored, side: Party, *, payment_open: bool) -> Next:
    """What a side does next, or waits for."""
    cases = [case for case in stored.disputes if case.is_open]
    asked = [case for case in cases if "answer" in acts_on(case, side)]
    if asked:
        return Next("answer_dispute", min(case.due_at for case in asked))
    if cases:
        return Next("wait_dispute", min(case.due_at for case in cases))
    match stored.order.stage:
        case OrderStatus.PENDING_PAYMENT:
            return _before_payment(stored, side, payment_open=payment_open)
        case OrderStatus.PAID | OrderStatus.TITLE_PROCESSING:
            return _before_delivery(stored, side)
        case OrderStatus.DELIVERED:
            return _before_the_end(stored, side)
        case _:
            return Next("nothing")


def _before_payment(stored: Stored, side: Party, *, payment_open: bool) -> Next:
    due = _first_due(stored, Code.PAYMENT, Code.LAST_PAYMENT)
    if side is Party.SELLER:
        return Next("wait_buyer", due)
    if stored.total_cents is None:
        return Next("wait_invoice")
    if payment_open:
        return Next("wait_payment")
    return Next("pay", due) if due_cents(stored) else Next("wait_house")


def _before_delivery(stored: Stored, side: Party) -> Next:
    owed = [each for each in WITH_THE_SELLER if _done_at(stored, each) is None]
    if owed:
        due = _first_due(stored, *owed)
        if side is Party.SELLER:
            return Next("hand_over", due)
        wait = stored.with_carrier or Code.HANDOVER not in owed
        return Next("wait_seller" if wait else "fetch", due)
    if _has_begun(stored, Code.DELIVERY) and _done_at(stored, Code.DELIVERY) is None:
        return Next("wait_delivery", _first_due(stored, Code.DELIVERY))
    return Next("wait_house")


def _before_the_end(stored: Stored, side: Party) -> Next:
    due = _first_due(stored, Code.INSPECTION)
    if can_accept(stored, side):
        return Next("accept_delivery", due)
    return Next("wait_inspection", due) if due is not None and side is Party.SELLER else Next("wait_house")


def _first_due(stored: Stored, *codes: Code) -> datetime | None:
    """The earliest term that runs of some promises; one that was missed counts only where no other is left."""
    found = [each for each in stored.timeline if each.code in codes and each.due_at and each.state in RUNNING]
    ahead = [each for each in found if each.state is not State.MISSED] or found
    return min((each.due_at for each in ahead if each.due_at), default=None)


def _done_at(stored: Stored, code: Code) -> datetime | None:
    found = promise_of(stored, code)
    return found.done_at if found is not None and found.state in DONE else None


def _has_begun(stored: Stored, code: Code) -> bool:
    found = promise_of(stored, code)
    return found is not None and found.state is not State.WAITING
