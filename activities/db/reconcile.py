"""What the reconcile compares, from the database: payments with what the ledger tells of them, and orders' sums."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, case, func, or_, select

from activities.db.account_tables import payments
from activities.db.order_money_tables import money_postings, money_transfers
from activities.db.order_tables import orders
from domain.money_ledger import Account, Book
from domain.money_ledger import Kind as Told
from domain.payments import ENDS, Kind, State
from domain.reconcile import OrderSums, Paid

# What tells of money that came or went for a payment; its id is `kind:payment-number`.
OF_PAYMENTS = tuple(
    kind.value
    for kind in (
        *(Told.PAYMENT_RECEIVED, Told.PAYMENT_VOIDED, Told.REFUND_SENT, Told.REFUND_FAILED, Told.CREDIT_RETURNED),
        *(Told.CHARGEBACK, Told.CHARGEBACK_WON, Told.DEPOSIT_RECEIVED, Told.DEPOSIT_RETURNED),
    )
)
TILLS = tuple(Account(book).name for book in (Book.CLEARING, Book.BANK))
OVER = tuple(sorted(state.value for state in ENDS))
AT_ONCE = 200
COLUMNS = (payments.c.id, payments.c.kind, payments.c.state, payments.c.amount_cents, payments.c.transaction_id)

T = TypeVar("T")


def moved_between(connection: Connection, since: datetime, until: datetime) -> list[Paid]:
    """Payments that came to an end in a span of time, with all that share a transaction with one of them."""
    in_time = (payments.c.updated_at >= since) & (payments.c.updated_at < until) & payments.c.state.in_(OVER)
    found = {row[0]: row for row in connection.execute(select(*COLUMNS).where(in_time).order_by(payments.c.id))}
    transactions = sorted({row[4] for row in found.values() if row[4] is not None})
    for some in _some(transactions):
        query = select(*COLUMNS).where(payments.c.transaction_id.in_(some))
        found |= {row[0]: row for row in connection.execute(query)}
    return [_paid(connection, row) for _, row in sorted(found.items())]


def known_names(connection: Connection, names: Iterable[str]) -> set[str]:
    """Which of these transactions and references any payment of ours has."""
    known: set[str] = set()
    for some in _some(sorted(set(names))):
        query = select(payments.c.transaction_id, payments.c.reference).where(
            or_(payments.c.transaction_id.in_(some), payments.c.reference.in_(some))
        )
        known |= {name for row in connection.execute(query) for name in row if name is not None}
    return known


def moving(connection: Connection, transactions: Iterable[str], until: datetime) -> set[str]:
    """Which of these transactions have a payment that is not over, or has moved since: nothing is said of them yet."""
    open_: set[str] = set()
    for some in _some(sorted(set(transactions))):
        query = select(payments.c.transaction_id).where(
            payments.c.transaction_id.in_(some), payments.c.state.not_in(OVER) | (payments.c.updated_at >= until)
        )
        open_ |= set(connection.execute(query).scalars())
    return open_


def strays(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """Transfers of a span of time that tell of a payment which is not there."""
    in_time = (money_transfers.c.at >= since) & (money_transfers.c.at < until)
    query = select(money_transfers.c.id).where(in_time, money_transfers.c.kind.in_(OF_PAYMENTS))
    told = {transfer_id: _payment_of(transfer_id) for transfer_id in connection.execute(query).scalars()}
    known: set[int] = set()
    for some in _some(sorted(number for number in set(told.values()) if number is not None)):
        known |= set(connection.execute(select(payments.c.id).where(payments.c.id.in_(some))).scalars())
    return sorted(transfer_id for transfer_id, number in told.items() if number not in known)


def order_sums(connection: Connection, since: datetime, until: datetime) -> list[OrderSums]:
    """The sums of the orders that changed in a span of time, or whose money moved in it."""
    changed = select(orders.c.id).where(orders.c.updated_at >= since, orders.c.updated_at < until)
    moved = select(money_transfers.c.order_id).where(
        money_transfers.c.at >= since, money_transfers.c.at < until, money_transfers.c.order_id.is_not(None)
    )
    wanted = sorted({*connection.execute(changed).scalars(), *connection.execute(moved).scalars()})
    return [sums for some in _some(wanted) for sums in _sums(connection, some)]


def _sums(connection: Connection, order_ids: Sequence[int]) -> Iterator[OrderSums]:
    issued = money_transfers.c.kind == Told.INVOICE_ISSUED.value
    in_till = money_transfers.c.kind.in_(OF_PAYMENTS) & money_postings.c.account.in_(TILLS)
    owed = issued & money_postings.c.account.like(f"{Book.BUYER.value}:%")
    told = (
        select(
            money_transfers.c.order_id,
            func.sum(case((owed, money_postings.c.cents), else_=0)),
            func.sum(case((in_till, money_postings.c.cents), else_=0)),
        )
        .join_from(money_transfers, money_postings)
        .where(money_transfers.c.order_id.in_(order_ids))
        .group_by(money_transfers.c.order_id)
    )
    sums = {order_id: (int(total), int(paid)) for order_id, total, paid in connection.execute(told)}
    query = select(orders.c.id, orders.c.total_cents, orders.c.paid_cents).where(orders.c.id.in_(order_ids))
    for order_id, total, paid in connection.execute(query.order_by(orders.c.id)):
        yield OrderSums(order_id, total, paid, *sums.get(order_id, (0, 0)))


def _paid(connection: Connection, row: Sequence[Any]) -> Paid:
    key, kind, state, cents, transaction_id = row
    return Paid(key, Kind(kind), State(state), cents, transaction_id, _booked(connection, key))


def _booked(connection: Connection, payment_id: int) -> int | None:
    """What the ledger tells of a payment; None where it tells nothing."""
    # All ids that begin with `kind:7-`: a dot comes right after a dash.
    ranges = [
        (money_transfers.c.id > f"{kind}:{payment_id}-") & (money_transfers.c.id < f"{kind}:{payment_id}.")
        for kind in OF_PAYMENTS
    ]
    query = (
        select(func.sum(money_postings.c.cents))
        .join_from(money_transfers, money_postings)
        .where(or_(*ranges), money_postings.c.account.in_(TILLS))
    )
    found = connection.execute(query).scalar_one()
    return None if found is None else int(found)


def _payment_of(transfer_id: str) -> int | None:
    number = transfer_id.partition(":")[2].partition("-")[0]
    return int(number) if number.isdecimal() else None


def _some(all_of: Collection[T]) -> Iterator[list[T]]:
    rest = iter(all_of)
    while some := list(islice(rest, AT_ONCE)):
        yield some
