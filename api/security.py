"""Who may come in: every route names its audience, and these guards are the only way to do so."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends
from starlette.requests import Request

from activities.db.people import Person, Role, Scope
from api.database import now
from api.problems import fail
from api.signins import ANYONE, Identity, Via
from api.state import services_of

COOKIE = "session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
FORM_TYPE = "application/x-www-form-urlencoded"
UPLOAD_TYPE = "multipart/form-data"
# Where a form without scripts sends a file; everywhere else an upload is no form of ours.
UPLOADS = frozenset({"/sell/import"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"", "same-origin", "none"})
STEP_UP_LIFE = timedelta(minutes=10)
STAFF_ROLES = frozenset({Role.SUPPORT, Role.ADMIN})


class Audience(StrEnum):
    """For whom a route is. `account` is a browser like `browser`, but staff come in before their second factor too."""

    PUBLIC = "public"
    ACCOUNT = "account"
    SIGNED_IN = "signed_in"
    BROWSER = "browser"
    BIDDER = "bidder"
    SELLER = "seller"
    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an audience demands: a test of the person with the code of its refusal, and a token's scope."""

    admits: Callable[[Person], bool]
    code: str
    scope: Scope


RULES: Mapping[Audience, Rule] = MappingProxyType(
    {
        Audience.ACCOUNT: Rule(lambda _: True, "NOT_SIGNED_IN", Scope.READ),
        Audience.SIGNED_IN: Rule(lambda _: True, "NOT_SIGNED_IN", Scope.READ),
        Audience.BROWSER: Rule(lambda _: True, "NOT_SIGNED_IN", Scope.READ),
        Audience.BIDDER: Rule(lambda person: person.can_bid, "NOT_APPROVED_TO_BID", Scope.BID),
        Audience.SELLER: Rule(lambda person: person.role in {Role.SELLER, Role.ADMIN}, "SELLERS_ONLY", Scope.SELL),
        Audience.STAFF: Rule(lambda person: person.role in {Role.SUPPORT, Role.ADMIN}, "STAFF_ONLY", Scope.ADMIN),
        Audience.ADMIN: Rule(lambda person: person.role is Role.ADMIN, "ADMINS_ONLY", Scope.ADMIN),
    }
)
BROWSERS = frozenset({Audience.ACCOUNT, Audience.BROWSER})
# Whatever these audiences change, they have shown within ten minutes that it is still them.
ACTING = frozenset({Audience.STAFF, Audience.ADMIN})
BY_SESSION = ("NOT_SIGNED_IN", "INVALID_TOKEN", "CSRF_FAILED")
BY_EITHER = (*BY_SESSION, "SCOPE_MISSING", "SECOND_FACTOR_REQUIRED")
# The refusals that a route has by its audience alone, for OpenAPI and the tests.
REFUSALS: Mapping[Audience, tuple[str, ...]] = MappingProxyType(
    {
        Audience.PUBLIC: ("INVALID_TOKEN",),
        Audience.ACCOUNT: (*BY_SESSION, "BROWSER_ONLY"),
        Audience.SIGNED_IN: BY_EITHER,
        Audience.BROWSER: (*BY_SESSION, "BROWSER_ONLY", "SECOND_FACTOR_REQUIRED"),
        Audience.BIDDER: (*BY_EITHER, "NOT_APPROVED_TO_BID"),
        Audience.SELLER: (*BY_EITHER, "SELLERS_ONLY"),
        Audience.STAFF: (*BY_EITHER, "STAFF_ONLY", "STEP_UP_REQUIRED"),
        Audience.ADMIN: (*BY_EITHER, "ADMINS_ONLY", "STEP_UP_REQUIRED"),
    }
)


async def identify(request: Request) -> Identity:
    """Find who asks, by bearer token or else by session cookie. Raises INVALID_TOKEN for a bearer we do not know."""
    sign_ins = services_of(request).sign_ins
    authorization = request.headers.get("authorization")
    if authorization is not None:
        kind, _, token = authorization.partition(" ")
        found = await sign_ins.by_token(token.strip()) if kind.lower() == "bearer" else ANYONE
        if found.person is None:
            raise fail("INVALID_TOKEN")
        return found
    cookie = request.cookies.get(COOKIE)
    return ANYONE if cookie is None else await sign_ins.by_session(cookie)


def require(identity: Identity, audience: Audience) -> Person | None:
    """Let this audience pass, with its person where it needs one. Raises 401 or 403 by what is missing."""
    if audience is Audience.PUBLIC:
        return identity.person
    rule = RULES[audience]
    if identity.person is None:
        raise fail("NOT_SIGNED_IN")
    if audience in BROWSERS and identity.via is not Via.SESSION:
        raise fail("BROWSER_ONLY")
    if audience is not Audience.ACCOUNT and is_half_way(identity):
        raise fail("SECOND_FACTOR_REQUIRED")
    if rule.scope not in identity.scopes:
        raise fail("SCOPE_MISSING", scope=rule.scope.value)
    if not rule.admits(identity.person):
        raise fail(rule.code)
    return identity.person


def is_half_way(identity: Identity) -> bool:
    """Whether somebody of the staff is signed in by their password alone."""
    if identity.via is not Via.SESSION or identity.person is None or identity.person.role not in STAFF_ROLES:
        return False
    return identity.second_factor_at is None or not identity.has_second_factor


def has_stepped_up(identity: Identity, at: datetime) -> bool:
    """Whether this session has just shown that it is its owner's; a bearer token was made by one that had, and ends
    within a day where it may act for the house (docs/decisions/0006)."""
    if identity.via is Via.BEARER:
        return True
    shown_at = identity.second_factor_at
    return shown_at is not None and at - shown_at < STEP_UP_LIFE


async def check_origin(request: Request, identity: Identity, audience: Audience) -> None:
    """Refuse writes that another site made a browser send: by token where a session is used, by origin everywhere."""
    if request.method in READING or identity.via is Via.BEARER:
        return
    origin = request.headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or request.headers.get("sec-fetch-site", "") not in OWN_SITES:
        raise fail("CROSS_SITE")
    if audience is not Audience.PUBLIC and not _same(await _csrf_token(request), identity.csrf_token):
        await request.close()
        raise fail("CSRF_FAILED")


async def admit(request: Request, audience: Audience, *, stepped_up: bool = False) -> Identity:
    """Identify, require and check in one: what a route outside FastAPI's dependencies calls first.

    With `stepped_up`, and wherever staff change something, raises STEP_UP_REQUIRED for a session without fresh proof.
    """
    stepped_up = stepped_up or (audience in ACTING and request.method not in READING)
    identity = await identify(request)
    if is_half_way(identity) or stepped_up:
        # The proof may have been given, or the session ended, in another process a moment ago.
        identity = await services_of(request).sign_ins.read_again(identity)
    person = require(identity, audience)
    await check_origin(request, identity, audience)
    if stepped_up and not has_stepped_up(identity, now()):
        raise fail("STEP_UP_REQUIRED", step_up="/auth/step-up")
    request.state.identity = identity
    if person is not None:
        structlog.contextvars.bind_contextvars(user_id=person.id)
    return identity


async def _csrf_token(request: Request) -> str:
    header = request.headers.get(CSRF_HEADER)
    if header is not None:
        return header
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != FORM_TYPE and not (kind == UPLOAD_TYPE and request.url.path in UPLOADS):
        return ""
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else ""


def _same(given: str, expected: str) -> bool:
    return bool(expected) and secrets.compare_digest(given.encode(), expected.encode())


def _guard(audience: Audience, *, stepped_up: bool = False) -> Callable[[Request], Awaitable[Identity]]:
    async def admitted(request: Request) -> Identity:
        return await admit(request, audience, stepped_up=stepped_up)

    return admitted


def _person_guard(audience: Audience, *, stepped_up: bool = False) -> Callable[[Request], Awaitable[Person]]:
    async def admitted(request: Request) -> Person:
        found = (await admit(request, audience, stepped_up=stepped_up)).person
        if found is None:
            raise fail("NOT_SIGNED_IN")
        return found

    return admitted


viewer = _guard(Audience.PUBLIC)
account = _guard(Audience.ACCOUNT)
browser = _guard(Audience.BROWSER)
stepped_browser = _guard(Audience.BROWSER, stepped_up=True)
signed_in = _person_guard(Audience.SIGNED_IN)
bidder = _person_guard(Audience.BIDDER)
seller = _person_guard(Audience.SELLER)
stepped_seller = _person_guard(Audience.SELLER, stepped_up=True)
staff = _person_guard(Audience.STAFF)
admin = _person_guard(Audience.ADMIN)

Viewer = Annotated[Identity, Depends(viewer)]
Account = Annotated[Identity, Depends(account)]
Browser = Annotated[Identity, Depends(browser)]
# A route with one of the two stepped guards lists STEP_UP_REQUIRED among its codes.
SteppedBrowser = Annotated[Identity, Depends(stepped_browser)]
SteppedSeller = Annotated[Person, Depends(stepped_seller)]
SignedIn = Annotated[Person, Depends(signed_in)]
Bidder = Annotated[Person, Depends(bidder)]
Seller = Annotated[Person, Depends(seller)]
Staff = Annotated[Person, Depends(staff)]
Admin = Annotated[Person, Depends(admin)]

GUARDS: Mapping[Callable[..., object], Audience] = MappingProxyType(
    {
        viewer: Audience.PUBLIC,
        account: Audience.ACCOUNT,
        browser: Audience.BROWSER,
        stepped_browser: Audience.BROWSER,
        signed_in: Audience.SIGNED_IN,
        bidder: Audience.BIDDER,
        seller: Audience.SELLER,
        stepped_seller: Audience.SELLER,
        staff: Audience.STAFF,
        admin: Audience.ADMIN,
    }
)
