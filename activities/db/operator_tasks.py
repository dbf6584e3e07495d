"""What waits for a person at an order: once per key, until somebody says that it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.order_tables import operator_tasks as table

LONGEST_CODE = 80
LONGEST_STEP = 40
COLUMNS = tuple(table.c[name] for name in ("id", "order_id", "key", "step", "code", "created_at", "done_at", "done_by"))


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `step` says what for, `code` the kind of its trouble."""

    id: int
    order_id: int
    key: str
    step: str
    code: str
    created_at: datetime
    done_at: datetime | None
    done_by: int | None


def call(connection: Connection, order_id: int, key: str, step: str, code: str, now: datetime) -> bool:
    """Put a task on the list; False where it is, or was, there already."""
    if is_known(connection, order_id, key):
        return False
    row = {"order_id": order_id, "key": f"{order_id} {key}", "step": step[:LONGEST_STEP], "code": code[:LONGEST_CODE]}
    try:
        with connection.begin_nested():
            connection.execute(insert(table).values({**row, "created_at": now}))
    except IntegrityError:
        return False
    return True


def is_known(connection: Connection, order_id: int, key: str) -> bool:
    """Whether a task is, or was, on the list."""
    query = select(table.c.id).where(table.c.key == f"{order_id} {key}")
    return connection.execute(query).one_or_none() is not None


def finish(connection: Connection, task_id: int, by: int, now: datetime) -> Task | None:
    """A person has seen to it; whoever was first stays. None for no task."""
    fresh = (table.c.id == task_id) & table.c.done_at.is_(None)
    connection.execute(update(table).where(fresh).values(done_at=now, done_by=by))
    row = connection.execute(select(*COLUMNS).where(table.c.id == task_id)).one_or_none()
    return None if row is None else Task(*row)


def waiting(connection: Connection, limit: int, after: int | None = None) -> list[Task]:
    """What waits, oldest first, after an id."""
    query = select(*COLUMNS).where(table.c.done_at.is_(None)).order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    return [Task(*row) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> int:
    """How many wait in all."""
    query = select(func.count()).select_from(table).where(table.c.done_at.is_(None))
    return connection.execute(query).scalar_one()


def of_order(connection: Connection, order_id: int) -> list[Task]:
    """All tasks of one order, oldest first."""
    found: Sequence[Any] = connection.execute(
        select(*COLUMNS).where(table.c.order_id == order_id).order_by(table.c.id)
    ).all()
    return [Task(*row) for row in found]
