"""The page of the inventory: everything for sale by whatever a buyer looks for, without a script needed."""

from dataclasses import dataclass, replace

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse

from activities.db import auctions, bids, photos, search
from activities.db.auctions import Lot
from activities.db.bids import Mine
from activities.db.people import Person
from activities.db.photos import Photo
from activities.db.vehicles import VehicleSummary
from activities.search_index.index import Found, SearchIndex, Wanted
from api.database import now
from api.frames import frame
from api.inventory_forms import FOR_SALE, Asked, asked
from api.listing_pictures import thumbnails, with_pictures
from api.pages import mine_views
from api.routes import about
from api.search import auction_ids
from api.search_forms import cursor_of
from api.search_views import facet_views, listing_views
from api.security import Audience, Viewer
from api.state import services_of
from api.views import auction_view
from domain.auction import Status
from domain.search import Facet, Sort, loosened
from web.search_views import Chip, Inventory, address, facet_lists, loose_chip

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class InventoryFacts:
    """What the page shows. `looser`: how many there are without one filter each, where there are none with all."""

    found: Found
    rows: dict[int, VehicleSummary]
    lots: dict[int, Lot]
    mine: dict[int, Mine]
    photos: dict[int, Photo]
    looser: dict[str, int]


@router.get("/inventory", response_class=HTMLResponse, **about(Audience.PUBLIC, "SEARCH_LOADING"))
async def inventory(request: Request, identity: Viewer) -> HTMLResponse:
    """Vehicles for sale, by what ends soonest unless another order is asked for."""
    services, moment, person = services_of(request), now(), identity.person
    query = asked(request.query_params.multi_items())
    facts = await services.database.read(_facts, services.search, query, person)
    found, sort = facts.found, query.wanted.sort
    cursor = cursor_of(sort, found.after)
    lots = {key: auction_view(lot, moment) for key, lot in facts.lots.items()}
    view = Inventory(
        frame(request),
        listing_views(found, facts.rows, query.filters.near),
        found.total,
        facet_lists(facet_views(found.counts), query.pairs),
        query.filters,
        query.pairs,
        sort.value,
        next_link=None if cursor is None else address([*query.pairs, ("cursor", cursor)]),
        is_first=query.is_first,
        lots=lots,
        mine=mine_views(facts.lots, facts.mine, person),
        pictures=thumbnails(services, facts.photos),
        typed=query.typed,
        errors=query.errors,
        looser=_looser(query, facts),
        ended=_ended(query, found),
    )
    return with_pictures(services, services.pages.inventory(view))


def _facts(connection: Connection, index: SearchIndex, query: Asked, person: Person | None) -> InventoryFacts:
    moment = now()
    found = index.find(connection, query.wanted, moment)
    vehicle_ids, lot_ids = [each.vehicle_id for each in found.listings], auction_ids(found)
    return InventoryFacts(
        found,
        search.summaries(connection, vehicle_ids),
        auctions.lots(connection, lot_ids),
        {} if person is None else bids.mine_in(connection, lot_ids, person.id),
        photos.primary_in(connection, vehicle_ids),
        {} if found.total else _counts_without(connection, index, query),
    )


def _counts_without(connection: Connection, index: SearchIndex, query: Asked) -> dict[str, int]:
    """How many there are without each filter: asked for only where nothing is found with all of them."""
    counts = {}
    for name, filters in loosened(query.filters):
        wanted = Wanted(replace(filters, status=filters.status or FOR_SALE), Sort.NEWEST, 1, with_counts=False)
        counts[name] = index.find(connection, wanted, now()).total
    return counts


def _looser(query: Asked, facts: InventoryFacts) -> list[Chip]:
    """The filters to leave out, the most helpful one first."""
    helpful = [(count, name) for name, count in facts.looser.items() if count]
    helpful.sort(key=lambda each: -each[0])
    return [loose_chip(query.pairs, query.filters, name, count) for count, name in helpful]


def _ended(query: Asked, found: Found) -> int:
    """How many there would be among what has ended, where nobody has said which auctions to look in."""
    if query.filters.status:
        return 0
    return dict(found.counts.get(Facet.STATUS, ())).get(Status.ENDED.value, 0)
