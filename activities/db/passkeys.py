"""Passkeys (WebAuthn credentials) of accounts: public keys only, and how often each says it was used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from activities.db.account_tables import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey; `credential_id` and `public_key` (COSE) are base64url, `sign_count` is 0 where it does not count."""

    id: int
    user_id: int
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey to be kept; `credential_hash` is the SHA-256 hex of its raw id."""

    user_id: int
    credential_hash: str
    credential_id: str
    public_key: str
    sign_count: int
    name: str


PASSKEY = (
    passkeys.c.id,
    passkeys.c.user_id,
    passkeys.c.credential_id,
    passkeys.c.public_key,
    passkeys.c.sign_count,
    passkeys.c.name,
    passkeys.c.created_at,
    passkeys.c.last_used_at,
)


def add_passkey(connection: Connection, wanted: NewPasskey, now: datetime) -> Passkey:
    """Keep a passkey. Raises IntegrityError for one that anybody has registered before."""
    row = {
        "user_id": wanted.user_id,
        "credential_hash": wanted.credential_hash,
        "credential_id": wanted.credential_id,
        "public_key": wanted.public_key,
        "sign_count": wanted.sign_count,
        "name": wanted.name,
        "created_at": now,
    }
    key: Any = connection.execute(insert(passkeys).values(row)).inserted_primary_key
    facts = (wanted.credential_id, wanted.public_key, wanted.sign_count, wanted.name, now)
    return Passkey(key[0], wanted.user_id, *facts, None)


def passkeys_of(connection: Connection, user_id: int) -> list[Passkey]:
    """The passkeys of a person, oldest first."""
    query = select(*PASSKEY).where(passkeys.c.user_id == user_id).order_by(passkeys.c.id)
    return [_passkey(row) for row in connection.execute(query)]


def passkey_of(connection: Connection, credential_hash: str) -> Passkey | None:
    """The passkey of a credential id, whose SHA-256 hex is given."""
    row = connection.execute(select(*PASSKEY).where(passkeys.c.credential_hash == credential_hash)).one_or_none()
    return None if row is None else _passkey(row)


def note_use(connection: Connection, passkey_id: int, sign_count: int, now: datetime) -> bool:
    """Note a use; False when its count was reached by another use meanwhile, or the passkey is gone."""
    counts = or_(passkeys.c.sign_count < sign_count, (passkeys.c.sign_count == 0) & (sign_count == 0))
    one = update(passkeys).where(passkeys.c.id == passkey_id, counts)
    return connection.execute(one.values(sign_count=sign_count, last_used_at=now)).rowcount == 1


def remove_passkey(connection: Connection, user_id: int, passkey_id: int) -> bool:
    """Take a person's own passkey away; False when there is no such one."""
    own = (passkeys.c.id == passkey_id) & (passkeys.c.user_id == user_id)
    return connection.execute(delete(passkeys).where(own)).rowcount == 1


def _passkey(row: Sequence[Any]) -> Passkey:
    return Passkey(*row)
