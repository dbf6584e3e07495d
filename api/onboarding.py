"""The way to being cleared over HTTP: one's checklist and eligibility, the steps, and the same for support."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import accounts, audit, reservations
from activities.db.accounts import Account
from activities.db.audit import Deed
from activities.sealed_forms import CardForm, LegalDetails, SealedForms
from api.commands import OneLine
from api.database import now
from api.identifiers import Id
from api.onboarding_limits import LIMIT_CODES, may_open_identity, may_try_card
from api.onboarding_views import (
    CHECKLIST,
    ELIGIBILITY,
    IDENTITY_LINK,
    SUPPORT_CHECKLIST,
    ChecklistView,
    EligibilityView,
    IdentityLinkView,
    SupportChecklistView,
    checklist_view,
    decline_reason,
    eligibility_view,
    support_view,
)
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser, SignedIn, Staff
from api.signins import Identity
from api.sources import source_of
from api.state import Services, services_of
from domain.accounts import TERMS_VERSION
from domain.clock import to_text
from web.onboarding_words import declined
from web.terms_views import terms_link

AWAY = ("ACCOUNT_UNAVAILABLE", "ACCOUNT_CLOSED")
IDENTITY_CODES = (*AWAY, *LIMIT_CODES, "IDENTITY_DECLINED", "IDENTITY_TOO_MANY")
CARD_CODES = (*AWAY, *LIMIT_CODES, "CARD_DECLINED", "CARD_FORM_USED")
router = APIRouter(prefix="/api", tags=["onboarding"])


def _line(most: int, least: int = 1) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


Name = Annotated[str, _line(50), OneLine]
Street = Annotated[str, _line(60), OneLine]
City = Annotated[str, _line(40), OneLine]
State = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$")]
Zip = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{5}(-[0-9]{4})?$")]


class Body(BaseModel):
    """Nothing unknown is let pass, and nothing of it is shown in a log."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class OpaqueDataBody(Body):
    """What the vendor's hosted form gives: a nonce, good once and for 15 minutes."""

    data_descriptor: Annotated[str, StringConstraints(pattern=r"^[A-Z.]{1,128}$")]
    data_value: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,8192}$")] = Field(repr=False)


class BillToBody(Body):
    """The billing address of the card."""

    first_name: Name = Field(repr=False)
    last_name: Name = Field(repr=False)
    address: Street = Field(repr=False)
    city: City = Field(repr=False)
    state: State = Field(repr=False)
    zip: Zip = Field(repr=False)


class CardBody(Body):
    """A card as a nonce with its billing address; there is no field for a card's number."""

    opaque_data: OpaqueDataBody
    bill_to: BillToBody


class LegalDetailsBody(Body):
    """Who one is before the law, for title and tax; a dealer's exemption with the number of the permit."""

    first_name: Name = Field(repr=False)
    middle_name: Annotated[str, _line(50, 0), OneLine] = Field(default="", repr=False)
    last_name: Name = Field(repr=False)
    street: Annotated[str, _line(120), OneLine] = Field(repr=False)
    city: Annotated[str, _line(80), OneLine] = Field(repr=False)
    state: State = Field(repr=False)
    zip: Zip = Field(repr=False)
    dealer_exemption: Annotated[str, _line(40), OneLine] | None = Field(default=None, repr=False)


class TermsBody(Body):
    """The version that was read; its text is the checklist's `terms_link`."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=16)]


@router.get("/me/checklist", **about(Audience.SIGNED_IN, example=dict(CHECKLIST)))
async def checklist(request: Request, person: SignedIn) -> ChecklistView:
    """What is done, what is missing, and what to do about it."""
    return await own_checklist(services_of(request), person.id)


@router.get("/me/eligibility", **about(Audience.SIGNED_IN, example=dict(ELIGIBILITY)))
async def eligibility(request: Request, person: SignedIn) -> EligibilityView:
    """How much I may bid now, before the last minutes of an auction show it."""
    return await own_eligibility(services_of(request), person.id)


@router.post("/me/identity", **about(Audience.BROWSER, *IDENTITY_CODES, example=dict(IDENTITY_LINK)))
async def identity_check(request: Request, identity: Browser) -> IdentityLinkView:
    """A one-time link into the identity check; where one is open already, it leads into that."""
    return await begin_identity(services_of(request), owner(identity))


@router.post("/me/card", **about(Audience.BROWSER, *CARD_CODES, example=dict(CHECKLIST)))
async def card(request: Request, identity: Browser, body: CardBody) -> ChecklistView:
    """Keep a card, authorized for $0.00. The same nonce sent again gets the first answer."""
    services, user_id = services_of(request), owner(identity)
    await may_try_card(request, await services.database.read(_account, user_id))
    form = CardForm(body.opaque_data.data_descriptor, body.opaque_data.data_value, **body.bill_to.model_dump())
    sealed = SealedForms(services.sealer).seal(user_id, form)
    result = await services.accounts.store_card(user_id, sealed, form.fingerprint)
    if result.outcome == "declined":
        raise fail("CARD_DECLINED", declined(result.code), reason=decline_reason(result.code))
    if result.outcome == "nonce_refused":
        raise fail("CARD_FORM_USED")
    return await own_checklist(services, user_id)


@router.delete("/me/card", **about(Audience.BROWSER, *AWAY, "CARD_IN_USE", example=dict(CHECKLIST)))
async def remove_card(request: Request, identity: Browser) -> ChecklistView:
    """Forget my card, unless something is at stake on it."""
    services, user_id = services_of(request), owner(identity)
    await drop_card(services, user_id)
    return await own_checklist(services, user_id)


@router.put("/me/legal-details", **about(Audience.BROWSER, *AWAY, example=dict(CHECKLIST)))
async def legal_details(request: Request, identity: Browser, body: LegalDetailsBody) -> ChecklistView:
    """Give my legal name, address, state and dealer's exemption. They are sealed here and never shown again."""
    services, user_id = services_of(request), owner(identity)
    await give_details(services, user_id, body)
    return await own_checklist(services, user_id)


@router.post("/me/terms", **about(Audience.BROWSER, *AWAY, "TERMS_NOT_CURRENT", example=dict(CHECKLIST)))
async def terms(request: Request, identity: Browser, body: TermsBody) -> ChecklistView:
    """Accept the current terms, whose text is at /terms and, for good, at /terms/{version}."""
    services, user_id = services_of(request), owner(identity)
    await accept_terms(services, user_id, body.version)
    return await own_checklist(services, user_id)


@router.get(
    "/support/accounts/{user_id}/checklist",
    **about(Audience.STAFF, "ACCOUNT_NOT_FOUND", example=dict(SUPPORT_CHECKLIST)),
)
async def support_checklist(request: Request, staff: Staff, user_id: Id) -> SupportChecklistView:
    """A person's checklist with the reasons; who looked is written down."""
    deed = Deed(now(), staff.id, "account_read", f"account {user_id}", {}, *source_of(request))
    found = await services_of(request).database.write(_read_and_note, user_id, deed)
    return support_view(found, now())


@router.post(
    "/support/accounts/{user_id}/recheck",
    **about(Audience.STAFF, "ACCOUNT_NOT_FOUND", *AWAY, example=dict(SUPPORT_CHECKLIST)),
)
async def support_recheck(request: Request, staff: Staff, user_id: Id) -> SupportChecklistView:
    """Have an account judged anew and the vendors asked once more; what they say follows as soon as they answer."""
    services = services_of(request)
    deed = Deed(now(), staff.id, "account_recheck", f"account {user_id}", {}, *source_of(request))
    await services.database.write(_read_and_note, user_id, deed)
    await services.accounts.look_again(user_id)
    return support_view(await services.database.read(_account, user_id), now())


async def own_checklist(services: Services, user_id: int) -> ChecklistView:
    """A person's checklist as it is now."""
    return checklist_view(await services.database.read(_account, user_id), now())


async def own_eligibility(services: Services, user_id: int) -> EligibilityView:
    """What a person may bid now."""
    found, at_stake = await services.database.read(_account_and_stakes, user_id)
    return eligibility_view(found, at_stake, now())


async def begin_identity(services: Services, user_id: int) -> IdentityLinkView:
    """A link into the check, or that none is needed. Raises one of `IDENTITY_CODES`."""
    await may_open_identity(services, await services.database.read(_account, user_id))
    link = await services.accounts.begin_identity(user_id)
    if link.outcome == "declined":
        raise fail("IDENTITY_DECLINED")
    if link.outcome == "too_many":
        raise fail("IDENTITY_TOO_MANY")
    expires_at = None if link.expires_at is None else to_text(link.expires_at)
    return {"outcome": link.outcome, "url": link.url, "expires_at": expires_at}


async def drop_card(services: Services, user_id: int) -> None:
    """Forget a card. Raises CARD_IN_USE where something is at stake."""
    if await services.database.read(reservations.at_stake, user_id):
        raise fail("CARD_IN_USE")
    await services.accounts.remove_card(user_id)


async def give_details(services: Services, user_id: int, body: LegalDetailsBody) -> None:
    """Seal legal details and have them written down."""
    sealed = SealedForms(services.sealer).seal(user_id, LegalDetails(**body.model_dump()))
    await services.accounts.give_details(user_id, sealed)


async def accept_terms(services: Services, user_id: int, version: str) -> None:
    """Accept the terms. Raises TERMS_NOT_CURRENT for another version than today's."""
    if version != TERMS_VERSION:
        raise fail("TERMS_NOT_CURRENT", current=TERMS_VERSION, terms_link=terms_link(TERMS_VERSION))
    await services.accounts.accept_terms(user_id, version)


def owner(identity: Identity) -> int:
    """Whose browser this is."""
    if identity.person is None:
        raise fail("NOT_SIGNED_IN")
    return identity.person.id


def _account(connection: Connection, user_id: int) -> Account:
    found = accounts.find(connection, user_id)
    if found is None:
        raise fail("ACCOUNT_NOT_FOUND")
    return found


def _account_and_stakes(connection: Connection, user_id: int) -> tuple[Account, dict[int, int]]:
    return _account(connection, user_id), reservations.at_stake(connection, user_id)


def _read_and_note(connection: Connection, user_id: int, deed: Deed) -> Account:
    found = _account(connection, user_id)
    audit.note(connection, deed)
    return found
