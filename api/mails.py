"""The mails about signing in: written into the outbox with the change they tell of, and sent on their way after it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Connection
from temporalio.service import RPCError

from activities.account_mails import mails_of
from activities.db import accounts
from activities.db.email_links import Link, Purpose, add_link
from activities.db.notifications import NewNotice, Seals, enqueue
from activities.db.people import Person
from api.signins import Origin, digest
from domain.clock import to_text
from domain.errors import UnavailableError
from domain.notices import VALUES, NoticeKind

LINK_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(hours=1)
DEVICE_LENGTH_MAX = 120
FINISH_WITHIN_S = 3.0
TURN_S = 0.25
# More than can have its turn before the sweep looks for it; the oldest are left to that.
MOST_IN_TURN = 2_000
log = structlog.get_logger(__name__)
SECURITY_PATH = "/account/security"
FORGOT_PATH = "/forgot-password"
# The token is the fragment of the address: browsers do not send it, so that it is in no log and no Referer, and what
# opens links to look at them cannot use it up. The page's form sends it once a person says so.
LINK_PATHS = {Purpose.VERIFY: "/verify-email", Purpose.RESET: "/reset-password", Purpose.CHANGE: "/confirm-email"}


class Notices(Protocol):
    """What sets out to send a mail that was written into the outbox."""

    def start(self, outbox_id: str) -> Coroutine[Any, Any, None]:
        """Send it soon. May raise RPCError or RuntimeError while that cannot be done."""


class Post:
    """Has others do what follows from a commit, without anybody's answer waiting for it."""

    def __init__(self, notices: Notices, turn_s: float = TURN_S) -> None:
        self._notices = notices
        self._turn_s = turn_s
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_turn: deque[str] = deque(maxlen=MOST_IN_TURN)
        self._turns: asyncio.Task[None] | None = None

    def send(self, outbox_id: str | None) -> None:
        """Have a mail sent, if there is one; what cannot be started now is found in the outbox later."""
        if outbox_id:
            self.tell("notice", self._notices.start(outbox_id))

    def send_in_turn(self, outbox_id: str | None) -> None:
        """Have a mail of a patient kind sent, a moment after the one before it: a morning on which everybody
        signs in takes nothing from those who bid. What is still waiting at the end is found in the outbox later."""
        if outbox_id:
            self._in_turn.append(outbox_id)
            if self._turns is None or self._turns.done():
                self._turns = asyncio.create_task(self._send_in_turn())

    async def _send_in_turn(self) -> None:
        while self._in_turn:
            await _tell("notice", self._notices.start(self._in_turn.popleft()))
            await asyncio.sleep(self._turn_s)

    def tell(self, what: str, work: Coroutine[Any, Any, object]) -> None:
        """Do `work` beside the answer; whoever is told and away now reads the database when they are back."""
        task = asyncio.create_task(_tell(what, work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Wait for what is under way, but not for long; what waits for its turn is left to the sweep."""
        if self._turns is not None:
            self._turns.cancel()
            await asyncio.gather(self._turns, return_exceptions=True)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=FINISH_WITHIN_S)


async def _tell(what: str, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except (RPCError, RuntimeError, UnavailableError) as error:
        log.warning("others_not_told", what=what, error=type(error).__name__)


class Mails:
    """Writes mails in the caller's transaction, sealed; `public_url` is where their links lead."""

    def __init__(self, public_url: str, seals: Seals) -> None:
        self._url = public_url
        self._seals = seals

    def link(
        self,
        connection: Connection,
        kind: NoticeKind,
        person: Person,
        link: Link,
        *,
        to_email: str,
        now: datetime,
        dropping: Purpose | None = None,
    ) -> str:
        """Mail a fresh link; returns the outbox id. The token is in the mail only. Links for the purpose of `dropping`
        are good no more."""
        token = secrets.token_urlsafe(32)
        expires_at = now + (RESET_LIFE if link.purpose is Purpose.RESET else LINK_LIFE)
        add_link(connection, link, digest(token), now=now, expires_at=expires_at, dropping=dropping)
        known = {
            "name": greeted(person),
            "link": f"{self._url}{LINK_PATHS[link.purpose]}#{token}",
            "link_expires_at": to_text(expires_at),
        }
        values = {name: known[name] for name in VALUES[kind]}
        wanted = NewNotice(person.id, kind, to_email, values, f"link:{digest(token)}")
        return enqueue(connection, wanted, now, self._seals)

    def verification(self, connection: Connection, kind: NoticeKind, person: Person, now: datetime) -> str:
        """Ask a person to show that mail reaches them."""
        link = Link(person.id, Purpose.VERIFY, None)
        return self.link(connection, kind, person, link, to_email=person.email, now=now)

    def reset(self, connection: Connection, person: Person, now: datetime) -> str:
        """Offer a new password.

        While nobody has shown whose address it is, only this can show it from now on: whoever made the account and
        knows its password need not be the one who reads the mail.
        """
        dropping, kind = None if person.email_verified else Purpose.VERIFY, NoticeKind.PASSWORD_RESET
        link = Link(person.id, Purpose.RESET, None)
        return self.link(connection, kind, person, link, to_email=person.email, now=now, dropping=dropping)

    def judged(self, connection: Connection, user_id: int, now: datetime) -> list[str]:
        """Judge an account whose address was just shown to be its own; the outbox ids of the mails that follow."""
        changed = accounts.change(connection, user_id, now, lambda _: accounts.NOTHING)
        mails = () if changed is None else mails_of(changed, self._url, now)
        return [enqueue(connection, each, now, self._seals) for each in mails]

    def password_changed(self, connection: Connection, person: Person, now: datetime) -> str:
        """Tell that the password is another one now."""
        values = {"name": greeted(person), "changed_at": to_text(now), "reset_link": self._url + FORGOT_PATH}
        return self._tell(connection, NoticeKind.PASSWORD_CHANGED, person, values, now)

    def factor_changed(self, connection: Connection, person: Person, change: str, now: datetime) -> str:
        """Tell what changed about the ways to sign in; `change` is one of those that the mail has words for."""
        values = {
            "name": greeted(person),
            "change": change,
            "changed_at": to_text(now),
            "security_link": self._url + SECURITY_PATH,
        }
        return self._tell(connection, NoticeKind.SECOND_FACTOR_CHANGED, person, values, now)

    def new_device(self, connection: Connection, person: Person, origin: Origin, now: datetime) -> str:
        """Tell of a sign-in from a browser that this account has not been used from."""
        values = {
            "name": greeted(person),
            "device": origin.user_agent[:DEVICE_LENGTH_MAX] or "unknown",
            "address": origin.address or "unknown",
            "signed_in_at": to_text(now),
            "security_link": self._url + SECURITY_PATH,
        }
        return self._tell(connection, NoticeKind.NEW_DEVICE, person, values, now)

    def email_change(self, connection: Connection, person: Person, new_email: str, now: datetime) -> str:
        """Tell the present address of a person where their account is about to go."""
        values = {
            "name": greeted(person),
            "new_email_hint": hint_of(new_email),
            "security_link": self._url + SECURITY_PATH,
        }
        return self._tell(connection, NoticeKind.EMAIL_CHANGE_NOTICE, person, values, now)

    def _tell(
        self, connection: Connection, kind: NoticeKind, person: Person, values: dict[str, str], now: datetime
    ) -> str:
        wanted = NewNotice(person.id, kind, person.email, values, f"{kind}:{uuid4()}")
        return enqueue(connection, wanted, now, self._seals)


def greeted(person: Person) -> str:
    """How a mail greets: nobody's words go to an address that was not shown to be theirs."""
    return person.name if person.email_verified else "there"


def hint_of(email: str) -> str:
    """Enough of an address for its owner to recognise: `a***@example.com`."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}***@{host}"
