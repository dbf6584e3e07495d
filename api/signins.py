"""Who is asking: opens and ends sessions, and finds the person behind a cookie or a bearer token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from activities.db import people
from activities.db.people import Person, Scope, Session, TokenOwner
from activities.limits import Limit, Limiter
from activities.passwords import Passwords
from api.database import Database, now
from api.problems import fail
from api.recent import Recent
from api.uses import Uses

CACHE_SECONDS = 5.0
CACHE_SIZE = 20_000
USE_NOTED_EVERY = timedelta(minutes=10)
TOKEN_PREFIX = "ht_"  # noqa: S105 - a public prefix, by which leaked tokens are recognised
TOKEN_LENGTH_MAX = 100
ACCOUNT_LIMIT = Limit("sign-in", tries=10, window_s=900)
ADDRESS_LIMIT = Limit("sign-in-address", tries=300, window_s=900)


class Via(StrEnum):
    """How a request says who it is."""

    NOTHING = "nothing"
    SESSION = "session"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking. `scopes` limit a bearer token; `csrf_token` and `token_hash` belong to a session."""

    person: Person | None = None
    via: Via = Via.NOTHING
    scopes: frozenset[Scope] = frozenset()
    csrf_token: str = ""
    token_hash: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: `token` goes into the cookie and is kept nowhere else."""

    person: Person
    token: str
    csrf_token: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in came from, for its owner to recognise."""

    address: str
    user_agent: str


ANYONE = Identity()


def digest(token: str) -> str:
    """SHA-256 hex: tokens are long and random, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class SignIns:
    """Sessions and tokens of one process; what it finds it remembers for five seconds."""

    def __init__(self, database: Database, passwords: Passwords, limiter: Limiter, session_days: int) -> None:
        self._database = database
        self._passwords = passwords
        self._limiter = limiter
        self._uses = Uses(database)
        self._life = timedelta(days=session_days)
        self._sessions: Recent[str, Identity] = Recent(size=CACHE_SIZE, seconds=CACHE_SECONDS)
        self._tokens: Recent[str, Identity] = Recent(size=CACHE_SIZE, seconds=CACHE_SECONDS)

    async def open(self, email: str, password: str, origin: Origin) -> SignedIn:
        """Sign somebody in. Raises WRONG_CREDENTIALS, ACCOUNT_DISABLED or TOO_MANY_SIGN_INS."""
        subject = digest(f"{people.normal_email(email)} {origin.address}")
        await self._count(ACCOUNT_LIMIT, subject)
        found = await self._database.read(people.credentials, email)
        if not await self._passwords.matches(found.password_hash if found else None, password) or found is None:
            await self._count(ADDRESS_LIMIT, origin.address)
            raise fail("WRONG_CREDENTIALS")
        if found.person.disabled:
            raise fail("ACCOUNT_DISABLED")
        await self._limiter.forget(ACCOUNT_LIMIT, subject)
        await self._renew_hash(found, password)
        return await self._open_session(found.person, origin)

    async def close(self, identity: Identity) -> None:
        """End the session of a request; a bearer token is revoked, not signed out."""
        if identity.via is Via.SESSION:
            await self._database.write(people.end_session, identity.token_hash)
            self._sessions.forget(identity.token_hash)

    async def by_session(self, cookie: str) -> Identity:
        """The person of a session cookie; an unknown or expired one is anyone."""
        if len(cookie) > TOKEN_LENGTH_MAX:
            return ANYONE
        key = digest(cookie)
        return await self._sessions.get(key, lambda: self._load_session(key))

    async def by_token(self, token: str) -> Identity:
        """The person of a bearer token; an unknown, expired or revoked one is anyone."""
        if not token.startswith(TOKEN_PREFIX) or len(token) > TOKEN_LENGTH_MAX:
            return ANYONE
        key = digest(token)
        return await self._tokens.get(key, lambda: self._load_token(key))

    def forget_token(self, token_hash: str) -> None:
        """Stop trusting a revoked token at once; other processes do so within five seconds."""
        self._tokens.forget(token_hash)

    async def _count(self, limit: Limit, subject: str) -> None:
        wait_s = await self._limiter.hit(limit, subject)
        if wait_s is not None:
            raise fail("TOO_MANY_SIGN_INS", retry_after_s=wait_s)

    async def _renew_hash(self, found: people.Credentials, password: str) -> None:
        if self._passwords.is_outdated(found.password_hash):
            renewed = await self._passwords.hash(password)
            await self._database.write(people.change_password, found.person.id, renewed)

    async def _open_session(self, person: Person, origin: Origin) -> SignedIn:
        opened = SignedIn(person, secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        moment = now()
        await self._database.write(
            people.add_session,
            token_hash=digest(opened.token),
            user_id=person.id,
            csrf_token=opened.csrf_token,
            now=moment,
            expires_at=moment + self._life,
            user_agent=origin.user_agent,
            address=origin.address,
        )
        return opened

    async def _load_session(self, token_hash: str) -> Identity:
        moment = now()
        found: Session | None = await self._database.read(people.session, token_hash, moment)
        if found is None:
            return ANYONE
        if moment - found.last_seen_at > USE_NOTED_EVERY:
            self._uses.of_session(token_hash)
        return Identity(found.person, Via.SESSION, frozenset(Scope), found.csrf_token, token_hash)

    async def _load_token(self, token_hash: str) -> Identity:
        moment = now()
        found: TokenOwner | None = await self._database.read(people.token_owner, token_hash, moment)
        if found is None:
            return ANYONE
        used = found.token.last_used_at
        if used is None or moment - used > USE_NOTED_EVERY:
            self._uses.of_token(found.token.id)
        return Identity(found.person, Via.BEARER, found.token.scopes, token_hash=token_hash)
