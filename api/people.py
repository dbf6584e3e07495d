"""Signing in and out, and who one is."""

import re
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.passwords import MAX_LENGTH
from activities.settings import Settings
from api.entrance import HalfWay
from api.people_views import PersonView, person_view
from api.routes import about
from api.security import COOKIE, Account, Audience, SignedIn, Viewer
from api.signins import Identity, Origin
from api.signins import SignedIn as OpenedSession
from api.state import services_of

EXAMPLE_PERSON = {
    "id": 7,
    "email": "ada@example.com",
    "email_verified": True,
    "name": "Ada Brandt",
    "role": "buyer",
    "can_bid": True,
    "buying_limit_cents": 5_000_000,
}
EXAMPLE_SESSION = {"user": EXAMPLE_PERSON, "csrf_token": "kq0Jt0b6m1y7r5w2"}
EXAMPLE_HALF_WAY = {"second_factor": "required", "methods": ["totp", "recovery"], "ticket": "5f0c..."}
DAY_S = 86_400
DEVICE_COOKIE = "device"
# Browsers keep no cookie for longer.
DEVICE_DAYS = 400
DEVICE = re.compile(r"(?=[_-]*[A-Za-z0-9])[A-Za-z0-9_-]{43}")
ENTRANCE_CODES = ("CROSS_SITE", "TOO_MANY_SIGN_INS", "SIGN_IN_BUSY")
router = APIRouter(prefix="/auth", tags=["people"])


Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=6, max_length=40)]


class Login(BaseModel):
    """What one signs in with."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"email": "ada@example.com", "password": "correct horse battery"}]},
    )

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]


class SecondStep(BaseModel):
    """A code of the authenticator app, or a recovery code, after the password."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"ticket": "5f0c...", "code": "123456"}]}
    )

    ticket: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    code: Code


class SessionView(TypedDict):
    """The signed-in person, and what must go with every write of this browser."""

    user: PersonView
    csrf_token: str


class HalfWayView(TypedDict):
    """The password was right; a code with the `ticket`, or a passkey instead of all this, is missing."""

    second_factor: str
    methods: list[str]
    ticket: str


class MeView(TypedDict):
    """The signed-in person."""

    user: PersonView


def origin_of(request: Request) -> Origin:
    """Where a sign-in comes from."""
    address = request.client.host if request.client else ""
    device = request.cookies.get(DEVICE_COOKIE, "")
    return Origin(address, request.headers.get("user-agent", ""), device if DEVICE.fullmatch(device) else "")


def set_device(response: Response, settings: Settings, device: str) -> None:
    """Give the browser the name by which we know it again."""
    life = DEVICE_DAYS * DAY_S
    secure = settings.cookie_secure
    response.set_cookie(DEVICE_COOKIE, device, max_age=life, httponly=True, samesite="lax", secure=secure)


def set_cookie(response: Response, settings: Settings, opened: OpenedSession) -> None:
    """Give the browser its session."""
    secure = settings.cookie_secure
    life = settings.session_days * DAY_S
    response.set_cookie(COOKIE, opened.token, max_age=life, httponly=True, samesite="lax", secure=secure)
    set_device(response, settings, opened.device)


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the browser's session away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=settings.cookie_secure)


@router.post(
    "/login",
    **about(Audience.PUBLIC, "WRONG_CREDENTIALS", "ACCOUNT_DISABLED", *ENTRANCE_CODES, example=EXAMPLE_SESSION),
)
async def login(request: Request, response: Response, identity: Viewer, wanted: Login) -> SessionView | HalfWayView:
    """Sign in; sets the HttpOnly session cookie and answers the token that every write has to carry.

    An account with a second factor gets no session yet, but a ticket for `/auth/second-factor`.
    """
    way = services_of(request).ways_in.entrance
    opened = await way.by_password(wanted.email, wanted.password, origin_of(request))
    if isinstance(opened, HalfWay):
        return {"second_factor": "required", "methods": list(opened.methods), "ticket": opened.ticket}
    return await welcome(request, response, identity, opened)


@router.post(
    "/second-factor",
    **about(
        Audience.PUBLIC,
        "WRONG_CREDENTIALS",
        "TICKET_EXPIRED",
        "WRONG_CODE",
        "TOO_MANY_CODES",
        "CROSS_SITE",
        example=EXAMPLE_SESSION,
    ),
)
async def second_step(request: Request, response: Response, identity: Viewer, wanted: SecondStep) -> SessionView:
    """Finish a sign-in whose password was right."""
    opened = await services_of(request).ways_in.entrance.by_code(wanted.ticket, wanted.code, origin_of(request))
    return await welcome(request, response, identity, opened)


async def welcome(request: Request, response: Response, identity: Identity, opened: OpenedSession) -> SessionView:
    """Give a browser its new session in the place of the one it had."""
    services = services_of(request)
    await services.sign_ins.close(identity)
    set_cookie(response, services.settings, opened)
    return {"user": person_view(opened.person), "csrf_token": opened.csrf_token}


@router.post("/logout", status_code=204, **about(Audience.ACCOUNT))
async def logout(request: Request, response: Response, identity: Account) -> None:
    """End this browser's session."""
    services = services_of(request)
    await services.sign_ins.close(identity)
    clear_cookie(response, services.settings)


@router.get("/me", **about(Audience.SIGNED_IN, example={"user": EXAMPLE_PERSON}))
async def me(person: SignedIn) -> MeView:
    """Who is signed in."""
    return {"user": person_view(person)}
