"""Browsers from which somebody has signed in before, by the hash of the cookie they carry."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from activities.db.account_tables import devices
from activities.db.tables import users


def is_known(connection: Connection, email: str, device_hash: str) -> bool:
    """Whether the account of an address (in its normal spelling) was used from this browser."""
    query = (
        select(devices.c.user_id)
        .join(users, users.c.id == devices.c.user_id)
        .where(users.c.email == email, devices.c.device_hash == device_hash)
    )
    return connection.execute(query).first() is not None


def is_known_to(connection: Connection, user_id: int, device_hash: str) -> bool:
    """Whether an account was used from this browser."""
    return connection.execute(select(devices.c.user_id).where(_one(user_id, device_hash))).first() is not None


def note_device(connection: Connection, user_id: int, device_hash: str, now: datetime) -> bool:
    """Note a sign-in from a browser; True when the account has not been used from it before."""
    if touch_device(connection, user_id, device_hash, now):
        return False
    add_device(connection, user_id, device_hash, now)
    return True


def touch_device(connection: Connection, user_id: int, device_hash: str, now: datetime) -> bool:
    """Note that a browser was here, if the account was used from it before; False where it was not."""
    seen = update(devices).where(_one(user_id, device_hash)).values(last_seen_at=now)
    return connection.execute(seen).rowcount > 0


def add_device(connection: Connection, user_id: int, device_hash: str, now: datetime) -> None:
    """Note the first browser of an account, or one more."""
    row = {"user_id": user_id, "device_hash": device_hash, "first_seen_at": now, "last_seen_at": now}
    connection.execute(insert(devices).values(row))


def forget_devices(connection: Connection, user_id: int) -> None:
    """Let every browser be a new one again."""
    connection.execute(delete(devices).where(devices.c.user_id == user_id))


def _one(user_id: int, device_hash: str) -> ColumnElement[bool]:
    return (devices.c.user_id == user_id) & (devices.c.device_hash == device_hash)
