"""Rate tables in the database: added ahead of their day, taken back before it, and never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.order_money_tables import rate_tables
from activities.db.tables import users
from domain.business_days import day_of
from domain.rates import RateCode, RateTable, in_force, refusal, table, withdrawal_refusal

AUTHOR, WITHDRAWER = users.alias("author"), users.alias("withdrawer")


@dataclass(frozen=True, slots=True)
class NewRates:
    """A table to be added: what it says from which day on, and who adds it why."""

    effective_on: date
    values: Mapping[str, int]
    by: int
    reason: str


@dataclass(frozen=True, slots=True)
class StoredRates:
    """A table with who added it, when and why, and the same of its taking back. The seed has no author."""

    table: RateTable
    reason: str
    author: str | None
    created_at: datetime
    withdrawn_at: datetime | None = None
    withdrawer: str | None = None
    withdrawn_reason: str | None = None


def tables(connection: Connection) -> tuple[RateTable, ...]:
    """Every table that counts, by its day."""
    query = (
        select(rate_tables.c.id, rate_tables.c.effective_on, rate_tables.c.rates)
        .where(rate_tables.c.in_force_on.is_not(None))
        .order_by(rate_tables.c.effective_on)
    )
    return tuple(_table(row) for row in connection.execute(query))


def on_day(connection: Connection, day: date) -> RateTable:
    """The table in force on a day in Chicago: for an invoice, that of the sale. Raises LookupError before the first."""
    found = in_force(tables(connection), day)
    if found is None:
        raise LookupError(f"no rates were in force on {day}")
    return found


def version(connection: Connection, number: int) -> RateTable | None:
    """One version, also one that was taken back: a quote may have been made by it."""
    query = select(rate_tables.c.id, rate_tables.c.effective_on, rate_tables.c.rates)
    row = connection.execute(query.where(rate_tables.c.id == number)).one_or_none()
    return None if row is None else _table(row)


def history(connection: Connection) -> list[StoredRates]:
    """All tables, those that were taken back too, by their day from the last."""
    query = _stored().order_by(rate_tables.c.effective_on.desc(), rate_tables.c.id.desc())
    return [_read(row) for row in connection.execute(query)]


def find(connection: Connection, number: int) -> StoredRates | None:
    """One version with its story."""
    row = connection.execute(_stored().where(rate_tables.c.id == number)).one_or_none()
    return None if row is None else _read(row)


def add(connection: Connection, wanted: NewRates, now: datetime) -> RateTable | RateCode:
    """Add a table ahead of its day, or say why not. Raises ValueError for values that are no table."""
    refused = refusal(tables(connection), wanted.effective_on, day_of(now))
    if refused is not None:
        return refused
    values = table(0, wanted.effective_on, wanted.values).rates
    day = wanted.effective_on.isoformat()
    row = {
        "effective_on": day,
        "in_force_on": day,
        "rates": json.dumps(dict(values), sort_keys=True),
        "reason": wanted.reason,
        "created_by": wanted.by,
        "created_at": now,
    }
    try:
        with connection.begin_nested():
            key: Any = connection.execute(insert(rate_tables).values(row)).inserted_primary_key
    except IntegrityError:
        # Somebody else was faster; the day is unique.
        return RateCode.DATE_TAKEN
    return RateTable(key[0], wanted.effective_on, values)


def withdraw(connection: Connection, number: int, *, by: int, reason: str, now: datetime) -> RateTable | RateCode:
    """Take a table back before its day; one that is back already stays as it is. Raises LookupError for no version."""
    query = select(rate_tables.c.id, rate_tables.c.effective_on, rate_tables.c.rates, rate_tables.c.in_force_on)
    row = connection.execute(query.where(rate_tables.c.id == number).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(number)
    known = _table(row[:3])
    if row.in_force_on is None:
        return known
    refused = withdrawal_refusal(known, day_of(now))
    if refused is not None:
        return refused
    values = {"in_force_on": None, "withdrawn_by": by, "withdrawn_at": now, "withdrawn_reason": reason}
    connection.execute(update(rate_tables).where(rate_tables.c.id == number).values(values))
    return known


def _stored() -> Any:
    joined = rate_tables.outerjoin(AUTHOR, AUTHOR.c.id == rate_tables.c.created_by).outerjoin(
        WITHDRAWER, WITHDRAWER.c.id == rate_tables.c.withdrawn_by
    )
    return select(
        rate_tables.c.id,
        rate_tables.c.effective_on,
        rate_tables.c.rates,
        rate_tables.c.reason,
        AUTHOR.c.name,
        rate_tables.c.created_at,
        rate_tables.c.withdrawn_at,
        WITHDRAWER.c.name,
        rate_tables.c.withdrawn_reason,
    ).select_from(joined)


def _read(row: Sequence[Any]) -> StoredRates:
    return StoredRates(_table(row[:3]), *row[3:])


def _table(row: Sequence[Any]) -> RateTable:
    number, day, text = row
    return table(number, date.fromisoformat(day), json.loads(text))
