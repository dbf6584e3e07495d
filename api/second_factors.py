"""Setting up a second factor: an authenticator app by its QR code, and recovery codes that are shown once."""

import secrets
from datetime import timedelta
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import people, second_factors
from activities.db.people import Person
from activities.one_time_codes import address_of, new_secret, picture_of, step_of
from api.database import now
from api.entrance import methods_of
from api.people import Code, origin_of
from api.problems import fail
from api.routes import about
from api.security import STAFF_ROLES, Account, Audience, SteppedBrowser, has_stepped_up
from api.signins import Identity
from api.state import Services, services_of
from api.step_up import Password, note, owner_of
from api.ways_in import WaysIn
from domain.clock import to_ms

SETUP_LIFE = timedelta(minutes=15)
SETUP_PLACE = "set-up of an authenticator"
SETUP_CODES = ("STEP_UP_REQUIRED", "WRONG_PASSWORD", "EMAIL_NOT_VERIFIED", "TOO_MANY_SIGN_INS", "SIGN_IN_BUSY")
CODES = ["jk4mt-9xw2p-zr7ha", "q2vbn-85cfe-yt3ds"]
EXAMPLE_SETUP = {
    "secret": "JBSWY3DPEHPK3PXP",
    "address": "otpauth://totp/Hammertime:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Hammertime",
    "picture": "data:image/svg+xml,...",
    "setup": "5f0c...",
}
router = APIRouter(prefix="/auth", tags=["people"])


class Setup(msgspec.Struct, frozen=True):
    """An authenticator that is being set up; its owner's browser carries it, sealed, until a code confirms it."""

    user_id: int
    secret: str
    until_ms: int


class Permission(BaseModel):
    """The password, from whoever has no second factor yet and has not just stepped up."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"password": "..."}]})

    password: Password | None = None


class Confirmation(BaseModel):
    """What the set-up answered, and the first code that the app shows."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"setup": "5f0c...", "code": "123456"}]}
    )

    setup: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    code: Code


class SetupView(TypedDict):
    """A new authenticator: its secret as text, as `otpauth:` address and as a picture of that (a `data:` URI)."""

    secret: str
    address: str
    picture: str
    setup: str


class RecoveryCodes(TypedDict):
    """New recovery codes, which are shown this once; none where the ones from before stay good."""

    recovery_codes: list[str]


class FactorsView(TypedDict):
    """What an account can show besides its password."""

    methods: list[str]
    recovery_left: int


@router.get("/factors", **about(Audience.ACCOUNT, example={"methods": ["totp", "recovery"], "recovery_left": 10}))
async def list_factors(request: Request, identity: Account) -> FactorsView:
    """One's second factors."""
    found = await services_of(request).database.read(second_factors.factors, owner_of(identity).id)
    return {"methods": list(methods_of(found)), "recovery_left": found.recovery_left}


@router.post("/authenticator", **about(Audience.ACCOUNT, *SETUP_CODES, example=EXAMPLE_SETUP))
async def begin(request: Request, identity: Account, wanted: Permission) -> SetupView:
    """Begin with an authenticator app; nothing changes before its first code confirms it."""
    return await begin_authenticator(request, identity, wanted.password)


@router.post(
    "/authenticator/confirm",
    **about(Audience.ACCOUNT, "SETUP_EXPIRED", "WRONG_CODE", "TOO_MANY_CODES", example={"recovery_codes": CODES}),
)
async def confirm(request: Request, identity: Account, wanted: Confirmation) -> RecoveryCodes:
    """Keep the authenticator app, in the place of any other; this session counts as stepped up."""
    return {"recovery_codes": await confirm_authenticator(request, identity, wanted.setup, wanted.code)}


@router.delete(
    "/authenticator", status_code=204, **about(Audience.BROWSER, "STEP_UP_REQUIRED", "FACTOR_NOT_FOUND", "LAST_FACTOR")
)
async def remove(request: Request, identity: SteppedBrowser) -> None:
    """Take the authenticator app away, and the recovery codes with the last second factor."""
    await remove_authenticator(services_of(request), owner_of(identity))


@router.post(
    "/recovery-codes",
    **about(Audience.BROWSER, "STEP_UP_REQUIRED", "FACTOR_NOT_FOUND", example={"recovery_codes": CODES}),
)
async def renew_codes(request: Request, identity: SteppedBrowser) -> RecoveryCodes:
    """Make new recovery codes; the old ones end."""
    return {"recovery_codes": await renew_recovery_codes(services_of(request), owner_of(identity))}


async def may_set_up(request: Request, identity: Identity, password: str | None) -> Person:
    """Let whoever owns the session add a second factor. Raises one of SETUP_CODES.

    An unverified address may be a stranger's, who shall not find their account behind somebody else's second factor.
    """
    services = services_of(request)
    person = await services.database.read(people.person, owner_of(identity).id)
    if person is None or not person.email_verified:
        raise fail("EMAIL_NOT_VERIFIED")
    if has_stepped_up(identity, now()):
        return person
    factors = await services.database.read(second_factors.factors, person.id)
    if factors.any or password is None:
        raise fail("STEP_UP_REQUIRED", methods=list(methods_of(factors)) or ["password"])
    if not await services.ways_in.entrance.is_password(person, password, origin_of(request)):
        raise fail("WRONG_PASSWORD")
    return person


async def begin_authenticator(request: Request, identity: Identity, password: str | None) -> SetupView:
    """A new authenticator to be confirmed. Raises one of SETUP_CODES."""
    person = await may_set_up(request, identity, password)
    setup = Setup(person.id, new_secret(), to_ms(now() + SETUP_LIFE))
    sealer = services_of(request).ways_in.sealer
    sealed = sealer.seal(msgspec.json.encode(setup), secrets.token_bytes(12), SETUP_PLACE)
    return setup_view(person, setup, sealed)


def setup_view(person: Person, setup: Setup, sealed: str) -> SetupView:
    """What the owner of a new authenticator is shown."""
    address = address_of(setup.secret, person.email)
    return {"secret": setup.secret, "address": address, "picture": picture_of(address), "setup": sealed}


async def confirm_authenticator(request: Request, identity: Identity, sealed: str, code: str) -> list[str]:
    """Keep an authenticator; returns new recovery codes. Raises SETUP_EXPIRED, WRONG_CODE or TOO_MANY_CODES."""
    services, person = services_of(request), owner_of(identity)
    ways = services.ways_in
    setup = read_setup(ways, person, sealed)
    await ways.guesses.may_try_code(f"set-up {person.id}")
    step = step_of(setup.secret, code.replace(" ", ""), now())
    if step is None:
        raise fail("WRONG_CODE")
    codes, outbox_id = await services.database.write(_keep, ways, person, setup.secret, step)
    ways.post.send(outbox_id)
    await note(request, identity)
    return codes


def read_setup(ways: WaysIn, person: Person, sealed: str) -> Setup:
    """What a browser carried for us. Raises SETUP_EXPIRED."""
    try:
        setup = msgspec.json.decode(ways.sealer.open(sealed, SETUP_PLACE), type=Setup)
    except (InvalidTag, ValueError):
        raise fail("SETUP_EXPIRED") from None
    if setup.user_id != person.id or setup.until_ms <= to_ms(now()):
        raise fail("SETUP_EXPIRED")
    return setup


async def remove_authenticator(services: Services, person: Person) -> None:
    """Take it away. Raises FACTOR_NOT_FOUND, or LAST_FACTOR for staff."""
    outbox_id = await services.database.write(_remove, services.ways_in, person)
    services.ways_in.post.send(outbox_id)


async def renew_recovery_codes(services: Services, person: Person) -> list[str]:
    """New recovery codes. Raises FACTOR_NOT_FOUND where there is no second factor that they could stand in for."""
    codes, outbox_id = await services.database.write(_renew, services.ways_in, person)
    services.ways_in.post.send(outbox_id)
    return codes


def forget_last(connection: Connection, person: Person) -> None:
    """After a factor is gone: recovery codes go with the last one. Raises LAST_FACTOR for staff, which undoes it."""
    if second_factors.factors(connection, person.id).any:
        return
    if person.role in STAFF_ROLES:
        raise fail("LAST_FACTOR")
    second_factors.set_recovery_codes(connection, person.id, ())


def first_codes(connection: Connection, ways: WaysIn, person: Person) -> list[str]:
    """Recovery codes for whoever has none left; the others keep theirs."""
    if second_factors.factors(connection, person.id).recovery_left:
        return []
    return ways.factors.new_recovery_codes(connection, person.id)


def _keep(connection: Connection, ways: WaysIn, person: Person, secret: str, step: int) -> tuple[list[str], str]:
    moment = now()
    sealed = ways.factors.codes.seal(person.id, secret)
    second_factors.set_authenticator(connection, person.id, sealed, step, moment)
    codes = first_codes(connection, ways, person)
    return codes, ways.mails.factor_changed(connection, person, "authenticator_added", moment)


def _remove(connection: Connection, ways: WaysIn, person: Person) -> str:
    if not second_factors.remove_authenticator(connection, person.id):
        raise fail("FACTOR_NOT_FOUND")
    forget_last(connection, person)
    return ways.mails.factor_changed(connection, person, "authenticator_removed", now())


def _renew(connection: Connection, ways: WaysIn, person: Person) -> tuple[list[str], str]:
    if not second_factors.factors(connection, person.id).any:
        raise fail("FACTOR_NOT_FOUND")
    codes = ways.factors.new_recovery_codes(connection, person.id)
    return codes, ways.mails.factor_changed(connection, person, "recovery_codes_made", now())
