"""Signing in and out by the site's own forms, with or without scripts."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.passwords import MAX_LENGTH
from api.account_forms import form_page, own_path, second_step_page
from api.entrance import HalfWay
from api.frames import frame
from api.mails import SECURITY_PATH
from api.people import clear_cookie, origin_of, set_cookie
from api.routes import about
from api.security import STAFF_ROLES, Account, Audience, Viewer
from api.state import services_of
from domain.errors import DomainError
from web import views

SEE_OTHER = 303
router = APIRouter(include_in_schema=False)
NextPath = Annotated[str, Query(alias="next", max_length=500)]


@router.get("/sign-in", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def sign_in_form(request: Request, _: Viewer, next_path: NextPath = "/") -> HTMLResponse:
    """The form."""
    view = views.SignIn(frame(request), own_path(next_path))
    return HTMLResponse(services_of(request).pages.sign_in(view))


@router.post("/sign-in", response_class=HTMLResponse, **about(Audience.PUBLIC, "CROSS_SITE"))
async def sign_in(
    request: Request,
    identity: Viewer,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=MAX_LENGTH)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in and go on where the visitor came from, or show the form again with what was wrong."""
    services = services_of(request)
    try:
        opened = await services.ways_in.entrance.by_password(email, password, origin_of(request))
    except DomainError as error:
        view = views.SignIn(frame(request), own_path(next_path), email, error.detail)
        return form_page(services.pages.sign_in(view), error)
    if isinstance(opened, HalfWay):
        return second_step_page(request, opened, own_path(next_path))
    await services.sign_ins.close(identity)
    # Staff who came in by the password alone have no second factor yet, and nothing else is open to them.
    wanted = SECURITY_PATH if opened.person.role in STAFF_ROLES else own_path(next_path)
    answer = RedirectResponse(wanted, SEE_OTHER)
    set_cookie(answer, services.settings, opened)
    return answer


@router.post("/sign-out", response_class=RedirectResponse, **about(Audience.ACCOUNT))
async def sign_out(request: Request, identity: Account) -> Response:
    """End this browser's session and go to the front page."""
    services = services_of(request)
    await services.sign_ins.close(identity)
    answer = RedirectResponse("/", SEE_OTHER)
    clear_cookie(answer, services.settings)
    return answer
