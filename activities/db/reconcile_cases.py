"""Cases of the reconcile in the database: a difference is opened once, seen again each day, and closed by a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.reconcile_tables import reconcile_cases as table
from domain.reconcile import Case, Difference

COLUMNS = (
    *(table.c.id, table.c.kind, table.c.subject, table.c.ours_cents, table.c.theirs_cents),
    *(table.c.opened_at, table.c.seen_at, table.c.closed_at, table.c.closed_by, table.c.note),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as it is kept; `seen_at` is when the difference was last found."""

    id: int
    case: Case
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    closed_by: int | None
    note: str | None


def keep(connection: Connection, cases: Iterable[Case], now: datetime) -> list[Case]:
    """Open what is new, and note of the rest that it is still there; returns the new ones."""
    return [case for case in dict.fromkeys(cases) if _is_new(connection, case, now)]


def close(connection: Connection, case_id: int, by: int, note: str, now: datetime) -> Opened | None:
    """A person has seen to it; whoever was first stays. None for no case."""
    fresh = (table.c.id == case_id) & table.c.closed_at.is_(None)
    connection.execute(update(table).where(fresh).values(closed_at=now, closed_by=by, note=note))
    row = connection.execute(select(*COLUMNS).where(table.c.id == case_id)).one_or_none()
    return None if row is None else _opened(tuple(row))


def waiting(connection: Connection, limit: int, after: int | None = None) -> list[Opened]:
    """The cases that nobody has closed, oldest first, after an id."""
    query = select(*COLUMNS).where(table.c.closed_at.is_(None)).order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    return [_opened(tuple(row)) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> int:
    """How many wait in all."""
    query = select(func.count()).select_from(table).where(table.c.closed_at.is_(None))
    return connection.execute(query).scalar_one()


def _is_new(connection: Connection, case: Case, now: datetime) -> bool:
    same = (table.c.kind == case.difference.value) & (table.c.subject == case.subject)
    figures = {"ours_cents": case.ours_cents, "theirs_cents": case.theirs_cents, "seen_at": now}
    if connection.execute(select(table.c.id).where(same)).one_or_none() is None:
        row = {"kind": case.difference.value, "subject": case.subject, "opened_at": now, **figures}
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(row))
        except IntegrityError:
            return False
        return True
    connection.execute(update(table).where(same).values(figures))
    return False


def _opened(row: tuple[object, ...]) -> Opened:
    key, kind, subject, ours, theirs, *rest = row
    return Opened(key, Case(Difference(kind), subject, ours, theirs), *rest)  # type: ignore[arg-type]
