"""A person's own seller profile: written as a draft, sent for review, and read with what is missing."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import audit, links, sellers
from activities.db.audit import Deed, Source
from activities.db.sellers import Draft, Seller
from activities.fingerprints import Fingerprints
from activities.keys import Sealer
from activities.seller_secrets import Secret, SellerSecrets
from api.commands import OneLine
from api.database import now
from api.problems import fail
from api.routes import about
from api.security import Audience, Browser, SignedIn, admit
from api.seller_views import EXAMPLE, SellerView, audited, seller_view, shown
from api.signins import Identity
from api.sources import source_of
from api.state import services_of
from domain.links import Evidence
from domain.sellers import Licence, LicenceClass, Profile, SellerStatus, Step, after, day_in_chicago, tax_id

LAST_YEAR = 2100
router = APIRouter(prefix="/api/me/seller", tags=["sellers"])


def _day(text: str) -> str:
    if date.fromisoformat(text).year > LAST_YEAR:
        raise ValueError("is out of range")
    return text


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), OneLine]
Number = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$")]
State = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]
TaxId = Annotated[str, StringConstraints(max_length=16), AfterValidator(tax_id)]
PayoutAccount = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class LicenceBody(BaseModel):
    """A dealer's licence as it stands on the paper; good through the day of `expires_on`."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    licence_class: LicenceClass
    state: State = "MN"
    expires_on: Day

    def plain(self) -> Licence:
        """The licence as the domain has it."""
        return Licence(self.number, self.licence_class, self.state, date.fromisoformat(self.expires_on))


class SellerBody(BaseModel):
    """A whole profile; without a licence that of a private seller.

    `tax_id` and `payout_account` (its reference at the payout provider, never a bank's number) are kept as they are
    where they are left out or null.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "business_name": "Northstar Pre-Owned",
                    "licence": {
                        "number": "DLR40123",
                        "licence_class": "used",
                        "state": "MN",
                        "expires_on": "2027-06-30",
                    },
                    "tax_id": "41-2345678",
                    "payout_account": "acct_1Pq7Yk9f2c",
                }
            ]
        },
    )

    business_name: Name
    licence: LicenceBody | None = None
    tax_id: TaxId | None = Field(default=None, repr=False)
    payout_account: PayoutAccount | None = Field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """What one person wrote of themselves, with what seals it and makes it comparable."""

    user_id: int
    body: SellerBody = field(repr=False)
    sealer: Sealer
    fingerprints: Fingerprints
    at: datetime
    source: Source


@router.get("", **about(Audience.SIGNED_IN, example=dict(EXAMPLE)))
async def own_profile(request: Request, person: SignedIn) -> SellerView:
    """Where I stand as a seller, why, what is missing, and how many vehicles count against a private seller's limit."""
    services, moment = services_of(request), now()
    found = await services.database.read(shown, person.id, moment)
    return seller_view(found, person.id, services.sealer, moment)


@router.put(
    "", **about(Audience.BROWSER, "SELLER_SUSPENDED", "STEP_UP_REQUIRED", example={**EXAMPLE, "status": "draft"})
)
async def write_profile(request: Request, identity: Browser, body: SellerBody) -> SellerView:
    """Write the whole profile. What changes anything but the payout account is a draft again, to be sent for review."""
    if body.payout_account is not None:
        # Where money goes is changed only by who has just shown that the session is theirs.
        await admit(request, Audience.BROWSER, stepped_up=True)
    services, moment, user_id = services_of(request), now(), owner(identity)
    written = Written(user_id, body, services.sealer, services.selling.fingerprints, moment, source_of(request))
    await services.database.write(write, written)
    found = await services.database.read(shown, user_id, moment)
    return seller_view(found, user_id, services.sealer, moment)


@router.post(
    "/submit",
    **about(
        Audience.BROWSER,
        "SELLER_STATUS",
        "SELLER_INCOMPLETE",
        example={**EXAMPLE, "status": "submitted", "reason": None},
    ),
)
async def submit_profile(request: Request, identity: Browser) -> SellerView:
    """Send the draft for review."""
    services, moment, user_id = services_of(request), now(), owner(identity)
    await services.database.write(submit, user_id, moment, source_of(request))
    found = await services.database.read(shown, user_id, moment)
    return seller_view(found, user_id, services.sealer, moment)


def owner(identity: Identity) -> int:
    """Whose session it is."""
    if identity.person is None:
        raise fail("NOT_SIGNED_IN")
    return identity.person.id


def write(connection: Connection, written: Written) -> None:
    """Write a profile with its deed. Raises SELLER_SUSPENDED."""
    user_id, at = written.user_id, written.at
    sellers.lock_seller(connection, user_id)
    before = sellers.seller(connection, user_id)
    judged = Profile() if before is None else before.profile
    edited = after(judged.standing(day_in_chicago(at)), Step.EDIT)
    if edited is None:
        raise fail("SELLER_SUSPENDED")
    draft, news = _draft(written, before)
    reviewed_anew = before is None or news["tax_id_changed"] or _reviewed(judged) != _reviewed_of(draft)
    sellers.save_draft(connection, user_id, draft, edited if reviewed_anew else judged.status, at)
    _note(connection, written)
    detail = {"before": audited(before), "after": audited(sellers.seller(connection, user_id)), **news}
    deed = Deed(at, user_id, "seller_profile_written", f"user {user_id}", detail, *written.source)
    audit.note(connection, deed)


def submit(connection: Connection, user_id: int, at: datetime, source: Source) -> None:
    """Hand a profile in with its deed; one that is handed in already stays so. Raises the refusals of its route."""
    sellers.lock_seller(connection, user_id)
    judged, today = sellers.profile(connection, user_id), day_in_chicago(at)
    standing = judged.standing(today)
    if standing is SellerStatus.SUBMITTED:
        return
    missing = judged.missing(today)
    if missing and standing in {SellerStatus.NONE, SellerStatus.DRAFT}:
        raise fail("SELLER_INCOMPLETE", missing=list(missing))
    if after(standing, Step.SUBMIT) is None:
        raise fail("SELLER_STATUS", seller_status=standing.value)
    sellers.submit(connection, user_id, at)
    detail = {"before": standing.value, "after": SellerStatus.SUBMITTED.value}
    audit.note(connection, Deed(at, user_id, "seller_submitted", f"user {user_id}", detail, *source))


def _draft(written: Written, before: Seller | None) -> tuple[Draft, dict[str, bool]]:
    """The profile to be kept, and which of its secrets are other ones now."""
    body, hidden = written.body, SellerSecrets(written.sealer)
    kept = {
        Secret.TAX_ID: None if before is None else before.tax_id_sealed,
        Secret.PAYOUT: None if before is None else before.payout_sealed,
    }
    changed = dict.fromkeys(kept, False)
    for kind, text in ((Secret.TAX_ID, body.tax_id), (Secret.PAYOUT, body.payout_account)):
        sealed = kept[kind]
        if text is not None and (sealed is None or hidden.open(written.user_id, kind, sealed) != text):
            kept[kind], changed[kind] = hidden.seal(written.user_id, kind, text), True
    licence = None if body.licence is None else body.licence.plain()
    draft = Draft(body.business_name, licence, kept[Secret.TAX_ID], kept[Secret.PAYOUT])
    return draft, {"tax_id_changed": changed[Secret.TAX_ID], "payout_changed": changed[Secret.PAYOUT]}


def _reviewed(judged: Profile) -> tuple[str, Licence | None]:
    """What an admin has looked at, besides the tax id."""
    return judged.business_name, judged.licence


def _reviewed_of(draft: Draft) -> tuple[str, Licence | None]:
    return draft.business_name, draft.licence


def _note(connection: Connection, written: Written) -> None:
    """Keep the fingerprints of what two sellers should not share."""
    body, prints = written.body, written.fingerprints
    shown_things = [
        (Evidence.BANK, [body.payout_account]),
        (Evidence.COMPANY, [body.tax_id]),
        (Evidence.COMPANY, body.licence and [body.licence.state, body.licence.number]),
    ]
    for kind, parts in shown_things:
        if parts and all(parts):
            digest = prints.of(kind, *(part for part in parts if part))
            links.note_fingerprint(connection, written.user_id, kind, digest, written.at)
