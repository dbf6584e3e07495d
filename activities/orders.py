"""The worker's side of the Order workflow: each activity is a transaction that does its work once, and what follows it
outside of the database, which may be done again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import order_contracts as contracts
from activities.db import operator_tasks, order_deeds, order_defaults, order_money, order_payouts, orders, stand_ins
from activities.db.engine import reading, transaction
from activities.db.orders import Stored
from activities.db.stand_ins import Due
from activities.ledger import utc_now
from activities.order_contracts import EventKind
from activities.order_doors import OrderChanged, OrderDoors, StandIn
from activities.order_till import BOTH, BUYER, OrderTill
from domain.clock import to_text, truncate
from domain.notices import NoticeKind
from domain.order_deadlines import PaymentTerms
from domain.order_payments import PayCode
from domain.payments import State
from domain.payouts import Payout, PayoutCode, PayoutStatus, Step
from domain.promises import Code, Event

T = TypeVar("T")
REMOVED_FOR = "A purchase was not paid."
TITLE = (Event.TITLE_RECEIVED, Event.TITLE_FILED)
TRANSPORT = (Event.PICKED_UP, Event.DELIVERED)
BY_HAND = "BY_HAND"
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class After:
    """What is to be started once a transaction is committed; whatever a crash loses of it, a sweep finds."""

    mails: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    payments: list[int] = field(default_factory=list)


class OrderWork(contracts.OrderActivities):
    """`doors` lead out of the database; `clock` is aware UTC."""

    def __init__(
        self,
        engine: Engine,
        till: OrderTill,
        doors: OrderDoors,
        clock: Callable[[], datetime] = lambda: truncate(utc_now()),
    ) -> None:
        self._engine = engine
        self._till = till
        self._doors = doors
        self._now = clock

    @activity.defn(name="open_order")
    async def open_order(self, order_id: int) -> contracts.OpenedOrder:
        """Read the sale. Raises LookupError for an order without a row."""
        stored = await self._read(lambda c: _known(c, order_id))
        return contracts.OpenedOrder(stored.order, PaymentTerms(stored.charge_agreed), stored.with_carrier)

    @activity.defn(name="issue_invoice")
    async def issue_invoice(self, order_id: int) -> contracts.Invoiced:
        """Compute the total, number and write the invoice with its transfer in the money ledger, and mail it."""

        def work(connection: Connection, after: After) -> contracts.Invoiced:
            made, mails = self._till.invoice(connection, order_id, self._now())
            after.mails += mails
            after.papers.append(made.number)
            return made

        return await self._done(work)

    @activity.defn(name="money_of_order")
    async def money_of_order(self, order_id: int) -> contracts.OrderMoney:
        """What was paid, is in doubt and is left to pay."""
        return await self._read(lambda c: order_money.money_of(c, _known(c, order_id)))

    @activity.defn(name="charge_order")
    async def charge_order(self, work: contracts.OrderKey) -> contracts.ChargeAsked:
        """Ask for what is left to pay from the card on file, unless a payment is on its way already."""

        def ask(connection: Connection, after: After) -> contracts.ChargeAsked:
            stored = orders.locked(connection, work.order_id)
            asked = order_money.ask(connection, stored, work.key, self._now())
            if asked is PayCode.PAYMENT_OPEN:
                going = order_money.open_charge(connection, work.order_id)
                return contracts.ChargeAsked(None if going is None else going.id)
            if isinstance(asked, PayCode):
                return contracts.ChargeAsked(code=asked.value)
            after.payments += [asked.id] if asked.state is State.CREATED else []
            return contracts.ChargeAsked(asked.id)

        return await self._done(ask)

    @activity.defn(name="add_late_fee")
    async def add_late_fee(self, order_id: int) -> int:
        """Add the published late fee once; its cents."""

        def work(connection: Connection, after: After) -> int:
            cents, mails = self._till.late_fee(connection, order_id, self._now())
            after.mails += mails
            return cents

        return await self._done(work)

    @activity.defn(name="settle_default")
    async def settle_default(self, order_id: int) -> None:
        """What a default entails. The buyer can bid no more once it is written, so the lots they lead only get fewer:
        each is asked to take them out until it has."""

        def work(connection: Connection, after: After) -> tuple[int, Sequence[int]]:
            stored, mails = self._till.settle_default(connection, order_id, self._now())
            after.mails += mails
            return stored.order.buyer_id, order_defaults.leading(connection, stored.order)

        buyer_id, lots = await self._done(work)
        for auction_id in lots:
            await self._doors.removals.remove_bidder(
                auction_id, buyer_id, REMOVED_FOR, f"default-{order_id}-{auction_id}"
            )

    @activity.defn(name="undo_default")
    async def undo_default(self, order_id: int) -> bool:
        """Take a default back for a payment that was made in time; False where the vehicle is with somebody else."""
        return await self._done(lambda c, _: self._till.undo_default(c, order_id, self._now()))

    @activity.defn(name="give_back")
    async def give_back(self, work: contracts.GiveBack) -> contracts.GivenBack:
        """Refund or void an order's payments, the newest first, and issue the refund note."""

        def give(connection: Connection, after: After) -> contracts.GivenBack:
            given = self._till.give_back(connection, work, self._now())
            after.payments += given.payment_ids
            if given.by_hand_cents:
                key = f"give back {work.key}"
                operator_tasks.call(connection, work.order_id, key, "give_back", BY_HAND, self._now())
            return given

        return await self._done(give)

    @activity.defn(name="credit_invoice")
    async def credit_invoice(self, work: contracts.GiveBack) -> None:
        """Nothing of the invoice is owed any more: for an order that ends before it is paid."""
        await self._done(lambda c, _: self._till.credit_invoice(c, work, self._now()))

    @activity.defn(name="begin_title")
    async def begin_title(self, order_id: int) -> None:
        """Hand the sale to whoever does the title, by settings; its news come as signals."""
        await self._done(lambda c, _: self._begin(c, order_id, "title", self._doors.stand_ins.title, TITLE))

    @activity.defn(name="cancel_title")
    async def cancel_title(self, order_id: int) -> None:
        """The sale is undone: stop the title, or send it back."""
        await self._done(lambda c, _: self._cancel(c, order_id, "title", TITLE))

    @activity.defn(name="begin_transport")
    async def begin_transport(self, order_id: int) -> None:
        """Hand the sale to whoever brings the vehicle, by settings; its news come as signals."""
        await self._done(lambda c, _: self._begin(c, order_id, "transport", self._doors.stand_ins.transport, TRANSPORT))

    @activity.defn(name="cancel_transport")
    async def cancel_transport(self, order_id: int) -> None:
        """The sale is undone: stop the transport, or bring the vehicle back."""
        await self._done(lambda c, _: self._cancel(c, order_id, "transport", TRANSPORT))

    @activity.defn(name="set_payout")
    async def set_payout(self, work: contracts.SetPayout) -> contracts.PayoutState:
        """Write down when the seller is paid, with the price due to them in the money ledger once funds are theirs."""

        def arrange(connection: Connection, _: After) -> contracts.PayoutState:
            return order_payouts.arrange(connection, orders.locked(connection, work.order_id), work, self._now())

        return await self._done(arrange)

    @activity.defn(name="send_payout")
    async def send_payout(self, work: contracts.OrderKey) -> contracts.PayoutState:
        """Hand the payout to its provider at most once per key, with its fee statement."""
        begun = await self._done(lambda c, _: self._send(c, work))
        found = await self._read(lambda c: order_payouts.find(c, work.order_id))
        if begun.status is not PayoutStatus.SENDING or found is None or found.statement is None:
            return begun
        payout, cents = found.payout, found.statement.net_cents
        provider = self._doors.payouts
        has_left = cents == 0 or (provider is not None and await provider.send(payout, found.seller_id, cents))
        if not has_left:
            return begun

        def confirm(connection: Connection, after: After) -> contracts.PayoutState:
            state, mails = self._till.payout_moved(connection, work.order_id, Step.CONFIRM, "", self._now())
            after.mails += mails
            return state

        return await self._done(confirm)

    @activity.defn(name="claw_back")
    async def claw_back(self, work: contracts.OrderKey) -> contracts.PayoutState:
        """Stop a payout, or claim back from the seller what was sent."""

        def claw(connection: Connection, _: After) -> contracts.PayoutState:
            stored, key = orders.locked(connection, work.order_id), f"claw_back {work.key}"
            known = order_deeds.outcome(connection, work.order_id, key, contracts.PayoutState)
            if known is not None:
                return known
            state = order_payouts.claw_back(connection, stored, work.cents, work.key, self._now())
            return order_deeds.note(connection, work.order_id, key, state, self._now())

        return await self._done(claw)

    @activity.defn(name="release_vehicle")
    async def release_vehicle(self, order_id: int) -> None:
        """The vehicle is its seller's again and may be listed anew."""
        released = await self._done(lambda c, _: self._till.release_vehicle(c, order_id, self._now()))
        if not released:
            log.warning("vehicle_not_released", order_id=order_id)

    @activity.defn(name="record_order")
    async def record_order(self, work: contracts.RecordOrder) -> None:
        """Write down how the order stands, tell its streams, and mail both sides what is news to them."""

        def record(connection: Connection, after: After) -> Stored | None:
            stored = orders.record(connection, work, self._now())
            if stored is not None:
                after.mails += self._news(connection, stored, work)
            return stored

        stored = await self._done(record)
        if stored is not None and self._doors.publisher is not None:
            order = stored.order
            users = (order.buyer_id, order.seller_id)
            changed = OrderChanged(order.id, order.status, stored.version, users)
            await asyncio.to_thread(self._doors.publisher.publish_order, changed)

    @activity.defn(name="call_operator")
    async def call_operator(self, trouble: contracts.Trouble) -> None:
        """Put what could not be done on the operators' list, once per key, with an alert."""
        fresh = await self._done(
            lambda c, _: operator_tasks.call(c, trouble.order_id, trouble.key, trouble.step, trouble.code, self._now())
        )
        if fresh:
            log.error("order_needs_a_person", order_id=trouble.order_id, step=trouble.step, code=trouble.code)

    def _send(self, connection: Connection, work: contracts.OrderKey) -> contracts.PayoutState:
        stored, now = orders.locked(connection, work.order_id), self._now()
        known = order_payouts.find(connection, work.order_id)
        key = f"send_payout {work.key}"
        if known is not None and order_deeds.outcome(connection, work.order_id, key, str) is not None:
            return contracts.PayoutState(known.payout.status, known.payout.cents)
        begun = order_payouts.begin_sending(connection, stored, now)
        if isinstance(begun, PayoutCode):
            now_is = order_payouts.find(connection, work.order_id)
            payout = Payout(work.order_id, 0) if now_is is None else now_is.payout
            return contracts.PayoutState(payout.status, payout.cents, begun.value)
        order_deeds.note(connection, work.order_id, key, begun.key, now)
        if self._doors.payouts is None:
            operator_tasks.call(connection, work.order_id, f"payout {begun.key}", "payout", BY_HAND, now)
        return contracts.PayoutState(begun.status, begun.cents)

    def _news(self, connection: Connection, stored: Stored, work: contracts.RecordOrder) -> list[str]:
        """The mails of new lines; one that was written before has the same occasion again."""
        mails: list[str] = []
        for number, event in enumerate(work.events, start=work.first_event):
            occasion, now = f"{event.kind} {number}", self._now()
            if event.kind == EventKind.REMINDED:
                due_at = next(each.due_at for each in stored.timeline if each.code is Code.PAYMENT)
                told: dict[str, object] = {"due_cents": event.cents or 0, "due_at": to_text(due_at or now)}
                mails += self._till.mails.write(
                    connection, stored, NoticeKind.ORDER_REMINDER, BUYER, occasion, now, **told
                )
            elif event.kind == EventKind.COMPLETED:
                mails += self._till.mails.write(connection, stored, NoticeKind.ORDER_COMPLETED, BOTH, occasion, now)
        return mails

    def _begin(
        self, connection: Connection, order_id: int, step: str, stand_in: StandIn, events: Sequence[Event]
    ) -> None:
        orders.locked(connection, order_id)
        now, pause = self._now(), self._doors.stand_ins.pause
        if stand_in is StandIn.EMBEDDED:
            due = (Due(order_id, event, now + number * pause) for number, event in enumerate(events, start=1))
            stand_ins.plan(connection, due)
        else:
            operator_tasks.call(connection, order_id, f"begin {step}", f"begin_{step}", BY_HAND, now)

    def _cancel(self, connection: Connection, order_id: int, step: str, events: Sequence[Event]) -> None:
        """What somebody has in hands already, a person gets back."""
        orders.locked(connection, order_id)
        was_told = stand_ins.cancel(connection, order_id, events)
        if was_told or operator_tasks.is_known(connection, order_id, f"begin {step}"):
            operator_tasks.call(connection, order_id, f"cancel {step}", f"cancel_{step}", BY_HAND, self._now())

    async def _done(self, work: Callable[[Connection, After], T]) -> T:
        """Do it in one transaction off the loop, then start what follows."""
        after = After()

        def run() -> T:
            with transaction(self._engine) as connection:
                return work(connection, after)

        came_of_it = await asyncio.to_thread(run)
        doors = self._doors
        if after.mails and doors.postman is not None:
            await doors.postman.send(after.mails)
        if doors.printer is not None:
            for number in after.papers:
                await doors.printer.begin(number)
        for payment_id in after.payments:
            await doors.payments.begin(payment_id)
        return came_of_it

    async def _read(self, query: Callable[[Connection], T]) -> T:
        def work() -> T:
            with reading(self._engine) as connection:
                return query(connection)

        return await asyncio.to_thread(work)


def _known(connection: Connection, order_id: int) -> Stored:
    stored = orders.find(connection, order_id)
    if stored is None:
        raise LookupError(order_id)
    return stored
