"""The activities of orders without database and vendors: an order book in memory that counts every cent.

Each activity does its work once per key, as the real one does; a test says which of them is away, fails for good, or
waits until it is let go.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import order_contracts as contracts
from domain.clock import truncate
from domain.order_deadlines import Outcome, Payment, PaymentTerms
from domain.orders import HowSold, Order
from domain.payouts import PayoutCode, PayoutStatus

PRICE_CENTS, FEES_CENTS, LATE_FEE_CENTS = 20_000_00, 1_500_00, 50_00
TOTAL_CENTS = PRICE_CENTS + FEES_CENTS
BUYER, SELLER = 2, 1
# No two sales on one server have the same number, whatever books they are in.
NUMBERS = count(1)
LEFT = frozenset({PayoutStatus.SENDING, PayoutStatus.SENT})


@dataclass
class KeptOrder:
    """What the database, the bank and the yard know of one order; a test changes it as the world would.

    `owed_cents` is what the buyer owes of the invoice, `seller_cents` what the seller has got; `title` and `transport`
    count as begun or not, and `vehicle` says whose it is: the sale's, the seller's again, or somebody else's.
    """

    order: Order
    terms: PaymentTerms
    with_carrier: bool = True
    payments: list[Payment] = field(default_factory=list)
    invoice: contracts.Invoiced | None = None
    owed_cents: int = 0
    late_fee_cents: int = 0
    title: bool = False
    transport: bool = False
    vehicle: str = "sold"
    payout: contracts.SetPayout | None = None
    payout_status: PayoutStatus = PayoutStatus.WAITING
    seller_cents: int = 0
    by_hand_cents: int = 0
    cleared_on: date | None = None
    is_cleared: bool = True
    records: list[contracts.RecordOrder] = field(default_factory=list)
    events: list[contracts.OrderEvent] = field(default_factory=list)
    troubles: list[contracts.Trouble] = field(default_factory=list)
    given_back: list[contracts.GiveBack] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    fails: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    charge_code: str = ""
    payout_says: list[contracts.PayoutState] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def paid_cents(self) -> int:
        return sum(each.cents for each in self.payments if each.outcome is Outcome.DONE)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def steps(self) -> list[str]:
        """What was called for and failed, or took long."""
        return [f"{trouble.step}: {trouble.code}" for trouble in self.troubles]

    def once(self, key: str) -> bool:
        """Whether something is done for the first time."""
        is_first = key not in self.keys
        self.keys.add(key)
        return is_first

    def let_go(self) -> None:
        """Everything goes well from now on."""
        for troubled in (self.away, self.fails, self.held):
            troubled.clear()
        self.open.set()


class KeptOrders(contracts.OrderActivities):
    """All orders of a test session, by id."""

    def __init__(self) -> None:
        self._kept: dict[int, KeptOrder] = {}

    def sell(
        self, at: datetime, *, charge_agreed: bool = False, with_carrier: bool = True, how: HowSold = HowSold.HAMMER
    ) -> KeptOrder:
        """One more sale."""
        number = next(NUMBERS)
        order = Order(number, 70 + number, 1, 7, BUYER, SELLER, PRICE_CENTS, how, at)
        self._kept[number] = KeptOrder(order, PaymentTerms(charge_agreed), with_carrier)
        return self._kept[number]

    def all(self) -> list[Any]:
        """The activities, for a worker."""
        names = sorted(contracts.OrderActivities.__abstractmethods__)
        return [getattr(self, name) for name in names]

    @activity.defn(name="open_order")
    async def open_order(self, order_id: int) -> contracts.OpenedOrder:
        if order_id not in self._kept:
            raise LookupError("there is no such order")
        kept = await self._arrive("open_order", order_id)
        return contracts.OpenedOrder(kept.order, kept.terms, kept.with_carrier)

    @activity.defn(name="issue_invoice")
    async def issue_invoice(self, order_id: int) -> contracts.Invoiced:
        kept = await self._arrive("issue_invoice", order_id)
        if kept.invoice is None:
            kept.invoice = contracts.Invoiced(f"INV-2026-{order_id:06}", TOTAL_CENTS, now())
            kept.owed_cents = TOTAL_CENTS
        return kept.invoice

    @activity.defn(name="money_of_order")
    async def money_of_order(self, order_id: int) -> contracts.OrderMoney:
        kept = await self._arrive("money_of_order", order_id)
        due = TOTAL_CENTS + kept.late_fee_cents - kept.paid_cents
        is_cleared = kept.is_cleared and kept.paid_cents >= kept.owed_cents > 0
        cleared = kept.cleared_on or now().date() if is_cleared else None
        kept.cleared_on = cleared
        return contracts.OrderMoney(list(kept.payments), TOTAL_CENTS, due, cleared)

    @activity.defn(name="charge_order")
    async def charge_order(self, work: contracts.OrderKey) -> contracts.ChargeAsked:
        kept = await self._arrive("charge_order", work.order_id)
        if kept.charge_code:
            return contracts.ChargeAsked(None, kept.charge_code)
        if kept.once(work.key):
            kept.payments.append(Payment(now(), TOTAL_CENTS - kept.paid_cents, Outcome.IN_DOUBT))
        return contracts.ChargeAsked(1)

    @activity.defn(name="add_late_fee")
    async def add_late_fee(self, order_id: int) -> int:
        kept = await self._arrive("add_late_fee", order_id)
        kept.late_fee_cents = LATE_FEE_CENTS
        return LATE_FEE_CENTS

    @activity.defn(name="settle_default")
    async def settle_default(self, order_id: int) -> None:
        kept = await self._arrive("settle_default", order_id)
        if kept.once("default"):
            kept.owed_cents, kept.vehicle = 0, "offered"

    @activity.defn(name="undo_default")
    async def undo_default(self, order_id: int) -> bool:
        kept = await self._arrive("undo_default", order_id)
        if kept.vehicle == "resold":
            return False
        kept.owed_cents, kept.vehicle = TOTAL_CENTS, "sold"
        return True

    @activity.defn(name="give_back")
    async def give_back(self, work: contracts.GiveBack) -> contracts.GivenBack:
        kept = await self._arrive("give_back", work.order_id)
        if not kept.once(f"give-{work.key}"):
            return contracts.GivenBack([])
        back = kept.paid_cents if work.cents is None else work.cents
        assert back <= kept.paid_cents
        if back:
            kept.given_back.append(work)
        if kept.by_hand_cents:
            kept.troubles.append(contracts.Trouble(work.order_id, f"give_back {work.key}", "give_back", "BY_HAND"))
        if work.credited:
            kept.owed_cents -= TOTAL_CENTS if work.cents is None else back
        left = back
        after: list[Payment] = []
        for payment in reversed(kept.payments):
            taken = min(left, payment.cents) if payment.outcome is Outcome.DONE else 0
            left -= taken
            after.insert(0, replace(payment, cents=payment.cents - taken))
        kept.payments = after
        return contracts.GivenBack([1] if back else [], kept.by_hand_cents)

    @activity.defn(name="credit_invoice")
    async def credit_invoice(self, work: contracts.GiveBack) -> None:
        kept = await self._arrive("credit_invoice", work.order_id)
        kept.owed_cents = 0

    @activity.defn(name="begin_title")
    async def begin_title(self, order_id: int) -> None:
        (await self._arrive("begin_title", order_id)).title = True

    @activity.defn(name="cancel_title")
    async def cancel_title(self, order_id: int) -> None:
        (await self._arrive("cancel_title", order_id)).title = False

    @activity.defn(name="begin_transport")
    async def begin_transport(self, order_id: int) -> None:
        (await self._arrive("begin_transport", order_id)).transport = True

    @activity.defn(name="cancel_transport")
    async def cancel_transport(self, order_id: int) -> None:
        (await self._arrive("cancel_transport", order_id)).transport = False

    @activity.defn(name="set_payout")
    async def set_payout(self, work: contracts.SetPayout) -> contracts.PayoutState:
        kept = await self._arrive("set_payout", work.order_id)
        kept.payout = work
        if work.due_on is not None and kept.payout_status is PayoutStatus.WAITING:
            kept.payout_status = PayoutStatus.DUE
        return contracts.PayoutState(kept.payout_status, PRICE_CENTS)

    @activity.defn(name="send_payout")
    async def send_payout(self, work: contracts.OrderKey) -> contracts.PayoutState:
        kept = await self._arrive("send_payout", work.order_id)
        if kept.payout_says:
            return kept.payout_says.pop(0)
        disputed = bool(kept.records) and bool(kept.records[-1].order.disputes)
        if disputed and f"payout-{work.key}" not in kept.keys:
            return contracts.PayoutState(kept.payout_status, PRICE_CENTS, PayoutCode.DISPUTE_OPEN.value)
        if kept.once(f"payout-{work.key}"):
            kept.seller_cents += PRICE_CENTS
            kept.payout_status = PayoutStatus.SENT
        await self._leave("send_payout", work.order_id)
        return contracts.PayoutState(kept.payout_status, PRICE_CENTS)

    @activity.defn(name="claw_back")
    async def claw_back(self, work: contracts.OrderKey) -> contracts.PayoutState:
        kept = await self._arrive("claw_back", work.order_id)
        if kept.once(f"claw-{work.key}"):
            if kept.payout_status in LEFT:
                kept.seller_cents -= PRICE_CENTS if work.cents is None else work.cents
            if work.cents is None:
                kept.payout_status = PayoutStatus.CLAWED_BACK if kept.payout_status in LEFT else PayoutStatus.CANCELLED
        return contracts.PayoutState(kept.payout_status)

    @activity.defn(name="release_vehicle")
    async def release_vehicle(self, order_id: int) -> None:
        (await self._arrive("release_vehicle", order_id)).vehicle = "seller's"

    @activity.defn(name="record_order")
    async def record_order(self, work: contracts.RecordOrder) -> None:
        kept = await self._arrive("record_order", work.order.id)
        if kept.records and work.version <= kept.records[-1].version:
            return
        kept.records.append(work)
        known = len(kept.events)
        assert work.first_event <= known + 1, "a line of the history is missing"
        kept.events += work.events[known + 1 - work.first_event :]

    @activity.defn(name="call_operator")
    async def call_operator(self, trouble: contracts.Trouble) -> None:
        kept = await self._arrive("call_operator", trouble.order_id)
        if kept.once(f"call-{trouble.key}"):
            kept.troubles.append(trouble)

    async def _arrive(self, name: str, order_id: int) -> KeptOrder:
        kept = self._kept[order_id]
        kept.calls.append(name)
        if name in kept.held:
            await kept.open.wait()
        if name in kept.away:
            raise ConnectionError(f"{name} is away")
        if name in kept.fails:
            raise ApplicationError(f"{name} cannot be done", type="Impossible", non_retryable=True)
        return kept

    async def _leave(self, name: str, order_id: int) -> None:
        """An answer that is long on its way."""
        kept = self._kept[order_id]
        if f"{name}, after" in kept.held:
            await kept.open.wait()


def now() -> datetime:
    """The time of the server, which may skip some."""
    return truncate(activity.info().current_attempt_scheduled_time)
