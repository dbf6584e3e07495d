"""Commands on a lot besides bidding: by its seller, by a bidder who slipped, and by admins (auction-rules.md 6)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse

from activities.db import audit, bids
from activities.db.auctions import Head
from activities.db.audit import Deed, Source
from activities.db.bids import REFUSED, Bid
from activities.db.people import Person, Scope
from api.approvals import APPROVAL, Action, file_request, is_filed
from api.auctions import known_head
from api.commands import (
    COMMAND_CODES,
    EXAMPLE,
    CommandView,
    Key,
    OneLine,
    Outcome,
    Reason,
    acts_as_admin,
    need_scope,
    send,
    told,
    wish_id,
    writes,
)
from api.database import now
from api.identifiers import Id
from api.problems import fail
from api.schedules import Dollars
from api.security import Admin, Audience, Seller, SignedIn, SteppedSeller
from api.sources import source_of
from api.state import services_of
from domain.auction import Status
from domain.errors import Code
from domain.steering import ONE_ADMIN, SELLER
from workflows import messages
from workflows.auction import AuctionWorkflow

HOLD_REASON_MAX = 32
# These mean something to the machinery: a lot held for one of them is resumed, or bids are withdrawn, by its own rules.
HOUSE_REASONS = frozenset({"outage", "sunday", "fork", "buy_now", "material_edit"})
FILED = {"description": "A second admin must approve it", "content": {"application/json": {"example": APPROVAL}}}
ALIAS = r"^Bidder [1-9][0-9]{0,5}$"
router = APIRouter(prefix="/api/auctions", tags=["steering"])


def _or_filed(described: dict[str, Any]) -> dict[str, Any]:
    described["responses"][202] = FILED
    return described


def _not_of_the_house(reason: str) -> str:
    if reason in HOUSE_REASONS:
        raise ValueError("is set by the house's own procedures; say why in other words")
    return reason


HoldReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=HOLD_REASON_MAX),
    OneLine,
    AfterValidator(_not_of_the_house),
]


class Body(BaseModel):
    """What all bodies here have in common: nothing unknown is let pass."""

    model_config = ConfigDict(extra="forbid")


class LowerReserveBody(Body):
    """The new reserve in cents, whole dollars; null waives it."""

    reserve_cents: Dollars | None


class ReasonBody(Body):
    """A reason that everyone will read."""

    reason: Reason


class HoldBody(Body):
    """A short reason that everyone will read."""

    reason: HoldReason


class ResumeBody(Body):
    """Nothing to say: what was left at the hold is left again, exactly."""


class RetractBody(Body):
    """The bid to be taken out, and a reason that everyone will read."""

    bid_id: UUID
    reason: Reason


class RemoveBidderBody(Body):
    """The bidder by alias, as `Bidder 3`, and a reason that everyone will read."""

    bidder: Annotated[str, StringConstraints(pattern=ALIAS)]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Attempt:
    """One person's attempt to steer a lot, as the audit log will tell it."""

    person: Person
    auction_id: int
    action: str
    detail: Mapping[str, Any]
    at: datetime
    source: Source


@router.post(
    "/{auction_id}/lower-reserve",
    **writes(
        Audience.SELLER,
        *COMMAND_CODES,
        "NOT_YOUR_AUCTION",
        "RESERVE_NOT_LOWERED",
        "STEP_UP_REQUIRED",
        example={**EXAMPLE},
    ),
)
async def lower_reserve(
    request: Request, person: SteppedSeller, auction_id: Id, key: Key, body: LowerReserveBody
) -> CommandView:
    """Lower or waive the reserve of an own live lot. The price may rise by it; it never falls."""
    attempt = _attempt(request, person, auction_id, "lower_reserve", waived=body.reserve_cents is None)
    await services_of(request).database.write(by_seller, attempt)
    command = messages.LowerReserve(body.reserve_cents, secrets.token_hex(32))
    return await _carry_out(request, attempt, key, AuctionWorkflow.lower_reserve, command)


@router.post(
    "/{auction_id}/cancel",
    response_model=None,
    **_or_filed(
        writes(Audience.SELLER, *COMMAND_CODES, "NOT_YOUR_AUCTION", "HAS_BIDS", "ID_REUSED", example={**EXAMPLE})
    ),
)
async def cancel(
    request: Request, person: Seller, auction_id: Id, key: Key, body: ReasonBody
) -> CommandView | JSONResponse:
    """End a lot without a sale: its seller before the first bid, an admin with a reason, two once somebody has bid."""
    attempt = _attempt(request, person, auction_id, "cancel", reason=body.reason)
    if not await acts_as_admin(request, person):
        await services_of(request).database.write(by_seller, attempt)
        return await _carry_out(request, attempt, key, AuctionWorkflow.cancel, messages.Cancel(SELLER, body.reason))
    if await services_of(request).database.write(needs_two, person, auction_id, key):
        return await file_request(request, person, auction_id, key, Action.CANCEL, body.reason, {})
    await services_of(request).database.write(by_staff, attempt)
    outcome = await _sent(request, attempt, key, AuctionWorkflow.cancel, messages.Cancel(ONE_ADMIN, body.reason))
    if outcome.code == Code.HAS_BIDS:
        # The auction knows of a bid that the database does not have yet.
        return await file_request(request, person, auction_id, key, Action.CANCEL, body.reason, {})
    return told(services_of(request), outcome)


@router.post("/{auction_id}/hold", **writes(Audience.ADMIN, *COMMAND_CODES, "ON_HOLD", example={**EXAMPLE}))
async def hold(request: Request, person: Admin, auction_id: Id, key: Key, body: HoldBody) -> CommandView:
    """Stop all clocks of a lot; what is left of its time is kept to the millisecond."""
    attempt = _attempt(request, person, auction_id, "hold", reason=body.reason)
    await services_of(request).database.write(by_staff, attempt)
    return await _carry_out(request, attempt, key, AuctionWorkflow.hold, messages.Hold(body.reason))


@router.post("/{auction_id}/resume", **writes(Audience.ADMIN, *COMMAND_CODES, "NOT_HELD", example={**EXAMPLE}))
async def resume(request: Request, person: Admin, auction_id: Id, key: Key, _: ResumeBody) -> CommandView:
    """Start the clocks of a held lot again."""
    attempt = _attempt(request, person, auction_id, "resume")
    await services_of(request).database.write(by_staff, attempt)
    return await _carry_out(request, attempt, key, AuctionWorkflow.resume, messages.Resume())


@router.post(
    "/{auction_id}/retract",
    response_model=None,
    **_or_filed(
        writes(
            Audience.SIGNED_IN,
            *COMMAND_CODES,
            "NO_SUCH_BID",
            "RETRACTION_NOT_ALLOWED",
            "ID_REUSED",
            example={**EXAMPLE},
        )
    ),
)
async def retract(
    request: Request, person: SignedIn, auction_id: Id, key: Key, body: RetractBody
) -> CommandView | JSONResponse:
    """Undo an own slip of the finger at once; an admin's wish to take a bid out waits for a second admin."""
    bid_id = str(body.bid_id)
    if await acts_as_admin(request, person):
        await services_of(request).database.read(accepted_bid, auction_id, bid_id)
        return await file_request(request, person, auction_id, key, Action.RETRACT, body.reason, {"bid_id": bid_id})
    await need_scope(request, Scope.BID)
    attempt = _attempt(request, person, auction_id, "retract", bid_id=bid_id, reason=body.reason)
    seq = await services_of(request).database.write(own_bid, attempt, bid_id)
    command = messages.Retract(bid_id, seq, str(person.id), body.reason)
    return await _carry_out(request, attempt, key, AuctionWorkflow.retract, command)


@router.post(
    "/{auction_id}/remove-bidder",
    status_code=202,
    response_model=None,
    **writes(
        Audience.ADMIN,
        "AUCTION_NOT_FOUND",
        "TOO_LATE",
        "CLOSED",
        "BIDDER_NOT_FOUND",
        "ID_REUSED",
        example=APPROVAL,
        success=202,
    ),
)
async def remove_bidder(
    request: Request, person: Admin, auction_id: Id, key: Key, body: RemoveBidderBody
) -> JSONResponse:
    """Ask for all bids of one bidder to be taken out; a second admin decides."""
    facts = {"bidder": body.bidder}
    return await file_request(request, person, auction_id, key, Action.REMOVE_BIDDER, body.reason, facts)


def by_seller(connection: Connection, attempt: Attempt) -> Head:
    """Note an attempt of the lot's seller. Raises NOT_YOUR_AUCTION for anybody else."""
    head = known_head(connection, attempt.auction_id)
    if head.seller_id != attempt.person.id:
        raise fail("NOT_YOUR_AUCTION")
    _note(connection, attempt)
    return head


def by_staff(connection: Connection, attempt: Attempt) -> Head:
    """Note an attempt of an admin."""
    head = known_head(connection, attempt.auction_id)
    _note(connection, attempt)
    return head


def needs_two(connection: Connection, person: Person, auction_id: int, key: str) -> bool:
    """Whether an admin's wish to cancel waits for a second admin: somebody has bid, or it was filed before."""
    head = known_head(connection, auction_id)
    has_bids = head.bidder_count > 0 and head.status != Status.ENDED
    return has_bids or is_filed(connection, person, auction_id, key, Action.CANCEL)


def own_bid(connection: Connection, attempt: Attempt, bid_id: str) -> int | None:
    """Note an attempt to undo an own bid, and find its `seq`; None for one too new to be recorded."""
    known_head(connection, attempt.auction_id)
    found = bids.bid(connection, bid_id)
    if found is not None and (found.user_id != attempt.person.id or not _counts(found, attempt.auction_id)):
        raise fail("NO_SUCH_BID")
    _note(connection, attempt)
    return None if found is None else found.seq


def accepted_bid(connection: Connection, auction_id: int, bid_id: str) -> Bid:
    """An accepted bid of this auction. Raises NO_SUCH_BID."""
    known_head(connection, auction_id)
    found = bids.bid(connection, bid_id)
    if found is None or not _counts(found, auction_id):
        raise fail("NO_SUCH_BID")
    return found


def _counts(bid: Bid, auction_id: int) -> bool:
    return bid.auction_id == auction_id and bid.outcome != REFUSED


def _note(connection: Connection, attempt: Attempt) -> None:
    subject = f"auction {attempt.auction_id}"
    deed = Deed(attempt.at, attempt.person.id, attempt.action, subject, attempt.detail, *attempt.source)
    audit.note(connection, deed)


def _attempt(request: Request, person: Person, auction_id: int, action: str, **detail: object) -> Attempt:
    return Attempt(person, auction_id, action, detail, now(), source_of(request))


async def _carry_out(request: Request, attempt: Attempt, key: str, update: Any, command: object) -> CommandView:
    return told(services_of(request), await _sent(request, attempt, key, update, command))


async def _sent(request: Request, attempt: Attempt, key: str, update: Any, command: object) -> Outcome:
    command_id = wish_id(attempt.person, f"{attempt.action} of auction {attempt.auction_id}", key)
    return await send(services_of(request), attempt.auction_id, update, command, command_id=command_id)
