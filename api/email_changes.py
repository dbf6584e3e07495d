"""Moving an account to another e-mail address: both addresses are told, and the new one has to confirm."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import people
from activities.db.email_links import Link, Purpose, drop_links, use_link
from activities.db.people import Person, normal_email
from api.database import now
from api.guesses import MAIL_ADDRESS_LIMIT
from api.mails import Mails
from api.people import Email, origin_of
from api.problems import fail
from api.registration import DONE, LINK_CODES, SENT, MailedLink, Message, asker, tell_verified
from api.routes import about
from api.security import Audience, SteppedBrowser, Viewer
from api.signins import digest
from api.state import Services, services_of
from domain.notices import NoticeKind

ACCEPTED = 202
router = APIRouter(prefix="/auth/email", tags=["people"])


@dataclass(frozen=True, slots=True)
class Moved:
    """Whose account moved, and the mails that follow from it."""

    user_id: int
    outbox_ids: list[str]


TAKEN = Moved(0, [])


class NewEmail(BaseModel):
    """The address to move to."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"email": "ada@example.org"}]}
    )

    email: Email


@router.post(
    "",
    status_code=ACCEPTED,
    **about(Audience.BROWSER, "STEP_UP_REQUIRED", "TOO_MANY_TRIES", example=SENT, success=ACCEPTED),
)
async def change(request: Request, identity: SteppedBrowser, wanted: NewEmail) -> Message:
    """Ask to move to another address: it gets a link, the present one a warning. Taken addresses answer the same."""
    if identity.person is not None:
        await ask_to_move(request, identity.person, wanted.email)
    return {"message": SENT["message"]}


@router.post("/confirm", **about(Audience.PUBLIC, *LINK_CODES, "EMAIL_TAKEN", example=DONE))
async def confirm(request: Request, _: Viewer, wanted: MailedLink) -> Message:
    """Move the account, by the link that was sent to the new address."""
    await move(services_of(request), wanted.token)
    return {"message": DONE["message"]}


async def ask_to_move(request: Request, person: Person, email: str) -> None:
    """Write to both addresses. Raises TOO_MANY_TRIES."""
    services = services_of(request)
    ways = services.ways_in
    await ways.guesses.may_ask(MAIL_ADDRESS_LIMIT, origin_of(request).address)
    if await ways.guesses.may_mail(await asker(request, email)):
        for outbox_id in await services.database.write(_ask, ways.mails, person, normal_email(email), now()):
            ways.post.send(outbox_id)


async def move(services: Services, token: str) -> None:
    """Use the link. Raises LINK_EXPIRED, or EMAIL_TAKEN to the owner of both addresses."""
    moved = await services.database.write(_move, services.ways_in.mails, digest(token.strip()), now())
    if moved is None:
        raise fail("LINK_EXPIRED")
    if moved is TAKEN:
        raise fail("EMAIL_TAKEN")
    tell_verified(services, moved.user_id, moved.outbox_ids)


def _ask(connection: Connection, mails: Mails, person: Person, email: str, moment: datetime) -> tuple[str, str]:
    link = Link(person.id, Purpose.CHANGE, email)
    return (
        mails.link(connection, NoticeKind.EMAIL_CHANGE_CONFIRM, person, link, to_email=email, now=moment),
        mails.email_change(connection, person, email, moment),
    )


def _move(connection: Connection, mails: Mails, token_hash: str, moment: datetime) -> Moved | None:
    """Who moved; TAKEN to an address that somebody else has, None without a good link."""
    link = use_link(connection, token_hash, Purpose.CHANGE, moment)
    if link is None or link.new_email is None:
        return None
    if not people.change_email(connection, link.user_id, link.new_email, moment):
        return TAKEN
    drop_links(connection, link.user_id)
    return Moved(link.user_id, mails.judged(connection, link.user_id, moment))
