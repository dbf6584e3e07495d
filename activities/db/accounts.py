"""Queries on accounts: the facts of one, and changes that write facts and their clearance in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from activities.db import payments
from activities.db.account_tables import accounts
from activities.db.tables import users
from domain.accounts import Card, Clearance, Facts, Identity, clearance

# What stays of an account that is closed: the version of the terms, and of the identity check id, status and times.
CLOSED: Mapping[str, object] = MappingProxyType(
    {
        "profile_id": None,
        "payment_profile_id": None,
        "card_status": Card.NONE.value,
        "card_brand": None,
        "card_last4": None,
        "card_expires": None,
        "card_at": None,
        "legal_sealed": None,
        "legal_matches": None,
        "legal_at": None,
    }
)
NOBODY_YET: Mapping[str, object] = MappingProxyType(
    {"identity_status": Identity.NONE.value, "card_status": Card.NONE.value, "dealer_line_cents": 0}
)
PERSON = (
    users.c.email,
    users.c.name,
    users.c.email_verified_at,
    users.c.erased_at,
    users.c.can_bid,
)
SHOWN = tuple(column for column in accounts.c if column.name != "user_id")


@dataclass(frozen=True, slots=True)
class CardOnFile:
    """The stored card as it may be shown; `expires` is YYYY-MM. `at` names the wish that stored it."""

    profile_id: str | None
    payment_profile_id: str | None
    brand: str | None
    last4: str | None
    expires: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account: who they are, what they have shown, and what they may do by the last judgement."""

    user_id: int
    email: str
    name: str
    facts: Facts
    inquiry_id: str | None
    identity_at: datetime | None
    card: CardOnFile
    legal_sealed: str | None
    on_hold_reason: str | None
    cleared: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """An account before and after a change, and what it may do since."""

    before: Account
    account: Account
    clearance: Clearance

    @property
    def is_newly_cleared(self) -> bool:
        """Whether the person may bid since this very change."""
        return self.clearance.cleared and not self.before.cleared


Values = Mapping[str, object]
NOTHING: Values = MappingProxyType({})


def find(connection: Connection, user_id: int) -> Account | None:
    """An account with its facts; one that has shown nothing yet has no row and is found all the same."""
    query = (
        select(*PERSON, *SHOWN)
        .select_from(users.outerjoin(accounts, accounts.c.user_id == users.c.id))
        .where(users.c.id == user_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _account(user_id, row, payments.deposits_cents(connection, user_id))


def change(connection: Connection, user_id: int, now: datetime, decide: Callable[[Account], Values]) -> Changed | None:
    """Write the columns of `accounts` that `decide` names, judge the account, and let the bid path know.

    None where there is no such person. The lock on the person makes changes of one account wait for each other, so
    that `decide` sees what the change before it wrote. Of who is erased nothing is written any more but `CLOSED`, and
    that it was.
    """
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    before = find(connection, user_id)
    if before is None:
        return None
    account = before
    values = decide(before)
    if before.erased:
        values = _closed(connection, user_id, now) if values == CLOSED else NOTHING
    if values:
        _write(connection, user_id, {**values, "updated_at": now})
        account = find(connection, user_id) or before
    judged = clearance(account.facts, now)
    _let_bid(connection, user_id, judged)
    return Changed(before, account, judged)


def user_of_inquiry(connection: Connection, inquiry_id: str) -> int | None:
    """Whose identity check an inquiry is, by what is written down."""
    return connection.execute(select(accounts.c.user_id).where(accounts.c.inquiry_id == inquiry_id)).scalar()


def user_of_profile(connection: Connection, profile_id: str) -> int | None:
    """Whose card profile this is."""
    return connection.execute(select(accounts.c.user_id).where(accounts.c.profile_id == profile_id)).scalar()


def _closed(connection: Connection, user_id: int, now: datetime) -> Values:
    """Note that an erased person's account is closed; returns what to write of it, which is nothing where none is."""
    connection.execute(update(users).where(users.c.id == user_id).values(closed_at=now))
    return CLOSED if _is_there(connection, user_id) else NOTHING


def _is_there(connection: Connection, user_id: int) -> bool:
    there = select(accounts.c.user_id).where(accounts.c.user_id == user_id)
    return connection.execute(there).one_or_none() is not None


def _write(connection: Connection, user_id: int, values: Values) -> None:
    if not _is_there(connection, user_id):
        connection.execute(insert(accounts).values({**NOBODY_YET, **values, "user_id": user_id}))
    else:
        connection.execute(update(accounts).where(accounts.c.user_id == user_id).values(dict(values)))


def _let_bid(connection: Connection, user_id: int, judged: Clearance) -> None:
    result = {"can_bid": judged.cleared, "buying_limit_cents": judged.limit_cents, "lots_limit": judged.lots}
    connection.execute(update(users).where(users.c.id == user_id).values(result))


def _account(user_id: int, row: Any, deposits_cents: int) -> Account:
    facts = Facts(
        email_verified=row.email_verified_at is not None,
        identity=Identity(row.identity_status or Identity.NONE),
        identity_expires_at=row.identity_expires_at,
        card=Card(row.card_status or Card.NONE),
        card_expires=_month(row.card_expires),
        details_given=row.legal_sealed is not None,
        legal_matches=row.legal_matches,
        terms_version=row.terms_version,
        deposits_cents=deposits_cents,
        dealer_line_cents=row.dealer_line_cents or 0,
        on_hold=row.on_hold_reason is not None or row.erased_at is not None,
    )
    card = CardOnFile(
        row.profile_id, row.payment_profile_id, row.card_brand, row.card_last4, row.card_expires, row.card_at
    )
    return Account(
        user_id=user_id,
        email=row.email,
        name=row.name,
        facts=facts,
        inquiry_id=row.inquiry_id,
        identity_at=row.identity_at,
        card=card,
        legal_sealed=row.legal_sealed,
        on_hold_reason=row.on_hold_reason,
        cleared=bool(row.can_bid),
        erased=row.erased_at is not None,
    )


def _month(text: str | None) -> tuple[int, int] | None:
    """`2027-03` as (2027, 3); None for a month that the vendor does not tell."""
    year, _, number = (text or "").partition("-")
    return (int(year), int(number)) if year.isdecimal() and number.isdecimal() else None
