"""The inventory: vehicles and auctions by whatever a buyer looks for, counted by kind, a page at a time."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import auctions, search
from activities.db.auctions import Lot
from activities.db.vehicles import VehicleSummary
from activities.search_index.index import Found, SearchIndex, Wanted
from api.database import now
from api.examples import AUCTION, VEHICLE
from api.routes import about
from api.search_forms import AuctionQuery, SearchQuery, cursor_of, filters_of, usual_sort, wanted_of
from api.search_views import (
    Facets,
    FoundAuctionView,
    ListingView,
    auction_facet_views,
    facet_views,
    found_auction_views,
    listing_views,
)
from api.security import Audience, Viewer
from api.state import services_of
from domain.auction import Status
from domain.search import Sort

FACETS: dict[str, Any] = {"make": [{"value": "Honda", "count": 31}, {"value": "Ford", "count": 11}]}
LISTING: dict[str, Any] = {
    **VEHICLE,
    "fuel_type": "gasoline",
    "drivetrain": "FWD",
    "transmission": "cvt",
    "title_status": "clean",
    "condition_grade": 42,
    "sale_type": "timed",
    "no_reserve": False,
    "status": "live",
    "auction_id": 7,
    "price_cents": 1_210_000,
    "ends_at": "2026-05-05T20:00:00.000Z",
    "listed_at": "2026-05-04T15:00:00.000Z",
    "distance_miles": 12.4,
}
ANY_AUCTION = tuple(Status)
router = APIRouter(tags=["search"])


class VehiclePage(TypedDict):
    """A page of listed vehicles; `facets` is empty where it was not asked for."""

    items: list[ListingView]
    next_cursor: str | None
    total: int
    facets: Facets


class AuctionPage(TypedDict):
    """A page of auctions, the newest one of each vehicle; `facets` is empty where it was not asked for."""

    items: list[FoundAuctionView]
    next_cursor: str | None
    total: int
    facets: Facets


@dataclass(frozen=True, slots=True)
class VehiclesFound:
    """What was found, with the vehicles of the page."""

    found: Found
    rows: dict[int, VehicleSummary]


@dataclass(frozen=True, slots=True)
class LotsFound:
    """What was found, with the lots of the page by the auction's id."""

    found: Found
    lots: dict[int, Lot]


@router.get(
    "/api/vehicles",
    **about(
        Audience.PUBLIC,
        "INVALID_CURSOR",
        "SEARCH_LOADING",
        example={"items": [LISTING], "next_cursor": "newest-1777906800-12", "total": 42, "facets": FACETS},
    ),
)
async def list_vehicles(request: Request, _: Viewer, query: Annotated[SearchQuery, Query()]) -> VehiclePage:
    """Listed vehicles, newest first unless another order is asked for."""
    filters = filters_of(query)
    wanted = wanted_of(query, filters, Sort.NEWEST)
    services = services_of(request)
    answer = await services.database.read(vehicles_found, services.search, wanted)
    return {
        "items": listing_views(answer.found, answer.rows, filters.near),
        "next_cursor": cursor_of(wanted.sort, answer.found.after),
        "total": answer.found.total,
        "facets": facet_views(answer.found.counts),
    }


@router.get(
    "/api/auctions",
    **about(
        Audience.PUBLIC,
        "INVALID_CURSOR",
        "SEARCH_LOADING",
        example={
            "items": [{**AUCTION, "distance_miles": 12.4}],
            "next_cursor": "ending_soon-1778011200-12",
            "total": 12,
            "facets": FACETS,
        },
    ),
)
async def list_auctions(request: Request, _: Viewer, query: Annotated[AuctionQuery, Query()]) -> AuctionPage:
    """Auctions by what ends soonest; ended ones alone from the latest end back. Of a vehicle the newest one."""
    filters = filters_of(query)
    wanted = wanted_of(query, replace(filters, status=filters.status or ANY_AUCTION), usual_sort(filters))
    services = services_of(request)
    answer = await services.database.read(lots_found, services.search, wanted)
    return {
        "items": found_auction_views(answer.found, answer.lots, filters.near, now()),
        "next_cursor": cursor_of(wanted.sort, answer.found.after),
        "total": answer.found.total,
        "facets": auction_facet_views(answer.found.counts),
    }


def vehicles_found(connection: Connection, index: SearchIndex, wanted: Wanted) -> VehiclesFound:
    """A page of listed vehicles."""
    found = index.find(connection, wanted, now())
    return VehiclesFound(found, search.summaries(connection, [each.vehicle_id for each in found.listings]))


def lots_found(connection: Connection, index: SearchIndex, wanted: Wanted) -> LotsFound:
    """A page of lots, the newest one of each vehicle."""
    found = index.find(connection, wanted, now())
    return LotsFound(found, auctions.lots(connection, auction_ids(found)))


def auction_ids(found: Found) -> list[int]:
    """The auctions of a page of listings."""
    return [each.auction_id for each in found.listings if each.auction_id is not None]
