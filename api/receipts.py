"""What one person has bid, and the receipt of each bid: for its owner, for ever."""

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import bids
from activities.db.bids import BidKey, MyBid
from api.bid_views import MyBidView, ReceiptView, my_bid_view, receipt_view
from api.database import now
from api.examples import MY_BID, RECEIPT
from api.identifiers import BidId
from api.paging import Cursor, Limit, bid_cursor, bid_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of

router = APIRouter(prefix="/api", tags=["bids"])


class MyBidPage(TypedDict):
    """A page of a person's bids, newest first."""

    items: list[MyBidView]
    next_cursor: str | None
    total: int


@router.get(
    "/me/bids",
    **about(Audience.SIGNED_IN, "INVALID_CURSOR", example={"items": [MY_BID], "next_cursor": None, "total": 1}),
)
async def my_bids(request: Request, person: SignedIn, limit: Limit = 20, cursor: Cursor = None) -> MyBidPage:
    """The asker's own bids, accepted and refused, newest first."""
    found, total = await services_of(request).database.read(bids_and_total, person.id, bid_key(cursor), limit + 1)
    shown = found[:limit]
    last = BidKey(shown[-1].bid.decided_at, shown[-1].bid.bid_id) if len(found) > limit else None
    return {
        "items": [my_bid_view(row) for row in shown],
        "next_cursor": None if last is None else bid_cursor(last),
        "total": total,
    }


@router.get("/bids/{bid_id}", **about(Audience.SIGNED_IN, "BID_NOT_FOUND", example=RECEIPT))
async def receipt(request: Request, person: SignedIn, bid_id: BidId) -> ReceiptView:
    """The receipt of one's own bid; anybody else's is not found."""
    services = services_of(request)
    found = await services.database.read(bids.receipt, bid_id, user_id=person.id)
    if found is None:
        raise fail("BID_NOT_FOUND")
    entry = found.entry
    return receipt_view(found, services.signer.receipt(entry.auction_id, entry.seq, entry.hash), now())


def bids_and_total(connection: Connection, user_id: int, after: BidKey | None, limit: int) -> tuple[list[MyBid], int]:
    """A page of a person's bids and how many there are."""
    return bids.bid_page(connection, user_id, after=after, limit=limit), bids.count_bids(connection, user_id)
