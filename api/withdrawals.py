"""How a bidder steps back from a lot whose listing was changed under their bids (auction-rules.md section 6)."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import audit
from activities.db.audit import Deed
from api.auctions import known_head
from api.commands import COMMAND_CODES, EXAMPLE, CommandView, Key, send, told, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.problems import fail
from api.security import Audience, Bidder
from api.sources import source_of
from api.state import services_of
from domain.errors import Code
from workflows import messages
from workflows.auction import AuctionWorkflow

# Everybody reads it in the ledger.
REASON = "the listing was changed"
router = APIRouter(prefix="/api/auctions", tags=["steering"])


class WithdrawBody(BaseModel):
    """Nothing to say: all of one's own bids on the lot are taken back."""

    model_config = ConfigDict(extra="forbid")


@router.post(
    "/{auction_id}/withdraw-bids",
    **writes(
        Audience.BIDDER,
        *COMMAND_CODES,
        "NOT_WITHDRAWABLE",
        "NO_SUCH_BID",
        example={**EXAMPLE, "kind": "bidder_removed", "auction_status": "held"},
    ),
)
async def withdraw_bids(request: Request, person: Bidder, auction_id: Id, key: Key, _: WithdrawBody) -> CommandView:
    """Take back all of one's own bids, while the lot is held because its listing was changed."""
    services = services_of(request)
    deed = Deed(now(), person.id, "withdraw_bids", f"auction {auction_id}", {}, *source_of(request))
    await services.database.write(note, auction_id, deed)
    # Nobody but the person whose session it is can be meant.
    wish = messages.RemoveBidder(str(person.id), str(person.id), REASON)
    command_id = wish_id(person, f"withdraw_bids of auction {auction_id}", key)
    outcome = await send(services, auction_id, AuctionWorkflow.remove_bidder, wish, command_id=command_id)
    if outcome.code == Code.RETRACTION_NOT_ALLOWED:
        raise fail("NOT_WITHDRAWABLE")
    return told(services, outcome)


def note(connection: Connection, auction_id: int, deed: Deed) -> None:
    """Note the attempt. Raises AUCTION_NOT_FOUND."""
    known_head(connection, auction_id)
    audit.note(connection, deed)
