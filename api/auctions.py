"""Auctions to look at: one lot, its public history, the asker's own position, and its ledger."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import auctions, bids, history
from activities.db.auctions import Head
from activities.db.bids import Mine
from activities.db.history import HistoryLine, LedgerRow
from api.bid_views import EntryView, SignedHeadView, entry_view
from api.database import now
from api.examples import ENTRY, FULL_AUCTION, LINE, MINE, SIGNED_HEAD
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn, Viewer
from api.state import services_of
from api.views import (
    FullAuctionView,
    HistoryLineView,
    MineView,
    full_auction_view,
    history_view,
    mine_view,
)
from domain.auction import Status
from domain.clock import to_text

LEDGER_PAGE = 500
LedgerLimit = Annotated[int, Query(ge=1, le=LEDGER_PAGE)]
router = APIRouter(prefix="/api/auctions", tags=["auctions"])


class HistoryPage(TypedDict):
    """A page of the public history, newest first."""

    items: list[HistoryLineView]
    next_cursor: str | None
    total: int


class LedgerPage(TypedDict):
    """A page of the public ledger in order; `total` is the `seq` of its last entry."""

    auction_id: int
    public_key: str
    items: list[EntryView]
    next_cursor: str | None
    total: int
    head: SignedHeadView


@router.get("/{auction_id}", **about(Audience.PUBLIC, "AUCTION_NOT_FOUND", example=FULL_AUCTION))
async def one_auction(request: Request, _: Viewer, auction_id: Id) -> FullAuctionView:
    """One auction with its vehicle in full."""
    found = await services_of(request).database.read(auctions.full_lot, auction_id)
    if found is None:
        raise fail("AUCTION_NOT_FOUND")
    return full_auction_view(found, now())


@router.get("/{auction_id}/mine", **about(Audience.SIGNED_IN, "AUCTION_NOT_FOUND", example=MINE))
async def my_position(request: Request, person: SignedIn, auction_id: Id) -> MineView:
    """The asker's own position; nobody else ever sees the maximum in it."""
    head, own = await services_of(request).database.read(head_and_mine, auction_id, person.id)
    return mine_view(head, person.id, own)


@router.get(
    "/{auction_id}/bids",
    **about(
        Audience.PUBLIC,
        "AUCTION_NOT_FOUND",
        "INVALID_CURSOR",
        example={"items": [LINE], "next_cursor": "14", "total": 14},
    ),
)
async def bid_history(
    request: Request, _: Viewer, auction_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> HistoryPage:
    """The public history by alias, newest first."""
    before = number_key(cursor)
    found, total = await services_of(request).database.read(history_and_total, auction_id, before, limit + 1)
    shown = found[:limit]
    return {
        "items": [history_view(line) for line in shown],
        "next_cursor": str(shown[-1].version) if len(found) > limit else None,
        "total": total,
    }


@router.get("/{auction_id}/head", **about(Audience.PUBLIC, "AUCTION_NOT_FOUND", example=SIGNED_HEAD))
async def signed_head(request: Request, _: Viewer, auction_id: Id) -> SignedHeadView:
    """The signed head of the ledger: who keeps it can later show that nothing before it was changed."""
    return signed_view(request, await services_of(request).database.read(known_head, auction_id))


@router.get(
    "/{auction_id}/ledger",
    **about(
        Audience.PUBLIC,
        "AUCTION_NOT_FOUND",
        "LEDGER_NOT_PUBLIC",
        "INVALID_CURSOR",
        example={
            "auction_id": 7,
            "public_key": "d7" * 32,
            "items": [ENTRY],
            "next_cursor": None,
            "total": 21,
            "head": SIGNED_HEAD,
        },
    ),
)
async def public_ledger(
    request: Request, _: Viewer, auction_id: Id, limit: LedgerLimit = LEDGER_PAGE, cursor: Cursor = None
) -> LedgerPage:
    """The whole public ledger in order, after the close; private parts stay sealed by their commitments."""
    head, found = await services_of(request).database.read(
        _ended_ledger, auction_id, number_key(cursor) or 0, limit + 1
    )
    signed = signed_view(request, head)
    return {
        "auction_id": auction_id,
        "public_key": signed["public_key"],
        "items": [entry_view(row) for row in found[:limit]],
        "next_cursor": str(found[limit - 1].seq) if len(found) > limit else None,
        "total": head.seq,
        "head": signed,
    }


def known_head(connection: Connection, auction_id: int) -> Head:
    """The head of an auction. Raises AUCTION_NOT_FOUND."""
    found = auctions.head(connection, auction_id)
    if found is None:
        raise fail("AUCTION_NOT_FOUND")
    return found


def head_and_mine(connection: Connection, auction_id: int, user_id: int) -> tuple[Head, Mine]:
    """The head of an auction and what one person has in it. Raises AUCTION_NOT_FOUND."""
    return known_head(connection, auction_id), bids.mine(connection, auction_id, user_id)


def history_and_total(
    connection: Connection, auction_id: int, before_version: int | None, limit: int
) -> tuple[list[HistoryLine], int]:
    """A page of public history and how many lines there are. Raises AUCTION_NOT_FOUND."""
    known_head(connection, auction_id)
    found = history.history_page(connection, auction_id, before_version=before_version, limit=limit)
    return found, history.count_history(connection, auction_id)


def _ended_ledger(connection: Connection, auction_id: int, after_seq: int, limit: int) -> tuple[Head, list[LedgerRow]]:
    head = known_head(connection, auction_id)
    if head.status != Status.ENDED:
        raise fail("LEDGER_NOT_PUBLIC", auction_status=head.status)
    return head, history.ledger_page(connection, auction_id, after_seq=after_seq, limit=limit)


def signed_view(request: Request, head: Head) -> SignedHeadView:
    """The recorded head of a ledger with the platform's signature."""
    signer = services_of(request).signer
    return {
        "auction_id": head.id,
        "seq": head.seq,
        "hash": head.hash,
        "version": head.version,
        "signature": signer.head(head.id, head.seq, head.hash),
        "public_key": signer.public_key,
        "server_now": to_text(now()),
    }
