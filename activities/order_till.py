"""The money of orders as it moves: what a payment's end entails, what goes back, and what a default writes and undoes.

Everything here is one step of a transaction of its caller, and is done once however often it is asked for.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from activities.db import (
    money_ledger,
    operator_tasks,
    order_deeds,
    order_defaults,
    order_money,
    order_payouts,
    orders,
    payment_book,
    relists,
    second_chances,
)
from activities.db.orders import Stored
from activities.db.payments import Payment
from activities.order_contracts import GiveBack, GivenBack, Invoiced, PayoutState
from activities.order_invoices import OrderInvoices, add_late_fee
from activities.order_mails import OrderMails
from domain import money_events
from domain.clock import to_text
from domain.money_ledger import Event, Kind, undone
from domain.notices import NoticeKind
from domain.order_deadlines import PaymentTerms, deadlines
from domain.orders import Party
from domain.payments import Kind as Way
from domain.payments import State
from domain.payouts import Step

BUYER, SELLER = frozenset({Party.BUYER}), frozenset({Party.SELLER})
BOTH = BUYER | SELLER
DEFAULT, CURE = "default", "cure"
NOT_SENT = frozenset({State.DECLINED, State.FAILED})


class OrderTill:
    """The till of all orders. `secret` seals their papers, `public_url` is where links in mails lead."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self.invoices = OrderInvoices(secret)
        self.mails = OrderMails(public_url)

    def follow(self, connection: Connection, payment: Payment, now: datetime) -> Sequence[str]:
        """What the end of a sale's payment entails: ledger, paid sum, receipt, buying power, mails; outbox ids."""
        stored = orders.locked(connection, payment.order_id or 0)
        payment_book.order(connection, payment, now)
        order_money.refresh_paid(connection, stored.order.id)
        due = order_money.due_cents(connection, stored)
        if stored.invoice_number is not None and due == 0:
            orders.free_win(connection, stored.order)
        occasion = f"payment {payment.id} {to_text(payment.updated_at)}"
        if payment.kind is Way.CHARGE and payment.state is State.DONE:
            self.invoices.receipt(connection, stored, payment, now)
            # What was credited meanwhile is sold to nobody by this.
            if due == 0 and order_money.owed_cents(connection, stored) > 0:
                self.invoices.bill_of_sale(connection, stored, now)
            told: dict[str, object] = {"amount_cents": payment.amount_cents, "due_cents": due}
            return self.mails.write(connection, stored, NoticeKind.ORDER_PAYMENT_RECEIVED, BUYER, occasion, now, **told)
        if payment.kind is not Way.CHARGE and payment.state is State.DONE:
            cents = payment.amount_cents
            return self.mails.write(
                connection, stored, NoticeKind.ORDER_REFUNDED, BUYER, occasion, now, amount_cents=cents
            )
        self._call_for(connection, stored, payment, now)
        return []

    def invoice(self, connection: Connection, order_id: int, now: datetime) -> tuple[Invoiced, Sequence[str]]:
        """The order's invoice, issued and mailed once."""
        stored = orders.locked(connection, order_id)
        made = self.invoices.issue(connection, stored, now)
        terms = PaymentTerms(stored.charge_agreed)
        told: dict[str, object] = {
            "number": made.number,
            "total_cents": made.total_cents,
            "due_at": to_text(deadlines(made.issued_at, terms).late_fee_at),
        }
        ids = self.mails.write(connection, stored, NoticeKind.ORDER_INVOICED, BUYER, "invoice", now, **told)
        return made, ids

    def late_fee(self, connection: Connection, order_id: int, now: datetime) -> tuple[int, Sequence[str]]:
        """The late fee, added and mailed once."""
        stored = orders.locked(connection, order_id)
        cents = add_late_fee(connection, stored, now)
        if not cents or stored.invoiced_at is None:
            return cents, []
        ends = stored.default_at or deadlines(stored.invoiced_at, PaymentTerms(stored.charge_agreed)).default_at
        told: dict[str, object] = {
            "fee_cents": cents,
            "due_cents": order_money.due_cents(connection, stored),
            "default_at": to_text(ends),
        }
        return cents, self.mails.write(connection, stored, NoticeKind.ORDER_LATE_FEE, BUYER, "late fee", now, **told)

    def give_back(self, connection: Connection, work: GiveBack, now: datetime) -> GivenBack:
        """Write down what goes back, and that it is not owed any more where it is credited."""
        stored = orders.locked(connection, work.order_id)
        key = f"give_back {work.key}"
        known = order_deeds.outcome(connection, work.order_id, key, GivenBack)
        if known is not None:
            return known
        if work.credited:
            self.invoices.credit(connection, stored, work.cents, work.key, work.reason, now)
        given = order_money.take_back(connection, stored, work.cents, work.key, now)
        return order_deeds.note(connection, work.order_id, key, given, now)

    def credit_invoice(self, connection: Connection, work: GiveBack, now: datetime) -> None:
        """Nothing of the invoice is owed any more, nor a late fee."""
        stored = orders.locked(connection, work.order_id)
        self.invoices.credit(connection, stored, work.cents, work.key, work.reason, now)
        orders.free_win(connection, stored.order)

    def settle_default(self, connection: Connection, order_id: int, now: datetime) -> tuple[Stored, Sequence[str]]:
        """What a default writes, once: strike and hold, forfeit, credit, and the vehicle offered to the next."""
        stored = orders.locked(connection, order_id)
        order = stored.order
        if order_deeds.outcome(connection, order_id, DEFAULT, int) is not None:
            return stored, []
        forfeited = order_defaults.forfeit(connection, order, now)
        order_defaults.strike(connection, order, now)
        self.invoices.credit(connection, stored, None, DEFAULT, "The sale is in default.", now)
        orders.free_win(connection, order)
        second_chances.open(connection, order_id, now)
        order_deeds.note(connection, order_id, DEFAULT, forfeited, now)
        told: dict[str, object] = {"forfeited_cents": forfeited}
        return stored, self.mails.write(connection, stored, NoticeKind.ORDER_DEFAULTED, BOTH, DEFAULT, now, **told)

    def undo_default(self, connection: Connection, order_id: int, now: datetime) -> bool:
        """Take a default back, once; False where the vehicle is with somebody else."""
        stored = orders.locked(connection, order_id)
        known = order_deeds.outcome(connection, order_id, CURE, bool)
        if known is not None:
            return known
        undone_all = not orders.is_resold(connection, stored.order) and second_chances.stop(connection, order_id, now)
        if undone_all:
            order_defaults.unforfeit(connection, stored.order, now)
            order_defaults.unstrike(connection, stored.order, now)
            _owe_again(connection, stored, now)
        return order_deeds.note(connection, order_id, CURE, undone_all, now)

    def payout_moved(
        self, connection: Connection, order_id: int, step: Step, reason: str, now: datetime
    ) -> tuple[PayoutState, Sequence[str]]:
        """What a provider or a bank says of a payout that was handed over; its seller is told that it has left.

        Returns outbox ids too. Raises LookupError for an order without a payout.
        """
        stored = orders.locked(connection, order_id)
        state = order_payouts.moved(connection, order_id, step, reason, now)
        found = order_payouts.find(connection, order_id)
        cents = 0 if found is None or found.statement is None else found.statement.net_cents
        if found is None or step is not Step.CONFIRM or state.code or not cents:
            return state, []
        key = found.payout.key
        ids = self.mails.write(connection, stored, NoticeKind.PAYOUT_SENT, SELLER, key, now, amount_cents=cents)
        return state, ids

    def release_vehicle(self, connection: Connection, order_id: int, now: datetime) -> bool:
        """The vehicle may be listed anew, unless it has been sold or put up again since."""
        stored = orders.locked(connection, order_id)
        if orders.is_resold(connection, stored.order):
            return False
        return relists.reopen(connection, stored.order.vehicle_id, now)

    def _call_for(self, connection: Connection, stored: Stored, payment: Payment, now: datetime) -> None:
        """A return that did not leave is still owed, and a charge that was taken back is a matter for a person."""
        is_return = payment.kind is not Way.CHARGE
        if is_return and payment.state in NOT_SENT:
            operator_tasks.call(
                connection, stored.order.id, f"refund {payment.id}", "refund", payment.code or "FAILED", now
            )
        elif payment.state is State.REVERSED:
            key = f"taken back {payment.id} {to_text(payment.updated_at)}"
            operator_tasks.call(connection, stored.order.id, key, "payment_taken_back", payment.code or "", now)


def _owe_again(connection: Connection, stored: Stored, now: datetime) -> None:
    """The invoice stands again as before the default, and what came in meanwhile pays for it."""
    order = stored.order
    credited = money_ledger.find(connection, f"{Kind.INVOICE_CREDITED.value}:{order.id}-{DEFAULT}")
    if credited is not None:
        event = Event(f"{order.id}-{CURE}", now, order.id)
        money_ledger.record(connection, undone(credited, Kind.INVOICE_ISSUED, event), now)
    due = order_money.due_cents(connection, stored)
    cents = min(due, payment_book.credit_of(connection, order.id, order.buyer_id))
    if cents > 0:
        told = money_events.credit_applied(Event(f"{order.id}-{CURE}", now, order.id), order.buyer_id, cents)
        money_ledger.record(connection, told, now)
