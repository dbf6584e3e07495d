"""What happened to a bid, in plain sentences for the person who made it."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import bids, history
from activities.db.bids import Receipt
from api.identifiers import BidId
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of
from domain.errors import Code
from domain.explain import Question, explain

PAGE = 2_000
SALES = frozenset({"bought", "offer_accepted"})
router = APIRouter(prefix="/api/bids", tags=["bids"])


class ExplanationView(TypedDict):
    """The story of one bid; it tells nothing of what others were ready to pay."""

    bid_id: str
    sentences: list[str]


@router.get(
    "/{bid_id}/explanation",
    **about(
        Audience.SIGNED_IN,
        "BID_NOT_FOUND",
        example={
            "bid_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7",
            "sentences": [
                "Your bid of $12,100 took the lead at $12,100, the amount that you bid.",
                "You won at $12,100.",
            ],
        },
    ),
)
async def explanation(request: Request, person: SignedIn, bid_id: BidId) -> ExplanationView:
    """Why one's own bid ended as it did: "why did I lose?". Anybody else's bid is not found."""
    question = await services_of(request).database.read(_question, bid_id, person.id)
    return {"bid_id": bid_id, "sentences": explain(question)}


def _question(connection: Connection, bid_id: str, user_id: int) -> Question:
    receipt = bids.receipt(connection, bid_id, user_id=user_id)
    if receipt is None:
        raise fail("BID_NOT_FOUND")
    before, *later = _around(connection, receipt)
    starts_at = _start(connection, receipt) if receipt.bid.code == Code.NOT_STARTED else ""
    sold_at = _sold_at(connection, receipt) if receipt.bid.code == Code.TOO_LATE else ""
    return Question(receipt.entry.public, receipt.bid.cents, before, later, starts_at, sold_at)


def _start(connection: Connection, receipt: Receipt) -> str:
    """The start that was in force: that of the schedule, or of the newest hold that was lifted before it."""
    found = history.ledger_page(connection, receipt.bid.auction_id, after_seq=0, limit=receipt.bid.seq - 1)
    named = [str(row.public["starts_at"]) for row in found if "starts_at" in row.public]
    return named[-1] if named else ""


def _sold_at(connection: Connection, receipt: Receipt) -> str:
    """When the lot was sold without a hammer before this bid came; nobody ever led such a lot."""
    found = history.ledger_page(connection, receipt.bid.auction_id, after_seq=0, limit=receipt.bid.seq - 1)
    sales = [str(row.public["at"]) for row in found if row.public["kind"] in SALES and row.public["outcome"] == "done"]
    return sales[0] if sales else ""


def _around(connection: Connection, receipt: Receipt) -> Sequence[dict[str, Any]]:
    """The entry in front of the bid and all that came after it."""
    auction_id, seq = receipt.bid.auction_id, receipt.bid.seq
    found = history.ledger_page(connection, auction_id, after_seq=seq - 2, limit=PAGE)
    while len(found) % PAGE == 0:
        more = history.ledger_page(connection, auction_id, after_seq=found[-1].seq, limit=PAGE)
        if not more:
            break
        found += more
    return [row.public for row in found if row.seq != seq]
