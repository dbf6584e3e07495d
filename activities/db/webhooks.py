"""Queries on the webhooks that vendors sent: each event stored once, and brought to its workflow until that is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.account_tables import webhook_events

COLUMNS = (
    webhook_events.c.id,
    webhook_events.c.vendor,
    webhook_events.c.event_id,
    webhook_events.c.kind,
    webhook_events.c.thing,
    webhook_events.c.occurred_at,
    webhook_events.c.received_at,
    webhook_events.c.state,
    webhook_events.c.workflow_id,
    webhook_events.c.attempts,
)


class State(StrEnum):
    """`stored` waits to be brought to its workflow; `unknown` is about nothing of ours, and kept for people to see."""

    STORED = "stored"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What is kept of a verified webhook: ids and times, never its body. `thing` is the vendor's id of what changed."""

    event_id: str
    kind: str
    thing: str
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """A stored webhook."""

    id: int
    vendor: str
    event_id: str
    kind: str
    thing: str
    occurred_at: datetime | None
    received_at: datetime
    state: State
    workflow_id: str | None
    attempts: int


def store(connection: Connection, vendor: str, events: Sequence[NewEvent], now: datetime) -> int:
    """Keep what is new of a delivery and return how many that were; a repeated event changes nothing."""
    wanted = {event.event_id: event for event in events}
    same = webhook_events.c.vendor == vendor
    query = select(webhook_events.c.event_id).where(same, webhook_events.c.event_id.in_(wanted))
    known = set(connection.execute(query).scalars())
    rows = [
        {
            "vendor": vendor,
            "event_id": event.event_id,
            "kind": event.kind,
            "thing": event.thing,
            "occurred_at": event.occurred_at,
            "received_at": now,
            "state": State.STORED.value,
            "attempts": 0,
        }
        for event in wanted.values()
        if event.event_id not in known
    ]
    return sum(_insert(connection, row) for row in rows)


def _insert(connection: Connection, row: dict[str, Any]) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(webhook_events).values(row))
    except IntegrityError:
        # Another process stored the same event just now.
        return False
    return True


def waiting(connection: Connection, limit: int) -> list[Event]:
    """Events that were not brought to their workflow yet, the least often tried first."""
    query = (
        select(*COLUMNS)
        .where(webhook_events.c.state == State.STORED)
        .order_by(webhook_events.c.attempts, webhook_events.c.id)
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(query)]


def settle(connection: Connection, event_id: int, state: State, workflow_id: str | None) -> None:
    """Note what became of one try; one that is still `stored` is tried again."""
    values = {"state": state.value, "workflow_id": workflow_id, "attempts": webhook_events.c.attempts + 1}
    connection.execute(update(webhook_events).where(webhook_events.c.id == event_id).values(values))


def listing(connection: Connection, *, state: State | None, before: int | None, limit: int) -> list[Event]:
    """Stored events, newest first, for the staff."""
    query = select(*COLUMNS).order_by(webhook_events.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(webhook_events.c.state == state)
    if before is not None:
        query = query.where(webhook_events.c.id < before)
    return [_event(row) for row in connection.execute(query)]


def _event(row: Sequence[Any]) -> Event:
    key, vendor, event_id, kind, thing, occurred_at, received_at, state, workflow_id, attempts = row
    return Event(key, vendor, event_id, kind, thing, occurred_at, received_at, State(state), workflow_id, attempts)
