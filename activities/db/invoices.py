"""Documents in the database: each takes the next number of its kind and year in the transaction that writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects import mysql, sqlite

from activities.db.order_money_tables import invoice_counters, invoices
from domain.business_days import day_of
from domain.invoices import Paper, number


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A document to be issued for an order. The same `request_key` is the same document: `invoice 41`."""

    paper: Paper
    order_id: int
    request_key: str


@dataclass(frozen=True, slots=True)
class Written:
    """What is kept of a document once it has its number: its sealed text, SHA-256 of the text, and what lists show."""

    sealed: str
    sha256: str
    template: str
    total_cents: int
    rates_version: int | None = None
    of_number: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that was issued; `pdf_key` is where its PDF is kept, once there is one."""

    number: str
    paper: Paper
    order_id: int
    request_key: str
    written: Written
    issued_at: datetime
    pdf_key: str | None = None
    pdf_sha256: str | None = None


COLUMNS = tuple(
    invoices.c[name]
    for name in (
        *("number", "kind", "order_id", "request_key"),
        *("document_sealed", "document_sha256", "template", "total_cents", "rates_version", "of_number"),
        *("issued_at", "pdf_key", "pdf_sha256"),
    )
)


def issue(connection: Connection, wanted: NewPaper, write: Callable[[str], Written], now: datetime) -> Issued:
    """Issue a document under the next number of its kind, or find the one of this request key.

    `write` makes it once its number is known, which is taken for good when the transaction is committed, and by nobody
    where it is not: so the numbers have no gaps. Those who issue the same kind wait for each other.
    """
    year = day_of(now).year
    known = by_request(connection, wanted.request_key)
    serial = 0 if known is not None else _take(connection, wanted.paper, year)
    # Whoever asked for the same at the same time was waited for.
    known = known or by_request(connection, wanted.request_key)
    if known is not None:
        return known
    text = number(wanted.paper, year, serial)
    written = write(text)
    counter = (invoice_counters.c.kind == wanted.paper.value) & (invoice_counters.c.year == year)
    connection.execute(update(invoice_counters).where(counter).values(last=serial))
    connection.execute(insert(invoices).values(_row(wanted, written, text, year, serial, now)))
    return Issued(text, wanted.paper, wanted.order_id, wanted.request_key, written, now)


def find(connection: Connection, text: str) -> Issued | None:
    """The document of a number."""
    return _one(connection, invoices.c.number == text)


def by_request(connection: Connection, request_key: str) -> Issued | None:
    """The document that was issued for something."""
    return _one(connection, invoices.c.request_key == request_key)


def of_order(connection: Connection, order_id: int, paper: Paper | None = None) -> list[Issued]:
    """The documents of an order, or those of one kind, oldest first."""
    query = select(*COLUMNS).where(invoices.c.order_id == order_id)
    if paper is not None:
        query = query.where(invoices.c.kind == paper.value)
    return [_issued(row) for row in connection.execute(query.order_by(invoices.c.issued_at, invoices.c.number))]


def keep_pdf(connection: Connection, text: str, *, key: str, sha256: str, now: datetime) -> Issued:
    """Note where a document's PDF is kept; one that is noted already stays. Raises LookupError for no document."""
    missing = (invoices.c.number == text) & invoices.c.pdf_key.is_(None)
    connection.execute(update(invoices).where(missing).values(pdf_key=key, pdf_sha256=sha256, pdf_at=now))
    found = find(connection, text)
    if found is None:
        raise LookupError(text)
    return found


def without_pdf(connection: Connection, before: datetime, limit: int) -> list[str]:
    """The numbers of documents that were issued before a moment and have no PDF yet, oldest first."""
    query = (
        select(invoices.c.number)
        .where(invoices.c.pdf_key.is_(None), invoices.c.issued_at < before)
        .order_by(invoices.c.issued_at, invoices.c.number)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def gaps(connection: Connection) -> list[tuple[Paper, int]]:
    """The kinds and years whose numbers are not 1 to the last one; always empty, unless a row was deleted."""
    of_kind = (
        select(invoices.c.kind, invoices.c.year, func.count().label("issued"), func.max(invoices.c.serial).label("top"))
        .group_by(invoices.c.kind, invoices.c.year)
        .subquery()
    )
    same = (of_kind.c.kind == invoice_counters.c.kind) & (of_kind.c.year == invoice_counters.c.year)
    last = invoice_counters.c.last
    wrong = (func.coalesce(of_kind.c.issued, 0) != last) | (func.coalesce(of_kind.c.top, 0) != last)
    query = select(invoice_counters.c.kind, invoice_counters.c.year).outerjoin(of_kind, same).where(wrong)
    found = connection.execute(query.order_by(invoice_counters.c.kind, invoice_counters.c.year))
    return [(Paper(kind), year) for kind, year in found]


def _take(connection: Connection, paper: Paper, year: int) -> int:
    """The next number of a kind, its counter locked until the end of the transaction."""
    mine = (invoice_counters.c.kind == paper.value) & (invoice_counters.c.year == year)
    locked = select(invoice_counters.c.last).where(mine).with_for_update()
    last: int | None = connection.execute(locked).scalar_one_or_none()
    if last is None:
        _begin(connection, paper, year)
        last = connection.execute(locked).scalar_one()
    return last + 1


def _begin(connection: Connection, paper: Paper, year: int) -> None:
    """Begin a year's counter at 0, unless somebody else just did.

    Written as an update of what is there, for a refused INSERT would leave a shared lock behind on MySQL, and two who
    hold one could not lock the row any more.
    """
    row = {"kind": paper.value, "year": year, "last": 0}
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(invoice_counters).values(row).on_conflict_do_nothing())
    else:
        kept = {"last": invoice_counters.c.last}
        connection.execute(mysql.insert(invoice_counters).values(row).on_duplicate_key_update(kept))


def _row(wanted: NewPaper, written: Written, text: str, year: int, serial: int, now: datetime) -> dict[str, Any]:
    return {
        "number": text,
        "kind": wanted.paper.value,
        "year": year,
        "serial": serial,
        "order_id": wanted.order_id,
        "request_key": wanted.request_key,
        "of_number": written.of_number,
        "template": written.template,
        "rates_version": written.rates_version,
        "total_cents": written.total_cents,
        "document_sealed": written.sealed,
        "document_sha256": written.sha256,
        "issued_at": now,
    }


def _one(connection: Connection, condition: Any) -> Issued | None:
    row = connection.execute(select(*COLUMNS).where(condition)).one_or_none()
    return None if row is None else _issued(row)


def _issued(row: Sequence[Any]) -> Issued:
    text, kind, order_id, request_key, *rest = row
    return Issued(text, Paper(kind), order_id, request_key, Written(*rest[:6]), *rest[6:])
