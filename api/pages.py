"""The site's pages: each reads what it shows in one go, and hands it to `web` as the JSON values of the API."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse

from activities.db import auctions, bids, history, my_lots, photos, vehicles, watchlist
from activities.db.auctions import FullLot, Lot, LotFilter, LotKey
from activities.db.bids import NOTHING, Bid, Mine
from activities.db.history import HistoryLine
from activities.db.my_lots import MyLotKey
from activities.db.people import Person
from activities.db.photos import Photo
from activities.db.vehicles import VehicleFilter
from api.bid_views import attempt_view
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.listing_pictures import thumbnails, with_pictures
from api.paging import lot_cursor, lot_key, my_lot_cursor, my_lot_key
from api.photo_views import picture_view
from api.problems import fail
from api.purchase_views import ForSaleView
from api.purchases import look
from api.quotes import QuoteFacts, facts_for, on_page
from api.routes import about
from api.security import Audience, SignedIn, Viewer
from api.signins import Identity
from api.state import services_of
from api.views import (
    auction_view,
    full_auction_view,
    history_view,
    mine_view,
)
from web import views
from web.filters import Filters
from web.purchase_views import ForSale

PAGE = 24
HISTORY_LINES = 20
ATTEMPTS = 20
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What the list page shows."""

    lots: list[Lot]
    total: int
    makes: list[str]
    mine: dict[int, Mine]
    photos: dict[int, Photo]


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What the page of one auction shows."""

    lot: FullLot
    lines: list[HistoryLine]
    total: int
    mine: Mine
    photos: list[Photo]
    for_sale: ForSaleView
    quote: QuoteFacts
    is_watched: bool


@dataclass(frozen=True, slots=True)
class MyFacts:
    """What the page of one's own auctions shows."""

    lots: list[Lot]
    mine: dict[int, Mine]
    attempts: dict[int, list[Bid]]


@router.get("/", response_class=HTMLResponse, **about(Audience.PUBLIC))
@router.get("/auctions", response_class=HTMLResponse, **about(Audience.PUBLIC))
async def auction_list(request: Request, identity: Viewer) -> HTMLResponse:
    """The market, one status at a time."""
    filters = Filters.of_query(request.query_params)
    services, moment = services_of(request), now()
    wanted, after = _wanted(filters), lot_key(filters.cursor)
    facts = await services.database.read(_market, wanted, after, identity.person)
    shown = facts.lots[:PAGE]
    last = LotKey(shown[-1].head.ends_at, shown[-1].head.id) if len(facts.lots) > PAGE else None
    view = views.AuctionList(
        frame(request),
        [auction_view(lot, moment) for lot in shown],
        filters,
        facts.total,
        None if last is None else lot_cursor(last),
        mine_views({lot.head.id: lot for lot in shown}, facts.mine, identity.person),
        facts.makes,
        thumbnails(services, facts.photos),
    )
    return with_pictures(services, services.pages.auction_list(view))


@router.get("/auctions/{auction_id}", response_class=HTMLResponse, **about(Audience.PUBLIC, "AUCTION_NOT_FOUND"))
async def auction(request: Request, identity: Viewer, auction_id: Id, answer: str = "") -> HTMLResponse:
    """One auction, to watch and to bid on; `answer` names the reader's own bid that a form has just placed."""
    notice = None
    if answer and identity.person is not None:
        receipt = await services_of(request).database.read(bids.receipt, answer, user_id=identity.person.id)
        notice = None if receipt is None or receipt.bid.code else views.Notice.of_bid(receipt.entry.public)
    return await auction_page(request, identity, auction_id, notice=notice)


async def auction_page(
    request: Request,
    identity: Identity,
    auction_id: int,
    *,
    notice: views.Notice | None = None,
    form: views.BidForm | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page of an auction, also as the answer to a form. Raises AUCTION_NOT_FOUND."""
    services, person, moment = services_of(request), identity.person, now()
    facts = await services.database.read(_lot, auction_id, person, moment)
    head = facts.lot.head
    mine = None if person is None else mine_view(head, person.id, facts.mine)
    least = head.minimum_next_cents if mine is None else mine["minimum_cents"]
    priced = on_page(services, facts.lot, facts.quote, least, moment)
    may_buy = person is not None and person.can_bid and person.id != head.seller_id
    view = views.Auction(
        frame(request, notice),
        full_auction_view(facts.lot, moment),
        str(uuid.uuid4()),
        str(uuid.uuid4()),
        mine,
        [history_view(line) for line in facts.lines],
        facts.total,
        person is not None and person.id == head.seller_id,
        form,
        [picture_view(photo, services.photos.links, moment) for photo in facts.photos],
        ForSale(facts.for_sale, moment, str(uuid.uuid4()), str(uuid.uuid4()), may_buy),
        priced.quote,
        priced.fee,
        facts.is_watched,
    )
    return with_pictures(services, services.pages.auction(view), status)


@router.get("/my-bids", response_class=HTMLResponse, **about(Audience.SIGNED_IN))
@router.get("/me/bids", response_class=HTMLResponse, **about(Audience.SIGNED_IN))
async def my_bids(request: Request, person: SignedIn, cursor: str | None = None) -> HTMLResponse:
    """The auctions its reader has bid in, with their own attempts."""
    services, moment = services_of(request), now()
    facts = await services.database.read(_mine, person.id, my_lot_key(cursor))
    shown = facts.lots[:PAGE]
    last = shown[-1].head if len(facts.lots) > PAGE else None
    items = [
        views.MyAuction(
            auction_view(lot, moment),
            mine_view(lot.head, person.id, facts.mine.get(lot.head.id, NOTHING)),
            [attempt_view(made) for made in facts.attempts.get(lot.head.id, ())],
        )
        for lot in shown
    ]
    cursor = None if last is None else my_lot_cursor(MyLotKey(last.status == "ended", last.ends_at, last.id))
    return HTMLResponse(services.pages.my_bids(views.MyBids(frame(request), items, cursor)))


def _wanted(filters: Filters) -> LotFilter:
    """The tab "live" also shows what is held or closing: to a visitor these are under way."""
    statuses = ("live", "held", "closing") if filters.status == "live" else (filters.status,)
    return LotFilter(
        statuses,
        VehicleFilter(filters.make, filters.model, filters.year_from, filters.year_to),
        filters.price_from_cents,
        filters.price_to_cents,
        filters.closing_before(now()),
    )


def mine_views(lots: Mapping[int, Lot], mine: Mapping[int, Mine], person: Person | None) -> dict[int, views.Json]:
    """The positions of a reader in the lots of a list, by the auction's id; nobody's where nobody has signed in."""
    if person is None:
        return {}
    return {key: mine_view(lot.head, person.id, mine.get(key, NOTHING)) for key, lot in lots.items()}


def _market(connection: Connection, wanted: LotFilter, after: LotKey | None, person: Person | None) -> MarketFacts:
    found = auctions.lot_page(connection, wanted, after=after, limit=PAGE + 1)
    ids = [lot.head.id for lot in found]
    mine = bids.mine_in(connection, ids, person.id) if person is not None else {}
    pictures = photos.primary_in(connection, [lot.vehicle.id for lot in found])
    return MarketFacts(found, auctions.count_lots(connection, wanted), vehicles.makes(connection), mine, pictures)


def _lot(connection: Connection, auction_id: int, person: Person | None, moment: datetime) -> LotFacts:
    found = auctions.full_lot(connection, auction_id)
    if found is None:
        raise fail("AUCTION_NOT_FOUND")
    lines = history.history_page(connection, auction_id, limit=HISTORY_LINES)
    mine = NOTHING if person is None else bids.mine(connection, auction_id, person.id)
    shown = photos.primary_first(photos.public_of(connection, found.vehicle.id))
    user_id = None if person is None else person.id
    sale, quote = look(connection, auction_id, user_id, moment), facts_for(connection, user_id)
    total = history.count_history(connection, auction_id)
    is_watched = user_id is not None and bool(watchlist.watched_among(connection, user_id, [found.vehicle.id]))
    return LotFacts(found, lines, total, mine, shown, sale, quote, is_watched)


def _mine(connection: Connection, user_id: int, after: MyLotKey | None) -> MyFacts:
    found = my_lots.my_lot_page(connection, user_id, after=after, limit=PAGE + 1)
    ids = [lot.head.id for lot in found[:PAGE]]
    mine = bids.mine_in(connection, ids, user_id)
    return MyFacts(found, mine, my_lots.newest_bids_in(connection, user_id, ids, each=ATTEMPTS))
