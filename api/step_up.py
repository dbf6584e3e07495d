"""Stepping up: somebody who is signed in shows once more that it is them, before what a stolen cookie may not do."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import passkeys, second_factors, sessions
from activities.db.people import Person
from activities.passwords import MAX_LENGTH
from api.ceremonies import credential_hash, step_up
from api.database import now
from api.entrance import methods_of
from api.people import Code, origin_of
from api.problems import fail
from api.routes import about
from api.security import STAFF_ROLES, STEP_UP_LIFE, Account, Audience
from api.signins import Identity
from api.state import services_of
from domain.clock import to_text

STEP_UP_CODES = (
    "WRONG_CODE",
    "WRONG_PASSWORD",
    "PASSKEY_REFUSED",
    "STEP_UP_REQUIRED",
    "SECOND_FACTOR_REQUIRED",
    "TOO_MANY_CODES",
    "TOO_MANY_SIGN_INS",
    "SIGN_IN_BUSY",
    "PASSKEYS_UNAVAILABLE",
)
USE_YOUR_FACTOR = "Your account has a second factor; use it instead of the password."
EXAMPLE = {"until": "2026-05-05T12:10:00.000Z"}
EXAMPLE_OPTIONS = {
    "challenge": "kq0Jt0b6m1y7r5w2",
    "rpId": "hammertime.example",
    "timeout": 60_000,
    "allowCredentials": [],
    "userVerification": "required",
}
router = APIRouter(prefix="/auth/step-up", tags=["people"])

Password = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]


class Proof(BaseModel):
    """Exactly one: a code, a passkey's credential, or, where there is no second factor, the password."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"code": "123456"}]})

    code: Code | None = None
    password: Password | None = None
    credential: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.code, self.password, self.credential)) != 1:
            raise ValueError("give one of code, password and credential")
        return self


class SteppedUp(TypedDict):
    """Until when this session may do what needs it."""

    until: str


@router.post("/options", **about(Audience.ACCOUNT, "PASSKEYS_UNAVAILABLE", example=EXAMPLE_OPTIONS))
async def options(request: Request, identity: Account) -> dict[str, Any]:
    """Options for `navigator.credentials.get`, for this session to step up by a passkey."""
    return await services_of(request).ways_in.ceremonies.to_sign(step_up(identity.token_hash))


@router.post("", **about(Audience.ACCOUNT, *STEP_UP_CODES, example=EXAMPLE))
async def take(request: Request, identity: Account, wanted: Proof) -> SteppedUp:
    """Show that it is you; good for ten minutes in this session."""
    await prove(request, identity, code=wanted.code, password=wanted.password, credential=wanted.credential)
    return {"until": to_text(now() + STEP_UP_LIFE)}


async def prove(
    request: Request,
    identity: Identity,
    *,
    code: str | None = None,
    password: str | None = None,
    credential: Mapping[str, Any] | None = None,
) -> None:
    """Take one proof and note it in the session. Raises one of STEP_UP_CODES."""
    person = owner_of(identity)
    if credential is not None:
        await _by_passkey(request, identity, person, credential)
    elif code is not None:
        await services_of(request).ways_in.factors.take_code(person, code, f"session {identity.token_hash}")
    else:
        await _by_password(request, person, password or "")
    await note(request, identity)


async def note(request: Request, identity: Identity) -> None:
    """This session has just shown that it is its owner's."""
    services = services_of(request)
    await services.database.write(sessions.note_proof, identity.token_hash, now())
    await services.sign_ins.read_again(identity)


def owner_of(identity: Identity) -> Person:
    """Whose session it is. Raises NOT_SIGNED_IN."""
    if identity.person is None:
        raise fail("NOT_SIGNED_IN")
    return identity.person


async def _by_passkey(request: Request, identity: Identity, person: Person, credential: Mapping[str, Any]) -> None:
    services = services_of(request)
    found = await services.database.read(passkeys.passkey_of, credential_hash(credential))
    own = found if found is not None and found.user_id == person.id else None
    count = await services.ways_in.ceremonies.signed(step_up(identity.token_hash), credential, own)
    if own is None or not await services.database.write(passkeys.note_use, own.id, count, now()):
        raise fail("PASSKEY_REFUSED")


async def _by_password(request: Request, person: Person, password: str) -> None:
    services = services_of(request)
    factors = await services.database.read(second_factors.factors, person.id)
    if factors.any:
        raise fail("STEP_UP_REQUIRED", USE_YOUR_FACTOR, methods=list(methods_of(factors)))
    if person.role in STAFF_ROLES:
        raise fail("SECOND_FACTOR_REQUIRED")
    if not await services.ways_in.entrance.is_password(person, password, origin_of(request)):
        raise fail("WRONG_PASSWORD")
