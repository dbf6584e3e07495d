"""Queries on people: accounts, browser sessions and the bearer tokens of machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.account_tables import authenticators, passkeys
from activities.db.prepared import PreparedIn
from activities.db.tables import api_tokens, sessions, users
from domain.clock import from_ms, to_ms

# A token acts without fresh proof of its owner: what it may do for the house ends with the day.
HOUSE_TOKEN_LIFE = timedelta(days=1)


class Role(StrEnum):
    """What a person is here; exactly one."""

    BUYER = "buyer"
    SELLER = "seller"
    SUPPORT = "support"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a bearer token may do, within what its owner may."""

    READ = "read"
    BID = "bid"
    SELL = "sell"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the edge needs it; never its password."""

    id: int
    email: str
    name: str
    role: Role
    can_bid: bool
    buying_limit_cents: int | None
    disabled: bool
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with its argon2 hash, for the sign-in only."""

    person: Person
    password_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's sign-in; `token_hash` is the SHA-256 hex of its cookie.

    `second_factor_at` is when it last showed more than a cookie: a second factor, or the password where there is none.
    """

    token_hash: str
    csrf_token: str
    last_seen_at: datetime
    expires_at: datetime
    second_factor_at: datetime | None
    has_second_factor: bool
    person: Person


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's bearer token as its owner sees it; the secret itself is not kept."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """A valid bearer token with the person it speaks for."""

    token: Token
    person: Person


PERSON = (
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.role,
    users.c.can_bid,
    users.c.buying_limit_cents,
    users.c.disabled_at,
    users.c.email_verified_at,
)
SESSION = (
    sessions.c.token_hash,
    sessions.c.csrf_token,
    sessions.c.last_seen_at,
    sessions.c.expires_at,
    sessions.c.second_factor_at,
)
TOKEN = (
    api_tokens.c.id,
    api_tokens.c.name,
    api_tokens.c.scopes,
    api_tokens.c.created_at,
    api_tokens.c.expires_at,
    api_tokens.c.last_used_at,
)


HAS_SECOND_FACTOR = or_(
    exists().where(authenticators.c.user_id == users.c.id, authenticators.c.confirmed_at.is_not(None)),
    exists().where(passkeys.c.user_id == users.c.id),
)
SESSIONS = PreparedIn(
    lambda hashes: (
        select(HAS_SECOND_FACTOR, *SESSION, *PERSON)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(
            sessions.c.token_hash.in_(hashes),
            sessions.c.expires_at > bindparam("now"),
            users.c.disabled_at.is_(None),
        )
    )
)
OWNERS = PreparedIn(
    lambda hashes: (
        select(api_tokens.c.token_hash, *TOKEN, *PERSON)
        .join(users, api_tokens.c.user_id == users.c.id)
        .where(
            api_tokens.c.token_hash.in_(hashes),
            api_tokens.c.revoked_at.is_(None),
            # One without an end, which no code makes any more, compares as neither and opens nothing.
            api_tokens.c.expires_at > bindparam("now"),
            users.c.disabled_at.is_(None),
        )
    )
)
USES_AT_ONCE = 500


def add_user(
    connection: Connection,
    *,
    email: str,
    name: str,
    password_hash: str,
    role: Role,
    can_bid: bool,
    buying_limit_cents: int | None,
    created_at: datetime,
    email_verified_at: datetime | None = None,
) -> int:
    """Add an account and return its id; the e-mail address is kept in lower case and raises IntegrityError twice."""
    row = {
        "email": normal_email(email),
        "name": name,
        "password_hash": password_hash,
        "role": role.value,
        "can_bid": can_bid,
        "buying_limit_cents": buying_limit_cents,
        "created_at": created_at,
        "email_verified_at": email_verified_at,
    }
    return _inserted_id(connection.execute(insert(users).values(row)).inserted_primary_key)


def normal_email(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return email.strip().lower()


def credentials(connection: Connection, email: str) -> Credentials | None:
    """Find the account of an e-mail address, with its password hash."""
    return _credentials(connection, users.c.email == normal_email(email))


def credentials_of(connection: Connection, user_id: int) -> Credentials | None:
    """Find an account by id, with its password hash."""
    return _credentials(connection, users.c.id == user_id)


def locked(connection: Connection, user_id: int) -> Credentials | None:
    """An account as it is now; until the transaction ends nobody else changes its password or opens a session."""
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    return credentials_of(connection, user_id)


def person(connection: Connection, user_id: int) -> Person | None:
    """Find an account by id."""
    row = connection.execute(select(*PERSON).where(users.c.id == user_id)).one_or_none()
    return None if row is None else _person(row)


def change_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Store the hash of another password."""
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def renew_hash(connection: Connection, user_id: int, old: str, renewed: str) -> bool:
    """Store a newer hash of the same password; False where the account has another one meanwhile."""
    same = (users.c.id == user_id) & (users.c.password_hash == old)
    return connection.execute(update(users).where(same).values(password_hash=renewed)).rowcount == 1


def note_verified(connection: Connection, user_id: int, now: datetime) -> None:
    """The person has shown that mail to their address reaches them; the first time counts."""
    unverified = (users.c.id == user_id) & users.c.email_verified_at.is_(None)
    connection.execute(update(users).where(unverified).values(email_verified_at=now))


def change_email(connection: Connection, user_id: int, email: str, now: datetime) -> bool:
    """Move an account to another address that was shown to be theirs; False when somebody else has it."""
    moved = update(users).where(users.c.id == user_id)
    try:
        with connection.begin_nested():
            connection.execute(moved.values(email=normal_email(email), email_verified_at=now))
    except IntegrityError:
        return False
    return True


def add_session(
    connection: Connection,
    *,
    token_hash: str,
    user_id: int,
    csrf_token: str,
    now: datetime,
    expires_at: datetime,
    user_agent: str,
    address: str,
    second_factor_at: datetime | None = None,
) -> None:
    """Open a session, and sweep away this person's expired ones."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at <= now))
    row = {
        "token_hash": token_hash,
        "user_id": user_id,
        "csrf_token": csrf_token,
        "created_at": now,
        "last_seen_at": now,
        "expires_at": expires_at,
        "user_agent": user_agent[:255],
        "address": address[:64],
        "second_factor_at": second_factor_at,
    }
    connection.execute(insert(sessions).values(row))


def session(connection: Connection, token_hash: str, now: datetime) -> Session | None:
    """Find an unexpired session of an account that is not disabled."""
    return living_sessions(connection, [token_hash], now).get(token_hash)


def living_sessions(connection: Connection, token_hashes: Sequence[str], now: datetime) -> dict[str, Session]:
    """Of these (at least one), the unexpired sessions of accounts that are not disabled, by their hashes."""
    rows: Sequence[Sequence[Any]] = SESSIONS.run(connection, token_hashes, now=to_ms(now)).all()
    return {row[1]: _session(row) for row in rows}


def end_session(connection: Connection, token_hash: str) -> None:
    """Sign a browser out."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def add_token(
    connection: Connection,
    *,
    user_id: int,
    name: str,
    token_hash: str,
    scopes: frozenset[Scope],
    now: datetime,
    expires_at: datetime,
) -> Token:
    """Add a bearer token, of which only the SHA-256 hex is kept; each has an end.

    ValueError for one that could act for the house for longer than `HOUSE_TOKEN_LIFE`.
    """
    if Scope.ADMIN in scopes and expires_at - now > HOUSE_TOKEN_LIFE:
        raise ValueError("a token with the scope admin is good for a day at most")
    row = {
        "user_id": user_id,
        "name": name,
        "token_hash": token_hash,
        "scopes": " ".join(sorted(scopes)),
        "created_at": now,
        "expires_at": expires_at,
    }
    key = _inserted_id(connection.execute(insert(api_tokens).values(row)).inserted_primary_key)
    return Token(key, name, scopes, now, expires_at, None)


def tokens(connection: Connection, user_id: int) -> list[Token]:
    """List the tokens of a person that are not revoked, newest first."""
    query = _tokens_of(user_id).order_by(api_tokens.c.id.desc())
    return [_token(row) for row in connection.execute(query)]


def count_tokens(connection: Connection, user_id: int) -> int:
    """Count what `tokens` would list."""
    return len(connection.execute(_tokens_of(user_id)).all())


def token_owner(connection: Connection, token_hash: str, now: datetime) -> TokenOwner | None:
    """Find a token that is neither revoked nor expired, of an account that is not disabled."""
    return token_owners(connection, [token_hash], now).get(token_hash)


def token_owners(connection: Connection, token_hashes: Sequence[str], now: datetime) -> dict[str, TokenOwner]:
    """Of these (at least one), the tokens neither revoked nor expired of accounts that are not disabled, by hash."""
    rows: Sequence[Sequence[Any]] = OWNERS.run(connection, token_hashes, now=to_ms(now)).all()
    return {row[0]: _owner(row[1:]) for row in rows}


def note_uses(connection: Connection, token_ids: Sequence[int], token_hashes: Sequence[str], now: datetime) -> None:
    """Note that tokens (by id) and sessions (by hash) were used."""
    tokens, seen = update(api_tokens).values(last_used_at=now), update(sessions).values(last_seen_at=now)
    for start in range(0, len(token_ids), USES_AT_ONCE):
        connection.execute(tokens.where(api_tokens.c.id.in_(token_ids[start : start + USES_AT_ONCE])))
    for start in range(0, len(token_hashes), USES_AT_ONCE):
        connection.execute(seen.where(sessions.c.token_hash.in_(token_hashes[start : start + USES_AT_ONCE])))


def revoke_token(connection: Connection, *, user_id: int, token_id: int, now: datetime) -> str | None:
    """Revoke a person's own token; returns its hash, or None where there is no such token."""
    own = (api_tokens.c.id == token_id) & (api_tokens.c.user_id == user_id) & api_tokens.c.revoked_at.is_(None)
    token_hash = connection.execute(select(api_tokens.c.token_hash).where(own)).scalar_one_or_none()
    connection.execute(update(api_tokens).where(own).values(revoked_at=now))
    return token_hash


def revoke_tokens(connection: Connection, user_id: int, now: datetime) -> list[str]:
    """Revoke all tokens of a person; the hashes of those that worked until now."""
    own = (api_tokens.c.user_id == user_id) & api_tokens.c.revoked_at.is_(None)
    token_hashes = list(connection.execute(select(api_tokens.c.token_hash).where(own)).scalars())
    connection.execute(update(api_tokens).where(own).values(revoked_at=now))
    return token_hashes


def _credentials(connection: Connection, one: ColumnElement[bool]) -> Credentials | None:
    row = connection.execute(select(*PERSON, users.c.password_hash).where(one)).one_or_none()
    return None if row is None else Credentials(_person(row), row[-1])


def _tokens_of(user_id: int) -> Select[Any]:
    return select(*TOKEN).where(api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None))


def _inserted_id(key: Any) -> int:
    number: int = key[0]
    return number


def _person(row: Sequence[Any]) -> Person:
    key, email, name, role, can_bid, limit, disabled_at, verified_at = row[: len(PERSON)]
    return Person(key, email, name, Role(role), bool(can_bid), limit, disabled_at is not None, verified_at is not None)


def _session(row: Sequence[Any]) -> Session:
    has_factor, token_hash, csrf_token, *times = row[: 1 + len(SESSION)]
    last_seen_at, expires_at, second_factor_at = times
    shown_at = None if second_factor_at is None else from_ms(second_factor_at)
    person = _person(row[1 + len(SESSION) :])
    return Session(
        token_hash, csrf_token, from_ms(last_seen_at), from_ms(expires_at), shown_at, bool(has_factor), person
    )


def _owner(row: Sequence[Any]) -> TokenOwner:
    *named, created_at, expires_at, used_at = row[: len(TOKEN)]
    times = [None if moment is None else from_ms(moment) for moment in (created_at, expires_at, used_at)]
    return TokenOwner(_token([*named, *times]), _person(row[len(TOKEN) :]))


def _token(row: Sequence[Any]) -> Token:
    key, name, scopes, *times = row[: len(TOKEN)]
    return Token(key, name, frozenset(Scope(scope) for scope in scopes.split()), *times)
