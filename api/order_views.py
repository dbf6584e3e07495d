"""The JSON shape of an order for each of its sides: neither sees of the other what it has no need of.

The seller sees no tax, card or payment of the buyer; the buyer sees nothing of the seller's payout. What is not listed
here for a side is kept from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Self

from activities.db.invoices import Issued
from activities.db.order_payouts import StoredPayout
from activities.db.orders import Stored
from activities.db.payments import Payment
from activities.order_contracts import EventKind, OrderEvent
from api.order_dispute_views import dispute_view
from api.order_shapes import (
    BillLineView,
    BillView,
    CanView,
    HistoryView,
    ListedOrderView,
    NextView,
    OrderPaymentView,
    OrderView,
    PaperView,
    PayoutView,
    PromiseView,
)
from api.order_steps import Next, can_accept, can_cancel, can_pay, disputable, due_cents, next_of
from domain.clock import to_text
from domain.invoices import Paper
from domain.orders import Party
from domain.payments import Kind, State, is_final
from domain.payouts import Statement
from domain.promises import Code, Promise

LATE_FEE = "late_fee"
LATE_FEE_WHY = "Added because the payment day has passed, as the terms say."
# What a person is told of the states between a payment's first and last.
WAITS = {State.HELD: "in_review", State.MANUAL: "in_review"}
BOTH, BUYER, SELLER = frozenset({Party.BUYER, Party.SELLER}), frozenset({Party.BUYER}), frozenset({Party.SELLER})
K = EventKind
# Which side sees a line of the history; its figure and words are for `DETAILS_OF` alone.
TOLD_TO_BOTH = (
    *(K.SOLD, K.PAID, K.DEFAULTED, K.CURED, K.TITLE_BEGUN, K.TRANSPORT_BEGUN, K.TITLE_RECEIVED, K.TITLE_FILED),
    *(K.PICKED_UP, K.DELIVERED, K.ACCEPTED, K.COMPLETED, K.CANCEL_WISHED, K.CANCELLED, K.REFUNDED, K.PROMISE_MISSED),
    *(K.DISPUTE_OPENED, K.DISPUTE_ANSWERED, K.DISPUTE_EVIDENCE, K.DISPUTE_MOVED, K.DISPUTE_ESCALATED),
    *(K.DISPUTE_RESOLVED, K.DISPUTE_WITHDRAWN),
)
TOLD_TO_THE_BUYER = (K.INVOICED, K.REMINDED, K.CHARGE_ASKED, K.CHARGE_REFUSED, K.LATE_FEE, K.GIVEN_BACK)
TOLD_TO_THE_SELLER = (K.PAYOUT_SET, K.PAYOUT_WAITS, K.PAID_OUT)
SEEN_BY: Mapping[str, frozenset[Party]] = MappingProxyType(
    {
        **dict.fromkeys(TOLD_TO_BOTH, BOTH),
        **dict.fromkeys(TOLD_TO_THE_BUYER, BUYER),
        **dict.fromkeys(TOLD_TO_THE_SELLER, SELLER),
    }
)
DETAILS_OF: Mapping[str, frozenset[Party]] = MappingProxyType(
    {**SEEN_BY, K.PAID: BUYER, K.DEFAULTED: BUYER, K.DISPUTE_MOVED: frozenset()}
)
PROMISES_OF: Mapping[Code, frozenset[Party]] = MappingProxyType({Code.PAYOUT: SELLER})
PAPERS_OF: Mapping[Paper, frozenset[Party]] = MappingProxyType(
    {Paper.INVOICE: BUYER, Paper.RECEIPT: BUYER, Paper.REFUND_NOTE: BUYER, Paper.BILL_OF_SALE: BOTH}
)


@dataclass(frozen=True, slots=True)
class ShownPayout:
    """A payout as its row has it."""

    status: str
    cents: int
    due_on: str | None
    reason: str
    statement: Statement | None

    @classmethod
    def of(cls, found: StoredPayout) -> Self:
        """From the row."""
        told = found.payout
        day = None if told.due_on is None else told.due_on.isoformat()
        return cls(told.status.value, told.cents, day, told.reason, found.statement)


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is recorded of an order, for whichever side it is shown to."""

    stored: Stored
    title: str
    events: Sequence[OrderEvent]
    payments: Sequence[Payment]
    papers: Sequence[Issued]
    payout: ShownPayout | None = None

    @property
    def payment_open(self) -> bool:
        """Whether a payment of the buyer's is on its way."""
        return any(each.kind is Kind.CHARGE and not is_final(each.state) for each in self.payments)


def listed_view(stored: Stored, title: str, side: Party, *, payment_open: bool) -> ListedOrderView:
    """An order in a list."""
    order = stored.order
    return {
        "id": order.id,
        "you_are": side.value,
        "status": order.status.value,
        "title": title,
        "vehicle_id": order.vehicle_id,
        "auction_id": order.auction_id,
        "price_cents": order.price_cents,
        "how": order.how.value,
        "sold_at": to_text(order.sold_at),
        "due_cents": due_cents(stored) if side is Party.BUYER else None,
        "next": _next(next_of(stored, side, payment_open=payment_open)),
        "version": stored.version,
        "updated_at": to_text(stored.updated_at),
    }


def order_view(found: Dossier, side: Party, now: datetime) -> OrderView:
    """An order in full, for one of its sides."""
    stored, is_buyer = found.stored, side is Party.BUYER
    return {
        **listed_view(stored, found.title, side, payment_open=found.payment_open),
        "stage": stored.order.stage.value,
        "reason": stored.order.reason,
        "bill": _bill(stored) if is_buyer else None,
        "payments": [payment_view(each) for each in found.payments] if is_buyer else [],
        "papers": [_paper(stored.order.id, each) for each in found.papers if side in PAPERS_OF[each.paper]],
        "timeline": [_promise(each) for each in stored.timeline if side in PROMISES_OF.get(each.code, BOTH)],
        "history": history_view(found.events, side),
        "disputes": [dispute_view(each, side) for each in stored.disputes],
        "payout": None if found.payout is None or side is not Party.SELLER else payout_view(found.payout),
        "can": _can(found, side, now),
        "cancel_wished_by": sorted({each.by.value for each in found.events if each.kind == K.CANCEL_WISHED}),
        "server_now": to_text(now),
    }


def payment_view(payment: Payment) -> OrderPaymentView:
    """A payment for who makes it."""
    final = is_final(payment.state)
    return {
        "id": payment.id,
        "kind": "payment" if payment.kind is Kind.CHARGE else "refund",
        "of": payment.of_payment_id,
        "means": payment.means.value,
        "amount_cents": payment.amount_cents,
        "state": payment.state.value if final else WAITS.get(payment.state, "pending"),
        "code": payment.code if final else None,
        "made_at": to_text(payment.made_at or payment.created_at),
        "updated_at": to_text(payment.updated_at),
    }


def history_view(events: Sequence[OrderEvent], side: Party) -> list[HistoryView]:
    """The lines of a history that a side may see; the staff see all of them."""
    return [
        {
            "at": to_text(each.at),
            "kind": each.kind,
            "by": each.by.value,
            "cents": each.cents if _may(DETAILS_OF, each, side) else None,
            "words": each.words if _may(DETAILS_OF, each, side) else "",
        }
        for each in events
        if _may(SEEN_BY, each, side)
    ]


def payout_view(payout: ShownPayout) -> PayoutView:
    """A payout for its seller."""
    lines = () if payout.statement is None else payout.statement.lines
    return {
        "status": payout.status,
        "cents": payout.cents,
        "due_on": payout.due_on,
        "reason": payout.reason,
        "lines": [{"code": each.code.value, "cents": each.cents, "why": each.why} for each in lines],
    }


def _may(table: Mapping[str, frozenset[Party]], event: OrderEvent, side: Party) -> bool:
    if side is Party.STAFF:
        return True
    if event.kind == K.PROMISE_MISSED:
        # Its words begin with the promise's code.
        missed = next((code for code in Code if code == event.words.partition(":")[0]), None)
        return missed is not None and side in PROMISES_OF.get(missed, BOTH)
    return side in table.get(event.kind, frozenset())


def _next(step: Next) -> NextView:
    return {"code": step.code, "due_at": _text(step.due_at)}


def _bill(stored: Stored) -> BillView | None:
    if stored.charges is None or stored.total_cents is None:
        return None
    late = stored.late_fee_cents or 0
    lines: list[BillLineView] = [
        {"code": line.code.value, "cents": line.cents, "why": line.why} for line in stored.charges.lines
    ]
    if late:
        lines.append({"code": LATE_FEE, "cents": late, "why": LATE_FEE_WHY})
    return {
        "lines": lines,
        "total_cents": stored.total_cents + late,
        "paid_cents": stored.paid_cents,
        "due_cents": due_cents(stored),
        "rates_version": stored.charges.rates_version,
        "notes": list(stored.charges.notes),
        "invoice_number": stored.invoice_number,
        "invoiced_at": _text(stored.invoiced_at),
        "charge_agreed": stored.charge_agreed,
    }


def _paper(order_id: int, paper: Issued) -> PaperView:
    is_invoice = paper.paper is Paper.INVOICE
    return {
        "kind": paper.paper.value,
        "number": paper.number,
        "issued_at": to_text(paper.issued_at),
        "is_ready": paper.pdf_key is not None,
        "url": f"/api/orders/{order_id}/{'invoice' if is_invoice else f'papers/{paper.number}'}",
    }


def _promise(each: Promise) -> PromiseView:
    return {
        "code": each.code.value,
        "owner": each.owner.value,
        "due_at": _text(each.due_at),
        "state": each.state.value,
        "done_at": _text(each.done_at),
        "if_missed": each.if_missed,
        "note": each.note,
    }


def _can(found: Dossier, side: Party, now: datetime) -> CanView:
    stored = found.stored
    return {
        "pay": can_pay(stored, side, payment_open=found.payment_open),
        "cancel": can_cancel(stored),
        "accept_delivery": can_accept(stored, side),
        "dispute": [{"kind": each.kind.value, "until": _text(each.until)} for each in disputable(stored, side, now)],
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
