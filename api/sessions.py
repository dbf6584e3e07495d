"""The browsers in which one is signed in: seen, ended one by one, or all at once."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import sessions
from activities.db.sessions import ID_LENGTH, OpenSession
from api.database import now
from api.people import clear_cookie
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser
from api.signins import Identity
from api.state import Services, services_of
from domain.clock import to_text

EXAMPLE = {
    "id": "9f86d081884c7d65",
    "current": True,
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "address": "203.0.113.7",
    "created_at": "2026-05-05T12:00:00.000Z",
    "last_seen_at": "2026-05-05T12:30:00.000Z",
    "expires_at": "2026-05-19T12:00:00.000Z",
}
router = APIRouter(prefix="/auth", tags=["people"])


class SessionLine(TypedDict):
    """A signed-in browser; `current` is the one that asks."""

    id: str
    current: bool
    user_agent: str
    address: str
    created_at: str
    last_seen_at: str
    expires_at: str


class SessionList(TypedDict):
    """All signed-in browsers of a person, the last used first."""

    items: list[SessionLine]


@router.get("/sessions", **about(Audience.BROWSER, example={"items": [EXAMPLE]}))
async def list_sessions(request: Request, identity: Browser) -> SessionList:
    """Where one is signed in."""
    return {"items": await session_lines(services_of(request), identity)}


@router.delete("/sessions/{session_id}", status_code=204, **about(Audience.BROWSER, "SESSION_NOT_FOUND"))
async def end_session(request: Request, identity: Browser, session_id: str) -> None:
    """Sign one browser out: at once here, and within five seconds everywhere."""
    await end(services_of(request), identity, session_id)


@router.post("/logout-everywhere", status_code=204, **about(Audience.BROWSER))
async def end_all_sessions(request: Request, response: Response, identity: Browser) -> None:
    """Sign out everywhere, here as well. Bearer tokens stay; they are revoked one by one."""
    services = services_of(request)
    await end_everywhere(services, identity)
    clear_cookie(response, services.settings)


async def session_lines(services: Services, identity: Identity) -> list[SessionLine]:
    """The signed-in browsers of whoever asks."""
    user_id = identity.person.id if identity.person else 0
    found: Sequence[OpenSession] = await services.database.read(sessions.sessions_of, user_id, now())
    return [_line(each, identity) for each in found]


async def end(services: Services, identity: Identity, session_id: str) -> None:
    """End one session of whoever asks, by its public name. Raises SESSION_NOT_FOUND."""
    user_id = identity.person.id if identity.person else 0
    good = len(session_id) == ID_LENGTH and session_id.isalnum()
    ended = await services.database.write(sessions.end_one, user_id, session_id) if good else []
    if not ended:
        raise fail("SESSION_NOT_FOUND")
    _forget(services, ended)


async def end_everywhere(services: Services, identity: Identity) -> None:
    """End all sessions of whoever asks."""
    user_id = identity.person.id if identity.person else 0
    _forget(services, await services.database.write(sessions.end_all, user_id))


def _forget(services: Services, ended: Sequence[str]) -> None:
    for token_hash in ended:
        services.sign_ins.forget_session(token_hash)


def _line(session: OpenSession, identity: Identity) -> SessionLine:
    return {
        "id": session.id,
        "current": session.token_hash == identity.token_hash,
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": to_text(session.created_at),
        "last_seen_at": to_text(session.last_seen_at),
        "expires_at": to_text(session.expires_at),
    }
