"""Who may come in: every route names its audience, and these guards are the only way to do so."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends
from starlette.requests import Request

from activities.db.people import Person, Role, Scope
from api.problems import fail
from api.signins import ANYONE, Identity, Via
from api.state import services_of

COOKIE = "session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
FORM_TYPE = "application/x-www-form-urlencoded"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"", "same-origin", "none"})


class Audience(StrEnum):
    """For whom a route is."""

    PUBLIC = "public"
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
        Audience.SIGNED_IN: Rule(lambda _: True, "NOT_SIGNED_IN", Scope.READ),
        Audience.BROWSER: Rule(lambda _: True, "NOT_SIGNED_IN", Scope.READ),
        Audience.BIDDER: Rule(lambda person: person.can_bid, "NOT_APPROVED_TO_BID", Scope.BID),
        Audience.SELLER: Rule(lambda person: person.role in {Role.SELLER, Role.ADMIN}, "SELLERS_ONLY", Scope.SELL),
        Audience.STAFF: Rule(lambda person: person.role in {Role.SUPPORT, Role.ADMIN}, "STAFF_ONLY", Scope.ADMIN),
        Audience.ADMIN: Rule(lambda person: person.role is Role.ADMIN, "ADMINS_ONLY", Scope.ADMIN),
    }
)
# The refusals that a route has by its audience alone, for OpenAPI and the tests.
REFUSALS: Mapping[Audience, tuple[str, ...]] = MappingProxyType(
    {
        Audience.PUBLIC: ("INVALID_TOKEN",),
        Audience.SIGNED_IN: ("NOT_SIGNED_IN", "INVALID_TOKEN", "SCOPE_MISSING", "CSRF_FAILED"),
        Audience.BROWSER: ("NOT_SIGNED_IN", "INVALID_TOKEN", "BROWSER_ONLY", "CSRF_FAILED"),
        Audience.BIDDER: ("NOT_SIGNED_IN", "INVALID_TOKEN", "SCOPE_MISSING", "CSRF_FAILED", "NOT_APPROVED_TO_BID"),
        Audience.SELLER: ("NOT_SIGNED_IN", "INVALID_TOKEN", "SCOPE_MISSING", "CSRF_FAILED", "SELLERS_ONLY"),
        Audience.STAFF: ("NOT_SIGNED_IN", "INVALID_TOKEN", "SCOPE_MISSING", "CSRF_FAILED", "STAFF_ONLY"),
        Audience.ADMIN: ("NOT_SIGNED_IN", "INVALID_TOKEN", "SCOPE_MISSING", "CSRF_FAILED", "ADMINS_ONLY"),
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
    if audience is Audience.BROWSER and identity.via is not Via.SESSION:
        raise fail("BROWSER_ONLY")
    if rule.scope not in identity.scopes:
        raise fail("SCOPE_MISSING", scope=rule.scope.value)
    if not rule.admits(identity.person):
        raise fail(rule.code)
    return identity.person


async def check_origin(request: Request, identity: Identity, audience: Audience) -> None:
    """Refuse writes that another site made a browser send: by token where a session is used, by origin everywhere."""
    if request.method in READING or identity.via is Via.BEARER:
        return
    origin = request.headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or request.headers.get("sec-fetch-site", "") not in OWN_SITES:
        raise fail("CROSS_SITE")
    if audience is not Audience.PUBLIC and not _same(await _csrf_token(request), identity.csrf_token):
        raise fail("CSRF_FAILED")


async def admit(request: Request, audience: Audience) -> Identity:
    """Identify, require and check in one: what a route outside FastAPI's dependencies calls first."""
    identity = await identify(request)
    person = require(identity, audience)
    await check_origin(request, identity, audience)
    request.state.identity = identity
    if person is not None:
        structlog.contextvars.bind_contextvars(user_id=person.id)
    return identity


async def _csrf_token(request: Request) -> str:
    header = request.headers.get(CSRF_HEADER)
    if header is not None:
        return header
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM_TYPE:
        return ""
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else ""


def _same(given: str, expected: str) -> bool:
    return bool(expected) and secrets.compare_digest(given.encode(), expected.encode())


def _guard(audience: Audience) -> Callable[[Request], Awaitable[Identity]]:
    async def admitted(request: Request) -> Identity:
        return await admit(request, audience)

    return admitted


def _person_guard(audience: Audience) -> Callable[[Request], Awaitable[Person]]:
    async def admitted(request: Request) -> Person:
        found = (await admit(request, audience)).person
        if found is None:
            raise fail("NOT_SIGNED_IN")
        return found

    return admitted


viewer = _guard(Audience.PUBLIC)
browser = _guard(Audience.BROWSER)
signed_in = _person_guard(Audience.SIGNED_IN)
bidder = _person_guard(Audience.BIDDER)
seller = _person_guard(Audience.SELLER)
staff = _person_guard(Audience.STAFF)
admin = _person_guard(Audience.ADMIN)

Viewer = Annotated[Identity, Depends(viewer)]
Browser = Annotated[Identity, Depends(browser)]
SignedIn = Annotated[Person, Depends(signed_in)]
Bidder = Annotated[Person, Depends(bidder)]
Seller = Annotated[Person, Depends(seller)]
Staff = Annotated[Person, Depends(staff)]
Admin = Annotated[Person, Depends(admin)]

GUARDS: Mapping[Callable[..., object], Audience] = MappingProxyType(
    {
        viewer: Audience.PUBLIC,
        browser: Audience.BROWSER,
        signed_in: Audience.SIGNED_IN,
        bidder: Audience.BIDDER,
        seller: Audience.SELLER,
        staff: Audience.STAFF,
        admin: Audience.ADMIN,
    }
)
