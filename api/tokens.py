"""Bearer tokens for machines: their owner makes, lists and revokes them in a signed-in browser."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import people
from activities.db.people import HOUSE_TOKEN_LIFE, Person, Scope, Token
from api.database import now
from api.identifiers import Id
from api.people_views import TokenView, token_view
from api.problems import fail
from api.routes import about
from api.security import RULES, STAFF_ROLES, Audience, Browser, SignedIn, SteppedBrowser
from api.signins import TOKEN_PREFIX, digest
from api.state import Services, services_of
from api.step_up import owner_of

TOKENS_MAX = 20
LIFE_DAYS, LIFE_DAYS_MAX = 90, 365
STAFF_LIFE_DAYS = HOUSE_TOKEN_LIFE.days
# The scopes that are of use to some roles only, with the refusal that their routes have for everybody else.
OF_ROLES = {Scope.SELL: Audience.SELLER, Scope.ADMIN: Audience.STAFF}
EXAMPLE_TOKEN = {
    "id": 3,
    "name": "stock system",
    "scopes": ["read", "sell"],
    "created_at": "2026-05-05T12:00:00.000Z",
    "expires_at": "2026-08-03T12:00:00.000Z",
    "last_used_at": None,
}
router = APIRouter(prefix="/api/me/tokens", tags=["people"])


class NewToken(BaseModel):
    """A token to be made; it is good for 90 days where nothing else is said, and for one day at most if the staff's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "stock system", "scopes": ["read", "sell"]}]}
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in_days: Annotated[int, Field(ge=1, le=LIFE_DAYS_MAX, strict=True)] | None = None


class MadeToken(TokenView):
    """A new token with its secret, which is shown this once."""

    token: str


class TokenList(TypedDict):
    """All tokens of a person that are not revoked."""

    items: list[TokenView]


@router.post(
    "",
    status_code=201,
    **about(
        Audience.BROWSER,
        "STEP_UP_REQUIRED",
        "EMAIL_NOT_VERIFIED",
        "TOO_MANY_TOKENS",
        "SELLERS_ONLY",
        "STAFF_ONLY",
        "TOKEN_TOO_LONG",
        example={**EXAMPLE_TOKEN, "token": "ht_..."},
        success=201,
    ),
)
async def make_token(request: Request, identity: SteppedBrowser, wanted: NewToken) -> MadeToken:
    """Make a token; its secret is in this answer only."""
    return await new_token(services_of(request), owner_of(identity), wanted)


@router.get("", **about(Audience.SIGNED_IN, example={"items": [EXAMPLE_TOKEN]}))
async def list_tokens(request: Request, person: SignedIn) -> TokenList:
    """The tokens of the signed-in person."""
    found = await services_of(request).database.read(people.tokens, person.id)
    return {"items": [token_view(token) for token in found]}


@router.delete("/{token_id}", status_code=204, **about(Audience.BROWSER, "TOKEN_NOT_FOUND"))
async def revoke_token(request: Request, identity: Browser, token_id: Id) -> None:
    """Revoke a token: it stops working at once here, and within five seconds everywhere."""
    services = services_of(request)
    revoked = await services.database.write(
        people.revoke_token, user_id=owner_of(identity).id, token_id=token_id, now=now()
    )
    if revoked is None:
        raise fail("TOKEN_NOT_FOUND")
    services.sign_ins.forget_token(revoked)


async def new_token(services: Services, person: Person, wanted: NewToken) -> MadeToken:
    """Make a token. Raises EMAIL_NOT_VERIFIED, TOO_MANY_TOKENS, TOKEN_TOO_LONG, or SELLERS_ONLY or STAFF_ONLY for a
    scope."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    made = await services.database.write(_add, person.id, wanted, digest(secret))
    return {**token_view(made), "token": secret}


async def revoke(services: Services, person: Person, token_id: int) -> None:
    """Revoke a person's own token. Raises TOKEN_NOT_FOUND."""
    revoked = await services.database.write(people.revoke_token, user_id=person.id, token_id=token_id, now=now())
    if revoked is None:
        raise fail("TOKEN_NOT_FOUND")
    services.sign_ins.forget_token(revoked)


def _add(connection: Connection, user_id: int, wanted: NewToken, token_hash: str) -> Token:
    owner = people.person(connection, user_id)
    if owner is None or not owner.email_verified:
        raise fail("EMAIL_NOT_VERIFIED")
    if people.count_tokens(connection, user_id) >= TOKENS_MAX:
        raise fail("TOO_MANY_TOKENS", limit=TOKENS_MAX)
    for scope, audience in OF_ROLES.items():
        if scope in wanted.scopes and not RULES[audience].admits(owner):
            raise fail(RULES[audience].code, f"Your account has no use for the scope `{scope}`.", scope=scope.value)
    life_days, moment = _life_days(owner, wanted.expires_in_days), now()
    return people.add_token(
        connection,
        user_id=user_id,
        name=wanted.name,
        token_hash=token_hash,
        scopes=wanted.scopes,
        now=moment,
        expires_at=moment + timedelta(days=life_days),
    )


def _life_days(owner: Person, wanted: int | None) -> int:
    """A token acts without fresh proof of who holds it, so that one of the staff's ends soon. Raises TOKEN_TOO_LONG."""
    if owner.role not in STAFF_ROLES:
        return wanted or LIFE_DAYS
    if wanted is not None and wanted > STAFF_LIFE_DAYS:
        raise fail("TOKEN_TOO_LONG", most_days=STAFF_LIFE_DAYS)
    return STAFF_LIFE_DAYS
