"""What sellers send and read about their webhooks and events, as JSON."""

from typing import Annotated, Any, NotRequired

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from activities.db.seller_deliveries import Delivery
from activities.db.seller_endpoints import Endpoint
from activities.db.seller_feed import Event
from api.paging import ID_MAX
from domain.clock import to_text
from domain.seller_feed import LONGEST_URL, WANTABLE, FeedKind

URL = "https://stock.dealer.example/hammertime"
AT = "2026-05-05T12:00:00.000Z"
ENDPOINT = {
    "id": 4,
    "url": URL,
    "kinds": ["auction_ended", "question_asked"],
    "created_at": AT,
    "disabled_at": None,
    "disabled_reason": None,
    "old_secret_until": None,
    "waiting": 0,
}
MADE = {**ENDPOINT, "secret": "whsec_..."}
EVENT = {
    "id": 1042,
    "kind": "auction_ended",
    "vehicle_id": 12,
    "auction_id": 7,
    "at": AT,
    "facts": {"bid_count": 31, "price_cents": 1_480_000, "result": "sold"},
}
DELIVERY = {
    "event_id": 1042,
    "kind": "auction_ended",
    "vehicle_id": 12,
    "state": "pending",
    "attempts": 2,
    "queued_at": AT,
    "next_at": "2026-05-05T12:00:25.000Z",
    "last_status": 500,
    "last_error": "status 500",
    "delivered_at": None,
}


class NewEndpoint(BaseModel):
    """Where events are sent to by POST, and which; without `kinds` all of them, also those that are yet to come."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": URL, "kinds": ["auction_ended", "question_asked"]}]}
    )

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)]
    kinds: Annotated[frozenset[FeedKind], Field(max_length=len(WANTABLE))] = frozenset()


class From(BaseModel):
    """The id of the last event that is not to be sent again; 0 is from the beginning."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"after": 1000}]})

    after: Annotated[int, Field(ge=0, le=ID_MAX, strict=True)]


class EndpointView(TypedDict):
    """A webhook; `waiting` events were not delivered yet. Empty `kinds` are all."""

    id: int
    url: str
    kinds: list[str]
    created_at: str
    disabled_at: str | None
    disabled_reason: str | None
    old_secret_until: str | None
    waiting: int


class SecretView(EndpointView):
    """The same with its new secret, which is shown this once."""

    secret: str


class EndpointList(TypedDict):
    """All webhooks of a seller, oldest first."""

    items: list[EndpointView]


class EventView(TypedDict):
    """An event: the same JSON that a webhook gets."""

    id: int
    kind: str
    vehicle_id: int | None
    auction_id: NotRequired[int]
    at: str
    facts: dict[str, Any]


class EventPage(TypedDict):
    """Events, oldest first; go on with `next_after`, at once while there is `more`."""

    items: list[EventView]
    next_after: int
    more: bool


class DeliveryView(TypedDict):
    """How far an event is on its way to one webhook."""

    event_id: int
    kind: str
    vehicle_id: int | None
    state: str
    attempts: int
    queued_at: str
    next_at: str | None
    last_status: int | None
    last_error: str | None
    delivered_at: str | None


class DeliveryPage(TypedDict):
    """A page of the log, the newest event first."""

    items: list[DeliveryView]
    next_cursor: str | None


class TestView(TypedDict):
    """The event that is on its way; the log tells what came of it."""

    event_id: int


class ReplayView(TypedDict):
    """How many events are sent again, up to which id; while there is `more`, replay again from there."""

    events: int
    through: int
    more: bool


def endpoint_view(found: Endpoint, waiting: int = 0) -> EndpointView:
    """A webhook as JSON."""
    return {
        "id": found.id,
        "url": found.url,
        "kinds": sorted(found.kinds),
        "created_at": to_text(found.created_at),
        "disabled_at": None if found.disabled_at is None else to_text(found.disabled_at),
        "disabled_reason": None if found.disabled_reason is None else found.disabled_reason.value,
        "old_secret_until": None if found.old_until is None else to_text(found.old_until),
        "waiting": waiting,
    }


def event_view(found: Event) -> EventView:
    """An event as JSON, from the bytes that are sent."""
    view: EventView = msgspec.json.decode(found.body)
    return view


def delivery_view(found: Delivery) -> DeliveryView:
    """A line of the log as JSON."""
    return {
        "event_id": found.event_id,
        "kind": found.kind.value,
        "vehicle_id": found.vehicle_id,
        "state": found.state.value,
        "attempts": found.attempts,
        "queued_at": to_text(found.queued_at),
        "next_at": to_text(found.next_at) if found.state.value == "pending" else None,
        "last_status": found.last_status,
        "last_error": found.last_error or None,
        "delivered_at": None if found.delivered_at is None else to_text(found.delivered_at),
    }
