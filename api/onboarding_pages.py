"""The pages on which a person gets cleared; all work without scripts but the card's, whose form is the vendor's."""

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.frames import frame
from api.onboarding import (
    AWAY,
    IDENTITY_CODES,
    LegalDetailsBody,
    accept_terms,
    begin_identity,
    drop_card,
    give_details,
    own_checklist,
    own_eligibility,
    owner,
)
from api.onboarding_limits import may_read_identity
from api.problems import status_of
from api.routes import about
from api.security import Audience, Browser
from api.signins import Identity
from api.state import services_of
from domain.errors import DomainError
from web import views
from web.onboarding_views import Account, Card, Json

HOME = "/account"
SEE_OTHER = 303
OK = 200
UNPROCESSABLE = 422
CHECKING = "We are checking with the identity service. This page says more in a moment; look again soon."
JUST_ASKED = "This is what we know of your identity check. We ask the identity service every 30 seconds at most."
NOT_NEEDED = "There is nothing to do for your identity check now."
router = APIRouter(prefix=HOME, include_in_schema=False)
Line = Annotated[str, Form(max_length=200)]


@router.get("", response_class=HTMLResponse, **about(Audience.BROWSER))
async def account(request: Request, identity: Browser) -> HTMLResponse:
    """The checklist, with a form for whatever is missing."""
    return await _page(request, identity)


@router.post("/identity", response_class=HTMLResponse, **about(Audience.BROWSER, *IDENTITY_CODES))
async def identity_form(request: Request, identity: Browser) -> HTMLResponse:
    """Begin the identity check, or go on with it: the page then holds the link into it."""
    try:
        link = await begin_identity(services_of(request), owner(identity))
    except DomainError as error:
        return await _page(request, identity, error=error)
    if link["url"] is None:
        return await _page(request, identity, notice=views.Notice("info", NOT_NEEDED))
    return await _page(request, identity, identity_url=link["url"])


@router.get("/identity", response_class=HTMLResponse, **about(Audience.BROWSER, *AWAY))
async def identity_return(request: Request, identity: Browser) -> HTMLResponse:
    """Where the identity service sends people back to. What the address says is no truth; the service is asked.

    Whoever looks again at once sees what is known already.
    """
    services, user_id = services_of(request), owner(identity)
    if not await may_read_identity(services, user_id):
        return await _page(request, identity, notice=views.Notice("info", JUST_ASKED))
    try:
        await services.accounts.identity_event(user_id)
    except DomainError as error:
        return await _page(request, identity, error=error)
    return await _page(request, identity, notice=views.Notice("info", CHECKING))


@router.get("/card", response_class=HTMLResponse, **about(Audience.BROWSER))
async def card(request: Request, _: Browser) -> HTMLResponse:
    """The vendor's card form, on the one page that may load it."""
    services = services_of(request)
    form = services.hosted_form
    view = Card(frame(request), form.script_url, form.login_id, form.client_key)
    return HTMLResponse(services.pages.onboarding(view), headers={"Content-Security-Policy": form.policy})


@router.post("/card/remove", response_class=HTMLResponse, **about(Audience.BROWSER, *AWAY, "CARD_IN_USE"))
async def remove_card(request: Request, identity: Browser) -> Response:
    """Forget the card."""
    try:
        await drop_card(services_of(request), owner(identity))
    except DomainError as error:
        return await _page(request, identity, error=error)
    return RedirectResponse(HOME, SEE_OTHER)


@router.post("/details", response_class=HTMLResponse, **about(Audience.BROWSER, *AWAY))
async def details(
    request: Request,
    identity: Browser,
    first_name: Line = "",
    middle_name: Line = "",
    last_name: Line = "",
    street: Line = "",
    city: Line = "",
    state: Line = "",
    zip_code: Annotated[str, Form(alias="zip", max_length=200)] = "",
    dealer_exemption: Line = "",
) -> Response:
    """Give the legal details; a form with a slip in it comes back as it was filled in."""
    typed = {
        "first_name": first_name,
        "middle_name": middle_name,
        "last_name": last_name,
        "street": street,
        "city": city,
        "state": state,
        "zip": zip_code,
    }
    try:
        body = LegalDetailsBody(**typed, dealer_exemption=dealer_exemption.strip() or None)
        await give_details(services_of(request), owner(identity), body)
    except ValidationError as error:
        names = ", ".join(sorted({str(each["loc"][0]).replace("_", " ") for each in error.errors()}))
        kept = {**typed, "dealer_exemption": dealer_exemption}
        return await _page(request, identity, details=kept, slip=f"Please check: {names}.")
    except DomainError as error:
        return await _page(request, identity, error=error, details={**typed, "dealer_exemption": dealer_exemption})
    return RedirectResponse(HOME, SEE_OTHER)


@router.post("/terms", response_class=HTMLResponse, **about(Audience.BROWSER, *AWAY, "TERMS_NOT_CURRENT"))
async def terms(request: Request, identity: Browser, version: Line = "") -> Response:
    """Accept the terms of the version that the form showed."""
    try:
        await accept_terms(services_of(request), owner(identity), version)
    except DomainError as error:
        return await _page(request, identity, error=error)
    return RedirectResponse(HOME, SEE_OTHER)


async def _page(
    request: Request,
    identity: Identity,
    *,
    notice: views.Notice | None = None,
    error: DomainError | None = None,
    slip: str | None = None,
    identity_url: str | None = None,
    details: Json | None = None,
) -> HTMLResponse:
    services, user_id = services_of(request), owner(identity)
    view = Account(
        frame(request, notice),
        await own_checklist(services, user_id),
        await own_eligibility(services, user_id),
        identity_url,
        details,
        error.detail if error else slip,
    )
    status = UNPROCESSABLE if slip else OK if error is None else status_of(error)
    answer = HTMLResponse(services.pages.onboarding(view), status)
    if error is not None and "retry_after_s" in error.data:
        answer.headers["Retry-After"] = str(error.data["retry_after_s"])
    return answer
