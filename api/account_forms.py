"""The forms of signing up, of mailed links and of the second step, for browsers without scripts."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.passwords import MAX_LENGTH
from api.email_changes import move
from api.entrance import HalfWay
from api.frames import frame
from api.passwords import asked, reset
from api.people import Email, origin_of, set_cookie
from api.problems import fail, status_of
from api.registration import DONE, SENT, Name, sign_up, verify
from api.routes import about
from api.security import Audience, Viewer
from api.state import services_of
from domain.errors import DomainError
from web.account_views import (
    AccountView,
    ForgotPassword,
    MailedLink,
    Message,
    Register,
    ResetPassword,
    SecondStep,
)

SEE_OTHER = 303
CHECK_MAIL = "Check your mail"
router = APIRouter(include_in_schema=False)

Field = Annotated[str, Form(max_length=254)]
SecretField = Annotated[str, Form(max_length=MAX_LENGTH)]
TicketField = Annotated[str, Form(max_length=1_000)]


@router.get("/register", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def register_form(request: Request, _: Viewer) -> HTMLResponse:
    """The form to sign up."""
    return page(request, Register(frame(request)))


@router.post("/register", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def register(
    request: Request, _: Viewer, name: Field = "", email: Field = "", password: SecretField = ""
) -> Response:
    """Sign up, or show the form again with what was wrong."""
    answer = page(request, Message(frame(request), CHECK_MAIL, SENT["message"]))
    try:
        await sign_up(request, answer, _read(Name, name, "name"), _read(Email, email, "e-mail"), password)
    except DomainError as error:
        return page(request, Register(frame(request), name, email, error.detail), error)
    return answer


@router.get("/verify-email", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def verify_form(request: Request, _: Viewer) -> HTMLResponse:
    """Where the link of a welcome leads."""
    return page(request, _verify_view(request))


@router.post("/verify-email", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def verify_email(request: Request, identity: Viewer, token: Field = "") -> Response:
    """Use the link of a welcome."""
    try:
        await verify(services_of(request), token, identity)
    except DomainError as error:
        return page(request, _verify_view(request, error.detail), error)
    return page(request, Message(frame(request), "Confirmed", DONE["message"]))


@router.get("/confirm-email", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def move_form(request: Request, _: Viewer) -> HTMLResponse:
    """Where the link to a new address leads."""
    return page(request, _move_view(request))


@router.post("/confirm-email", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def move_email(request: Request, _: Viewer, token: Field = "") -> Response:
    """Use the link to a new address."""
    try:
        await move(services_of(request), token)
    except DomainError as error:
        return page(request, _move_view(request, error.detail), error)
    return page(request, Message(frame(request), "Confirmed", DONE["message"]))


@router.get("/forgot-password", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def forgot_form(request: Request, _: Viewer) -> HTMLResponse:
    """Asks whose password is lost."""
    return page(request, ForgotPassword(frame(request)))


@router.post("/forgot-password", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def forgot(request: Request, _: Viewer, email: Field = "") -> Response:
    """Send the link; the answer is the same for every address."""
    try:
        later = await asked(request, _read(Email, email, "e-mail"))
    except DomainError as error:
        return page(request, ForgotPassword(frame(request), error.detail), error)
    answer = page(request, Message(frame(request), CHECK_MAIL, SENT["message"]))
    answer.background = later
    return answer


@router.get("/reset-password", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def reset_form(request: Request, _: Viewer) -> HTMLResponse:
    """Where the link to a new password leads."""
    return page(request, ResetPassword(frame(request)))


@router.post("/reset-password", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def reset_password(request: Request, _: Viewer, token: Field = "", password: SecretField = "") -> Response:
    """Set the new password."""
    text = "Your password is changed, and all browsers are signed out."
    answer = page(request, Message(frame(request), "Done", text, go_on="/sign-in", go_on_text="Sign in"))
    try:
        await reset(request, answer, token, password)
    except DomainError as error:
        return page(request, ResetPassword(frame(request), error.detail), error)
    return answer


@router.post("/sign-in/second-factor", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def second_step(
    request: Request,
    identity: Viewer,
    ticket: TicketField = "",
    code: Field = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Finish a sign-in whose password was right."""
    services, wanted = services_of(request), own_path(next_path)
    try:
        opened = await services.ways_in.entrance.by_code(ticket, code, origin_of(request))
    except DomainError as error:
        return page(request, SecondStep(frame(request), ticket, ("totp", "recovery"), wanted, error.detail), error)
    await services.sign_ins.close(identity)
    answer = RedirectResponse(wanted, SEE_OTHER)
    set_cookie(answer, services.settings, opened)
    return answer


def second_step_page(request: Request, half_way: HalfWay, next_path: str) -> HTMLResponse:
    """Asks for the second factor after the password."""
    return page(request, SecondStep(frame(request), half_way.ticket, half_way.methods, next_path))


def page(request: Request, view: AccountView, error: DomainError | None = None) -> HTMLResponse:
    """A page about an account, as the answer to `error` where there is one."""
    return form_page(services_of(request).pages.account(view), error)


def form_page(html: str, error: DomainError | None) -> HTMLResponse:
    """A page with the status of what went wrong, if anything did, and when to come back."""
    if error is None:
        return HTMLResponse(html)
    wait_s = error.data.get("retry_after_s")
    return HTMLResponse(html, status_of(error), {} if wait_s is None else {"Retry-After": str(wait_s)})


def own_path(wanted: str) -> str:
    """A path of this site to go on to; anything that a browser could take for another site is the front page."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/"


def _read(kind: Any, text: str, name: str) -> str:
    try:
        found: str = TypeAdapter(kind).validate_python(text)
    except ValidationError:
        raise fail("INVALID_INPUT", f"Please check the {name}.") from None
    return found


def _verify_view(request: Request, error: str | None = None) -> MailedLink:
    text = "Confirm that this e-mail address is yours."
    return MailedLink(frame(request), "Your e-mail", text, "Confirm", "/verify-email", error)


def _move_view(request: Request, error: str | None = None) -> MailedLink:
    text = "Move your account to this e-mail address."
    return MailedLink(frame(request), "Your new e-mail", text, "Confirm", "/confirm-email", error)
