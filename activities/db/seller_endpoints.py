"""Queries on the endpoints of sellers' own systems: made, rotated, switched off, and woken when nobody looks."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from activities.db.seller_feed import lock_feed
from activities.db.seller_feed_tables import seller_deliveries, seller_endpoints
from domain.seller_feed import BOTH_SECRETS_FOR, MOST_ENDPOINTS, DeliveryState, Disabled, FeedKind

# After somebody was told, it is theirs for so long.
TOLD_FOR = timedelta(seconds=30)
LATE = timedelta(seconds=5)
ENDPOINT = seller_endpoints.c
DELIVERY = seller_deliveries.c
ALIVE = or_(ENDPOINT.disabled_reason.is_(None), ENDPOINT.disabled_reason != Disabled.DELETED.value)


class TooManyEndpointsError(Exception):
    """A seller has as many endpoints as one may have."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a seller wants to be told of what; no `kinds` are all of them. Nothing goes to a disabled one."""

    id: int
    seller_id: int
    url: str
    kinds: frozenset[FeedKind]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: Disabled | None
    old_until: datetime | None

    def wants(self, kind: FeedKind) -> bool:
        """Whether events of this kind are sent to it."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Asleep:
    """An endpoint that has something to be sent of which its workflow does not seem to know."""

    endpoint_id: int
    newest: int
    seen_through: int
    look_again_at: datetime | None


COLUMNS = (
    ENDPOINT.id,
    ENDPOINT.seller_id,
    ENDPOINT.url,
    ENDPOINT.kinds,
    ENDPOINT.created_at,
    ENDPOINT.disabled_at,
    ENDPOINT.disabled_reason,
    ENDPOINT.old_until,
)


def add(
    connection: Connection,
    seller_id: int,
    url: str,
    kinds: Collection[FeedKind],
    seal: Callable[[int], str],
    now: datetime,
) -> Endpoint:
    """A new endpoint; `seal` gives the sealed secret of its id. Raises TooManyEndpointsError."""
    lock_feed(connection, seller_id)
    if len(of_seller(connection, seller_id)) >= MOST_ENDPOINTS:
        raise TooManyEndpointsError
    values = {
        "seller_id": seller_id,
        "url": url,
        "secret_sealed": "",
        "kinds": ",".join(sorted(kinds)),
        "created_at": now,
        "seen_through": 0,
    }
    key: Any = connection.execute(insert(seller_endpoints).values(values)).inserted_primary_key
    number: int = key[0]
    _update(connection, number, secret_sealed=seal(number))
    return _known(connection, number)


def of_seller(connection: Connection, seller_id: int) -> list[Endpoint]:
    """A seller's endpoints, oldest first, also those that are switched off."""
    query = _query().where(ENDPOINT.seller_id == seller_id).order_by(ENDPOINT.id)
    return [_endpoint(row) for row in connection.execute(query)]


def endpoint(connection: Connection, endpoint_id: int, *, lock: bool = False) -> Endpoint | None:
    """One endpoint that is not deleted; with `lock` nobody else changes it until the transaction's end."""
    query = _query().where(ENDPOINT.id == endpoint_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _endpoint(row)


def sealed_secrets(connection: Connection, endpoint_id: int, now: datetime) -> list[str]:
    """The sealed secrets that something is signed with now, the newest first."""
    columns = (ENDPOINT.secret_sealed, ENDPOINT.old_secret_sealed, ENDPOINT.old_until)
    new, old, until = connection.execute(select(*columns).where(ENDPOINT.id == endpoint_id)).one()
    return [new, old] if old is not None and until is not None and now < until else [new]


def rotate(connection: Connection, endpoint_id: int, sealed: str, now: datetime) -> Endpoint:
    """Replace the secret; the one before stays good for a day. Raises LookupError for an unknown endpoint."""
    values = {
        "old_secret_sealed": ENDPOINT.secret_sealed,
        "old_until": now + BOTH_SECRETS_FOR,
    }
    # The old secret is copied first: MySQL reads what the same statement has set before.
    _update(connection, endpoint_id, **values)
    _update(connection, endpoint_id, secret_sealed=sealed)
    return _known(connection, endpoint_id)


def disable(connection: Connection, endpoint_id: int, reason: Disabled, now: datetime) -> bool:
    """Send nothing more to an endpoint, and give up what was on its way; False where it is switched off already."""
    enabled = (ENDPOINT.id == endpoint_id) & ENDPOINT.disabled_at.is_(None)
    values = {"disabled_at": now, "disabled_reason": reason.value}
    if connection.execute(update(seller_endpoints).where(enabled).values(values)).rowcount == 0:
        return False
    pending = (DELIVERY.endpoint_id == endpoint_id) & (DELIVERY.state == DeliveryState.PENDING.value)
    connection.execute(update(seller_deliveries).where(pending).values(state=DeliveryState.GIVEN_UP.value))
    return True


def enable(connection: Connection, endpoint_id: int) -> None:
    """Send to an endpoint again."""
    _update(connection, endpoint_id, disabled_at=None, disabled_reason=None)


def remove(connection: Connection, endpoint_id: int, now: datetime) -> None:
    """Forget where it was and its secrets, with its log. The row stays: its number is nobody else's ever."""
    values = {"url": "", "secret_sealed": "", "old_secret_sealed": None, "old_until": None, "look_again_at": None}
    _update(connection, endpoint_id, disabled_at=now, disabled_reason=Disabled.DELETED.value, **values)
    connection.execute(delete(seller_deliveries).where(DELIVERY.endpoint_id == endpoint_id))


def forget_all(connection: Connection, seller_id: int, now: datetime) -> None:
    """Remove all endpoints of a seller, for the erasure of an account."""
    for each in of_seller(connection, seller_id):
        remove(connection, each.id, now)


def asleep(connection: Connection, now: datetime, limit: int) -> list[Asleep]:
    """Endpoints with events that nobody has looked for, or that should have been looked after by now."""
    newest = (
        select(func.coalesce(func.max(DELIVERY.event_id), 0)).where(DELIVERY.endpoint_id == ENDPOINT.id)
    ).scalar_subquery()
    query = (
        select(ENDPOINT.id, newest, ENDPOINT.seen_through, ENDPOINT.look_again_at)
        .where(ENDPOINT.disabled_at.is_(None), or_(newest > ENDPOINT.seen_through, ENDPOINT.look_again_at < now - LATE))
        .order_by(ENDPOINT.look_again_at, ENDPOINT.id)
        .limit(limit)
    )
    return [Asleep(*row) for row in connection.execute(query)]


def mark_told(connection: Connection, told: Asleep, now: datetime) -> None:
    """Its workflow was told; if it does not look, it is told again half a minute later. It may have looked already."""
    again_at = ENDPOINT.look_again_at
    unchanged = again_at.is_(None) if told.look_again_at is None else again_at == told.look_again_at
    same = (ENDPOINT.id == told.endpoint_id) & (ENDPOINT.seen_through == told.seen_through) & unchanged
    values = {"seen_through": told.newest, "look_again_at": now + TOLD_FOR}
    connection.execute(update(seller_endpoints).where(same).values(values))


def mark_looked(connection: Connection, endpoint_id: int, newest: int, again_at: datetime | None) -> None:
    """Its workflow has seen everything up to an event, and looks again by itself at a moment, if any."""
    _update(connection, endpoint_id, seen_through=newest, look_again_at=again_at)


def look_at(connection: Connection, endpoint_id: int, at: datetime) -> None:
    """Somebody has to look at it from a moment on."""
    _update(connection, endpoint_id, look_again_at=at)


def _query() -> Select[Any]:
    return select(*COLUMNS).where(ALIVE)


def _known(connection: Connection, endpoint_id: int) -> Endpoint:
    found = endpoint(connection, endpoint_id)
    if found is None:
        raise LookupError(endpoint_id)
    return found


def _update(connection: Connection, endpoint_id: int, **values: object) -> None:
    connection.execute(update(seller_endpoints).where(ENDPOINT.id == endpoint_id).values(values))


def _endpoint(row: Sequence[Any]) -> Endpoint:
    endpoint_id, seller_id, url, kinds, created_at, disabled_at, reason, old_until = row
    wanted = frozenset(FeedKind(kind) for kind in kinds.split(",") if kind)
    disabled = None if reason is None else Disabled(reason)
    return Endpoint(endpoint_id, seller_id, url, wanted, created_at, disabled_at, disabled, old_until)
