"""The money of one order: what was paid and is due, attempts to pay, and what goes back. The caller locks the order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from activities.db import accounts, money_ledger, payments
from activities.db.account_tables import payments as table
from activities.db.orders import Stored, change
from activities.db.payments import Change, KeyReusedError, NewPayment, Payment
from activities.order_contracts import GivenBack, OrderMoney
from domain import order_deadlines
from domain.accounts import Card
from domain.business_days import day_of
from domain.money_events import Means
from domain.money_ledger import Account, Book
from domain.money_ledger import Kind as TransferKind
from domain.order_deadlines import Outcome
from domain.order_payments import PayCode, approval_refused, card_refused
from domain.payments import NOT_RETURNED, Kind, Purpose, State, is_final

INVOICE_KINDS = frozenset({TransferKind.INVOICE_ISSUED, TransferKind.INVOICE_CREDITED})
REJECTED = "REJECTED"
FAILED = frozenset({State.DECLINED, State.FAILED, State.REVERSED})


@dataclass(frozen=True, slots=True)
class ByHand:
    """Money that came or went past the card: `made_at` is the bank's time, `by` the member of staff who tells of it."""

    means: Means
    cents: int
    made_at: datetime
    by: int


def money_of(connection: Connection, stored: Stored) -> OrderMoney:
    """What was paid, is in doubt and is left to pay."""
    known = payments.of_order(connection, stored.order.id)
    charges = [each for each in known if each.kind is Kind.CHARGE]
    owed = owed_cents(connection, stored)
    return OrderMoney(
        [order_deadlines.Payment(_made_at(each), _net(known, each), _outcome(each)) for each in charges],
        owed,
        due_cents(connection, stored),
        _cleared_on(known, owed),
    )


def owed_cents(connection: Connection, stored: Stored) -> int:
    """What the invoice asks for, less what of it was credited; 0 before it."""
    buyer = Account(Book.BUYER, stored.order.buyer_id)
    told = (each for each in money_ledger.of_order(connection, stored.order.id) if each.kind in INVOICE_KINDS)
    return sum(posting.cents for each in told for posting in each.postings if posting.account == buyer)


def due_cents(connection: Connection, stored: Stored) -> int:
    """What is left to pay, with late fees."""
    return max(money_ledger.owed(connection, stored.order.id, stored.order.buyer_id), 0)


def paid_cents(connection: Connection, order_id: int) -> int:
    """What has come in and not gone back."""
    done = [each for each in payments.of_order(connection, order_id) if each.state is State.DONE]
    return sum(each.amount_cents if each.kind is Kind.CHARGE else -each.amount_cents for each in done)


def ask(
    connection: Connection, stored: Stored, key: str, now: datetime, *, cents: int | None = None
) -> Payment | PayCode:
    """Write down a charge of the buyer's card for all that is due or a part, or find the one of this key."""
    order = stored.order
    request_key = payments.request_key(order.buyer_id, f"order {order.id}", key)
    known = payments.by_key(connection, request_key)
    if known is not None:
        return known if cents in {None, known.amount_cents} else PayCode.ID_REUSED
    due = None if stored.invoice_number is None else due_cents(connection, stored)
    amount = (due or 0) if cents is None else cents
    account = accounts.find(connection, order.buyer_id)
    refused = card_refused(
        due,
        amount,
        has_open=open_charge(connection, order.id) is not None,
        has_card=account is not None and account.facts.card is Card.STORED and not account.erased,
    )
    if refused is not None:
        return refused
    wanted = NewPayment(order.buyer_id, Purpose.ORDER, Kind.CHARGE, amount, request_key, order_id=order.id)
    return payments.create(connection, wanted, now)


def open_charge(connection: Connection, order_id: int) -> Payment | None:
    """A charge of the order that is not over; the oldest."""
    known = payments.of_order(connection, order_id)
    return next((each for each in known if each.kind is Kind.CHARGE and not is_final(each.state)), None)


def record_by_hand(connection: Connection, stored: Stored, told: ByHand, key: str, now: datetime) -> Payment | PayCode:
    """Write down a wire or a cheque, to be approved by somebody else, or find the one of this key."""
    if told.means is Means.CARD or told.cents <= 0:
        return PayCode.BAD_AMOUNT
    if told.made_at > now:
        return PayCode.IN_FUTURE
    if stored.invoice_number is None:
        return PayCode.NOT_INVOICED
    order = stored.order
    wanted = NewPayment(
        order.buyer_id,
        Purpose.ORDER,
        Kind.CHARGE,
        told.cents,
        payments.request_key(order.buyer_id, f"order by hand {order.id}", key),
        order_id=order.id,
        means=told.means,
        made_at=told.made_at,
        state=State.HELD,
        recorded_by=told.by,
    )
    try:
        return payments.create(connection, wanted, now)
    except KeyReusedError:
        return PayCode.ID_REUSED


def decide_by_hand(
    connection: Connection, payment_id: int, by: int, now: datetime, *, approved: bool
) -> Payment | PayCode:
    """Let money that came past the card count, or not: who follows the payment's end does it in this transaction.

    A return by hand counts as sent. Raises LookupError for no payment.
    """
    known = payments.locked(connection, payment_id)
    refused = approval_refused(known.state, known.recorded_by, by) if known.means is not Means.CARD else None
    if known.means is Means.CARD or refused is not None:
        return refused or PayCode.NOT_WAITING
    done = Change(State.DONE) if approved else Change(State.FAILED, code=REJECTED)
    payments.mark(connection, payment_id, done, now)
    cleared = {"cleared_at": now} if approved else {}
    connection.execute(update(table).where(table.c.id == payment_id).values(approved_by=by, **cleared))
    return payments.locked(connection, payment_id)


def take_back(connection: Connection, stored: Stored, cents: int | None, key: str, now: datetime) -> GivenBack:
    """Write down the returns of so much of what was paid, or of all of it, the newest first."""
    known = payments.of_order(connection, stored.order.id)
    charges = [each for each in reversed(known) if each.kind is Kind.CHARGE and each.state is State.DONE]
    left, made, by_hand = cents, [], 0
    for charge in charges:
        there = charge.amount_cents - payments.returned_cents(connection, charge.id)
        amount = there if left is None else min(there, left)
        if amount <= 0:
            continue
        left = None if left is None else left - amount
        payment = _create_return(connection, charge, amount, key, now)
        if charge.means is Means.CARD:
            made.append(payment.id)
        else:
            by_hand += amount
    return GivenBack(made, by_hand)


def with_news(connection: Connection, user_id: int, since: datetime) -> list[int]:
    """The orders of which a person's payments have moved since a moment."""
    moved = (table.c.user_id == user_id) & (table.c.purpose == Purpose.ORDER.value) & (table.c.updated_at >= since)
    query = select(table.c.order_id).where(moved, table.c.order_id.is_not(None)).distinct().order_by(table.c.order_id)
    return list(connection.execute(query).scalars())


def refresh_paid(connection: Connection, order_id: int) -> int:
    """Write down what has come in and not gone back; returns it."""
    cents = paid_cents(connection, order_id)
    change(connection, order_id, paid_cents=cents)
    return cents


def _create_return(connection: Connection, charge: Payment, cents: int, key: str, now: datetime) -> Payment:
    """One past the card is for the staff to send, and to tell of."""
    is_card = charge.means is Means.CARD
    wanted = NewPayment(
        charge.user_id,
        Purpose.ORDER,
        Kind.REFUND,
        cents,
        payments.request_key(charge.user_id, f"order {charge.order_id} {key}", str(charge.id)),
        charge.id,
        order_id=charge.order_id,
        means=charge.means,
        state=State.CREATED if is_card else State.HELD,
    )
    return payments.create(connection, wanted, now)


def _made_at(payment: Payment) -> datetime:
    return payment.made_at or payment.created_at


def _net(known: Iterable[Payment], charge: Payment) -> int:
    back = (each for each in known if each.of_payment_id == charge.id and each.state not in NOT_RETURNED)
    return charge.amount_cents - sum(each.amount_cents for each in back)


def _outcome(charge: Payment) -> Outcome:
    if charge.state is State.DONE:
        return Outcome.DONE
    return Outcome.FAILED if charge.state in FAILED else Outcome.IN_DOUBT


def _cleared_on(known: list[Payment], owed: int) -> date | None:
    """The day on which what had been settled came to the whole sum."""
    cleared = [
        (each.cleared_at, _net(known, each))
        for each in known
        if each.kind is Kind.CHARGE and each.state is State.DONE and each.cleared_at is not None
    ]
    sum_cents = 0
    for at, cents in sorted(cleared):
        sum_cents += cents
        if sum_cents >= owed > 0:
            return day_of(at)
    return None
