"""Signing up: an account, and the mail that shows whose address it has. Answers never tell whether there was one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import devices, people, sessions
from activities.db.email_links import Purpose, find_link, use_link, was_mailed
from activities.db.people import Person, Role, normal_email
from activities.passwords import MAX_LENGTH
from api.database import now
from api.guesses import MAIL_ADDRESS_LIMIT, Guesser
from api.mails import Mails
from api.people import Email, origin_of, set_device
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser, Viewer
from api.signins import ANYONE, Identity, digest
from api.state import Services, services_of
from domain.notices import NoticeKind

SENT = {"message": "We have sent a mail to this address; go on with the link in it."}
DONE = {"message": "Thank you: this address is yours."}
LINK_CODES = ("LINK_EXPIRED", "CROSS_SITE")
router = APIRouter(prefix="/auth", tags=["people"])

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")
]
NewPassword = Annotated[str, StringConstraints(max_length=MAX_LENGTH)]
LinkToken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewAccount(BaseModel):
    """Somebody who wants an account."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"name": "Ada Brandt", "email": "ada@example.com", "password": "correct horse battery"}]
        },
    )

    name: Name
    email: Email
    password: NewPassword


class MailedLink(BaseModel):
    """The token of a mailed link: what follows the # in its address."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"token": "k9Xw..."}]})

    token: LinkToken


class Message(TypedDict):
    """One sentence for the person."""

    message: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who signs up, with the hash of what becomes their password and of the browser's own cookie.

    `may_mail` is whether their address may be written to.
    """

    name: str
    email: str
    password_hash: str
    device_hash: str
    may_mail: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose address was verified, the hashes of the sessions that this ended, and the mails that follow from it."""

    user_id: int
    ended: list[str]
    outbox_ids: list[str]


@router.post(
    "/register",
    status_code=201,
    **about(
        Audience.PUBLIC, "WEAK_PASSWORD", "TOO_MANY_TRIES", "CROSS_SITE", "SIGN_IN_BUSY", example=SENT, success=201
    ),
)
async def register(request: Request, response: Response, _: Viewer, wanted: NewAccount) -> Message:
    """Sign up. The answer is the same whether the address has an account or not; its owner reads which in the mail."""
    await sign_up(request, response, wanted.name, wanted.email, wanted.password)
    return {"message": SENT["message"]}


@router.post("/verify-email", **about(Audience.PUBLIC, *LINK_CODES, example=DONE))
async def verify_email(request: Request, identity: Viewer, wanted: MailedLink) -> Message:
    """Show that mail to an account's address arrives, by the link that was sent there; its other sessions end."""
    await verify(services_of(request), wanted.token, identity)
    return {"message": DONE["message"]}


@router.post(
    "/verify-email/resend", status_code=202, **about(Audience.BROWSER, "TOO_MANY_TRIES", example=SENT, success=202)
)
async def send_again(request: Request, identity: Browser) -> Message:
    """Send the mail with the link once more; earlier links end."""
    if identity.person is not None:
        await resend(request, identity.person)
    return {"message": SENT["message"]}


async def resend(request: Request, person: Person) -> None:
    """Mail a fresh link to whoever has not verified their address. Raises TOO_MANY_TRIES."""
    services = services_of(request)
    ways = services.ways_in
    await ways.guesses.may_ask(MAIL_ADDRESS_LIMIT, origin_of(request).address)
    if not person.email_verified and await ways.guesses.may_mail(await asker(request, person.email)):
        ways.post.send(await services.database.write(_resend, ways.mails, person, now()))


async def asker(request: Request, email: str) -> Guesser:
    """Who asks for a mail to an address, from a browser that its account knows or not."""
    origin = origin_of(request)
    known = await services_of(request).database.read(devices.is_known, normal_email(email), digest(origin.device))
    return Guesser(email, origin, known)


async def sign_up(request: Request, response: Response, name: str, email: str, password: str) -> None:
    """Make an account, or write to the one there is. Raises WEAK_PASSWORD, TOO_MANY_TRIES or SIGN_IN_BUSY."""
    services, origin = services_of(request), origin_of(request)
    ways = services.ways_in
    await ways.guesses.may_ask(MAIL_ADDRESS_LIMIT, origin.address)
    await refuse_weak(services, password, (name, email))
    # Hashed for everybody, and the two ways below do about the same, so that the time tells nothing either.
    password_hash = await ways.passwords.hash(password)
    device = origin.device or secrets.token_urlsafe(32)
    may_mail = await ways.guesses.may_mail(await asker(request, email))
    newcomer = Newcomer(name, email, password_hash, digest(device), may_mail)
    ways.post.send(await services.database.write(_sign_up, ways.mails, newcomer, now()))
    set_device(response, services.settings, device)


async def verify(services: Services, token: str, identity: Identity = ANYONE) -> None:
    """Use a link that verifies an address; every session but the asker's own ends. Raises LINK_EXPIRED."""
    token_hash = digest(token.strip())
    done = await services.database.write(_verify, services.ways_in.mails, token_hash, identity.token_hash, now())
    if done is None:
        raise fail("LINK_EXPIRED")
    for ended in done.ended:
        services.sign_ins.forget_session(ended)
    tell_verified(services, done.user_id, done.outbox_ids)


def tell_verified(services: Services, user_id: int, outbox_ids: Sequence[str]) -> None:
    """Tell the account's workflow of what was written: the address is known to be the person's own."""
    for outbox_id in outbox_ids:
        services.ways_in.post.send(outbox_id)
    services.ways_in.post.tell("account", services.accounts.email_verified(user_id))


async def refuse_weak(services: Services, password: str, known: Sequence[str]) -> None:
    """Raise WEAK_PASSWORD, naming the field, for what may not become a password."""
    weakness = await services.ways_in.passwords.weakness(password, known)
    if weakness is not None:
        wrong = {"field": "password", "rule": "weak", "message": weakness}
        raise fail("WEAK_PASSWORD", weakness, errors=[wrong])


def _sign_up(connection: Connection, mails: Mails, newcomer: Newcomer, moment: datetime) -> str | None:
    """Returns the outbox id of the mail to the address, whoever has it.

    Both ways ask the database as often: an address that has an account takes no other time than one that has none.
    """
    try:
        with connection.begin_nested():
            user_id = people.add_user(
                connection,
                email=newcomer.email,
                name=newcomer.name,
                password_hash=newcomer.password_hash,
                role=Role.BUYER,
                can_bid=False,
                buying_limit_cents=None,
                created_at=moment,
            )
    except IntegrityError:
        found = people.credentials(connection, newcomer.email)
        if found is not None:
            devices.touch_device(connection, found.person.id, newcomer.device_hash, moment)
        return _write_to(connection, mails, found.person, moment) if found and newcomer.may_mail else None
    devices.add_device(connection, user_id, newcomer.device_hash, moment)
    fresh = people.person(connection, user_id)
    if fresh is None or not newcomer.may_mail:
        return None
    return mails.verification(connection, NoticeKind.WELCOME, fresh, moment)


def _write_to(connection: Connection, mails: Mails, person: Person, moment: datetime) -> str | None:
    """Somebody signed up with an address that has an account: offer its owner the way back in.

    A new password where the address is not verified as well: the one that is there may be a stranger's.
    """
    return None if person.disabled else mails.reset(connection, person, moment)


def _resend(connection: Connection, mails: Mails, person: Person, moment: datetime) -> str:
    """Where a new password was offered, the owner of the address may be somebody else than who is signed in here."""
    if was_mailed(connection, person.id, Purpose.RESET):
        return mails.reset(connection, person, moment)
    return mails.verification(connection, NoticeKind.VERIFY_EMAIL, person, moment)


def _verify(connection: Connection, mails: Mails, token_hash: str, own: str, moment: datetime) -> Verified | None:
    """What became of it, or None where the link is no longer good; `own` is the hash of the asker's session."""
    link = find_link(connection, token_hash, Purpose.VERIFY, moment)
    owner = None if link is None else people.locked(connection, link.user_id)
    if owner is None or use_link(connection, token_hash, Purpose.VERIFY, moment) is None:
        return None
    person = owner.person
    if person.email_verified:
        return Verified(person.id, [], [])
    # Anybody may have signed up with this address and be signed in; only who reads its mail stays.
    ended = sessions.end_all(connection, person.id, but=own)
    people.note_verified(connection, person.id, moment)
    return Verified(person.id, ended, mails.judged(connection, person.id, moment))
