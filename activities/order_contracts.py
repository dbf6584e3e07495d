"""The activities of orders by name, with what goes in and what comes out; `activities.orders` and its neighbours
implement them. The database is the record of money, the workflow that of promises, stages and disputes."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from temporalio import activity

from domain.disputes import Dispute
from domain.order_deadlines import Payment, PaymentTerms
from domain.orders import Order, Party
from domain.payouts import PayoutStatus
from domain.promises import Promise


@dataclass(frozen=True, slots=True)
class OpenedOrder:
    """An order as its workflow begins. `with_carrier`: the buyer wants it brought; else they fetch it."""

    order: Order
    terms: PaymentTerms
    with_carrier: bool = False


@dataclass(frozen=True, slots=True)
class Invoiced:
    """The invoice, which is issued once however often it is asked for."""

    number: str
    total_cents: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What has been paid, as the database has it now. `owed_cents` is the invoice, `due_cents` what is left to pay with
    late fees; `cleared_on` is the Chicago day on which all of it is settled, or None. What goes back, by hand too, is
    off a payment's cents from when it is asked for: else it would be given back twice."""

    payments: list[Payment]
    owed_cents: int
    due_cents: int
    cleared_on: date | None = None


@dataclass(frozen=True, slots=True)
class OrderKey:
    """Something to be done once for an order; `key` names it among all that is ever done for it.

    `cents`: so much of it, where not all of it is meant (`claw_back` after a partial refund).
    """

    order_id: int
    key: str
    cents: int | None = None


@dataclass(frozen=True, slots=True)
class ChargeAsked:
    """What came of asking for the card on file: a payment on its way (its news come as a signal), or why none."""

    payment_id: int | None = None
    code: str = ""


class EventKind(StrEnum):
    """The kinds of lines that an order's history has; new ones are only added.

    The words of `operator_called`, `news_unreadable`, `news_refused` and `dispute_noted` are for staff only.
    """

    SOLD = "sold"
    INVOICED = "invoiced"
    REMINDED = "reminded"
    CHARGE_ASKED = "charge_asked"
    CHARGE_REFUSED = "charge_refused"
    LATE_FEE = "late_fee"
    PAID = "paid"
    DEFAULTED = "defaulted"
    CURED = "cured"
    TITLE_BEGUN = "title_begun"
    TRANSPORT_BEGUN = "transport_begun"
    TITLE_RECEIVED = "title_received"
    TITLE_FILED = "title_filed"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    PAYOUT_SET = "payout_set"
    PAYOUT_WAITS = "payout_waits"
    PAID_OUT = "paid_out"
    COMPLETED = "completed"
    CANCEL_WISHED = "cancel_wished"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    UNDONE = "undone"
    GIVEN_BACK = "given_back"
    PROMISE_MISSED = "promise_missed"
    OPERATOR_CALLED = "operator_called"
    NEWS_UNREADABLE = "news_unreadable"
    NEWS_REFUSED = "news_refused"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_ANSWERED = "dispute_answered"
    DISPUTE_EVIDENCE = "dispute_evidence"
    DISPUTE_NOTED = "dispute_noted"
    DISPUTE_ASSIGNED = "dispute_assigned"
    DISPUTE_MOVED = "dispute_moved"
    DISPUTE_ESCALATED = "dispute_escalated"
    DISPUTE_PROPOSED = "dispute_proposed"
    DISPUTE_RESOLVED = "dispute_resolved"
    DISPUTE_WITHDRAWN = "dispute_withdrawn"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One line of an order's history: what happened (an `EventKind`), by whom, with figures and words for both."""

    at: datetime
    kind: str
    by: Party
    cents: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class RecordOrder:
    """An order as it stands after its first `version` changes; an older version than the recorded one changes nothing.

    `events` are the newest lines of its history, the first of them being number `first_event`.
    """

    version: int
    order: Order
    timeline: tuple[Promise, ...]
    disputes: list[Dispute] = field(default_factory=list)
    first_event: int = 0
    events: list[OrderEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Money of an order that goes back to who paid it: `cents`, or all of it. `credited`: it is not owed any more."""

    order_id: int
    key: str
    reason: str
    cents: int | None = None
    credited: bool = True


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What is on its way back, and what nobody could give back by itself: that waits on the operators' list."""

    payment_ids: list[int]
    by_hand_cents: int = 0


@dataclass(frozen=True, slots=True)
class SetPayout:
    """The payout's day and facts; `held`: a dispute or a soft action keeps it back."""

    order_id: int
    due_on: date | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class PayoutState:
    """Where a payout stands; `code` says why where it did not go."""

    status: PayoutStatus
    cents: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be done and now waits for a person: the step, and the kind of its failure."""

    order_id: int
    key: str
    step: str
    code: str


class OrderActivities(ABC):
    """What an order needs of the world. Each may be repeated at any point, and does its work once."""

    @abstractmethod
    @activity.defn(name="open_order")
    async def open_order(self, order_id: int) -> OpenedOrder:
        """Read the sale. Raises LookupError for an order without a row."""

    @abstractmethod
    @activity.defn(name="issue_invoice")
    async def issue_invoice(self, order_id: int) -> Invoiced:
        """Compute the total, number and write the invoice with its transfer in the money ledger, and mail it."""

    @abstractmethod
    @activity.defn(name="money_of_order")
    async def money_of_order(self, order_id: int) -> OrderMoney:
        """What was paid, is in doubt and is left to pay."""

    @abstractmethod
    @activity.defn(name="charge_order")
    async def charge_order(self, work: OrderKey) -> ChargeAsked:
        """Ask for what is left to pay from the card on file, unless a payment is on its way already."""

    @abstractmethod
    @activity.defn(name="add_late_fee")
    async def add_late_fee(self, order_id: int) -> int:
        """Add the published late fee once; its cents."""

    @abstractmethod
    @activity.defn(name="settle_default")
    async def settle_default(self, order_id: int) -> None:
        """What a default entails: the deposit forfeited, a strike, buying power cut, other leading bids removed, the
        invoice credited and the lot offered to the next or relisted."""

    @abstractmethod
    @activity.defn(name="undo_default")
    async def undo_default(self, order_id: int) -> bool:
        """Take a default back for a payment that was made in time; False where the vehicle is with somebody else."""

    @abstractmethod
    @activity.defn(name="give_back")
    async def give_back(self, work: GiveBack) -> GivenBack:
        """Refund or void an order's payments, the newest first, and issue the refund note."""

    @abstractmethod
    @activity.defn(name="credit_invoice")
    async def credit_invoice(self, work: GiveBack) -> None:
        """Nothing of the invoice is owed any more: for an order that ends before it is paid."""

    @abstractmethod
    @activity.defn(name="begin_title")
    async def begin_title(self, order_id: int) -> None:
        """Hand the sale to whoever does the title, by settings; its news come as signals."""

    @abstractmethod
    @activity.defn(name="cancel_title")
    async def cancel_title(self, order_id: int) -> None:
        """The sale is undone: stop the title, or send it back."""

    @abstractmethod
    @activity.defn(name="begin_transport")
    async def begin_transport(self, order_id: int) -> None:
        """Hand the sale to whoever brings the vehicle, by settings; its news come as signals."""

    @abstractmethod
    @activity.defn(name="cancel_transport")
    async def cancel_transport(self, order_id: int) -> None:
        """The sale is undone: stop the transport, or bring the vehicle back."""

    @abstractmethod
    @activity.defn(name="set_payout")
    async def set_payout(self, work: SetPayout) -> PayoutState:
        """Write down when the seller is paid, with the price due to them in the money ledger once funds are theirs."""

    @abstractmethod
    @activity.defn(name="send_payout")
    async def send_payout(self, work: OrderKey) -> PayoutState:
        """Hand the payout to its provider at most once per key, with its fee statement."""

    @abstractmethod
    @activity.defn(name="claw_back")
    async def claw_back(self, work: OrderKey) -> PayoutState:
        """Stop a payout, or claim back from the seller what was sent."""

    @abstractmethod
    @activity.defn(name="release_vehicle")
    async def release_vehicle(self, order_id: int) -> None:
        """The vehicle is its seller's again and may be listed anew."""

    @abstractmethod
    @activity.defn(name="record_order")
    async def record_order(self, work: RecordOrder) -> None:
        """Write down how the order stands, tell its streams, and mail both sides what is news to them."""

    @abstractmethod
    @activity.defn(name="call_operator")
    async def call_operator(self, trouble: Trouble) -> None:
        """Put what could not be done on the operators' list, once per key, with an alert."""
