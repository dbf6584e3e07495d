"""The outbox of mails: a row is written with what it tells of, claimed before it is sent, and follows the events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.tables import mail_events, notifications
from domain.notices import (
    PATIENT,
    TROUBLED,
    MailEventKind,
    NoticeKind,
    NoticeStatus,
    after,
    is_with_vendor,
    later,
    missing_or_strange,
)

ENCODER = msgspec.json.Encoder()
LONGEST_REASON = 255
# How a sealed context begins; one that is not sealed is a JSON object.
SEALED = "sealed:"
# A mail whose outcome is unknown is sent again once, and never a third time.
MOST_UNKNOWNS = 2
NOTE = (
    notifications.c.id,
    notifications.c.user_id,
    notifications.c.kind,
    notifications.c.to_email,
    notifications.c.status,
    notifications.c.attempts,
    notifications.c.reason,
    notifications.c.created_at,
    notifications.c.sent_at,
    notifications.c.updated_at,
)


class Seals(Protocol):
    """Seals what a mail is written from while it lies here, bound to its place."""

    def seal(self, plain: bytes, place: str) -> str:
        """The sealed text."""

    def open(self, sealed: str, place: str) -> bytes:
        """What was sealed for this place; fails for anything else."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A mail to be sent. `values` are those of `domain.notices.VALUES`; the same `dedupe_key` is the same mail."""

    user_id: int
    kind: NoticeKind
    to_email: str
    values: Mapping[str, Any]
    dedupe_key: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that its claimer, and nobody else, now sends."""

    kind: NoticeKind
    to_email: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """A mail as its reader or support sees it: never its text."""

    outbox_id: str
    user_id: int
    kind: NoticeKind
    to_email: str
    status: NoticeStatus
    attempts: int
    reason: str | None
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What the vendor tells of one mail. `event_id` is the vendor's, `reason` free of addresses."""

    event_id: str
    outbox_id: str
    kind: MailEventKind
    occurred_at: datetime
    reason: str | None = None


def enqueue(connection: Connection, wanted: NewNotice, now: datetime, seals: Seals | None = None) -> str:
    """Write a mail into the outbox in the caller's transaction and return its outbox id; a repeat finds the first one.

    With `seals`, nobody reads here what it says. Raises ValueError when values are missing or strange, so that no mail
    fails later for want of them.
    """
    if wrong := missing_or_strange(wanted.kind, frozenset(wanted.values)):
        raise ValueError(f"values of {wanted.kind}: {', '.join(sorted(wrong))}")
    known = _by_key(connection, wanted.dedupe_key)
    if known is not None:
        return known
    row = {
        "id": str(uuid4()),
        "user_id": wanted.user_id,
        "kind": wanted.kind.value,
        "to_email": wanted.to_email,
        "context": _written(wanted, seals),
        "dedupe_key": wanted.dedupe_key,
        "status": NoticeStatus.QUEUED.value,
        "attempts": 0,
        "unknowns": 0,
        "created_at": now,
        "updated_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(notifications).values(row))
    except IntegrityError:
        known = _by_key(connection, wanted.dedupe_key)
        if known is None:
            raise
        return known
    return str(row["id"])


def claim(
    connection: Connection, outbox_id: str, *, again: bool, now: datetime, seals: Seals | None = None
) -> Claimed | NoticeStatus:
    """Take a mail for sending; where it is not to be sent, its status.

    A mail found half sent was left by a sender that died: nobody knows whether the vendor has it. `again` takes a mail
    of unknown outcome, once. Raises LookupError for an unknown id, and what `seals` raises for a seal that is not this
    mail's.
    """
    row = _locked(connection, outbox_id)
    status = NoticeStatus(row.status)
    if status is NoticeStatus.SENDING:
        mark_unknown(connection, outbox_id, now)
        return NoticeStatus.UNKNOWN
    once_more = again and status is NoticeStatus.UNKNOWN and row.unknowns < MOST_UNKNOWNS
    if status is not NoticeStatus.QUEUED and not once_more:
        return status
    values = values_of(row, seals)
    _update(connection, outbox_id, now, status=NoticeStatus.SENDING, attempts=row.attempts + 1)
    return Claimed(NoticeKind(row.kind), row.to_email, values)


def values_of(row: Any, seals: Seals | None) -> dict[str, Any]:
    """What a row of the outbox says; one from before there were seals is JSON as it is.

    Raises ValueError for a sealed one without a key, and what `seals` raises for a seal that is not this mail's.
    """
    text: str = row.context
    if not text.startswith(SEALED):
        found: dict[str, Any] = msgspec.json.decode(text)
        return found
    if seals is None:
        raise ValueError("this mail is sealed, and there is no key to open it")
    opened = seals.open(text.removeprefix(SEALED), _place(row.user_id, row.kind, row.dedupe_key))
    values: dict[str, Any] = msgspec.json.decode(opened)
    return values


def release(connection: Connection, outbox_id: str, now: datetime) -> None:
    """Give a claimed mail back: the vendor has certainly not taken it this time."""
    row = _locked(connection, outbox_id)
    if NoticeStatus(row.status) is NoticeStatus.SENDING:
        before = NoticeStatus.UNKNOWN if row.unknowns else NoticeStatus.QUEUED
        _update(connection, outbox_id, now, status=before)


def mark_sent(connection: Connection, outbox_id: str, message_id: str, now: datetime) -> None:
    """The vendor has taken the mail under its own id: what the template needed is forgotten."""
    row = _locked(connection, outbox_id)
    status = later(NoticeStatus(row.status), NoticeStatus.SENT)
    _update(
        connection, outbox_id, now, status=status, provider_message_id=message_id, sent_at=now, context="", reason=None
    )


def mark_unknown(connection: Connection, outbox_id: str, now: datetime) -> None:
    """The vendor may or may not have taken a claimed mail; an event that came meanwhile knows better."""
    row = _locked(connection, outbox_id)
    if NoticeStatus(row.status) is NoticeStatus.SENDING:
        _update(connection, outbox_id, now, status=NoticeStatus.UNKNOWN, unknowns=row.unknowns + 1)


def mark_given_up(connection: Connection, outbox_id: str, reason: str, now: datetime) -> NoticeStatus:
    """Stop trying, unless the vendor has the mail; returns the status. `reason` is a short code for support."""
    row = _locked(connection, outbox_id)
    status = NoticeStatus(row.status)
    if is_with_vendor(status):
        return status
    _update(connection, outbox_id, now, status=NoticeStatus.GIVEN_UP, reason=reason[:LONGEST_REASON], context="")
    return NoticeStatus.GIVEN_UP


def status_of(connection: Connection, outbox_id: str) -> NoticeStatus:
    """Where a mail stands. Raises LookupError for an unknown id."""
    query = select(notifications.c.status).where(notifications.c.id == outbox_id)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise LookupError(outbox_id)
    return NoticeStatus(found)


def note_events(connection: Connection, events: Sequence[MailEvent], now: datetime) -> list[str]:
    """Write events that are new and let their mails follow; returns the outbox ids that have news.

    Repeated and out-of-order events change nothing more; mails of another database are kept as events only.
    """
    # The rows are locked first, so that two deliveries of one event wait for each other.
    concerned = select(notifications).where(notifications.c.id.in_({event.outbox_id for event in events}))
    rows = connection.execute(concerned.order_by(notifications.c.id).with_for_update()).all()
    fresh = _fresh(connection, {event.event_id: event for event in events})
    if fresh:
        connection.execute(insert(mail_events), [_event_row(event) for event in fresh])
    newest = [(row, [event for event in fresh if event.outbox_id == row.id]) for row in rows]
    for row, news in newest:
        if news:
            _follow(connection, row, news, now)
    return [row.id for row, news in newest if news]


def unsent(connection: Connection, before: datetime, patient_before: datetime, limit: int) -> list[str]:
    """Mails whose workflow nobody has seen to be started, oldest first: those written before a moment, and of the
    kinds that wait for their turn, those written before an earlier one."""
    patient = [kind.value for kind in PATIENT]
    query = (
        select(notifications.c.id)
        .where(
            notifications.c.status == NoticeStatus.QUEUED.value,
            notifications.c.attempts == 0,
            notifications.c.started_at.is_(None),
            notifications.c.created_at < before,
            or_(notifications.c.kind.not_in(patient), notifications.c.created_at < patient_before),
        )
        .order_by(notifications.c.created_at, notifications.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def mark_started(connection: Connection, outbox_ids: Sequence[str], now: datetime) -> None:
    """Remember that the workflows of these mails are started."""
    connection.execute(update(notifications).where(notifications.c.id.in_(outbox_ids)).values(started_at=now))


def troubled(connection: Connection, limit: int, cursor: tuple[datetime, str] | None = None) -> list[Note]:
    """Mails that did not arrive, or perhaps not, newest first, below a cursor of `created_at` and outbox id."""
    query = (
        select(*NOTE)
        .where(notifications.c.status.in_(_values(TROUBLED)))
        .order_by(notifications.c.created_at.desc(), notifications.c.id.desc())
        .limit(limit)
    )
    if cursor is not None:
        query = query.where(_below(cursor))
    return [_note(row) for row in connection.execute(query)]


def count_troubled(connection: Connection) -> int:
    """How many mails `troubled` would list in all."""
    query = select(func.count()).select_from(notifications).where(notifications.c.status.in_(_values(TROUBLED)))
    return connection.execute(query).scalar_one()


def outbox_of(connection: Connection, user_id: int, limit: int = 100) -> list[Note]:
    """The newest mails to one person, newest first."""
    query = (
        select(*NOTE)
        .where(notifications.c.user_id == user_id)
        .order_by(notifications.c.created_at.desc(), notifications.c.id.desc())
        .limit(limit)
    )
    return [_note(row) for row in connection.execute(query)]


def forget_addresses(connection: Connection, user_id: int, now: datetime) -> None:
    """Erase a person's addresses from the mails that are no longer on their way."""
    gone = [status for status in NoticeStatus if is_with_vendor(status) or status is NoticeStatus.GIVEN_UP]
    connection.execute(
        update(notifications)
        .where(notifications.c.user_id == user_id, notifications.c.status.in_(_values(gone)))
        .values(to_email="", updated_at=now)
    )


def _written(wanted: NewNotice, seals: Seals | None) -> str:
    plain = ENCODER.encode(dict(wanted.values))
    if seals is None:
        return plain.decode()
    return SEALED + seals.seal(plain, _place(wanted.user_id, wanted.kind.value, wanted.dedupe_key))


def _place(user_id: int, kind: str, dedupe_key: str) -> str:
    return f"mail {user_id} {kind} {dedupe_key}"


def _by_key(connection: Connection, dedupe_key: str) -> str | None:
    query = select(notifications.c.id).where(notifications.c.dedupe_key == dedupe_key)
    return connection.execute(query).scalar_one_or_none()


def _locked(connection: Connection, outbox_id: str) -> Any:
    query = select(notifications).where(notifications.c.id == outbox_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise LookupError(outbox_id)
    return row


def _update(connection: Connection, outbox_id: str, now: datetime, **values: Any) -> None:
    if "status" in values:
        values["status"] = NoticeStatus(values["status"]).value
    connection.execute(update(notifications).where(notifications.c.id == outbox_id).values(updated_at=now, **values))


def _fresh(connection: Connection, events: Mapping[str, MailEvent]) -> list[MailEvent]:
    query = select(mail_events.c.event_id).where(mail_events.c.event_id.in_(events))
    known = set(connection.execute(query).scalars())
    return [event for key, event in events.items() if key not in known]


def _follow(connection: Connection, row: Any, news: Sequence[MailEvent], now: datetime) -> None:
    status, reason = NoticeStatus(row.status), row.reason
    for event in news:
        changed = after(status, event.kind)
        status, reason = changed, reason if changed is status else event.reason
    # The vendor has the mail, so what the template needed is forgotten.
    _update(connection, row.id, now, status=status, reason=reason and reason[:LONGEST_REASON], context="")


def _event_row(event: MailEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "outbox_id": event.outbox_id,
        "kind": event.kind.value,
        "occurred_at": event.occurred_at,
        "reason": event.reason and event.reason[:LONGEST_REASON],
    }


def _below(cursor: tuple[datetime, str]) -> ColumnElement[bool]:
    created_at, outbox_id = cursor
    same_time = and_(notifications.c.created_at == created_at, notifications.c.id < outbox_id)
    return or_(notifications.c.created_at < created_at, same_time)


def _values(statuses: Iterable[NoticeStatus]) -> list[str]:
    return sorted(status.value for status in statuses)


def _note(row: Sequence[Any]) -> Note:
    outbox_id, user_id, kind, to_email, status, *rest = row
    return Note(outbox_id, user_id, NoticeKind(kind), to_email, NoticeStatus(status), *rest)
