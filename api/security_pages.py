"""The pages on which people see to the security of their account; all but passkeys work without scripts."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import passkeys, people, second_factors
from activities.db.people import Scope, Token
from activities.db.second_factors import Factors
from activities.passwords import MAX_LENGTH
from api.account_forms import Field, SecretField, TicketField, own_path, page
from api.database import now
from api.email_changes import ask_to_move
from api.entrance import methods_of
from api.frames import frame
from api.identifiers import Id
from api.passkeys import passkey_view, remove_passkey
from api.passwords import replace_password
from api.people import Email, clear_cookie
from api.people_views import person_view, token_view
from api.problems import fail
from api.registration import SENT, resend
from api.routes import about
from api.second_factors import (
    begin_authenticator,
    confirm_authenticator,
    read_setup,
    remove_authenticator,
    renew_recovery_codes,
    setup_view,
)
from api.security import Account, Audience, Browser, SteppedBrowser, has_stepped_up, is_half_way
from api.sessions import end, end_everywhere, session_lines
from api.signins import Identity
from api.state import services_of
from api.step_up import owner_of, prove
from api.tokens import NewToken, new_token, revoke
from domain.errors import DomainError
from web.account_views import Authenticator, Message, Security, StepUp

SEE_OTHER = 303
HOME = "/account/security"
STEPPED = ("STEP_UP_REQUIRED",)
router = APIRouter(prefix="/account", include_in_schema=False)


@router.get("/security", response_class=HTMLResponse, **about(Audience.ACCOUNT))
async def security(request: Request, identity: Account) -> HTMLResponse:
    """Everything about how this account is signed in to."""
    return await _security(request, identity)


@router.get("/step-up", response_class=HTMLResponse, **about(Audience.ACCOUNT))
async def step_up_form(
    request: Request, identity: Account, next_path: Annotated[str, Query(alias="next", max_length=500)] = HOME
) -> Response:
    """Asks to show once more that it is its owner's session."""
    methods = await _methods(request, identity)
    if not methods and is_half_way(identity):
        return _home()
    return page(request, StepUp(frame(request), methods, own_path(next_path)))


@router.post("/step-up", response_class=HTMLResponse, **about(Audience.ACCOUNT))
async def step_up(
    request: Request,
    identity: Account,
    code: Field = "",
    password: SecretField = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = HOME,
) -> Response:
    """Take the proof and go on."""
    wanted = own_path(next_path)
    try:
        await prove(request, identity, code=code or None, password=password)
    except DomainError as error:
        view = StepUp(frame(request), await _methods(request, identity), wanted, error.detail)
        return page(request, view, error)
    return RedirectResponse(wanted, SEE_OTHER)


@router.post("/sessions/end-all", response_class=RedirectResponse, **about(Audience.BROWSER))
async def end_sessions(request: Request, identity: Browser) -> Response:
    """Sign out everywhere."""
    services = services_of(request)
    await end_everywhere(services, identity)
    answer = RedirectResponse("/", SEE_OTHER)
    clear_cookie(answer, services.settings)
    return answer


@router.post(
    "/sessions/{session_id}/end", response_class=RedirectResponse, **about(Audience.BROWSER, "SESSION_NOT_FOUND")
)
async def end_session(request: Request, identity: Browser, session_id: str) -> Response:
    """Sign one browser out."""
    await end(services_of(request), identity, session_id)
    return _home()


@router.post("/authenticator", response_class=HTMLResponse, **about(Audience.ACCOUNT))
async def begin(request: Request, identity: Account, password: SecretField = "") -> Response:
    """Show the QR code of a new authenticator app."""
    try:
        setup = await begin_authenticator(request, identity, password or None)
    except DomainError as error:
        return await _security(request, identity, error)
    return page(request, Authenticator(frame(request), setup))


@router.post("/authenticator/confirm", response_class=HTMLResponse, **about(Audience.ACCOUNT))
async def confirm(request: Request, identity: Account, setup: TicketField = "", code: Field = "") -> Response:
    """Keep the app, and show the recovery codes this once."""
    try:
        codes = await confirm_authenticator(request, identity, setup, code)
    except DomainError as error:
        if error.code != "WRONG_CODE":
            return await _security(request, identity, error)
        person = owner_of(identity)
        shown = setup_view(person, read_setup(services_of(request).ways_in, person, setup), setup)
        return page(request, Authenticator(frame(request), shown, error.detail), error)
    return _secrets(request, codes) if codes else _home()


@router.post(
    "/authenticator/remove",
    response_class=RedirectResponse,
    **about(Audience.BROWSER, *STEPPED, "FACTOR_NOT_FOUND", "LAST_FACTOR"),
)
async def remove(request: Request, identity: SteppedBrowser) -> Response:
    """Take the app away."""
    await remove_authenticator(services_of(request), owner_of(identity))
    return _home()


@router.post("/recovery-codes", response_class=HTMLResponse, **about(Audience.BROWSER, *STEPPED, "FACTOR_NOT_FOUND"))
async def renew_codes(request: Request, identity: SteppedBrowser) -> Response:
    """Show new recovery codes this once."""
    return _secrets(request, await renew_recovery_codes(services_of(request), owner_of(identity)))


@router.post(
    "/passkeys/{passkey_id}/remove",
    response_class=RedirectResponse,
    **about(Audience.BROWSER, *STEPPED, "PASSKEY_NOT_FOUND", "LAST_FACTOR"),
)
async def drop_passkey(request: Request, identity: SteppedBrowser, passkey_id: Id) -> Response:
    """Take a passkey away."""
    await remove_passkey(services_of(request), owner_of(identity), passkey_id)
    return _home()


@router.post("/tokens", response_class=HTMLResponse, **about(Audience.BROWSER, *STEPPED))
async def make_token(
    request: Request,
    identity: SteppedBrowser,
    name: Field = "",
    scopes: Annotated[list[Scope], Form()] = [],  # noqa: B006 - FastAPI copies it
    expires_in_days: Annotated[int | None, Form()] = None,
) -> Response:
    """Make a bearer token and show it this once."""
    try:
        wanted = NewToken(name=name, scopes=frozenset(scopes), expires_in_days=expires_in_days)
        made = await new_token(services_of(request), owner_of(identity), wanted)
    except ValidationError:
        error = fail("INVALID_INPUT", "A token needs a name, and at least one thing that it may do.")
        return await _security(request, identity, error)
    except DomainError as error:
        return await _security(request, identity, error)
    text = "Copy this token now; it is shown this once."
    return page(request, Message(frame(request), made["name"], text, [made["token"]], HOME, "Done"))


@router.post("/tokens/{token_id}/revoke", response_class=RedirectResponse, **about(Audience.BROWSER, "TOKEN_NOT_FOUND"))
async def revoke_token(request: Request, identity: Browser, token_id: Id) -> Response:
    """Revoke a bearer token."""
    await revoke(services_of(request), owner_of(identity), token_id)
    return _home()


@router.post("/password", response_class=HTMLResponse, **about(Audience.BROWSER, *STEPPED))
async def change_password(
    request: Request, identity: SteppedBrowser, password: Annotated[str, Form(max_length=MAX_LENGTH)] = ""
) -> Response:
    """Replace the password; all other browsers are signed out."""
    try:
        await replace_password(services_of(request), owner_of(identity), password, but=identity.token_hash)
    except DomainError as error:
        return await _security(request, identity, error)
    return _home()


@router.post("/email", response_class=HTMLResponse, **about(Audience.BROWSER, *STEPPED))
async def change_email(request: Request, identity: SteppedBrowser, email: Field = "") -> Response:
    """Write to the new address and to the present one."""
    try:
        await ask_to_move(request, owner_of(identity), TypeAdapter(Email).validate_python(email))
    except ValidationError:
        return await _security(request, identity, fail("INVALID_INPUT", "Please check the e-mail."))
    except DomainError as error:
        return await _security(request, identity, error)
    return page(request, Message(frame(request), "Check your mail", SENT["message"], (), HOME, "Back"))


@router.post("/email/send-again", response_class=HTMLResponse, **about(Audience.BROWSER))
async def send_again(request: Request, identity: Browser) -> Response:
    """Send the mail that verifies the address once more."""
    try:
        await resend(request, owner_of(identity))
    except DomainError as error:
        return await _security(request, identity, error)
    return page(request, Message(frame(request), "Check your mail", SENT["message"], (), HOME, "Back"))


async def _security(request: Request, identity: Identity, error: DomainError | None = None) -> HTMLResponse:
    services, person = services_of(request), owner_of(identity)
    factors, keys, tokens = await services.database.read(_facts, person.id)
    view = Security(
        frame(request),
        dict(person_view(person)),
        methods_of(factors),
        factors.recovery_left,
        has_stepped_up(identity, now()),
        is_half_way(identity),
        [dict(each) for each in await session_lines(services, identity)],
        [dict(passkey_view(each)) for each in keys],
        [dict(token_view(each)) for each in tokens],
        None if error is None else error.detail,
    )
    return page(request, view, error)


def _facts(connection: Connection, user_id: int) -> tuple[Factors, list[passkeys.Passkey], list[Token]]:
    return (
        second_factors.factors(connection, user_id),
        passkeys.passkeys_of(connection, user_id),
        people.tokens(connection, user_id),
    )


async def _methods(request: Request, identity: Identity) -> tuple[str, ...]:
    return methods_of(await services_of(request).database.read(second_factors.factors, owner_of(identity).id))


def _secrets(request: Request, codes: list[str]) -> HTMLResponse:
    text = "Keep these recovery codes where your phone is not; each signs you in once. They are shown this once."
    return page(request, Message(frame(request), "Recovery codes", text, codes, HOME, "I have kept them"))


def _home() -> RedirectResponse:
    return RedirectResponse(HOME, SEE_OTHER)
