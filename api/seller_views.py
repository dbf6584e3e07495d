"""The JSON shapes of sellers: what they see of their own profile, and what an admin sees who reviews it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from typing_extensions import TypedDict

from activities.db import seller_documents, sellers
from activities.db.seller_documents import SellerDocument
from activities.db.sellers import Seller
from activities.keys import Sealer
from activities.seller_secrets import Secret, SellerSecrets
from api.photo_views import FormView
from domain.clock import to_text
from domain.photos import WORDS, State
from domain.sellers import (
    PRIVATE_MOST,
    Licence,
    Permission,
    Profile,
    day_in_chicago,
    may_list,
    twelve_months_before,
)

LICENCE_PAPER = "dealer_licence"
# A dealer has told of a licence, and sent nothing that can be looked at.
MISSING = "missing"


class LicenceView(TypedDict):
    """A dealer's licence; it is good through `expires_on`, and `days_left` is negative once it has run out."""

    number: str
    licence_class: str
    state: str
    expires_on: str
    days_left: int


class PermissionView(TypedDict):
    """Whether one more vehicle may be put up now, or the code and sentence of what stands against it."""

    allowed: bool
    code: str
    detail: str


class SellerDocumentView(TypedDict):
    """A document of a seller: awaiting, checking, ready or refused, with the `code` and `reason` of a refusal.

    `missing` (without an id) is the licence that a dealer has told of and not sent.
    """

    id: str | None
    kind: str
    state: str
    code: str | None
    reason: str | None
    content_type: str | None
    bytes: int | None
    created_at: str | None


class NewSellerDocumentView(SellerDocumentView):
    """A document that is awaited, with the form to send it by."""

    upload: FormView


class SellerView(TypedDict):
    """A seller's own profile. Of what is sealed only the last four characters are shown."""

    status: str
    reason: str | None
    missing: list[str]
    business_name: str
    licence: LicenceView | None
    tax_id_last4: str | None
    payout_account_last4: str | None
    vehicles_last_12_months: int
    private_limit: int
    may_list: PermissionView
    documents: list[SellerDocumentView]
    submitted_at: str | None
    reviewed_at: str | None


class ReviewedSellerView(SellerView):
    """A seller as an admin sees them. A decision names the `version` that it was made on."""

    user_id: int
    name: str
    email: str
    reviewed_by: int | None
    version: str


class SellerPage(TypedDict):
    """A page of sellers, by id."""

    items: list[ReviewedSellerView]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A seller, if there is a profile, with the vehicles that count against a private seller's limit, and documents."""

    seller: Seller | None
    vehicles: int
    documents: Sequence[SellerDocument] = ()


LICENCE: Mapping[str, Any] = MappingProxyType(
    {"number": "DLR40123", "licence_class": "used", "state": "MN", "expires_on": "2027-06-30", "days_left": 219}
)
DOCUMENT: Mapping[str, Any] = MappingProxyType(
    {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "kind": LICENCE_PAPER,
        "state": "ready",
        "code": None,
        "reason": None,
        "content_type": "application/pdf",
        "bytes": 481_220,
        "created_at": "2026-11-20T14:50:00.000Z",
    }
)
EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "status": "approved",
        "reason": "The licence was found in the state's register.",
        "missing": [],
        "business_name": "Northstar Pre-Owned",
        "licence": dict(LICENCE),
        "tax_id_last4": "6789",
        "payout_account_last4": "9f2c",
        "vehicles_last_12_months": 14,
        "private_limit": PRIVATE_MOST,
        "may_list": {"allowed": True, "code": "", "detail": ""},
        "documents": [dict(DOCUMENT)],
        "submitted_at": "2026-11-20T15:00:00.000Z",
        "reviewed_at": "2026-11-21T16:30:00.000Z",
    }
)
REVIEWED: Mapping[str, Any] = MappingProxyType(
    {
        **EXAMPLE,
        "user_id": 42,
        "name": "Ada Brandt",
        "email": "ada@example.com",
        "reviewed_by": 2,
        "version": "9f3c6b1e07ad42d58c11f0e2b7a9d364",
    }
)


def shown(connection: Connection, user_id: int, moment: datetime) -> Shown:
    """Read what the views need of one person."""
    since = twelve_months_before(day_in_chicago(moment))
    return Shown(
        sellers.seller(connection, user_id),
        sellers.vehicle_counts(connection, [user_id], since)[user_id],
        seller_documents.of_sellers(connection, [user_id])[user_id],
    )


def seller_view(found: Shown, user_id: int, sealer: Sealer, moment: datetime) -> SellerView:
    """A person's own seller profile, or how an empty one looks."""
    seller, today = found.seller, day_in_chicago(moment)
    judged = Profile() if seller is None else seller.profile
    hidden = SellerSecrets(sealer)
    return {
        "status": judged.standing(today).value,
        "reason": None if seller is None else seller.reason,
        "missing": list(judged.missing(today)),
        "business_name": judged.business_name,
        "licence": None if judged.licence is None else licence_view(judged.licence, moment),
        "tax_id_last4": hidden.last_four(user_id, Secret.TAX_ID, None if seller is None else seller.tax_id_sealed),
        "payout_account_last4": hidden.last_four(
            user_id, Secret.PAYOUT, None if seller is None else seller.payout_sealed
        ),
        "vehicles_last_12_months": found.vehicles,
        "private_limit": PRIVATE_MOST,
        "may_list": _permission_view(may_list(judged, found.vehicles, today)),
        "documents": _documents(found.documents, is_wanted=judged.licence is not None),
        "submitted_at": _text(None if seller is None else seller.submitted_at),
        "reviewed_at": _text(None if seller is None else seller.reviewed_at),
    }


def reviewed_view(
    seller: Seller, vehicles: int, documents: Sequence[SellerDocument], sealer: Sealer, moment: datetime
) -> ReviewedSellerView:
    """A seller for the admin who reviews them."""
    return {
        **seller_view(Shown(seller, vehicles, documents), seller.user_id, sealer, moment),
        "user_id": seller.user_id,
        "name": seller.name,
        "email": seller.email,
        "reviewed_by": seller.reviewed_by,
        "version": seller.version,
    }


def document_view(document: SellerDocument) -> SellerDocumentView:
    """A document as its seller and the staff see it."""
    return {
        "id": document.document_id,
        "kind": LICENCE_PAPER,
        "state": document.state.value,
        "code": None if document.refusal is None else document.refusal.value,
        "reason": None if document.refusal is None else WORDS[document.refusal],
        "content_type": document.content_type,
        "bytes": document.size,
        "created_at": to_text(document.created_at),
    }


def licence_view(licence: Licence, moment: datetime) -> LicenceView:
    """A licence with the days that are left of it."""
    return {
        "number": licence.number,
        "licence_class": licence.licence_class.value,
        "state": licence.state,
        "expires_on": licence.expires_on.isoformat(),
        "days_left": (licence.expires_on - day_in_chicago(moment)).days,
    }


def audited(seller: Seller | None) -> dict[str, Any] | None:
    """What of a profile goes into the audit log: never the tax id or the payout account."""
    if seller is None:
        return None
    licence = seller.profile.licence
    return {
        "status": seller.profile.status.value,
        "business_name": seller.profile.business_name,
        "licence_number": licence and licence.number,
        "licence_class": licence and licence.licence_class.value,
        "licence_state": licence and licence.state,
        "licence_expires_on": licence and licence.expires_on.isoformat(),
        "has_tax_id": seller.profile.has_tax_id,
        "has_payout": seller.profile.has_payout,
    }


def _documents(found: Sequence[SellerDocument], *, is_wanted: bool) -> list[SellerDocumentView]:
    views = [document_view(each) for each in found]
    if is_wanted and all(each.state is State.REFUSED for each in found):
        views.append(
            {
                "id": None,
                "kind": LICENCE_PAPER,
                "state": MISSING,
                "code": None,
                "reason": None,
                "content_type": None,
                "bytes": None,
                "created_at": None,
            }
        )
    return views


def _permission_view(permission: Permission) -> PermissionView:
    return {"allowed": permission.allowed, "code": permission.code, "detail": permission.detail}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
