"""What title and transport tell of an order while nobody real does them: written down with its time, and told once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from activities.db.order_tables import order_stand_ins as table
from domain.promises import Event


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to be told of an order, and when it is to have happened."""

    order_id: int
    event: Event
    due_at: datetime


def plan(connection: Connection, wanted: Iterable[Due]) -> None:
    """Write down what is going to happen; what is planned already stays. The caller has the order locked."""
    for each in wanted:
        own = (table.c.order_id == each.order_id) & (table.c.event == each.event.value)
        if connection.execute(select(table.c.event).where(own)).one_or_none() is None:
            row = {"order_id": each.order_id, "event": each.event.value, "due_at": each.due_at}
            connection.execute(insert(table).values(row))


def cancel(connection: Connection, order_id: int, events: Sequence[Event]) -> bool:
    """What was not told yet will not be; whether some of it was told before."""
    own = (table.c.order_id == order_id) & table.c.event.in_([event.value for event in events])
    connection.execute(delete(table).where(own, table.c.told_at.is_(None)))
    return connection.execute(select(table.c.event).where(own).limit(1)).one_or_none() is not None


def due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """What has happened and was not told, oldest first."""
    waiting = table.c.told_at.is_(None) & (table.c.due_at <= now)
    columns = (table.c.order_id, table.c.event, table.c.due_at)
    query = select(*columns).where(waiting).order_by(table.c.due_at, table.c.order_id).limit(limit)
    return [Due(order_id, Event(event), at) for order_id, event, at in connection.execute(query)]


def mark_told(connection: Connection, told: Due, now: datetime) -> None:
    """The order's workflow has heard of it."""
    own = (table.c.order_id == told.order_id) & (table.c.event == told.event.value)
    connection.execute(update(table).where(own).values(told_at=now))
