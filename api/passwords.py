"""Passwords that are lost or replaced: the mailed link, and the new password, which ends what the old one opened."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse

from activities.db import devices, people, second_factors, sessions
from activities.db.email_links import Purpose, drop_links, find_link, use_link
from activities.db.people import Credentials, Person
from api.database import now
from api.guesses import MAIL_ADDRESS_LIMIT, Guesser
from api.mails import Mails
from api.people import Email, origin_of, set_device
from api.problems import fail
from api.registration import LINK_CODES, SENT, LinkToken, NewPassword, asker, refuse_weak, tell_verified
from api.routes import about
from api.security import Audience, SteppedBrowser, Viewer
from api.signins import digest
from api.state import Services, services_of

ACCEPTED = 202
PASSWORD_CODES = ("WEAK_PASSWORD", "SIGN_IN_BUSY")
router = APIRouter(prefix="/auth", tags=["people"])


class LostPassword(BaseModel):
    """Whose password is lost."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"email": "ada@example.com"}]}
    )

    email: Email


class ResetPassword(BaseModel):
    """The token of the mailed link, and the new password."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"token": "k9Xw...", "password": "correct horse battery"}]},
    )

    token: LinkToken
    password: NewPassword


class ChangedPassword(BaseModel):
    """The new password of somebody who is signed in."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"password": "correct horse battery"}]}
    )

    password: NewPassword


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a new password ended, sessions and tokens by their hashes, and the mails that tell of it."""

    sessions: list[str]
    outbox_ids: list[str]
    tokens: list[str] = field(default_factory=list)


@router.post(
    "/reset-password",
    status_code=ACCEPTED,
    **about(Audience.PUBLIC, "TOO_MANY_TRIES", "CROSS_SITE", example=SENT, success=ACCEPTED),
)
async def ask(request: Request, _: Viewer, wanted: LostPassword) -> Response:
    """Ask for a link to choose a new password. The answer is the same whether the address has an account or not."""
    return JSONResponse(SENT, ACCEPTED, background=await asked(request, wanted.email))


@router.post("/reset-password/confirm", status_code=204, **about(Audience.PUBLIC, *LINK_CODES, *PASSWORD_CODES))
async def confirm(request: Request, response: Response, _: Viewer, wanted: ResetPassword) -> None:
    """Choose a new password by the link; all sessions and tokens end, and a second factor stays needed."""
    await reset(request, response, wanted.token, wanted.password)


@router.post("/password", status_code=204, **about(Audience.BROWSER, "STEP_UP_REQUIRED", *PASSWORD_CODES))
async def change(request: Request, identity: SteppedBrowser, wanted: ChangedPassword) -> None:
    """Replace one's password; all other sessions end."""
    if identity.person is not None:
        await replace_password(services_of(request), identity.person, wanted.password, but=identity.token_hash)


async def asked(request: Request, email: str) -> BackgroundTask:
    """Take the wish for a link. Raises TOO_MANY_TRIES.

    The mail is written after the answer has left, so that the time of the answer tells nothing; if the process dies in
    between, the person asks again.
    """
    services = services_of(request)
    await services.ways_in.guesses.may_ask(MAIL_ADDRESS_LIMIT, origin_of(request).address)
    return BackgroundTask(_offer, services, await asker(request, email))


async def reset(request: Request, response: Response, token: str, password: str) -> None:
    """Set a new password by a link, and know this browser from now on. Raises LINK_EXPIRED or WEAK_PASSWORD."""
    services, origin, token_hash = services_of(request), origin_of(request), digest(token.strip())
    owner = await services.database.read(_owner, token_hash, now())
    if owner is None:
        raise fail("LINK_EXPIRED")
    await refuse_weak(services, password, (owner.name, owner.email))
    password_hash = await services.ways_in.passwords.hash(password)
    device = origin.device or secrets.token_urlsafe(32)
    mails = services.ways_in.mails
    done = await services.database.write(_reset, mails, token_hash, password_hash, digest(device), now())
    if done is None:
        raise fail("LINK_EXPIRED")
    _settle(services, done)
    if not owner.email_verified:
        tell_verified(services, owner.id, [])
    set_device(response, services.settings, device)


async def replace_password(services: Services, person: Person, password: str, *, but: str) -> None:
    """Set a new password and end all sessions `but` the asker's own (by its hash).

    Raises WEAK_PASSWORD or SIGN_IN_BUSY, and NOT_SIGNED_IN where that session has ended meanwhile.
    """
    await refuse_weak(services, password, (person.name, person.email))
    password_hash = await services.ways_in.passwords.hash(password)
    mails = services.ways_in.mails
    done = await services.database.write(_change, mails, person, password_hash, but=but, moment=now())
    _settle(services, done)


async def _offer(services: Services, guesser: Guesser) -> None:
    ways = services.ways_in
    if await ways.guesses.may_mail(guesser):
        ways.post.send(await services.database.write(_write_offer, ways.mails, guesser.email, now()))


def _write_offer(connection: Connection, mails: Mails, email: str, moment: datetime) -> str | None:
    found: Credentials | None = people.credentials(connection, email)
    return None if found is None or found.person.disabled else mails.reset(connection, found.person, moment)


def _owner(connection: Connection, token_hash: str, moment: datetime) -> Person | None:
    link = find_link(connection, token_hash, Purpose.RESET, moment)
    return None if link is None else people.person(connection, link.user_id)


def _reset(
    connection: Connection, mails: Mails, token_hash: str, password_hash: str, device_hash: str, moment: datetime
) -> Replaced | None:
    """What ended; None where the link is no longer good."""
    link = find_link(connection, token_hash, Purpose.RESET, moment)
    found = None if link is None else people.locked(connection, link.user_id)
    if found is None or found.person.disabled or use_link(connection, token_hash, Purpose.RESET, moment) is None:
        return None
    # The link came by mail, so the address is theirs; who used the account before is no longer trusted to be them.
    owner = found.person
    followed = [] if owner.email_verified else _take_over(connection, mails, owner, moment)
    tokens = people.revoke_tokens(connection, owner.id, moment)
    devices.forget_devices(connection, owner.id)
    devices.note_device(connection, owner.id, device_hash, moment)
    drop_links(connection, owner.id)
    done = _replace(connection, mails, owner, password_hash, but="", moment=moment)
    return replace(done, tokens=tokens, outbox_ids=[*done.outbox_ids, *followed])


def _take_over(connection: Connection, mails: Mails, owner: Person, moment: datetime) -> list[str]:
    """Nobody had shown whose account it is: what was set up in it goes, and it is judged as the owner's."""
    second_factors.remove_all(connection, owner.id)
    people.note_verified(connection, owner.id, moment)
    return mails.judged(connection, owner.id, moment)


def _change(
    connection: Connection, mails: Mails, person: Person, password_hash: str, *, but: str, moment: datetime
) -> Replaced:
    found = people.locked(connection, person.id)
    if found is None or people.session(connection, but, moment) is None:
        raise fail("NOT_SIGNED_IN")
    # Until the address is shown to be theirs, the links in its mail are for its owner, whoever that is.
    drop_links(connection, person.id, *([] if found.person.email_verified else [Purpose.CHANGE]))
    return _replace(connection, mails, found.person, password_hash, but=but, moment=moment)


def _replace(
    connection: Connection, mails: Mails, person: Person, password_hash: str, *, but: str, moment: datetime
) -> Replaced:
    people.change_password(connection, person.id, password_hash)
    ended = sessions.end_all(connection, person.id, but=but)
    return Replaced(ended, [mails.password_changed(connection, person, moment)])


def _settle(services: Services, done: Replaced) -> None:
    for token_hash in done.sessions:
        services.sign_ins.forget_session(token_hash)
    for token_hash in done.tokens:
        services.sign_ins.forget_token(token_hash)
    for outbox_id in done.outbox_ids:
        services.ways_in.post.send(outbox_id)
