"""Passkeys: registered in a signed-in browser; one signs in by itself, for its owner was verified by the device."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import passkeys, people
from activities.db.passkeys import NewPasskey, Passkey
from activities.db.people import Person
from api.ceremonies import SIGN_IN, credential_hash
from api.database import now
from api.guesses import CEREMONY_LIMIT
from api.identifiers import Id
from api.people import EXAMPLE_SESSION, SessionView, origin_of, welcome
from api.problems import fail
from api.routes import about
from api.second_factors import CODES, SETUP_CODES, Permission, first_codes, forget_last, may_set_up
from api.security import Account, Audience, SteppedBrowser, Viewer
from api.state import Services, services_of
from api.step_up import EXAMPLE_OPTIONS, note, owner_of
from api.ways_in import WaysIn
from domain.clock import to_text

PASSKEYS_MAX = 20
EXAMPLE_PASSKEY = {
    "id": 4,
    "name": "my phone",
    "created_at": "2026-05-05T12:00:00.000Z",
    "last_used_at": None,
}
EXAMPLE_CREATION = {
    "rp": {"name": "Hammertime", "id": "hammertime.example"},
    "user": {"id": "q8Zk...", "name": "ada@example.com", "displayName": "Ada Brandt"},
    "challenge": "kq0Jt0b6m1y7r5w2",
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
}
CREDENTIAL: dict[str, Any] = {
    "id": "AQID...",
    "rawId": "AQID...",
    "type": "public-key",
    "response": {"clientDataJSON": "eyJ0..."},
}
router = APIRouter(prefix="/auth/passkeys", tags=["people"])


class SignedChallenge(BaseModel):
    """What `navigator.credentials.get` gave, as JSON."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"credential": CREDENTIAL}]})

    credential: dict[str, Any]


class Registration(BaseModel):
    """What `navigator.credentials.create` gave, as JSON, and what to call it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"credential": CREDENTIAL, "name": "my phone"}]}
    )

    credential: dict[str, Any]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class PasskeyView(TypedDict):
    """A passkey as its owner sees it."""

    id: int
    name: str
    created_at: str
    last_used_at: str | None


class MadePasskey(PasskeyView):
    """A new passkey, with recovery codes (shown this once) when it is the first second factor."""

    recovery_codes: list[str]


class PasskeyList(TypedDict):
    """All passkeys of a person."""

    items: list[PasskeyView]


@router.post(
    "/options",
    **about(Audience.PUBLIC, "PASSKEYS_UNAVAILABLE", "TOO_MANY_TRIES", "CROSS_SITE", example=EXAMPLE_OPTIONS),
)
async def sign_in_options(request: Request, _: Viewer) -> dict[str, Any]:
    """Options for `navigator.credentials.get`, the same for everybody: the passkey says whose it is."""
    ways = services_of(request).ways_in
    await ways.guesses.may_ask(CEREMONY_LIMIT, origin_of(request).address)
    return await ways.ceremonies.to_sign(SIGN_IN)


@router.post(
    "/sign-in",
    **about(
        Audience.PUBLIC,
        "PASSKEY_REFUSED",
        "ACCOUNT_DISABLED",
        "PASSKEYS_UNAVAILABLE",
        "CROSS_SITE",
        example=EXAMPLE_SESSION,
    ),
)
async def sign_in(request: Request, response: Response, identity: Viewer, wanted: SignedChallenge) -> SessionView:
    """Sign in by a passkey, without a password; it counts as two factors."""
    services = services_of(request)
    found = await services.database.read(passkeys.passkey_of, credential_hash(wanted.credential))
    count = await services.ways_in.ceremonies.signed(SIGN_IN, wanted.credential, found)
    person = None if found is None else await services.database.write(_use, found, count)
    if person is None:
        raise fail("PASSKEY_REFUSED")
    if person.disabled:
        raise fail("ACCOUNT_DISABLED")
    opened = await services.ways_in.entrance.enter(person, origin_of(request), second_factor_at=now())
    return await welcome(request, response, identity, opened)


@router.post(
    "/registration-options",
    **about(Audience.ACCOUNT, *SETUP_CODES, "TOO_MANY_PASSKEYS", "PASSKEYS_UNAVAILABLE", example=EXAMPLE_CREATION),
)
async def registration_options(request: Request, identity: Account, wanted: Permission) -> dict[str, Any]:
    """Options for `navigator.credentials.create`."""
    services = services_of(request)
    person = await may_set_up(request, identity, wanted.password)
    existing = await services.database.read(passkeys.passkeys_of, person.id)
    if len(existing) >= PASSKEYS_MAX:
        raise fail("TOO_MANY_PASSKEYS", limit=PASSKEYS_MAX)
    return await services.ways_in.ceremonies.to_register(person, existing)


@router.post(
    "",
    status_code=201,
    **about(
        Audience.ACCOUNT,
        "PASSKEY_REFUSED",
        "PASSKEY_KNOWN",
        "PASSKEYS_UNAVAILABLE",
        example={**EXAMPLE_PASSKEY, "recovery_codes": CODES},
        success=201,
    ),
)
async def add(request: Request, identity: Account, wanted: Registration) -> MadePasskey:
    """Keep a passkey; this session counts as stepped up."""
    services, person = services_of(request), owner_of(identity)
    new = await services.ways_in.ceremonies.registered(person, wanted.credential, wanted.name)
    made, codes, outbox_id = await services.database.write(_add, services.ways_in, person, new)
    services.ways_in.post.send(outbox_id)
    await note(request, identity)
    return {**passkey_view(made), "recovery_codes": codes}


@router.get("", **about(Audience.ACCOUNT, example={"items": [EXAMPLE_PASSKEY]}))
async def list_passkeys(request: Request, identity: Account) -> PasskeyList:
    """One's passkeys."""
    found = await services_of(request).database.read(passkeys.passkeys_of, owner_of(identity).id)
    return {"items": [passkey_view(each) for each in found]}


@router.delete(
    "/{passkey_id}",
    status_code=204,
    **about(Audience.BROWSER, "STEP_UP_REQUIRED", "PASSKEY_NOT_FOUND", "LAST_FACTOR"),
)
async def remove(request: Request, identity: SteppedBrowser, passkey_id: Id) -> None:
    """Take a passkey away."""
    await remove_passkey(services_of(request), owner_of(identity), passkey_id)


async def remove_passkey(services: Services, person: Person, passkey_id: int) -> None:
    """Take a passkey away. Raises PASSKEY_NOT_FOUND, or LAST_FACTOR for staff."""
    outbox_id = await services.database.write(_remove, services.ways_in, person, passkey_id)
    services.ways_in.post.send(outbox_id)


def passkey_view(passkey: Passkey) -> PasskeyView:
    """A passkey in the list of its owner."""
    used = passkey.last_used_at
    return {
        "id": passkey.id,
        "name": passkey.name,
        "created_at": to_text(passkey.created_at),
        "last_used_at": None if used is None else to_text(used),
    }


def _use(connection: Connection, passkey: Passkey, count: int) -> Person | None:
    if not passkeys.note_use(connection, passkey.id, count, now()):
        return None
    return people.person(connection, passkey.user_id)


def _add(connection: Connection, ways: WaysIn, person: Person, new: NewPasskey) -> tuple[Passkey, list[str], str]:
    moment = now()
    try:
        with connection.begin_nested():
            made = passkeys.add_passkey(connection, new, moment)
    except IntegrityError:
        raise fail("PASSKEY_KNOWN") from None
    codes = first_codes(connection, ways, person)
    return made, codes, ways.mails.factor_changed(connection, person, "passkey_added", moment)


def _remove(connection: Connection, ways: WaysIn, person: Person, passkey_id: int) -> str:
    if not passkeys.remove_passkey(connection, person.id, passkey_id):
        raise fail("PASSKEY_NOT_FOUND")
    forget_last(connection, person)
    return ways.mails.factor_changed(connection, person, "passkey_removed", now())
