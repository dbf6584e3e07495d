"""Thousands of accounts at once, straight into the database: who signs in, and who is followed by a workflow."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select

from activities.db.account_tables import accounts, devices
from activities.db.engine import reading, transaction
from activities.db.tables import users
from activities.passwords import hash_password
from api.signins import digest
from domain.accounts import TERMS_VERSION
from domain.clock import truncate

PASSWORD = "seven tin whistles under the bridge"
# No judgement gives this limit, so a row that still has it was not judged yet.
UNJUDGED_CENTS = 1
YEARS = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with the password `PASSWORD`; `device` is the cookie of a browser they have used."""

    id: int
    email: str
    device: str


def add_people(engine: Engine, count: int) -> list[Account]:
    """People whose address is verified and who have shown nothing else; all have one password."""
    password_hash = hash_password(PASSWORD)
    return _add(engine, count, {"password_hash": password_hash, "can_bid": False})


def add_followed(engine: Engine, count: int) -> list[Account]:
    """People as their workflows find them: every other one cleared, with dates to wake up for; none was judged yet."""
    found = _add(engine, count, {"password_hash": "", "can_bid": True, "buying_limit_cents": UNJUDGED_CENTS})
    now = truncate(datetime.now(UTC))
    row = {
        "terms_version": TERMS_VERSION,
        "terms_at": now,
        "identity_status": "approved",
        "identity_at": now,
        "identity_expires_at": now + YEARS,
        "card_status": "stored",
        "card_brand": "Visa",
        "card_last4": "1111",
        "card_expires": f"{now.year + 2}-01",
        "card_at": now,
        "legal_sealed": secrets.token_hex(200),
        "legal_matches": True,
        "legal_at": now,
        "dealer_line_cents": 0,
        "updated_at": now,
    }
    with transaction(engine) as connection:
        connection.execute(insert(accounts), [{"user_id": person.id, **row} for person in found[::2]])
    return found


def count_unjudged(engine: Engine) -> int:
    """How many of these wait for their workflow's first look."""
    query = select(func.count()).select_from(users).where(users.c.buying_limit_cents == UNJUDGED_CENTS)
    with reading(engine) as connection:
        return connection.execute(query).scalar_one()


def _add(engine: Engine, count: int, values: Mapping[str, Any]) -> list[Account]:
    now, series = truncate(datetime.now(UTC)), secrets.token_hex(6)
    emails = [f"{series}-{number}@load.test" for number in range(count)]
    row = {"name": "Load", "role": "buyer", "created_at": now, "email_verified_at": now, **values}
    with transaction(engine) as connection:
        connection.execute(insert(users), [{**row, "email": email} for email in emails])
        mine = select(users.c.id, users.c.email).where(users.c.email.startswith(f"{series}-")).order_by(users.c.id)
        found = [Account(key, email, secrets.token_urlsafe(32)) for key, email in connection.execute(mine)]
        connection.execute(insert(devices), _device_rows(found, now))
    return found


def _device_rows(people: Sequence[Account], now: datetime) -> list[dict[str, Any]]:
    return [
        {"user_id": person.id, "device_hash": digest(person.device), "first_seen_at": now, "last_seen_at": now}
        for person in people
    ]
