"""Saved searches and the watchlist of the signed-in person."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import auctions, saved_searches, search, watchlist
from activities.db.auctions import Lot
from activities.db.saved_searches import SavedSearch, TooManySearchesError
from activities.db.vehicles import VehicleSummary
from activities.db.watchlist import TooManyWatchedError, Watched
from api.database import now
from api.examples import AUCTION, VEHICLE
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.search_forms import SearchForm, filters_of, refused
from api.security import Audience, SignedIn
from api.state import services_of
from api.views import AuctionView, VehicleView, auction_view, vehicle_view
from domain.clock import to_text
from domain.saved_searches import MOST_SEARCHES, Frequency
from domain.search import Facet, Filters, Measure, Wrong
from domain.watching import MOST_WATCHED, WatchNews

NOTHING = Wrong("filters", "EMPTY", "choose something: everything new would be too much mail")
SEARCH: dict[str, Any] = {
    "id": 3,
    "name": "Civics near me",
    "filters": {"make": ["honda"], "model": ["civic"], "year_from": 2018, "zip": "55101", "miles": 100},
    "frequency": "daily",
    "created_at": "2026-05-05T12:00:00.000Z",
    "last_sent_at": None,
}
WATCHED: dict[str, Any] = {
    "vehicle": VEHICLE,
    "auction": AUCTION,
    "watched_at": "2026-05-05T12:00:00.000Z",
    "reminders": ["day", "hour", "minutes", "outbid", "reserve"],
}
router = APIRouter(prefix="/api/me", tags=["people"])


class NewSearch(BaseModel):
    """A search to be kept; what asks for the state or the end of an auction cannot be kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [SEARCH]})

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    filters: SearchForm
    frequency: Frequency = Field(default=Frequency.DAILY)


class Reminders(BaseModel):
    """What a watcher wants to be told: day, hour and minutes before the end, outbid, and the price at the reserve."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reminders": ["hour", "outbid"]}]})

    reminders: frozenset[WatchNews]


class SearchView(TypedDict):
    """A saved search; `filters` has the names of the query of `GET /api/vehicles`."""

    id: int
    name: str
    filters: dict[str, object]
    frequency: str
    created_at: str
    last_sent_at: str | None


class SearchList(TypedDict):
    """All saved searches of a person, newest first."""

    items: list[SearchView]


class WatchedView(TypedDict):
    """A vehicle on the list, with its newest auction if it has one, and what its watcher wants to be told."""

    vehicle: VehicleView
    auction: AuctionView | None
    watched_at: str
    reminders: list[str]


class WatchList(TypedDict):
    """The whole watchlist, newest first."""

    items: list[WatchedView]


@router.get("/searches", **about(Audience.SIGNED_IN, example={"items": [SEARCH]}))
async def list_searches(request: Request, person: SignedIn) -> SearchList:
    """The saved searches of the signed-in person."""
    found = await services_of(request).database.read(saved_searches.of_user, person.id)
    return {"items": [search_view(each) for each in found]}


@router.post(
    "/searches", status_code=201, **about(Audience.SIGNED_IN, "TOO_MANY_SEARCHES", example=SEARCH, success=201)
)
async def save_search(request: Request, person: SignedIn, wanted: NewSearch) -> SearchView:
    """Keep a search, to be told of what it finds; the same filters again change its name and frequency."""
    filters = filters_of(wanted.filters)
    if filters.is_empty:
        raise refused(NOTHING)
    saved = await services_of(request).database.write(_save, person.id, wanted, filters)
    return search_view(saved)


@router.delete("/searches/{search_id}", status_code=204, **about(Audience.SIGNED_IN, "SEARCH_NOT_FOUND"))
async def forget_search(request: Request, person: SignedIn, search_id: Id) -> None:
    """Delete a saved search; nothing more is sent for it."""
    if not await services_of(request).database.write(saved_searches.forget, person.id, search_id):
        raise fail("SEARCH_NOT_FOUND")


@router.get("/watchlist", **about(Audience.SIGNED_IN, example={"items": [WATCHED]}))
async def list_watched(request: Request, person: SignedIn) -> WatchList:
    """The watchlist of the signed-in person."""
    return {"items": await services_of(request).database.read(_watched, person.id, None)}


@router.get("/watchlist/{vehicle_id}", **about(Audience.SIGNED_IN, "NOT_WATCHED", example=WATCHED))
async def one_watched(request: Request, person: SignedIn, vehicle_id: Id) -> WatchedView:
    """One vehicle of the list."""
    found = await services_of(request).database.read(_watched, person.id, vehicle_id)
    if not found:
        raise fail("NOT_WATCHED")
    return found[0]


@router.put(
    "/watchlist/{vehicle_id}",
    **about(Audience.SIGNED_IN, "VEHICLE_NOT_FOUND", "TOO_MANY_WATCHED", example=WATCHED),
)
async def watch(request: Request, person: SignedIn, vehicle_id: Id) -> WatchedView:
    """Watch a vehicle: you are told before its auction ends, when you are outbid, and when the reserve is met."""
    found = await services_of(request).database.write(_watch, person.id, vehicle_id)
    return found[0]


@router.put("/watchlist/{vehicle_id}/reminders", **about(Audience.SIGNED_IN, "NOT_WATCHED", example=WATCHED))
async def remind(request: Request, person: SignedIn, vehicle_id: Id, wanted: Reminders) -> WatchedView:
    """Be told only this of a vehicle from now on."""
    database = services_of(request).database
    if not await database.write(watchlist.remind, person.id, vehicle_id, wanted.reminders):
        raise fail("NOT_WATCHED")
    found = await database.read(_watched, person.id, vehicle_id)
    return found[0]


@router.delete("/watchlist/{vehicle_id}", status_code=204, **about(Audience.SIGNED_IN, "NOT_WATCHED"))
async def unwatch(request: Request, person: SignedIn, vehicle_id: Id) -> None:
    """Watch a vehicle no more."""
    if not await services_of(request).database.write(watchlist.unwatch, person.id, vehicle_id):
        raise fail("NOT_WATCHED")


def search_view(saved: SavedSearch) -> SearchView:
    """A saved search as JSON."""
    return {
        "id": saved.id,
        "name": saved.name,
        "filters": query_of(saved.filters),
        "frequency": saved.frequency.value,
        "created_at": to_text(saved.created_at),
        "last_sent_at": None if saved.last_sent_at is None else to_text(saved.last_sent_at),
    }


def query_of(filters: Filters) -> dict[str, object]:
    """Filters by the names under which a query has them."""
    found: dict[str, object] = {facet.value: list(filters.choices(facet)) for facet in Facet if filters.choices(facet)}
    for measure, name in NAMES.items():
        span = filters.span(measure)
        ends = {f"{name[0]}_from{name[1]}": span.low, f"{name[0]}_to{name[1]}": span.high}
        found |= {key: value for key, value in ends.items() if value is not None}
    if filters.near is not None:
        found |= {"zip": filters.near.zip, "miles": filters.near.miles}
    return found | ({"no_reserve": True} if filters.no_reserve else {}) | ({"q": filters.text} if filters.text else {})


NAMES = {
    Measure.YEAR: ("year", ""),
    Measure.PRICE_CENTS: ("price", "_cents"),
    Measure.MILEAGE: ("mileage", ""),
    Measure.CONDITION_GRADE: ("condition", ""),
}


def _save(connection: Connection, user_id: int, wanted: NewSearch, filters: Filters) -> SavedSearch:
    try:
        return saved_searches.save(connection, user_id, wanted.name, filters, wanted.frequency, now())
    except TooManySearchesError:
        raise fail("TOO_MANY_SEARCHES", limit=MOST_SEARCHES) from None


def _watch(connection: Connection, user_id: int, vehicle_id: int) -> list[WatchedView]:
    try:
        watchlist.watch(connection, user_id, vehicle_id, now())
    except LookupError:
        raise fail("VEHICLE_NOT_FOUND") from None
    except TooManyWatchedError:
        raise fail("TOO_MANY_WATCHED", limit=MOST_WATCHED) from None
    return _watched(connection, user_id, vehicle_id)


def _watched(connection: Connection, user_id: int, vehicle_id: int | None) -> list[WatchedView]:
    if vehicle_id is None:
        found = watchlist.of_user(connection, user_id)
    else:
        one = watchlist.watched(connection, user_id, vehicle_id)
        found = [] if one is None else [one]
    rows = search.summaries(connection, [each.vehicle_id for each in found])
    lots = auctions.lots(connection, [each.auction_id for each in found if each.auction_id is not None])
    return [_view(each, rows, lots) for each in found if each.vehicle_id in rows]


def _view(watched: Watched, rows: dict[int, VehicleSummary], lots: dict[int, Lot]) -> WatchedView:
    lot = None if watched.auction_id is None else lots.get(watched.auction_id)
    return {
        "vehicle": vehicle_view(rows[watched.vehicle_id]),
        "auction": None if lot is None else auction_view(lot, now()),
        "watched_at": to_text(watched.created_at),
        "reminders": [each.value for each in WatchNews if each in watched.reminders],
    }
