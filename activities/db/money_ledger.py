"""The money ledger in the database: transfers are appended once each, balanced, and asked for by order and account."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from activities.db.order_money_tables import money_postings, money_transfers
from domain.money_ledger import Account, Book, Kind, Posting, Transfer, UnbalancedError

LEAST_SIDES = 2


class TransferReusedError(Exception):
    """A transfer of this id was recorded before, and it is another one."""


def record(connection: Connection, told: Transfer, now: datetime) -> bool:
    """Append a transfer; False where the very same was recorded before, whose first time stays.

    Raises TransferReusedError for another one of the id, and UnbalancedError where the postings do not sum to zero.
    """
    if sum(posting.cents for posting in told.postings) or len(told.postings) < LEAST_SIDES:
        raise UnbalancedError(told.id)
    known = find(connection, told.id)
    if known is None and _append(connection, told, now):
        return True
    known = known or find(connection, told.id)
    if known is None or not _is_same(known, told):
        raise TransferReusedError(told.id)
    return False


def record_all(connection: Connection, told: Iterable[Transfer], now: datetime) -> int:
    """Append transfers in their order; how many of them are new."""
    return sum(record(connection, each, now) for each in told)


def find(connection: Connection, transfer_id: str) -> Transfer | None:
    """One transfer."""
    return next(iter(_transfers(connection, money_transfers.c.id == transfer_id)), None)


def of_order(connection: Connection, order_id: int) -> list[Transfer]:
    """What was told of an order, oldest first."""
    return _transfers(connection, money_transfers.c.order_id == order_id)


def between(connection: Connection, since: datetime, until: datetime) -> list[Transfer]:
    """What happened in a span of time, its end excluded, oldest first: for the daily reconcile."""
    return _transfers(connection, (money_transfers.c.at >= since) & (money_transfers.c.at < until))


def balances(connection: Connection, accounts: Collection[Account] | None = None) -> Mapping[Account, int]:
    """What is on each account that is not empty, or on these of them."""
    query = select(money_postings.c.account, _sum()).group_by(money_postings.c.account)
    if accounts is not None:
        query = query.where(money_postings.c.account.in_([account.name for account in accounts]))
    return {Account.named(name): int(cents) for name, cents in connection.execute(query) if cents}


def balances_of_order(connection: Connection, order_id: int) -> Mapping[Account, int]:
    """What an order has moved on each account, as far as it did not come back."""
    query = (
        select(money_postings.c.account, _sum())
        .join_from(money_postings, money_transfers)
        .where(money_transfers.c.order_id == order_id)
        .group_by(money_postings.c.account)
    )
    return {Account.named(name): int(cents) for name, cents in connection.execute(query) if cents}


def owed(connection: Connection, order_id: int, buyer_id: int) -> int:
    """What a buyer still owes for an order, in cents; negative where too much came in and is no credit yet."""
    return balances_of_order(connection, order_id).get(Account(Book.BUYER, buyer_id), 0)


def unbalanced(connection: Connection, limit: int = 100) -> list[str]:
    """The ids of transfers that do not sum to zero or have fewer than two sides; always empty, unless somebody wrote
    past `record`."""
    query = (
        select(money_transfers.c.id)
        .outerjoin(money_postings)
        .group_by(money_transfers.c.id)
        .having((func.coalesce(_sum(), 0) != 0) | (func.count(money_postings.c.account) < LEAST_SIDES))
        .order_by(money_transfers.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _append(connection: Connection, told: Transfer, now: datetime) -> bool:
    """Write a transfer with its postings; False where somebody else just did."""
    head = {"id": told.id, "kind": told.kind.value, "order_id": told.order_id, "at": told.at, "created_at": now}
    rows = [
        {"transfer_id": told.id, "account": posting.account.name, "cents": posting.cents} for posting in told.postings
    ]
    try:
        with connection.begin_nested():
            connection.execute(insert(money_transfers).values(head))
            connection.execute(insert(money_postings), rows)
    except IntegrityError:
        return False
    return True


def _transfers(connection: Connection, condition: Any) -> list[Transfer]:
    columns = (money_transfers.c[name] for name in ("id", "kind", "at", "order_id"))
    query = (
        select(*columns, money_postings.c.account, money_postings.c.cents)
        .join_from(money_transfers, money_postings)
        .where(condition)
        .order_by(money_transfers.c.at, money_transfers.c.id, money_postings.c.cents.desc(), money_postings.c.account)
    )
    rows = connection.execute(query).all()
    return [_transfer(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def _transfer(rows: Sequence[Any]) -> Transfer:
    key, kind, at, order_id, *_ = rows[0]
    postings = tuple(Posting(Account.named(account), cents) for *_, account, cents in rows)
    return Transfer(key, Kind(kind), at, postings, order_id)


def _is_same(known: Transfer, told: Transfer) -> bool:
    """Whether two tell the same; a try that is repeated may come with a later time."""
    facts = [(each.kind, each.order_id, frozenset(each.postings)) for each in (known, told)]
    return facts[0] == facts[1]


def _sum() -> Any:
    return func.sum(money_postings.c.cents)
