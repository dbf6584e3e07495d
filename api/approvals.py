"""What only two admins may do together: one asks, another decides, and what was approved is carried out once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from activities.db import approvals, audit, bids
from activities.db.approvals import Approval, NewApproval, State
from activities.db.audit import Deed, Source
from activities.db.people import Person
from api.auctions import known_head
from api.commands import COMMANDS, EXAMPLE, CommandView, Key, Outcome, over, recorded, send, told, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience
from api.sources import source_of
from api.staff_reads import note_read
from api.state import Services, services_of
from domain.auction import Result, Status
from domain.clock import to_text
from workflows import messages
from workflows.auction import AuctionWorkflow

ADMIN = "admin"
APPROVAL: dict[str, Any] = {
    "id": 5,
    "auction_id": 7,
    "action": "retract",
    "facts": {"bid_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7"},
    "reason": "The bidder reported a typing error by telephone.",
    "state": "open",
    "requested_by": {"id": 2, "name": "Amy"},
    "requested_at": "2026-05-05T19:12:03.120Z",
    "decided_by": None,
    "decided_at": None,
    "seq": None,
    "code": None,
}
DECIDED = {
    **APPROVAL,
    "state": "done",
    "decided_by": {"id": 3, "name": "Alan"},
    "decided_at": "2026-05-05T19:14:44.010Z",
    "seq": 22,
}
router = APIRouter(prefix="/api/approvals", tags=["steering"])


class Action(StrEnum):
    """What needs two admins (auction-rules.md section 6, and cancelling a lot that somebody has bid on)."""

    RETRACT = "retract"
    REMOVE_BIDDER = "remove_bidder"
    CANCEL = "cancel"


class StaffView(TypedDict):
    """A member of the staff."""

    id: int
    name: str


class ApprovalView(TypedDict):
    """A request that needs a second admin. `seq` and `code` tell of the ledger entry that it came to."""

    id: int
    auction_id: int
    action: str
    facts: dict[str, Any]
    reason: str
    state: str
    requested_by: StaffView
    requested_at: str
    decided_by: StaffView | None
    decided_at: str | None
    seq: int | None
    code: str | None


class ApprovalPage(TypedDict):
    """A page of requests, newest first."""

    items: list[ApprovalView]
    next_cursor: str | None
    total: int


class ApprovedView(TypedDict):
    """An approved request that was carried out, with what the command came to."""

    approval: ApprovalView
    result: CommandView


@dataclass(frozen=True, slots=True)
class Verdict:
    """One admin's decision on a request; `key` stands for the admin and their Idempotency-Key."""

    approval_id: int
    person: Person
    rejected: bool
    key: str
    at: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Order:
    """An approved request as the command that carries it out, or what it came to already."""

    approval: Approval
    update: Any = None
    command: object = None
    outcome: Outcome | None = None


@router.get(
    "",
    **about(Audience.ADMIN, "INVALID_CURSOR", example={"items": [APPROVAL], "next_cursor": None, "total": 1}),
)
async def list_approvals(
    request: Request,
    person: Admin,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ApprovalPage:
    """Requests for a second admin, newest first."""
    before = number_key(cursor)
    await note_read(request, person, "approvals", "approvals", state=state)
    found, total = await services_of(request).database.read(page_and_total, state, before, limit + 1)
    shown = found[:limit]
    return {
        "items": [approval_view(each) for each in shown],
        "next_cursor": str(shown[-1].id) if len(found) > limit else None,
        "total": total,
    }


@router.get("/{approval_id}", **about(Audience.ADMIN, "APPROVAL_NOT_FOUND", example=APPROVAL))
async def one_approval(request: Request, person: Admin, approval_id: Id) -> ApprovalView:
    """One request."""
    await note_read(request, person, "approval", f"approval {approval_id}")
    found = await services_of(request).database.read(approvals.approval, approval_id)
    if found is None:
        raise fail("APPROVAL_NOT_FOUND")
    return approval_view(found)


@router.post(
    "/{approval_id}/approve",
    **writes(
        Audience.ADMIN,
        "APPROVAL_NOT_FOUND",
        "SECOND_ADMIN_NEEDED",
        "ALREADY_DECIDED",
        "NO_SUCH_BID",
        "TOO_LATE",
        "CLOSED",
        "UNAVAILABLE",
        example={"approval": DECIDED, "result": {**EXAMPLE, "kind": "retracted"}},
    ),
)
async def approve(request: Request, person: Admin, approval_id: Id, key: Key) -> ApprovedView:
    """Approve another admin's request and carry it out. After a 503 approve again: it is done once."""
    services = services_of(request)
    order = await services.database.write(approved, _verdict(request, person, approval_id, key, rejected=False))
    outcome = order.outcome or await _carry_out(services, order)
    found = await services.database.read(approvals.approval, approval_id)
    view = approval_view(found or order.approval)
    return {"approval": view, "result": told(services, outcome, approval=view)}


@router.post(
    "/{approval_id}/reject",
    **writes(
        Audience.ADMIN,
        "APPROVAL_NOT_FOUND",
        "SECOND_ADMIN_NEEDED",
        "ALREADY_DECIDED",
        example={**DECIDED, "state": "rejected", "seq": None},
    ),
)
async def reject(request: Request, person: Admin, approval_id: Id, key: Key) -> ApprovalView:
    """Reject another admin's request; nothing is done."""
    verdict = _verdict(request, person, approval_id, key, rejected=True)
    return approval_view(await services_of(request).database.write(rejected, verdict))


async def file_request(
    request: Request, person: Person, auction_id: int, key: str, action: Action, reason: str, facts: Mapping[str, Any]
) -> JSONResponse:
    """File a request for a second admin and answer 202 with its address; the same key finds the same request."""
    wanted = _wanted(person, auction_id, key, action, reason, facts)
    made = await services_of(request).database.write(find_or_file, wanted, now(), source_of(request))
    return JSONResponse(approval_view(made), 202, {"location": f"/api/approvals/{made.id}"})


def is_filed(connection: Connection, person: Person, auction_id: int, key: str, action: Action) -> bool:
    """Whether this admin filed such a request under this key before."""
    return approvals.filed_under(connection, _wanted(person, auction_id, key, action, "", {})) is not None


def find_or_file(connection: Connection, wanted: NewApproval, at: datetime, source: Source) -> Approval:
    """The request of this key. Raises ID_REUSED, BIDDER_NOT_FOUND, or the code of an auction that is over."""
    head = known_head(connection, wanted.auction_id)
    found = approvals.filed_under(connection, wanted)
    if found is not None:
        if (found.facts, found.reason) != (wanted.facts, wanted.reason):
            raise fail("ID_REUSED")
        return found
    if head.status == Status.ENDED:
        raise fail("CLOSED" if head.result == Result.CANCELLED else "TOO_LATE", "The auction is over.")
    if "bidder" in wanted.facts and approvals.bidder_of(connection, head.id, wanted.facts["bidder"]) is None:
        raise fail("BIDDER_NOT_FOUND")
    number = approvals.add_approval(connection, wanted, at)
    detail = {"auction_id": head.id, **wanted.facts, "reason": wanted.reason}
    deed = Deed(at, wanted.requested_by, f"{wanted.action}_requested", f"approval {number}", detail, *source)
    audit.note(connection, deed)
    return _known(approvals.approval(connection, number))


def approved(connection: Connection, verdict: Verdict) -> Order:
    """Approve in one transaction with its deed; one that was approved and not carried out may be approved again."""
    found = _undecided(connection, verdict)
    if found.state in {State.DONE, State.REFUSED}:
        return Order(found, outcome=_outcome_of(connection, found))
    _decide(connection, found, verdict)
    return _order(connection, found)


def rejected(connection: Connection, verdict: Verdict) -> Approval:
    """Reject in one transaction with its deed."""
    found = _undecided(connection, verdict)
    if found.state is State.OPEN:
        _decide(connection, found, verdict)
    return _known(approvals.approval(connection, verdict.approval_id))


def page_and_total(
    connection: Connection, state: State | None, before_id: int | None, limit: int
) -> tuple[list[Approval], int]:
    """A page of requests and how many there are."""
    found = approvals.approval_page(connection, state, before_id=before_id, limit=limit)
    return found, approvals.count_approvals(connection, state)


def approval_view(row: Approval) -> ApprovalView:
    """A request for the staff."""
    decider = row.decided_by
    return {
        "id": row.id,
        "auction_id": row.auction_id,
        "action": row.action,
        "facts": dict(row.facts),
        "reason": row.reason,
        "state": row.state.value,
        "requested_by": {"id": row.requested_by.id, "name": row.requested_by.name},
        "requested_at": to_text(row.requested_at),
        "decided_by": None if decider is None else {"id": decider.id, "name": decider.name},
        "decided_at": None if row.decided_at is None else to_text(row.decided_at),
        "seq": row.seq,
        "code": row.code,
    }


def _undecided(connection: Connection, verdict: Verdict) -> Approval:
    """The request, locked, if this verdict may still count or is the very one that was given before."""
    found = approvals.locked_approval(connection, verdict.approval_id)
    if found is None:
        raise fail("APPROVAL_NOT_FOUND")
    if found.requested_by.id == verdict.person.id:
        raise fail("SECOND_ADMIN_NEEDED")
    again = found.decision_key == verdict.key
    unfinished = found.state is State.APPROVED and not verdict.rejected
    if found.state is not State.OPEN and not again and not unfinished:
        raise fail("ALREADY_DECIDED", approval=approval_view(found), outcome=found.state.value)
    return found


def _decide(connection: Connection, found: Approval, verdict: Verdict) -> None:
    """Note the verdict; the first one is the decision, a later one only carries it out."""
    person, at = verdict.person, verdict.at
    if found.state is State.OPEN:
        approvals.decide(connection, found, by=person.id, at=at, decision_key=verdict.key, rejected=verdict.rejected)
    word = "rejected" if verdict.rejected else "approved"
    detail = {"auction_id": found.auction_id, **found.facts, "reason": found.reason}
    deed = Deed(at, person.id, f"{found.action}_{word}", f"approval {found.id}", detail, *verdict.source)
    audit.note(connection, deed)


def _order(connection: Connection, found: Approval) -> Order:
    match Action(found.action):
        case Action.RETRACT:
            bid_id = found.facts["bid_id"]
            bid = bids.bid(connection, bid_id)
            command = messages.Retract(bid_id, None if bid is None else bid.seq, ADMIN, found.reason)
            return Order(found, AuctionWorkflow.retract, command)
        case Action.REMOVE_BIDDER:
            user_id = approvals.bidder_of(connection, found.auction_id, found.facts["bidder"])
            return Order(found, AuctionWorkflow.remove_bidder, messages.RemoveBidder(str(user_id), ADMIN, found.reason))
        case Action.CANCEL:
            return Order(found, AuctionWorkflow.cancel, messages.Cancel(ADMIN, found.reason))


async def _carry_out(services: Services, order: Order) -> Outcome:
    found = order.approval
    # The id is the request's own: whoever approves again after a crash sends the very same command.
    command_id = str(uuid.uuid5(COMMANDS, f"approval {found.id}"))
    outcome = await send(services, found.auction_id, order.update, order.command, command_id=command_id)
    if found.action == Action.CANCEL and outcome.code is not None:
        outcome = await services.database.read(_cancelled_before, found, outcome)
    state = State.DONE if outcome.code is None else State.REFUSED
    await services.database.write(approvals.finish, found, outcome=state, seq=outcome.seq, code=outcome.code)
    return outcome


def _cancelled_before(connection: Connection, found: Approval, outcome: Outcome) -> Outcome:
    """A cancelled auction's workflow is gone and may not know the command again: then its last entry is the answer."""
    head = known_head(connection, found.auction_id)
    if head.result != Result.CANCELLED:
        return outcome
    last = over(connection, found.auction_id)
    ours = last.public.get("reason") == found.reason and last.public.get("by") == ADMIN
    return Outcome("done", None, last.seq, last.hash, last.public) if ours else outcome


def _outcome_of(connection: Connection, found: Approval) -> Outcome:
    word = "done" if found.code is None else "refused"
    return recorded(connection, found.auction_id, found.seq or 0, word, found.code)


def _wanted(
    person: Person, auction_id: int, key: str, action: Action, reason: str, facts: Mapping[str, Any]
) -> NewApproval:
    request_key = wish_id(person, f"{action} of auction {auction_id}", key)
    return NewApproval(auction_id, action.value, facts, reason, person.id, request_key)


def _known(found: Approval | None) -> Approval:
    if found is None:
        raise fail("APPROVAL_NOT_FOUND")
    return found


def _verdict(request: Request, person: Person, approval_id: int, key: str, *, rejected: bool) -> Verdict:
    word = "reject" if rejected else "approve"
    own_key = wish_id(person, f"{word} approval {approval_id}", key)
    return Verdict(approval_id, person, rejected, own_key, now(), source_of(request))
