"""Signing in and out, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.passwords import MAX_LENGTH
from activities.settings import Settings
from api.people_views import PersonView, person_view
from api.routes import about
from api.security import COOKIE, Audience, Browser, SignedIn, Viewer
from api.signins import Origin
from api.signins import SignedIn as OpenedSession
from api.state import services_of

EXAMPLE_PERSON = {
    "id": 7,
    "email": "ada@example.com",
    "name": "Ada Brandt",
    "role": "buyer",
    "can_bid": True,
    "buying_limit_cents": 5_000_000,
}
EXAMPLE_SESSION = {"user": EXAMPLE_PERSON, "csrf_token": "kq0Jt0b6m1y7r5w2"}
DAY_S = 86_400
router = APIRouter(prefix="/auth", tags=["people"])


class Login(BaseModel):
    """What one signs in with."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"email": "ada@example.com", "password": "correct horse battery"}]},
    )

    email: Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]


class SessionView(TypedDict):
    """The signed-in person, and what must go with every write of this browser."""

    user: PersonView
    csrf_token: str


class MeView(TypedDict):
    """The signed-in person."""

    user: PersonView


def origin_of(request: Request) -> Origin:
    """Where a sign-in comes from."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""))


def set_cookie(response: Response, settings: Settings, opened: OpenedSession) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=settings.session_days * DAY_S,
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the browser's session away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=settings.cookie_secure)


@router.post(
    "/login",
    **about(
        Audience.PUBLIC,
        "WRONG_CREDENTIALS",
        "ACCOUNT_DISABLED",
        "CROSS_SITE",
        "TOO_MANY_SIGN_INS",
        "SIGN_IN_BUSY",
        example=EXAMPLE_SESSION,
    ),
)
async def login(request: Request, response: Response, identity: Viewer, wanted: Login) -> SessionView:
    """Sign in; sets the HttpOnly session cookie and answers the token that every write has to carry."""
    services = services_of(request)
    opened = await services.sign_ins.open(wanted.email, wanted.password, origin_of(request))
    await services.sign_ins.close(identity)
    set_cookie(response, services.settings, opened)
    return {"user": person_view(opened.person), "csrf_token": opened.csrf_token}


@router.post("/logout", status_code=204, **about(Audience.BROWSER))
async def logout(request: Request, response: Response, identity: Browser) -> None:
    """End this browser's session."""
    services = services_of(request)
    await services.sign_ins.close(identity)
    clear_cookie(response, services.settings)


@router.get("/me", **about(Audience.SIGNED_IN, example={"user": EXAMPLE_PERSON}))
async def me(person: SignedIn) -> MeView:
    """Who is signed in."""
    return {"user": person_view(person)}
