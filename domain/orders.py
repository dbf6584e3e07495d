"""A sale's order: where it stands, the one table of its moves, and what a payment, a cancellation or a dispute does.

An order goes on beneath an open dispute: its `stage` moves with what happens in the world (money arrives, the vehicle
is delivered), and its `status` is `disputed` until the last dispute is over.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class OrderStatus(StrEnum):
    """Where an order stands. `disputed` is never a stage: it covers the stage for as long as a dispute is open."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    TITLE_PROCESSING = "title_processing"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DEFAULTED = "defaulted"
    DISPUTED = "disputed"
    REFUNDED = "refunded"


class HowSold(StrEnum):
    """What made the sale."""

    HAMMER = "hammer"
    BUY_NOW = "buy_now"
    OFFER = "offer"
    NEGOTIATED = "negotiated"
    SECOND_CHANCE = "second_chance"


class Party(StrEnum):
    """Who acts, or owes something. The house is the clock and the product, staff are its people."""

    BUYER = "buyer"
    SELLER = "seller"
    HOUSE = "house"
    STAFF = "staff"
    CARRIER = "carrier"


class Step(StrEnum):
    """What moves an order's stage. `cure` is a payment made in time that was seen after the default."""

    PAY = "pay"
    START_TITLE = "start_title"
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"
    DEFAULT = "default"
    CURE = "cure"
    REFUND = "refund"


class OrderCode(StrEnum):
    """Why a step is refused."""

    NOT_YET = "ORDER_NOT_YET"
    PASSED = "ORDER_PASSED_THAT"
    OVER = "ORDER_OVER"
    DISPUTE_OPEN = "ORDER_DISPUTE_OPEN"
    ALREADY_PAID = "ORDER_ALREADY_PAID"
    PAID_TOO_LATE = "ORDER_PAID_TOO_LATE"
    RESOLD = "ORDER_RESOLD"
    CANCEL_NEEDS_BOTH = "ORDER_CANCEL_NEEDS_BOTH"
    CANCEL_AFTER_PAYMENT = "ORDER_CANCEL_AFTER_PAYMENT"
    REASON_MISSING = "ORDER_REASON_MISSING"


WORDS: Mapping[OrderCode, str] = MappingProxyType(
    {
        OrderCode.NOT_YET: "This order is not that far yet.",
        OrderCode.PASSED: "This order is past that.",
        OrderCode.OVER: "This order is over.",
        OrderCode.DISPUTE_OPEN: "A dispute is open on this order; it goes on when that is decided.",
        OrderCode.ALREADY_PAID: "This order is paid; what came on top of it is given back.",
        OrderCode.PAID_TOO_LATE: "The payment was made after the order's default; it is given back.",
        OrderCode.RESOLD: "The vehicle has been sold to somebody else since; the payment is given back.",
        OrderCode.CANCEL_NEEDS_BOTH: "A sale binds both sides: it is cancelled when both agree, or by our staff.",
        OrderCode.CANCEL_AFTER_PAYMENT: "A paid order is not cancelled but refunded; open a dispute or ask support.",
        OrderCode.REASON_MISSING: "Say why the order is cancelled.",
    }
)

S, T = OrderStatus, Step
MOVES: Mapping[tuple[OrderStatus, Step], OrderStatus] = MappingProxyType(
    {
        (S.PENDING_PAYMENT, T.PAY): S.PAID,
        (S.PENDING_PAYMENT, T.CANCEL): S.CANCELLED,
        (S.PENDING_PAYMENT, T.DEFAULT): S.DEFAULTED,
        (S.DEFAULTED, T.CURE): S.PAID,
        (S.PAID, T.START_TITLE): S.TITLE_PROCESSING,
        (S.TITLE_PROCESSING, T.DELIVER): S.DELIVERED,
        (S.DELIVERED, T.COMPLETE): S.COMPLETED,
        (S.PAID, T.REFUND): S.REFUNDED,
        (S.TITLE_PROCESSING, T.REFUND): S.REFUNDED,
        (S.DELIVERED, T.REFUND): S.REFUNDED,
        (S.COMPLETED, T.REFUND): S.REFUNDED,
    }
)
# The way of a sale that ends well, in its order.
ROAD = (S.PENDING_PAYMENT, S.PAID, S.TITLE_PROCESSING, S.DELIVERED, S.COMPLETED)
DISPUTABLE = frozenset(ROAD)
# What a dispute keeps from happening; what it does not name are facts of the world and duties of the law.
HELD_BY_A_DISPUTE = frozenset({T.COMPLETE, T.CANCEL, T.DEFAULT, T.REFUND})


@dataclass(frozen=True, slots=True)
class Order:
    """One sale, by its row's `id`; `run_no` tells the auction's runs apart. `sold_at` is aware UTC.

    `disputes` are the ids of those that are open, `reason` is that of the last step.
    """

    id: int
    auction_id: int
    run_no: int
    vehicle_id: int
    buyer_id: int
    seller_id: int
    price_cents: int
    how: HowSold
    sold_at: datetime
    stage: OrderStatus = OrderStatus.PENDING_PAYMENT
    disputes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def status(self) -> OrderStatus:
        """Where it stands, as everybody sees it."""
        return OrderStatus.DISPUTED if self.disputes else self.stage

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it by itself."""
        return not self.disputes and self.stage in {S.COMPLETED, S.CANCELLED, S.DEFAULTED, S.REFUNDED}


def moved(order: Order, step: Step, reason: str = "") -> Order | OrderCode:
    """The order after a step of `MOVES`, or why it is refused. Payments and cancellations have rules of their own."""
    after = MOVES.get((order.stage, step))
    if after is None:
        return _why_not(order.stage, step)
    if order.disputes and step in HELD_BY_A_DISPUTE:
        return OrderCode.DISPUTE_OPEN
    return replace(order, stage=after, reason=reason)


def paid(order: Order, made_at: datetime, default_at: datetime, *, resold: bool = False) -> Order | OrderCode:
    """The order once it is paid in full by a payment that was made at `made_at`, whenever we heard of it.

    While the order waits every payment counts, a late one too. After the default only one counts that was made before
    `default_at`, and only while the vehicle has not gone to somebody else (`resold`). A refusal means: give it back.
    """
    if order.stage is S.PENDING_PAYMENT:
        return moved(order, T.PAY)
    if order.stage is not S.DEFAULTED:
        return OrderCode.ALREADY_PAID if order.stage in ROAD else OrderCode.OVER
    if made_at >= default_at:
        return OrderCode.PAID_TOO_LATE
    return OrderCode.RESOLD if resold else moved(order, T.CURE)


def cancelled(order: Order, wished_by: AbstractSet[Party], reason: str) -> Order | OrderCode:
    """The order called off before it is paid: by staff, or when buyer and seller both wish it."""
    if order.stage in ROAD and order.stage is not S.PENDING_PAYMENT:
        return OrderCode.CANCEL_AFTER_PAYMENT
    if not reason.strip():
        return OrderCode.REASON_MISSING
    if Party.STAFF not in wished_by and not {Party.BUYER, Party.SELLER} <= wished_by:
        return OrderCode.CANCEL_NEEDS_BOTH
    return moved(order, T.CANCEL, reason)


def disputed(order: Order, dispute_id: str) -> Order | OrderCode:
    """The order with one more open dispute; the same one again changes nothing."""
    if dispute_id in order.disputes:
        return order
    if order.stage not in DISPUTABLE:
        return OrderCode.OVER
    return replace(order, disputes=(*order.disputes, dispute_id))


def released(order: Order, dispute_id: str) -> Order:
    """The order once a dispute is over; it is where it would be without it when that was the last."""
    return replace(order, disputes=tuple(each for each in order.disputes if each != dispute_id))


def unwound(order: Order, reason: str) -> Order | OrderCode:
    """The order undone whole, as a dispute was resolved: refunded, or cancelled where nothing was paid yet.

    It ends every other dispute too: there is nothing left that they could be about.
    """
    step = T.CANCEL if order.stage is S.PENDING_PAYMENT else T.REFUND
    return moved(replace(order, disputes=()), step, reason)


def _why_not(stage: OrderStatus, step: Step) -> OrderCode:
    if stage not in ROAD:
        return OrderCode.OVER
    # Where a step is possible later on the road it is early, else it was possible before and is not any more.
    ahead = ROAD[ROAD.index(stage) :]
    return OrderCode.NOT_YET if any((later, step) in MOVES for later in ahead) else OrderCode.PASSED
