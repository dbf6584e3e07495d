"""The audit log: who asked for what privileged change, written with the change or before its command is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from activities.db.tables import audit_log

ENCODER = msgspec.json.Encoder()
LONGEST_ADDRESS = 64
# No account has this number: nobody asked for it, the product found out by itself. The deed's detail says so too.
SYSTEM_ID = -1


class Source(NamedTuple):
    """In which request something was asked for, and from which address; None where no client asked."""

    request_id: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One privileged wish, or what SYSTEM_ID did by itself; its last two are a Source.

    `detail` are JSON facts and never a reserve amount, a maximum or another secret.
    """

    at: datetime
    actor_id: int
    action: str
    subject: str
    detail: Mapping[str, Any]
    request_id: str
    address: str | None = None


def note(connection: Connection, deed: Deed) -> None:
    """Append one deed."""
    connection.execute(
        insert(audit_log).values(
            at=deed.at,
            actor_id=deed.actor_id,
            action=deed.action,
            subject=deed.subject,
            detail=ENCODER.encode(deed.detail).decode(),
            request_id=deed.request_id,
            address=deed.address and deed.address[:LONGEST_ADDRESS],
        )
    )


def deeds(connection: Connection, *, since: datetime, until: datetime, limit: int) -> list[Deed]:
    """Deeds of a span of time (its end excluded), oldest first."""
    query = (
        select(
            audit_log.c.at,
            audit_log.c.actor_id,
            audit_log.c.action,
            audit_log.c.subject,
            audit_log.c.detail,
            audit_log.c.request_id,
            audit_log.c.address,
        )
        .where(audit_log.c.at >= since, audit_log.c.at < until)
        .order_by(audit_log.c.at, audit_log.c.id)
        .limit(limit)
    )
    return [
        Deed(at, actor_id, action, subject, msgspec.json.decode(detail), *source)
        for at, actor_id, action, subject, detail, *source in connection.execute(query)
    ]


def forget_addresses(connection: Connection, actor_id: int) -> None:
    """Erase from where somebody asked; what they asked for stays."""
    connection.execute(update(audit_log).where(audit_log.c.actor_id == actor_id).values(address=None))
