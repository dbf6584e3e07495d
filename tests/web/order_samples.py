"""Orders at every step of their life, as their sides see them: by the rules of the domain and the views of the API."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.db.invoices import Issued, Written
from activities.db.orders import Stored
from activities.db.payments import Payment
from activities.order_contracts import EventKind, OrderEvent
from api.order_shapes import OrderView
from api.order_views import Dossier, ShownPayout, order_view
from domain import disputes, orders, payouts, promises
from domain.charges import Charge, Line, Total
from domain.dispute_terms import Kind, Remedy, Resolution
from domain.disputes import Claim, Dispute
from domain.invoices import Paper
from domain.orders import HowSold, Order, OrderStatus, Party, Step
from domain.payments import Kind as PaymentKind
from domain.payments import Purpose, State
from domain.promises import Event
from tests.web.samples import frame
from web.order_views import OrderPage
from web.views import Viewer

# A Tuesday, 15:00 in Chicago.
SOLD_AT = datetime(2026, 5, 5, 20, tzinfo=UTC)
DAY = timedelta(days=1)
ADA, SAM = 1, 4
BUYER, SELLER = Viewer("Ada", "buyer", "csrf-ada"), Viewer("Sam", "seller", "csrf-sam")
PRICE = 12_400_00
TOTAL = Total(
    (
        Line(Charge.VEHICLE, PRICE, "The price of the vehicle."),
        Line(Charge.BUYER_FEE, 620_00, "The house's fee: 5 % of the price, at least $250, at most $5,000."),
        Line(Charge.DOCUMENTATION_FEE, 350_00, "For preparing the papers of the sale."),
        Line(Charge.SALES_TAX, 876_56, "6.875 % of the price and the documentation fee."),
        Line(Charge.TITLE_FEE, 8_25, "The state's fee for a title in your name."),
    ),
    14_254_81,
    1,
    ("Delivery is not included; you can pick the vehicle up.",),
)
ORDER = Order(41, 7, 1, 12, ADA, SAM, PRICE, HowSold.HAMMER, SOLD_AT)
SOLD = Stored(
    order=ORDER,
    version=1,
    timeline=promises.begun(SOLD_AT, with_carrier=True),
    disputes=(),
    charges=None,
    invoice_number=None,
    total_cents=None,
    paid_cents=0,
    late_fee_cents=None,
    invoiced_at=None,
    default_at=None,
    charge_agreed=False,
    with_carrier=True,
    updated_at=SOLD_AT,
    completed_at=None,
)
ROAD = (
    (Event.INVOICED, None, EventKind.INVOICED, Party.HOUSE),
    (Event.PAID, Step.PAY, EventKind.PAID, Party.BUYER),
    (Event.TITLE_RECEIVED, Step.START_TITLE, EventKind.TITLE_RECEIVED, Party.SELLER),
    (Event.PICKED_UP, None, EventKind.PICKED_UP, Party.CARRIER),
    (Event.TITLE_FILED, None, EventKind.TITLE_FILED, Party.HOUSE),
    (Event.DELIVERED, Step.DELIVER, EventKind.DELIVERED, Party.CARRIER),
    (Event.ACCEPTED, None, EventKind.ACCEPTED, Party.BUYER),
    (Event.PAID_OUT, Step.COMPLETE, EventKind.PAID_OUT, Party.HOUSE),
)
HISTORY = [OrderEvent(SOLD_AT, EventKind.SOLD, Party.HOUSE, PRICE)]


def at(days: float) -> datetime:
    """So many days after the sale."""
    return SOLD_AT + days * DAY


def moved(stored: Stored, event: Event, step: Step | None, days: float) -> Stored:
    """An order after one event of its road."""
    after = stored.order if step is None else orders.moved(stored.order, step)
    assert isinstance(after, Order)
    timeline = promises.happened(promises.ticked(stored.timeline, at(days)), event, at(days))
    if event is Event.ACCEPTED:
        timeline = promises.happened(timeline, Event.PAYOUT_SET, at(days))
    more: dict[str, Any] = {}
    if event is Event.INVOICED:
        more = {
            "charges": TOTAL,
            "total_cents": TOTAL.total_cents,
            "invoice_number": "INV-2026-000041",
            "invoiced_at": at(days),
        }
    if event is Event.PAID:
        more = {"paid_cents": TOTAL.total_cents}
    return replace(stored, order=after, timeline=timeline, version=stored.version + 1, **more)


def after(event: Event, days: float = 0.5, stored: Stored = SOLD) -> Stored:
    """An order whose road was gone up to an event, one each half day."""
    for known, step, _, _ in ROAD:
        days_so_far = days * (1 + [each[0] for each in ROAD].index(known))
        stored = moved(stored, known, step, days_so_far)
        if known is event:
            break
    return stored


def history(last: Event | None) -> list[OrderEvent]:
    """The lines of a history up to an event."""
    lines = list(HISTORY)
    for number, (event, _, kind, by) in enumerate(ROAD, start=1):
        if last is None:
            break
        cents = TOTAL.total_cents if kind in {EventKind.INVOICED, EventKind.PAID} else None
        lines.append(OrderEvent(at(number / 2), kind, by, cents))
        if event is last:
            break
    return lines


def disputed(stored: Stored, days: float, by: Party = Party.BUYER, kind: Kind = Kind.CONDUCT) -> Stored:
    """An order with a dispute that was just opened."""
    claim = Claim(kind, by, "The left door was repainted.\nThe listing does not say so.", PART)
    case = Dispute(
        CASE,
        claim,
        Party.SELLER if by is Party.BUYER else Party.BUYER,
        "2",
        stored.paid_cents,
        at(days),
        disputes._due(disputes.State.OPEN, at(days)),
    )
    order = orders.disputed(stored.order, CASE)
    assert isinstance(order, Order)
    timeline = promises.happened(stored.timeline, Event.DISPUTED, at(days))
    return replace(stored, order=order, disputes=(case,), timeline=timeline)


CASE = "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7"
PART = Resolution(Remedy.PARTIAL_REFUND, 800_00)


def ended(step: Step, stored: Stored) -> Stored:
    """An order that was called off, not paid, or undone."""
    order = orders.moved(stored.order, step, "Both sides have agreed to it.")
    assert isinstance(order, Order)
    return replace(stored, order=order, timeline=promises.happened(stored.timeline, Event.ENDED, at(9)))


INVOICED = after(Event.INVOICED)
PAID = after(Event.PAID)
DELIVERED = after(Event.DELIVERED)
STAGES: dict[str, tuple[Stored, Event | None]] = {
    "sold": (SOLD, None),
    "invoiced": (INVOICED, Event.INVOICED),
    "late": (
        replace(INVOICED, timeline=promises.ticked(INVOICED.timeline, at(7)), late_fee_cents=50_00),
        Event.INVOICED,
    ),
    "paid": (PAID, Event.PAID),
    "title": (after(Event.PICKED_UP), Event.PICKED_UP),
    "delivered": (DELIVERED, Event.DELIVERED),
    "completed": (after(Event.PAID_OUT), Event.PAID_OUT),
    "disputed": (disputed(DELIVERED, 3.5), Event.DELIVERED),
    "cancelled": (ended(Step.CANCEL, INVOICED), Event.INVOICED),
    "defaulted": (ended(Step.DEFAULT, INVOICED), Event.INVOICED),
    "refunded": (ended(Step.REFUND, PAID), Event.PAID),
}
PAYMENT = Payment(
    31,
    ADA,
    Purpose.ORDER,
    PaymentKind.CHARGE,
    TOTAL.total_cents,
    "a" * 20,
    State.DONE,
    "60200000001",
    None,
    None,
    at(1),
    at(1),
    order_id=41,
    made_at=at(1),
)
INVOICE = Issued(
    "INV-2026-000041",
    Paper.INVOICE,
    41,
    "invoice 41",
    Written("sealed", "a" * 64, "invoice-1", TOTAL.total_cents, 1),
    at(0.5),
    "papers/a.pdf",
    "b" * 64,
)
BILL_OF_SALE = replace(INVOICE, number="BOS-2026-000007", paper=Paper.BILL_OF_SALE, pdf_key=None)
STATEMENT = payouts.statement([payouts.Line(payouts.LineCode.PRICE, PRICE, "The price of the vehicle.")])
PAYOUT = ShownPayout("due", PRICE, "2026-05-12", "", STATEMENT)


def dossier(stage: str, payments: Sequence[Payment] | None = None) -> Dossier:
    """All that is recorded of an order at a stage."""
    stored, last = STAGES[stage]
    papers = [INVOICE, BILL_OF_SALE] if stored.invoice_number else []
    paid = [PAYMENT] if stored.paid_cents else []
    payout = PAYOUT if stored.paid_cents else None
    return Dossier(stored, "2019 Honda Civic EX", history(last), paid if payments is None else payments, papers, payout)


def order(stage: str, side: Party, **more: Any) -> OrderView:
    """An order of a stage for one of its sides."""
    return order_view(dossier(stage, **more), side, at(7 if stage == "late" else 3.6))


def order_page(stage: str, side: Party, **more: Any) -> OrderPage:
    """The page of it."""
    viewer = BUYER if side is Party.BUYER else SELLER
    card = "Visa ending in 1111" if side is Party.BUYER else ""
    found = order(stage, side, **{name: more.pop(name) for name in ("payments",) if name in more})
    return OrderPage(frame(viewer, "/account/orders/41"), found, "key-1", card, **more)


assert set(OrderStatus) == {stored.order.status for stored, _ in STAGES.values()}
