"""The one door for vendors' webhooks: signature first, stored once, answered at once; the courier does the rest."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import webhooks
from activities.db.webhooks import Event, State
from api.database import now
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Staff, Viewer
from api.staff_reads import note_read
from api.state import services_of
from domain.clock import to_text

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "vendor": "persona",
    "event_id": "evt_7Xk2",
    "kind": "inquiry.approved",
    "thing": "inq_9Qm4",
    "occurred_at": "2026-05-05T19:12:03.120Z",
    "received_at": "2026-05-05T19:12:04.001Z",
    "state": "delivered",
    "workflow_id": "account-7",
    "attempts": 1,
}
router = APIRouter(tags=["webhooks"])


class WebhookView(TypedDict):
    """A stored webhook, as the staff see it."""

    id: int
    vendor: str
    event_id: str
    kind: str
    thing: str
    occurred_at: str | None
    received_at: str
    state: str
    workflow_id: str | None
    attempts: int


class WebhookPage(TypedDict):
    """Webhooks, newest first."""

    items: list[WebhookView]
    next_cursor: str | None


class Taken(TypedDict):
    """How many events of a delivery were new."""

    stored: int


@router.post(
    "/webhooks/{vendor}",
    **about(Audience.PUBLIC, "WEBHOOK_NOT_FOUND", "BAD_SIGNATURE", "TOO_MANY_FORGERIES", example={"stored": 1}),
)
async def take(request: Request, _: Viewer, vendor: str) -> Taken:
    """Take a vendor's webhook. Repeats are answered alike and change nothing."""
    services = services_of(request)
    known = services.vendors.get(vendor)
    if known is None:
        raise fail("WEBHOOK_NOT_FOUND")
    raw, moment = await request.body(), now()
    await services.forgeries.refuse(vendor, lambda: known.is_genuine(raw, request.headers, moment))
    stored = await services.database.write(known.store, raw, moment)
    services.courier.hurry()
    return {"stored": stored}


@router.get(
    "/api/support/webhooks",
    **about(Audience.STAFF, "INVALID_CURSOR", example={"items": [EXAMPLE], "next_cursor": None}),
)
async def list_webhooks(
    request: Request,
    person: Staff,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WebhookPage:
    """What vendors have told us, newest first: `unknown` are about nothing of ours."""
    before = number_key(cursor)
    await note_read(request, person, "webhooks", "webhooks", state=state)
    found = await services_of(request).database.read(webhooks.listing, state=state, before=before, limit=limit + 1)
    page = found[:limit]
    return {"items": [_view(event) for event in page], "next_cursor": str(page[-1].id) if len(found) > limit else None}


def _view(event: Event) -> WebhookView:
    return {
        "id": event.id,
        "vendor": event.vendor,
        "event_id": event.event_id,
        "kind": event.kind,
        "thing": event.thing,
        "occurred_at": None if event.occurred_at is None else to_text(event.occurred_at),
        "received_at": to_text(event.received_at),
        "state": event.state.value,
        "workflow_id": event.workflow_id,
        "attempts": event.attempts,
    }
