"""The JSON shapes of orders: what a list shows, and an order in full for one of its sides."""

from typing_extensions import TypedDict

from api.order_dispute_views import DisputeView


class NextView(TypedDict):
    """What its reader does next or waits for, and until when."""

    code: str
    due_at: str | None


class ListedOrderView(TypedDict):
    """An order in a list. `due_cents` is what its reader has left to pay, None for a seller."""

    id: int
    you_are: str
    status: str
    title: str
    vehicle_id: int
    auction_id: int
    price_cents: int
    how: str
    sold_at: str
    due_cents: int | None
    next: NextView
    version: int
    updated_at: str


class OrderPage(TypedDict):
    """Orders, newest first."""

    items: list[ListedOrderView]
    next_cursor: str | None
    total: int


class BillLineView(TypedDict):
    """One charge in cents, and why it is so much."""

    code: str
    cents: int
    why: str


class BillView(TypedDict):
    """The total line by line as it was invoiced, and what is left of it; the lines add up to the total.

    `charge_agreed`: the stored card is charged by itself on its day.
    """

    lines: list[BillLineView]
    total_cents: int
    paid_cents: int
    due_cents: int
    rates_version: int
    notes: list[str]
    invoice_number: str | None
    invoiced_at: str | None
    charge_agreed: bool


class OrderPaymentView(TypedDict):
    """A payment, or a refund `of` one. `state` is pending, in_review, done, declined, failed or reversed; `code` says
    why."""

    id: int
    kind: str
    of: int | None
    means: str
    amount_cents: int
    state: str
    code: str | None
    made_at: str
    updated_at: str


class PaperView(TypedDict):
    """A document of the sale; `url` is where its PDF is, once `is_ready`."""

    kind: str
    number: str
    issued_at: str
    is_ready: bool
    url: str


class PromiseView(TypedDict):
    """What somebody owes by when, what follows if it does not come, and what happened."""

    code: str
    owner: str
    due_at: str | None
    state: str
    done_at: str | None
    if_missed: str
    note: str


class HistoryView(TypedDict):
    """One line of the history."""

    at: str
    kind: str
    by: str
    cents: int | None
    words: str


class PayoutLineView(TypedDict):
    """One line of a seller's statement."""

    code: str
    cents: int
    why: str


class PayoutView(TypedDict):
    """The seller's money: when it is due, and its statement once it is drawn up."""

    status: str
    cents: int
    due_on: str | None
    reason: str
    lines: list[PayoutLineView]


class DisputableView(TypedDict):
    """A kind of dispute that may be opened, and until when; None while its window has no end."""

    kind: str
    until: str | None


class CanView(TypedDict):
    """What its reader may do now."""

    pay: bool
    cancel: bool
    accept_delivery: bool
    dispute: list[DisputableView]


class OrderView(ListedOrderView):
    """An order in full, as one side sees it. `bill` and `payments` are the buyer's, `payout` is the seller's."""

    stage: str
    reason: str
    bill: BillView | None
    payments: list[OrderPaymentView]
    papers: list[PaperView]
    timeline: list[PromiseView]
    history: list[HistoryView]
    disputes: list[DisputeView]
    payout: PayoutView | None
    can: CanView
    cancel_wished_by: list[str]
    server_now: str
