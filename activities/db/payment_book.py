"""What a payment's end says in the money ledger, told in the transaction that writes it.

A payment may be done, taken back and done again; each time is numbered, and whatever is told stands until it is undone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from activities.db import money_ledger, payments
from activities.db.account_tables import payments as table
from activities.db.payments import Payment
from domain import money_events as events
from domain.money_ledger import Account, Book, Event, Kind, Transfer, undone
from domain.payments import Kind as Way
from domain.payments import State

# Ends the name of what undoes a return of credit, which has one of its own.
CREDIT = "-credit"
UNDOES = frozenset({State.FAILED, State.DECLINED})
# As the vendor says it, and as staff write it down.
CHARGEBACKS = frozenset({"chargeback", "CHARGEBACK"})


@dataclass(frozen=True, slots=True)
class Told:
    """How often a payment's transfer of a kind was told, and the last one where nothing has undone it."""

    number: int
    standing: Transfer | None


def deposit(connection: Connection, payment: Payment, now: datetime) -> None:
    """A deposit, or its return, as its payment now stands."""
    if payment.kind is Way.CHARGE:
        _deposit_charged(connection, payment, now)
    elif payment.state is State.DONE:
        charge = payments.find(connection, payment.of_payment_id or 0)
        if charge is not None:
            open_deposit(connection, charge, now)
        _deposit_returned(connection, payment, now)
    elif payment.state in UNDOES:
        _take_back(connection, payment, Kind.DEPOSIT_RETURNED, Kind.REFUND_FAILED, now)


def open_deposit(connection: Connection, charge: Payment, now: datetime) -> None:
    """Tell of a deposit that was taken before there was a ledger, with what had gone back of it, as it next moves."""
    if _told(connection, charge.id, Kind.DEPOSIT_RECEIVED).number:
        return
    _record(
        connection, charge, 1, lambda event: events.deposit_received(event, charge.user_id, charge.amount_cents), now
    )
    done = (table.c.of_payment_id == charge.id) & (table.c.state == State.DONE.value)
    for payment_id in connection.execute(select(table.c.id).where(done).order_by(table.c.id)).scalars().all():
        back = payments.find(connection, payment_id)
        if back is not None and back.kind is not Way.FORFEIT:
            _deposit_returned(connection, back, now)


def order(connection: Connection, payment: Payment, now: datetime) -> None:
    """A sale's payment, or its return, as it now stands."""
    if payment.kind is Way.CHARGE:
        _order_charged(connection, payment, now)
    elif payment.state is State.DONE:
        _order_returned(connection, payment, now)
    elif payment.state in UNDOES:
        _take_back(connection, payment, Kind.REFUND_SENT, Kind.REFUND_FAILED, now)
        _take_back(connection, payment, Kind.CREDIT_RETURNED, Kind.REFUND_FAILED, now, CREDIT)


def credit_of(connection: Connection, order_id: int, buyer_id: int) -> int:
    """What an order has left on its buyer's credit, in cents."""
    return -money_ledger.balances_of_order(connection, order_id).get(Account(Book.CREDIT, buyer_id), 0)


def _deposit_charged(connection: Connection, charge: Payment, now: datetime) -> None:
    told = _told(connection, charge.id, Kind.DEPOSIT_RECEIVED, Kind.PAYMENT_VOIDED)
    if charge.state is State.DONE and told.standing is None:
        cents, owner = charge.amount_cents, charge.user_id
        _record(connection, charge, told.number + 1, lambda event: events.deposit_received(event, owner, cents), now)
    elif charge.state is State.REVERSED:
        _take_back(connection, charge, Kind.DEPOSIT_RECEIVED, Kind.PAYMENT_VOIDED, now)


def _deposit_returned(connection: Connection, back: Payment, now: datetime) -> None:
    told = _told(connection, back.id, Kind.DEPOSIT_RETURNED, Kind.REFUND_FAILED)
    if told.standing is None:
        cents, owner = back.amount_cents, back.user_id
        _record(connection, back, told.number + 1, lambda event: events.deposit_returned(event, owner, cents), now)


def _order_charged(connection: Connection, charge: Payment, now: datetime) -> None:
    buyer, cents = charge.user_id, charge.amount_cents
    received = _told(connection, charge.id, Kind.PAYMENT_RECEIVED, Kind.PAYMENT_VOIDED)
    disputed = _told(connection, charge.id, Kind.CHARGEBACK, Kind.CHARGEBACK_WON)
    if charge.state is State.REVERSED and charge.code in CHARGEBACKS:
        if received.standing is not None and disputed.standing is None:
            _record(connection, charge, disputed.number + 1, lambda event: events.chargeback(event, cents), now)
    elif charge.state is State.REVERSED:
        _take_back(connection, charge, Kind.PAYMENT_RECEIVED, Kind.PAYMENT_VOIDED, now)
    elif charge.state is State.DONE and disputed.standing is not None:
        _record(connection, charge, disputed.number, lambda event: events.chargeback_won(event, cents), now)
    elif charge.state is State.DONE and received.standing is None:
        owed = money_ledger.owed(connection, charge.order_id or 0, buyer)
        _record(
            connection,
            charge,
            received.number + 1,
            lambda event: events.payment_received(event, buyer, cents, charge.means, owed_cents=owed),
            now,
        )


def _order_returned(connection: Connection, back: Payment, now: datetime) -> None:
    """What is owed to the buyer goes back first, then their credit; all else is owed to us again."""
    refunded = _told(connection, back.id, Kind.REFUND_SENT, Kind.REFUND_FAILED)
    credited = _told(connection, back.id, Kind.CREDIT_RETURNED, Kind.REFUND_FAILED, suffix=CREDIT)
    if refunded.standing is not None or credited.standing is not None:
        return
    buyer, order_id, means = back.user_id, back.order_id or 0, back.means
    ours = max(-money_ledger.owed(connection, order_id, buyer), 0)
    credit = min(max(back.amount_cents - ours, 0), max(credit_of(connection, order_id, buyer), 0))
    rest = back.amount_cents - credit
    if rest:
        number = refunded.number + 1
        _record(connection, back, number, lambda event: events.refund_sent(event, buyer, rest, means), now)
    if credit:
        number = credited.number + 1
        _record(connection, back, number, lambda event: events.credit_returned(event, buyer, credit, means), now)


def _record(
    connection: Connection, payment: Payment, number: int, build: Callable[[Event], Transfer], now: datetime
) -> None:
    event = Event(f"{payment.id}-{number}", payment.updated_at, payment.order_id)
    money_ledger.record(connection, build(event), now)


def _take_back(
    connection: Connection, payment: Payment, kind: Kind, undo: Kind, now: datetime, suffix: str = ""
) -> None:
    told = _told(connection, payment.id, kind, undo, suffix=suffix)
    if told.standing is not None:
        event = Event(f"{payment.id}-{told.number}{suffix}", payment.updated_at, payment.order_id)
        money_ledger.record(connection, undone(told.standing, undo, event), now)


def _told(connection: Connection, payment_id: int, kind: Kind, *undo: Kind, suffix: str = "") -> Told:
    number, standing = 0, None
    while (found := money_ledger.find(connection, f"{kind.value}:{payment_id}-{number + 1}")) is not None:
        number, standing = number + 1, found
    takes_back = (money_ledger.find(connection, f"{each.value}:{payment_id}-{number}{suffix}") for each in undo)
    return Told(number, None if any(takes_back) else standing)
