"""Queries on deliveries of a seller's events: what is due at an endpoint, what came of each, and sending them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from activities.db import seller_endpoints as endpoints
from activities.db.seller_endpoints import Endpoint
from activities.db.seller_feed import COLUMNS, Event, event_of
from activities.db.seller_feed_tables import seller_deliveries, seller_events
from domain.seller_feed import DeliveryState, FeedKind

# What is due is looked at again as soon as it is sent; without anybody who sends it, after this.
IN_HAND = timedelta(seconds=30)
DELIVERY = seller_deliveries.c
EVENT = seller_events.c


@dataclass(frozen=True, slots=True)
class Head:
    """The first event of a vehicle that an endpoint has not got yet; the next ones of the vehicle wait for it."""

    event_id: int
    vehicle_id: int | None
    replays: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What is due at an endpoint, the least often tried first, and when the next one is; not `is_open`: it is over."""

    is_open: bool
    due: Sequence[Head] = ()
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One sending of an event to an endpoint, for as long as nobody asks for it again."""

    endpoint_id: int
    event_id: int
    replays: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event that may be sent now, and how often it was tried since when."""

    endpoint: Endpoint
    event: Event
    attempts: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of an endpoint's log. `last_status` is the HTTP status of the last answer, `last_error` a short code."""

    event_id: int
    kind: FeedKind
    vehicle_id: int | None
    state: DeliveryState
    attempts: int
    queued_at: datetime
    next_at: datetime
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events are sent again, up to which id; `more` are left after it."""

    events: int
    through: int
    more: bool


def look(connection: Connection, endpoint_id: int, now: datetime, most: int) -> Looked:
    """What is due at an endpoint; it is noted that somebody has looked, and when they will by themselves."""
    found = endpoints.endpoint(connection, endpoint_id, lock=True)
    if found is None or found.disabled_at is not None:
        return Looked(is_open=False)
    here = DELIVERY.endpoint_id == endpoint_id
    newest = connection.execute(select(func.coalesce(func.max(DELIVERY.event_id), 0)).where(here)).scalar_one()
    pending = here & (DELIVERY.state == DeliveryState.PENDING.value)
    firsts = select(func.min(DELIVERY.event_id)).where(pending).group_by(DELIVERY.vehicle_id)
    heads = here & DELIVERY.event_id.in_(firsts)
    query = (
        select(DELIVERY.event_id, DELIVERY.vehicle_id, DELIVERY.replays)
        .where(heads, DELIVERY.next_at <= now)
        .order_by(DELIVERY.attempts, DELIVERY.event_id)
        .limit(most)
    )
    due = [Head(*row) for row in connection.execute(query)]
    next_at = connection.execute(
        select(func.min(DELIVERY.next_at)).where(heads, DELIVERY.next_at > now)
    ).scalar_one_or_none()
    endpoints.mark_looked(connection, endpoint_id, newest, now + IN_HAND if due else next_at)
    return Looked(True, due, next_at)


def outgoing(connection: Connection, key: Key) -> Outgoing | None:
    """What is to be sent; None where it is not, any more or yet: it is settled, was asked for again, or must wait."""
    endpoint = endpoints.endpoint(connection, key.endpoint_id)
    if endpoint is None or endpoint.disabled_at is not None:
        return None
    query = (
        select(DELIVERY.attempts, DELIVERY.first_at, *COLUMNS)
        .join(seller_events, EVENT.id == DELIVERY.event_id)
        .where(_pending(key))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    attempts, first_at, *rest = row
    event = event_of(rest)
    return None if _must_wait(connection, key, event.vehicle_id) else Outgoing(endpoint, event, attempts, first_at)


def mark_delivered(connection: Connection, key: Key, status: int, now: datetime) -> None:
    """The endpoint has taken it."""
    tried = {"attempts": DELIVERY.attempts + 1, "last_status": status, "last_error": None}
    _settle(connection, key, state=DeliveryState.DELIVERED.value, delivered_at=now, **tried)


def mark_failed(
    connection: Connection, key: Key, now: datetime, next_at: datetime | None, status: int | None, error: str
) -> None:
    """The endpoint has not taken it; without `next_at` it is given up."""
    values: dict[str, Any] = {
        "attempts": DELIVERY.attempts + 1,
        "first_at": func.coalesce(DELIVERY.first_at, literal(now, DELIVERY.first_at.type)),
        "last_status": status,
        "last_error": error,
    }
    values |= {"state": DeliveryState.GIVEN_UP.value} if next_at is None else {"next_at": next_at}
    _settle(connection, key, **values)


def has_taken_since(connection: Connection, endpoint_id: int, since: datetime) -> bool:
    """Whether an endpoint has taken anything since a moment."""
    taken = (DELIVERY.endpoint_id == endpoint_id) & (DELIVERY.delivered_at > since)
    return connection.execute(select(DELIVERY.event_id).where(taken).limit(1)).one_or_none() is not None


def log_of(
    connection: Connection, endpoint_id: int, state: DeliveryState | None, before: int | None, limit: int
) -> list[Delivery]:
    """An endpoint's deliveries, the newest event first, below an event's id."""
    columns = (
        DELIVERY.event_id,
        EVENT.kind,
        DELIVERY.vehicle_id,
        DELIVERY.state,
        DELIVERY.attempts,
        DELIVERY.queued_at,
        DELIVERY.next_at,
        DELIVERY.last_status,
        DELIVERY.last_error,
        DELIVERY.delivered_at,
    )
    query = (
        select(*columns)
        .join(seller_events, EVENT.id == DELIVERY.event_id)
        .where(DELIVERY.endpoint_id == endpoint_id)
        .order_by(DELIVERY.event_id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(DELIVERY.state == state.value)
    if before is not None:
        query = query.where(DELIVERY.event_id < before)
    return [_delivery(row) for row in connection.execute(query)]


def count_waiting(connection: Connection, endpoint_ids: Sequence[int]) -> dict[int, int]:
    """How many events each endpoint has not got yet; one with none is missing."""
    pending = DELIVERY.endpoint_id.in_(endpoint_ids) & (DELIVERY.state == DeliveryState.PENDING.value)
    query = select(DELIVERY.endpoint_id, func.count()).where(pending).group_by(DELIVERY.endpoint_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def replay(connection: Connection, endpoint_id: int, after: int, now: datetime, most: int) -> Replayed:
    """Send everything that an endpoint wants again from a cursor on, at most so many events; it is switched on for it.

    Also what happened before it was there, or while it was switched off. Raises LookupError for an unknown endpoint.
    """
    found = endpoints.endpoint(connection, endpoint_id, lock=True)
    if found is None:
        raise LookupError(endpoint_id)
    wanted = [EVENT.seller_id == found.seller_id, EVENT.id > after, EVENT.kind != FeedKind.ENDPOINT_TEST.value]
    if found.kinds:
        wanted.append(EVENT.kind.in_(sorted(found.kinds)))
    ids = list(connection.execute(select(EVENT.id).where(*wanted).order_by(EVENT.id).limit(most + 1)).scalars())
    more, ids = len(ids) > most, ids[:most]
    through = ids[-1] if ids else after
    _ask_again(connection, endpoint_id, after, through, now)
    _add_missing(connection, endpoint_id, [*wanted, EVENT.id <= through], now)
    endpoints.enable(connection, endpoint_id)
    endpoints.look_at(connection, endpoint_id, now)
    return Replayed(len(ids), through, more)


def _ask_again(connection: Connection, endpoint_id: int, after: int, through: int, now: datetime) -> None:
    known = (
        (DELIVERY.endpoint_id == endpoint_id)
        & (DELIVERY.event_id > after)
        & (DELIVERY.event_id <= through)
        & DELIVERY.vehicle_id.is_not(None)
    )
    again = {"state": DeliveryState.PENDING.value, "attempts": 0, "first_at": None, "next_at": now}
    connection.execute(update(seller_deliveries).where(known).values(replays=DELIVERY.replays + 1, **again))


def _add_missing(connection: Connection, endpoint_id: int, wanted: list[ColumnElement[bool]], now: datetime) -> None:
    known = select(DELIVERY.event_id).where(DELIVERY.endpoint_id == endpoint_id, DELIVERY.event_id == EVENT.id)
    moment = literal(now, DELIVERY.queued_at.type)
    rows = select(
        literal(endpoint_id),
        EVENT.id,
        EVENT.vehicle_id,
        literal(DeliveryState.PENDING.value),
        literal(0),
        literal(0),
        moment,
        moment,
    ).where(*wanted, ~known.exists())
    names = ["endpoint_id", "event_id", "vehicle_id", "state", "attempts", "replays", "queued_at", "next_at"]
    connection.execute(insert(seller_deliveries).from_select(names, rows))


def _must_wait(connection: Connection, key: Key, vehicle_id: int | None) -> bool:
    """Whether an earlier event of the vehicle is still on its way, as after a replay from an earlier cursor."""
    earlier = aliased(seller_deliveries)
    query = select(earlier.c.event_id).where(
        earlier.c.endpoint_id == key.endpoint_id,
        earlier.c.state == DeliveryState.PENDING.value,
        earlier.c.event_id < key.event_id,
        earlier.c.vehicle_id.is_(None) if vehicle_id is None else earlier.c.vehicle_id == vehicle_id,
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def _pending(key: Key) -> ColumnElement[bool]:
    return (
        (DELIVERY.endpoint_id == key.endpoint_id)
        & (DELIVERY.event_id == key.event_id)
        & (DELIVERY.replays == key.replays)
        & (DELIVERY.state == DeliveryState.PENDING.value)
    )


def _settle(connection: Connection, key: Key, **values: object) -> None:
    connection.execute(update(seller_deliveries).where(_pending(key)).values(values))


def _delivery(row: Sequence[Any]) -> Delivery:
    event_id, kind, vehicle_id, state, *rest = row
    return Delivery(event_id, FeedKind(kind), vehicle_id, DeliveryState(state), *rest)
