"""The inventory: vehicles and auctions by whatever a buyer looks for, counted by kind, a page at a time."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import search
from activities.db.vehicles import VehicleSummary
from activities.search_index.index import Found, SearchIndex, Wanted
from api.database import now
from api.examples import VEHICLE
from api.routes import about
from api.search_forms import SearchQuery, cursor_of, filters_of, wanted_of
from api.search_views import Facets, ListingView, facet_views, listing_views
from api.security import Audience, Viewer
from api.state import services_of
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
router = APIRouter(tags=["search"])


class VehiclePage(TypedDict):
    """A page of listed vehicles; `facets` is empty where it was not asked for."""

    items: list[ListingView]
    next_cursor: str | None
    total: int
    facets: Facets


@dataclass(frozen=True, slots=True)
class VehiclesFound:
    """What was found, with the vehicles of the page."""

    found: Found
    rows: dict[int, VehicleSummary]


@router.get(
    "/api/vehicles",
    **about(
        Audience.PUBLIC,
        "INVALID_CURSOR",
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


def vehicles_found(connection: Connection, index: SearchIndex, wanted: Wanted) -> VehiclesFound:
    """A page of listed vehicles."""
    found = index.find(connection, wanted, now())
    return VehiclesFound(found, search.summaries(connection, [each.vehicle_id for each in found.listings]))
