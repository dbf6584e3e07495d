"""Drafts of a listing's description for its seller: made of what is known of the vehicle, never published by itself."""

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from activities.db import descriptions
from activities.db.descriptions import Draft
from activities.limits import Limit
from api.database import now
from api.identifiers import Id
from api.listings import OWN, asker_of, owned, raise_over
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.state import Services, services_of
from domain.clock import to_text
from domain.descriptions import Why, Writer
from domain.errors import TooManyError
from temporal.descriptions import Asked

PATH = "/api/vehicles/{vehicle_id}/description-draft"
# Every draft may cost money; what is there already is free.
DAY_LIMIT = Limit("description-draft-day", tries=40, window_s=86_400)
TOO_MANY = "So many descriptions were drafted today that the next one has to wait; the last one stays."
ASK_AGAIN_S = 3
router = APIRouter(tags=["listings"])


class DescriptionDraftView(TypedDict):
    """A draft of `listing_version`; `status` is `ready`, or `pending` with nothing in it yet.

    `source` is `openai` or `template`; `why` says why it was the template: `off`, `refused`, `truncated`, `failed`,
    `unfit` (the text said more than the facts), `budget` or `away`. Copy what you like into the listing by PUT.
    """

    vehicle_id: int
    listing_version: int
    status: str
    text: str | None
    source: str | None
    why: str | None
    made_at: str | None


EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "vehicle_id": 12,
        "listing_version": 3,
        "status": "ready",
        "text": "This 2019 Honda Civic EX sedan has a 1.5 L turbo I4 and a CVT. The odometer shows 41,250 miles.",
        "source": "openai",
        "why": None,
        "made_at": "2026-05-04T15:12:41.402Z",
    }
)
PENDING: Mapping[str, Any] = MappingProxyType(
    {**EXAMPLE, "status": "pending", "text": None, "source": None, "made_at": None}
)


def _described() -> dict[str, Any]:
    described = about(Audience.SELLER, *OWN, "LISTING_OVER", "TOO_MANY_TRIES", example=dict(EXAMPLE))
    described["responses"][202] = {
        "description": "It is being drafted; send the same request again after Retry-After seconds.",
        "content": {"application/json": {"example": dict(PENDING)}},
    }
    return described


@router.post(PATH, **_described())
async def draft_description(
    request: Request, response: Response, person: Seller, vehicle_id: Id
) -> DescriptionDraftView:
    """Have a description drafted from the facts of the listing as it is now. It is for you to read, and published by
    nobody."""
    services = services_of(request)
    found = await services.database.read(owned, vehicle_id, await asker_of(request, person))
    raise_over(found)
    draft = await services.database.read(descriptions.last, vehicle_id)
    if draft is None or (draft.version, draft.writer) != (found.version, Writer.OPENAI):
        await _count(services, person.id)
        draft = await _drafted(services, vehicle_id, found.version, person.id)
    if draft is None:
        response.status_code = 202
        response.headers["Retry-After"] = str(ASK_AGAIN_S)
        return _pending(vehicle_id, found.version)
    return _view(draft)


@router.get(PATH, **about(Audience.SELLER, *OWN, "DRAFT_NOT_FOUND", example=dict(EXAMPLE)))
async def last_draft(request: Request, person: Seller, vehicle_id: Id) -> DescriptionDraftView:
    """The last draft; `listing_version` says of which version of the listing."""
    read = services_of(request).database.read
    await read(owned, vehicle_id, await asker_of(request, person))
    found = await read(descriptions.last, vehicle_id)
    if found is None:
        raise fail("DRAFT_NOT_FOUND")
    return _view(found)


async def _drafted(services: Services, vehicle_id: int, version: int, asker_id: int) -> Draft | None:
    """The draft that was asked for; None while it is being written. Where nobody can be asked, the template's."""
    asked = await services.descriptions.draft(vehicle_id, version, asker_id)
    if asked is Asked.PENDING:
        return None
    if asked is Asked.AWAY:
        # A worker that comes back at this moment may have been first.
        with contextlib.suppress(IntegrityError):
            await services.database.write(descriptions.draw_up, vehicle_id, Why.AWAY, now())
    found = await services.database.read(descriptions.last, vehicle_id)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    return found


async def _count(services: Services, user_id: int) -> None:
    try:
        await services.ways_in.guesses.may_ask(DAY_LIMIT, str(user_id))
    except TooManyError as error:
        raise fail("TOO_MANY_TRIES", TOO_MANY, **error.data) from None


def _view(draft: Draft) -> DescriptionDraftView:
    return {
        "vehicle_id": draft.vehicle_id,
        "listing_version": draft.version,
        "status": "ready",
        "text": draft.text,
        "source": draft.writer.value,
        "why": None if draft.why is None else draft.why.value,
        "made_at": to_text(draft.at),
    }


def _pending(vehicle_id: int, version: int) -> DescriptionDraftView:
    return {
        "vehicle_id": vehicle_id,
        "listing_version": version,
        "status": "pending",
        "text": None,
        "source": None,
        "why": None,
        "made_at": None,
    }
