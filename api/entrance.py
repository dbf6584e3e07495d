"""The way in: by password and, where an account has one, a second factor; or by passkey, which is both."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection

from activities.db import devices, links, people, second_factors
from activities.db.people import Credentials, Person
from activities.db.second_factors import Factors as FactorsOf
from activities.fingerprints import Fingerprints
from activities.keys import Sealer
from activities.passwords import Passwords
from api.database import Database, now
from api.factors import Factors
from api.guesses import Guesser, Guesses
from api.mails import Mails, Post
from api.problems import fail
from api.signins import Origin, SignedIn, digest
from domain.clock import to_ms
from domain.links import Evidence

TICKET_LIFE = timedelta(minutes=5)
TICKET_PLACE = "ticket for the second factor"


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right, and a second factor is missing; `ticket` is good for five minutes and one account."""

    ticket: str
    methods: tuple[str, ...]


class Ticket(msgspec.Struct, frozen=True):
    """What a ticket says; `mark` ties it to the password that was shown."""

    user_id: int
    until_ms: int
    mark: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the database knows of somebody who wants to come in."""

    found: Credentials | None
    known: bool
    factors: FactorsOf


@dataclass(frozen=True, slots=True)
class Entrance:
    """Signs people in, for one process."""

    database: Database
    passwords: Passwords
    guesses: Guesses
    factors: Factors
    mails: Mails
    post: Post
    sealer: Sealer
    fingerprints: Fingerprints
    session_life: timedelta

    async def by_password(self, email: str, password: str, origin: Origin) -> SignedIn | HalfWay:
        """Take a password. Raises WRONG_CREDENTIALS, ACCOUNT_DISABLED, TOO_MANY_SIGN_INS or SIGN_IN_BUSY.

        All of it costs the same whether there is such an account or not.
        """
        asked = await self.database.read(_asked, email, digest(origin.device))
        guesser = Guesser(email, origin, asked.known)
        await self.guesses.may_try(guesser)
        found = asked.found
        if not await self.passwords.matches(found.password_hash if found else None, password) or found is None:
            await self.guesses.wrong(guesser)
            raise fail("WRONG_CREDENTIALS")
        if found.person.disabled:
            raise fail("ACCOUNT_DISABLED")
        await self.guesses.right(guesser)
        found = await self._renewed(found, password)
        if asked.factors.any:
            return HalfWay(self._ticket(found), methods_of(asked.factors))
        return await self.enter(found.person, origin, shown=found.password_hash)

    async def by_code(self, ticket: str, code: str, origin: Origin) -> SignedIn:
        """Take the second factor after the password. Raises TICKET_EXPIRED, WRONG_CODE or TOO_MANY_CODES."""
        told = self._read_ticket(ticket)
        found, known = await self.database.read(_known_to, told.user_id, digest(origin.device))
        if found is None or found.person.disabled or _mark(found) != told.mark:
            raise fail("TICKET_EXPIRED")
        # Whoever has the password may try codes from anywhere; the owner's own browsers are counted apart.
        await self.factors.take_code(found.person, code, f"{told.user_id} {digest(origin.device) if known else ''}")
        return await self.enter(found.person, origin, second_factor_at=now(), shown=found.password_hash)

    async def is_password(self, person: Person, password: str, origin: Origin) -> bool:
        """Whether this is the password of somebody who is signed in. Raises TOO_MANY_SIGN_INS or SIGN_IN_BUSY."""
        found, known = await self.database.read(_known_to, person.id, digest(origin.device))
        guesser = Guesser(person.email, origin, known)
        await self.guesses.may_try(guesser)
        if not await self.passwords.matches(found.password_hash if found else None, password):
            return False
        await self.guesses.right(guesser)
        return True

    async def enter(
        self, person: Person, origin: Origin, *, second_factor_at: datetime | None = None, shown: str | None = None
    ) -> SignedIn:
        """Open a session for somebody who has shown who they are, and tell them when the browser is new.

        `shown` is the hash that their password was held against. Raises WRONG_CREDENTIALS where the account has
        another one by now or was disabled, and ACCOUNT_DISABLED to who needed no password.
        """
        device = origin.device or secrets.token_urlsafe(32)
        opened = SignedIn(person, secrets.token_urlsafe(32), secrets.token_urlsafe(32), device)
        origin = replace(origin, device=device)
        outbox_id = await self.database.write(self._enter, opened, origin, second_factor_at, shown)
        self.post.send_in_turn(outbox_id)
        return opened

    def _enter(
        self,
        connection: Connection,
        opened: SignedIn,
        origin: Origin,
        second_factor_at: datetime | None,
        shown: str | None,
    ) -> str | None:
        _check_again(people.locked(connection, opened.person.id), shown)
        moment = now()
        people.add_session(
            connection,
            token_hash=digest(opened.token),
            user_id=opened.person.id,
            csrf_token=opened.csrf_token,
            now=moment,
            expires_at=moment + self.session_life,
            user_agent=origin.user_agent,
            address=origin.address,
            second_factor_at=second_factor_at,
        )
        device = self.fingerprints.of(Evidence.DEVICE, digest(origin.device))
        links.note_fingerprint(connection, opened.person.id, Evidence.DEVICE, device, moment)
        if not devices.note_device(connection, opened.person.id, digest(origin.device), moment):
            return None
        return self.mails.new_device(connection, opened.person, origin, moment)

    async def _renewed(self, found: Credentials, password: str) -> Credentials:
        if not self.passwords.is_outdated(found.password_hash):
            return found
        renewed = await self.passwords.hash(password)
        if await self.database.write(people.renew_hash, found.person.id, found.password_hash, renewed):
            return replace(found, password_hash=renewed)
        # Renewed by another sign-in, or replaced: it is held against what the account has now.
        kept = await self.database.read(people.credentials_of, found.person.id)
        if kept is None or not await self.passwords.matches(kept.password_hash, password):
            raise fail("WRONG_CREDENTIALS")
        return kept

    def _ticket(self, found: Credentials) -> str:
        ticket = Ticket(found.person.id, to_ms(now() + TICKET_LIFE), _mark(found))
        return self.sealer.seal(msgspec.json.encode(ticket), secrets.token_bytes(12), TICKET_PLACE)

    def _read_ticket(self, text: str) -> Ticket:
        try:
            ticket = msgspec.json.decode(self.sealer.open(text, TICKET_PLACE), type=Ticket)
        except (InvalidTag, ValueError):
            raise fail("TICKET_EXPIRED") from None
        if ticket.until_ms <= to_ms(now()):
            raise fail("TICKET_EXPIRED")
        return ticket


def methods_of(factors: FactorsOf) -> tuple[str, ...]:
    """The names of what an account can show."""
    able = {"totp": factors.totp, "recovery": factors.recovery_left > 0, "passkey": factors.passkeys > 0}
    return tuple(name for name, has in able.items() if has)


def _asked(connection: Connection, email: str, device_hash: str) -> Asked:
    found = people.credentials(connection, email)
    known = devices.is_known(connection, people.normal_email(email), device_hash)
    # Asked for nobody as well, so that an unknown address takes as long.
    factors = second_factors.factors(connection, found.person.id if found else 0)
    return Asked(found, known, factors)


def _known_to(connection: Connection, user_id: int, device_hash: str) -> tuple[Credentials | None, bool]:
    return people.credentials_of(connection, user_id), devices.is_known_to(connection, user_id, device_hash)


def _check_again(kept: Credentials | None, shown: str | None) -> None:
    """Nobody enters by what was replaced, ended or disabled while it was looked at."""
    if kept is None or (shown is not None and (kept.person.disabled or kept.password_hash != shown)):
        raise fail("WRONG_CREDENTIALS")
    if kept.person.disabled:
        raise fail("ACCOUNT_DISABLED")


def _mark(found: Credentials) -> str:
    return digest(found.password_hash)[:16]
