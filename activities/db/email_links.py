"""Links that were mailed: only the hash of each is kept, it is good once, for one purpose, until it expires."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from activities.db.account_tables import email_links


class Purpose(StrEnum):
    """What a link is for."""

    VERIFY = "verify"
    RESET = "reset"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Link:
    """What a good link stands for; `new_email` is the address that a change goes to."""

    user_id: int
    purpose: Purpose
    new_email: str | None


def add_link(
    connection: Connection,
    link: Link,
    token_hash: str,
    *,
    now: datetime,
    expires_at: datetime,
    dropping: Purpose | None = None,
) -> None:
    """Keep a link (SHA-256 hex of its token); it replaces earlier ones of the same person and purpose, and of another
    one where that is to be dropped.

    Links to reset a password stay beside each other: anybody may ask for one, and would spoil the one just mailed.
    """
    old = email_links.c.expires_at <= now
    if link.purpose is not Purpose.RESET:
        old |= email_links.c.purpose == link.purpose.value
    if dropping is not None:
        old |= email_links.c.purpose == dropping.value
    connection.execute(delete(email_links).where(email_links.c.user_id == link.user_id, old))
    row = {
        "token_hash": token_hash,
        "user_id": link.user_id,
        "purpose": link.purpose.value,
        "new_email": link.new_email,
        "created_at": now,
        "expires_at": expires_at,
    }
    connection.execute(insert(email_links).values(row))


def find_link(connection: Connection, token_hash: str, purpose: Purpose, now: datetime) -> Link | None:
    """Look at a link without using it; None where it is unknown, used, expired or for something else."""
    query = select(email_links.c.user_id, email_links.c.new_email).where(_good(token_hash, purpose, now))
    row = connection.execute(query).one_or_none()
    return None if row is None else Link(row[0], purpose, row[1])


def use_link(connection: Connection, token_hash: str, purpose: Purpose, now: datetime) -> Link | None:
    """Use a link up; None as for `find_link`. Of two who use it at once, one wins."""
    link = find_link(connection, token_hash, purpose, now)
    used = update(email_links).where(_good(token_hash, purpose, now)).values(used_at=now)
    return link if connection.execute(used).rowcount == 1 else None


def was_mailed(connection: Connection, user_id: int, purpose: Purpose) -> bool:
    """Whether a link for this was mailed and not dropped since, be it good or not."""
    query = select(email_links.c.token_hash).where(
        email_links.c.user_id == user_id, email_links.c.purpose == purpose.value
    )
    return connection.execute(query).first() is not None


def drop_links(connection: Connection, user_id: int, *purposes: Purpose) -> None:
    """Let links of a person go, for some purposes or for all, as when their password or address changes."""
    own = email_links.c.user_id == user_id
    if purposes:
        own &= email_links.c.purpose.in_([purpose.value for purpose in purposes])
    connection.execute(delete(email_links).where(own))


def _good(token_hash: str, purpose: Purpose, now: datetime) -> ColumnElement[bool]:
    return (
        (email_links.c.token_hash == token_hash)
        & (email_links.c.purpose == purpose.value)
        & email_links.c.used_at.is_(None)
        & (email_links.c.expires_at > now)
    )
