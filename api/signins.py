"""Who is asking: ends sessions, and finds the person behind a cookie or a bearer token."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from activities.db import people, sign_ins
from activities.db.people import Person, Scope, Session, TokenOwner
from api.database import Database, now
from api.gathered import Gathered
from api.recent import Recent
from api.uses import Uses
from api.watches import CHECK_S, Watches

CACHE_SECONDS = 5.0
CACHE_SIZE = 20_000
# Those who come all the time are looked up again together: a query for each took a fifth of a bid's work.
RENEW_EVERY_S = 0.25
USE_NOTED_EVERY = timedelta(minutes=10)
TOKEN_PREFIX = "ht_"  # noqa: S105 - a public prefix, by which leaked tokens are recognised
TOKEN_LENGTH_MAX = 100


class Via(StrEnum):
    """How a request says who it is."""

    NOTHING = "nothing"
    SESSION = "session"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking. `scopes` limit a bearer token; the rest but `token_hash` belongs to a session.

    `second_factor_at` is when the session last showed a second factor, or the password where its owner has no other.
    """

    person: Person | None = None
    via: Via = Via.NOTHING
    scopes: frozenset[Scope] = frozenset()
    csrf_token: str = ""
    token_hash: str = ""
    second_factor_at: datetime | None = None
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: `token` goes into the cookie and is kept nowhere else; so does `device`, for longer."""

    person: Person
    token: str
    csrf_token: str
    device: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in came from, for its owner to recognise; `device` is the browser's own cookie, if it has one."""

    address: str
    user_agent: str
    device: str = ""


ANYONE = Identity()


def digest(token: str) -> str:
    """SHA-256 hex: tokens are long and random, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class SignIns:
    """Sessions and tokens of one process; what it finds it remembers for five seconds."""

    def __init__(self, database: Database, *, check_s: float = CHECK_S) -> None:
        self._database = database
        self._uses = Uses(database)
        self._sessions = _cache()
        self._tokens = _cache()
        self._session_loads = Gathered(self._living_sessions)
        self._token_loads = Gathered(self._token_owners)
        self._watches = {
            Via.SESSION: Watches(database, sign_ins.living_sessions, self._sessions.forget, every_s=check_s),
            Via.BEARER: Watches(database, sign_ins.living_tokens, self._tokens.forget, every_s=check_s),
        }

    async def close(self, identity: Identity) -> None:
        """End the session of a request; a bearer token is revoked, not signed out."""
        if identity.via is Via.SESSION:
            await self._database.write(people.end_session, identity.token_hash)
            self.forget_session(identity.token_hash)

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

    def forget_session(self, token_hash: str) -> None:
        """Stop trusting an ended session at once; other processes do so within five seconds."""
        self._sessions.forget(token_hash)
        self._watches[Via.SESSION].ended(token_hash)

    async def read_again(self, identity: Identity) -> Identity:
        """A session as the database has it now; another process may just have taken a second factor for it."""
        if identity.via is not Via.SESSION:
            return identity
        self._sessions.forget(identity.token_hash)
        return await self._sessions.get(identity.token_hash, lambda: self._load_session(identity.token_hash))

    def forget_token(self, token_hash: str) -> None:
        """Stop trusting a revoked token at once; other processes do so within five seconds."""
        self._tokens.forget(token_hash)
        self._watches[Via.BEARER].ended(token_hash)

    @contextmanager
    def watching(self, identity: Identity, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` if this sign-in ends within the block: at once if it ends here, else within five seconds."""
        watches = self._watches.get(identity.via)
        if watches is None:
            yield
            return
        watches.add(identity.token_hash, end)
        try:
            yield
        finally:
            watches.remove(identity.token_hash, end)

    async def _load_session(self, token_hash: str) -> Identity:
        moment = now()
        found = await self._session_loads.one(token_hash)
        if found is None:
            return ANYONE
        if moment - found.last_seen_at > USE_NOTED_EVERY:
            self._uses.of_session(token_hash)
        return Identity(
            found.person,
            Via.SESSION,
            frozenset(Scope),
            found.csrf_token,
            token_hash,
            found.second_factor_at,
            found.has_second_factor,
        )

    async def _load_token(self, token_hash: str) -> Identity:
        moment = now()
        found = await self._token_loads.one(token_hash)
        if found is None:
            return ANYONE
        used = found.token.last_used_at
        if used is None or moment - used > USE_NOTED_EVERY:
            self._uses.of_token(found.token.id)
        return Identity(found.person, Via.BEARER, found.token.scopes, token_hash=token_hash)

    async def _living_sessions(self, token_hashes: Sequence[str]) -> Mapping[str, Session]:
        return await self._database.read(people.living_sessions, token_hashes, now())

    async def _token_owners(self, token_hashes: Sequence[str]) -> Mapping[str, TokenOwner]:
        return await self._database.read(people.token_owners, token_hashes, now())


def _cache() -> Recent[str, Identity]:
    return Recent(size=CACHE_SIZE, seconds=CACHE_SECONDS, renew_every_s=RENEW_EVERY_S)
