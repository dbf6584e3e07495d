"""People with a stored card and all that bidding takes, and their deposits, for the tests of payments."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from activities.db import accounts, deposits, payments
from activities.db.payments import Change, Payment
from activities.db.tables import notifications, users
from domain.accounts import TERMS_VERSION
from domain.payments import State
from tests.db.market import NOON, add_person

COMPLETE: dict[str, Any] = {
    "inquiry_id": "inq_1",
    "identity_status": "approved",
    "identity_at": NOON,
    "identity_expires_at": NOON + timedelta(days=3650),
    "profile_id": "11",
    "payment_profile_id": "22",
    "card_status": "stored",
    "card_brand": "Visa",
    "card_last4": "1111",
    "card_expires": "2035-12",
    "card_at": NOON,
    "legal_sealed": "aa",
    "legal_matches": True,
    "legal_at": NOON,
    "terms_version": TERMS_VERSION,
    "terms_at": NOON,
}
SITE = "https://market.example"


def complete(connection: Connection, user_id: int, **changes: Any) -> int:
    """Clear a person, with a stored card, but for the changes."""
    connection.execute(update(users).where(users.c.id == user_id).values(email_verified_at=NOON))
    accounts.change(connection, user_id, NOON, lambda _: {**COMPLETE, **changes})
    return user_id


def add_holder(connection: Connection, email: str = "ada@example.com", **changes: Any) -> int:
    """A cleared person with a stored card."""
    return complete(connection, add_person(connection, email, can_bid=False), **changes)


def asked(connection: Connection, user_id: int, cents: int = 250_000, key: str = "k1") -> Payment:
    """A deposit that is taken on."""
    made = deposits.ask(connection, user_id, cents, key, NOON)
    assert isinstance(made, Payment)
    return made


def end(connection: Connection, payment: Payment, state: State, transaction_id: str | None = None) -> Payment:
    """Send a payment and let it end, with what follows."""
    payments.mark(connection, payment.id, Change(State.SENDING), NOON)
    ended, moved = payments.mark(connection, payment.id, Change(state, transaction_id), NOON)
    assert moved
    deposits.follow(connection, ended, NOON, public_url=SITE)
    return ended


def deposited(connection: Connection, user_id: int, cents: int = 250_000, key: str = "k1") -> Payment:
    """A deposit that was charged."""
    return end(connection, asked(connection, user_id, cents, key), State.DONE, "60200000001")


def taken_back(connection: Connection, user_id: int, payment: Payment, cents: int | None = None) -> Payment:
    """A return that is taken on."""
    made = deposits.ask_return(connection, user_id, payment.id, cents, "r1", NOON)
    assert isinstance(made, Payment)
    return made


def limit_of(connection: Connection, user_id: int) -> tuple[int | None, int | None]:
    """The buying limit and the number of lots that the bid path goes by."""
    query = select(users.c.buying_limit_cents, users.c.lots_limit).where(users.c.id == user_id)
    limit, lots = connection.execute(query).one()
    return limit, lots


def mails(connection: Connection, kind: str) -> int:
    """How many mails of a kind are in the outbox."""
    query = select(func.count()).select_from(notifications).where(notifications.c.kind == kind)
    return connection.execute(query).scalar_one()
