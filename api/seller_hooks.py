"""A seller's webhooks: where events go, with which secret, what came of each, and the same events to be fetched."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import audit, seller_deliveries, seller_endpoints, seller_feed
from activities.db.audit import Deed, Source
from activities.db.people import Person
from activities.db.seller_deliveries import Delivery, Replayed
from activities.db.seller_endpoints import Endpoint, TooManyEndpointsError
from activities.endpoint_secrets import EndpointSecrets, new_secret
from api.database import now
from api.identifiers import Id
from api.paging import ID_MAX, Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller, SteppedSeller
from api.seller_hook_views import (
    DELIVERY,
    ENDPOINT,
    EVENT,
    MADE,
    DeliveryPage,
    EndpointList,
    EventPage,
    From,
    NewEndpoint,
    ReplayView,
    SecretView,
    TestView,
    delivery_view,
    endpoint_view,
    event_view,
)
from api.sources import source_of
from api.state import services_of
from domain.seller_feed import MOST_ENDPOINTS, DeliveryState, reach_of, wrong_with

REPLAYED_MOST = 10_000
router = APIRouter(prefix="/api/me", tags=["selling"])
After = Annotated[int, Query(ge=0, le=ID_MAX, description="The id of the last event that was read; 0 at first.")]


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something with their webhooks, from where."""

    by: Person
    source: Source


@router.get("/webhooks", **about(Audience.SELLER, example={"items": [ENDPOINT]}))
async def list_endpoints(request: Request, person: Seller) -> EndpointList:
    """The seller's webhooks, also those that are switched off; never a secret."""
    found, waiting = await services_of(request).database.read(_endpoints, person.id)
    return {"items": [endpoint_view(each, waiting.get(each.id, 0)) for each in found]}


@router.post(
    "/webhooks",
    status_code=201,
    **about(Audience.SELLER, "STEP_UP_REQUIRED", "ENDPOINT_ADDRESS", "TOO_MANY_ENDPOINTS", example=MADE, success=201),
)
async def make_endpoint(request: Request, person: SteppedSeller, wanted: NewEndpoint) -> SecretView:
    """Be told of events at an address; the secret that they are signed with is in this answer only."""
    services, secret = services_of(request), new_secret()
    reach = reach_of(services.settings.profile, loopback=services.settings.webhooks_to_loopback)
    if (wrong := wrong_with(wanted.url, reach)) is not None:
        raise fail("ENDPOINT_ADDRESS", errors=[{"field": "url", "rule": "address", "message": wrong}])
    act = Act(person, source_of(request))
    made = await services.database.write(_make, wanted, secret, services.selling.endpoint_secrets, act)
    return {**endpoint_view(made), "secret": secret}


@router.delete("/webhooks/{endpoint_id}", status_code=204, **about(Audience.SELLER, "ENDPOINT_NOT_FOUND"))
async def delete_endpoint(request: Request, person: Seller, endpoint_id: Id) -> None:
    """Send nothing more to an address, and forget it with its log."""
    await services_of(request).database.write(_remove, endpoint_id, Act(person, source_of(request)))


@router.post(
    "/webhooks/{endpoint_id}/rotate",
    **about(Audience.SELLER, "STEP_UP_REQUIRED", "ENDPOINT_NOT_FOUND", example=MADE),
)
async def rotate_secret(request: Request, person: SteppedSeller, endpoint_id: Id) -> SecretView:
    """Replace the secret; for a day everything is signed with the new one and the one before."""
    services, secret = services_of(request), new_secret()
    sealed = services.selling.endpoint_secrets.seal(endpoint_id, secret)
    found = await services.database.write(_rotate, endpoint_id, sealed, Act(person, source_of(request)))
    return {**endpoint_view(found), "secret": secret}


@router.post(
    "/webhooks/{endpoint_id}/test",
    status_code=202,
    **about(Audience.SELLER, "ENDPOINT_NOT_FOUND", "ENDPOINT_DISABLED", example={"event_id": 1043}, success=202),
)
async def test_endpoint(request: Request, person: Seller, endpoint_id: Id) -> TestView:
    """Send an event of the kind `endpoint_test`; the log tells what came of it."""
    services = services_of(request)
    event_id = await services.database.write(_test, person.id, endpoint_id)
    await services.selling.feeds.hurry(endpoint_id)
    return {"event_id": event_id}


@router.get(
    "/webhooks/{endpoint_id}/deliveries",
    **about(
        Audience.SELLER,
        "ENDPOINT_NOT_FOUND",
        "INVALID_CURSOR",
        example={"items": [DELIVERY], "next_cursor": None},
    ),
)
async def list_deliveries(
    request: Request,
    person: Seller,
    endpoint_id: Id,
    state: DeliveryState | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> DeliveryPage:
    """What was sent, or is on its way, with the last answer to it; the newest event first."""
    read = services_of(request).database.read
    found = await read(_deliveries, person.id, endpoint_id, state, number_key(cursor), limit + 1)
    return {
        "items": [delivery_view(each) for each in found[:limit]],
        "next_cursor": str(found[limit - 1].event_id) if len(found) > limit else None,
    }


@router.post(
    "/webhooks/{endpoint_id}/replay",
    status_code=202,
    **about(
        Audience.SELLER,
        "ENDPOINT_NOT_FOUND",
        example={"events": 42, "through": 1042, "more": False},
        success=202,
    ),
)
async def replay(request: Request, person: Seller, endpoint_id: Id, body: From) -> ReplayView:
    """Send everything after an event again, in order; a webhook that was switched off is switched on by it."""
    services = services_of(request)
    found = await services.database.write(_replay, person.id, endpoint_id, body.after)
    await services.selling.feeds.hurry(endpoint_id)
    return {"events": found.events, "through": found.through, "more": found.more}


@router.get("/events", **about(Audience.SELLER, example={"items": [EVENT], "next_after": 1042, "more": False}))
async def list_events(request: Request, person: Seller, after: After = 0, limit: Limit = 100) -> EventPage:
    """The seller's events after a cursor, for who fetches instead of being told."""
    found = await services_of(request).database.read(seller_feed.events, person.id, after=after, limit=limit + 1)
    shown = found[:limit]
    return {
        "items": [event_view(each) for each in shown],
        "next_after": shown[-1].id if shown else after,
        "more": len(found) > limit,
    }


def _endpoints(connection: Connection, seller_id: int) -> tuple[list[Endpoint], dict[int, int]]:
    found = seller_endpoints.of_seller(connection, seller_id)
    return found, seller_deliveries.count_waiting(connection, [each.id for each in found])


def _make(connection: Connection, wanted: NewEndpoint, secret: str, secrets: EndpointSecrets, act: Act) -> Endpoint:
    moment = now()
    try:
        made = seller_endpoints.add(
            connection, act.by.id, wanted.url, wanted.kinds, lambda number: secrets.seal(number, secret), moment
        )
    except TooManyEndpointsError:
        raise fail("TOO_MANY_ENDPOINTS", limit=MOST_ENDPOINTS) from None
    _note(connection, act, "webhook_made", made.id)
    return made


def _remove(connection: Connection, endpoint_id: int, act: Act) -> None:
    seller_endpoints.remove(connection, _own(connection, act.by.id, endpoint_id).id, now())
    _note(connection, act, "webhook_deleted", endpoint_id)


def _rotate(connection: Connection, endpoint_id: int, sealed: str, act: Act) -> Endpoint:
    _own(connection, act.by.id, endpoint_id)
    _note(connection, act, "webhook_secret_replaced", endpoint_id)
    return seller_endpoints.rotate(connection, endpoint_id, sealed, now())


def _test(connection: Connection, seller_id: int, endpoint_id: int) -> int:
    if _own(connection, seller_id, endpoint_id).disabled_at is not None:
        raise fail("ENDPOINT_DISABLED")
    return seller_feed.note_test(connection, seller_id, endpoint_id, now())


def _replay(connection: Connection, seller_id: int, endpoint_id: int, after: int) -> Replayed:
    _own(connection, seller_id, endpoint_id)
    return seller_deliveries.replay(connection, endpoint_id, after, now(), REPLAYED_MOST)


def _deliveries(
    connection: Connection,
    seller_id: int,
    endpoint_id: int,
    state: DeliveryState | None,
    before: int | None,
    limit: int,
) -> list[Delivery]:
    _own(connection, seller_id, endpoint_id, lock=False)
    return seller_deliveries.log_of(connection, endpoint_id, state, before, limit)


def _own(connection: Connection, seller_id: int, endpoint_id: int, *, lock: bool = True) -> Endpoint:
    found = seller_endpoints.endpoint(connection, endpoint_id, lock=lock)
    if found is None or found.seller_id != seller_id:
        raise fail("ENDPOINT_NOT_FOUND")
    return found


def _note(connection: Connection, act: Act, action: str, endpoint_id: int) -> None:
    audit.note(connection, Deed(now(), act.by.id, action, f"webhook {endpoint_id}", {}, *act.source))
