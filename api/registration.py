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

from activities.db import devices, people
from activities.db.email_links import Purpose, use_link
from activities.db.people import Person, Role
from activities.passwords import MAX_LENGTH
from api.database import now
from api.guesses import MAIL_ADDRESS_LIMIT
from api.mails import Mails
from api.people import Email, origin_of, set_device
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser, Viewer
from api.signins import digest
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
    """Who signs up, with the hash of what becomes their password and of the browser's own cookie."""

    name: str
    email: str
    password_hash: str
    device_hash: str


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
async def verify_email(request: Request, _: Viewer, wanted: MailedLink) -> Message:
    """Show that mail to an account's address arrives, by the link that was sent there."""
    await verify(services_of(request), wanted.token)
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
    services, address = services_of(request), origin_of(request).address
    ways = services.ways_in
    await ways.guesses.may_ask(MAIL_ADDRESS_LIMIT, address)
    if not person.email_verified and await ways.guesses.may_mail(person.email, address):
        ways.post.send(await services.database.write(ways.mails.verification, NoticeKind.VERIFY_EMAIL, person, now()))


async def sign_up(request: Request, response: Response, name: str, email: str, password: str) -> None:
    """Make an account, or write to the one there is. Raises WEAK_PASSWORD, TOO_MANY_TRIES or SIGN_IN_BUSY."""
    services, origin = services_of(request), origin_of(request)
    ways = services.ways_in
    await ways.guesses.may_ask(MAIL_ADDRESS_LIMIT, origin.address)
    await refuse_weak(services, password, (name, email))
    # Hashed for everybody, and the two ways below do about the same, so that the time tells nothing either.
    password_hash = await ways.passwords.hash(password)
    device = origin.device or secrets.token_urlsafe(32)
    if await ways.guesses.may_mail(email, origin.address):
        newcomer = Newcomer(name, email, password_hash, digest(device))
        ways.post.send(await services.database.write(_sign_up, ways.mails, newcomer, now()))
    set_device(response, services.settings, device)


async def verify(services: Services, token: str) -> None:
    """Use a link that verifies an address. Raises LINK_EXPIRED."""
    user_id = await services.database.write(_verify, digest(token.strip()), now())
    if user_id is None:
        raise fail("LINK_EXPIRED")
    tell_verified(services, user_id)


def tell_verified(services: Services, user_id: int) -> None:
    """Have the account judged anew: its address is known to be the person's own."""
    services.ways_in.post.tell("account", services.accounts.email_verified(user_id))


async def refuse_weak(services: Services, password: str, known: Sequence[str]) -> None:
    """Raise WEAK_PASSWORD, naming the field, for what may not become a password."""
    weakness = await services.ways_in.passwords.weakness(password, known)
    if weakness is not None:
        wrong = {"field": "password", "rule": "weak", "message": weakness}
        raise fail("WEAK_PASSWORD", weakness, errors=[wrong])


def _sign_up(connection: Connection, mails: Mails, newcomer: Newcomer, moment: datetime) -> str | None:
    """Returns the outbox id of the mail to the address, whoever has it."""
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
        return None if found is None else _write_to(connection, mails, found.person, moment)
    devices.note_device(connection, user_id, newcomer.device_hash, moment)
    fresh = people.person(connection, user_id)
    return None if fresh is None else mails.verification(connection, NoticeKind.WELCOME, fresh, moment)


def _write_to(connection: Connection, mails: Mails, person: Person, moment: datetime) -> str | None:
    """Somebody signed up with an address that has an account: offer its owner the way back in."""
    if person.disabled:
        return None
    if not person.email_verified:
        return mails.verification(connection, NoticeKind.VERIFY_EMAIL, person, moment)
    return mails.reset(connection, person, moment)


def _verify(connection: Connection, token_hash: str, moment: datetime) -> int | None:
    """Whose address it is, or None."""
    link = use_link(connection, token_hash, Purpose.VERIFY, moment)
    if link is None:
        return None
    people.note_verified(connection, link.user_id, moment)
    return link.user_id
