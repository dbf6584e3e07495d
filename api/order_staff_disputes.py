"""Disputes as the staff handle them: opened for somebody, noted, assigned, passed on, decided by one or by two."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import audit, orders, people
from activities.db.audit import Deed
from activities.db.people import Person
from api.commands import Key, Reason, wish_id, writes
from api.database import now
from api.identifiers import BidId as DisputeId
from api.identifiers import Id
from api.order_acts import ACTING, done, order_of_others
from api.order_dispute_views import StaffDisputeView, staff_dispute_view
from api.order_disputes import Cents, FewWords, NewDispute, case_of
from api.order_examples import STAFF_DISPUTE_EXAMPLE
from api.paging import ID_MAX
from api.problems import fail
from api.security import STAFF_ROLES, Admin, Audience, Staff
from api.sources import source_of
from api.state import services_of
from domain.dispute_terms import DisputeCode, Kind, Remedy, Resolution
from domain.disputes import Claim
from domain.orders import Party
from workflows import order_messages as messages
from workflows.order import OrderWorkflow

D = DisputeCode
OPENED = (
    *(*ACTING, "ORDER_OWN", "ID_REUSED"),
    *(code.value for code in (D.NOT_OPEN_YET, D.WINDOW_CLOSED, D.BAD_REMEDY, D.ALREADY_OPEN, D.TOO_MUCH)),
)
HANDLED = (*ACTING, "ORDER_OWN", "ORDER_NO_SUCH_DISPUTE", D.OVER.value, D.NOT_NOW.value, D.TOO_MUCH.value)
DECIDED = (*HANDLED, D.BAD_REMEDY.value, D.SAME_PERSON.value)
ONE = "/{order_id}/disputes/{dispute_id}"
EXAMPLE = dict(STAFF_DISPUTE_EXAMPLE)
router = APIRouter(prefix="/api", tags=["orders"])


class StaffDispute(NewDispute):
    """A dispute that the staff open, and against whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "title", "words": "The lien was not released.", "remedy": "unwind", "against": "seller"}
            ]
        },
    )

    against: Literal["buyer", "seller"]


class Remark(BaseModel):
    """A remark for the other staff."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "Called the seller."}]})

    words: FewWords


class Owner(BaseModel):
    """Who of the staff has it from now on, by their id."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user_id": 3}]})

    user_id: Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]


class Decision(BaseModel):
    """What a dispute is to end in, and why: `amount_cents` is that of a partial refund."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"remedy": "partial_refund", "amount_cents": 50_000, "reason": "Both photos show it."}]
        },
    )

    remedy: Remedy
    amount_cents: Cents = 0
    reason: Reason

    @property
    def resolution(self) -> Resolution:
        """What it ends in."""
        return Resolution(self.remedy, self.amount_cents if self.remedy is Remedy.PARTIAL_REFUND else 0)


class Refund(BaseModel):
    """What goes back to the buyer, and why: all of it, with the sale undone, without an amount."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_cents": 25_000, "reason": "A fee was charged twice."}]}
    )

    amount_cents: Annotated[int, Field(strict=True, ge=1, le=ID_MAX)] | None = None
    reason: Reason


@router.post(
    "/support/orders/{order_id}/disputes",
    status_code=201,
    **writes(Audience.STAFF, *OPENED, example=EXAMPLE, success=201),
)
async def open_for_somebody(
    request: Request, person: Staff, order_id: Id, key: Key, wanted: StaffDispute
) -> StaffDisputeView:
    """Open a dispute as the house's staff; its opener has it."""
    dispute_id = wish_id(person, f"staff dispute of order {order_id}", key)
    claim = Claim(wanted.kind, Party.STAFF, wanted.words, wanted.asked, Party(wanted.against))
    message = messages.OpenDispute(dispute_id, claim, str(person.id))
    facts = {"kind": wanted.kind.value, "against": wanted.against, "remedy": wanted.remedy.value}
    await _note(request, person, order_id, "opened_dispute", {"dispute_id": dispute_id, **facts})
    await done(services_of(request), order_id, OrderWorkflow.open_dispute, message, dispute_id)
    return await _shown(request, order_id, dispute_id)


@router.post(f"/support/orders{ONE}/note", **writes(Audience.STAFF, *HANDLED, example=EXAMPLE))
async def note(
    request: Request, person: Staff, order_id: Id, dispute_id: DisputeId, key: Key, remark: Remark
) -> StaffDisputeView:
    """Leave a remark for the other staff; neither side sees it."""
    message = messages.NoteDispute(dispute_id, str(person.id), remark.words)
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.note_dispute, message, key)


@router.post(f"/support/orders{ONE}/assign", **writes(Audience.STAFF, *HANDLED, "ACCOUNT_NOT_FOUND", example=EXAMPLE))
async def assign(
    request: Request, person: Staff, order_id: Id, dispute_id: DisputeId, key: Key, owner: Owner
) -> StaffDisputeView:
    """Give a dispute to somebody else of the staff."""
    found = await services_of(request).database.read(people.person, owner.user_id)
    if found is None or found.role not in STAFF_ROLES:
        raise fail("ACCOUNT_NOT_FOUND", "Nobody of the staff has this id.")
    message = messages.AssignDispute(dispute_id, str(owner.user_id))
    facts = {"owner": owner.user_id}
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.assign_dispute, message, key, facts)


@router.post(f"/support/orders{ONE}/escalate", **writes(Audience.STAFF, *HANDLED, example=EXAMPLE))
async def escalate(request: Request, person: Staff, order_id: Id, dispute_id: DisputeId, key: Key) -> StaffDisputeView:
    """Pass a dispute on to who decides more."""
    message = messages.EscalateDispute(dispute_id, str(person.id))
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.escalate_dispute, message, key)


@router.post(f"/admin/orders{ONE}/propose", **writes(Audience.ADMIN, *DECIDED, example=EXAMPLE))
async def propose(
    request: Request, person: Admin, order_id: Id, dispute_id: DisputeId, key: Key, decision: Decision
) -> StaffDisputeView:
    """Decide a dispute. What gives back more than the set sum waits for another admin."""
    resolution = decision.resolution
    message = messages.ProposeResolution(dispute_id, str(person.id), resolution)
    facts = {"remedy": resolution.remedy.value, "amount_cents": resolution.cents, "reason": decision.reason}
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.propose_resolution, message, key, facts)


@router.post(f"/admin/orders{ONE}/approve", **writes(Audience.ADMIN, *DECIDED, example=EXAMPLE))
async def approve(request: Request, person: Admin, order_id: Id, dispute_id: DisputeId, key: Key) -> StaffDisputeView:
    """Stand for what another admin proposes; it is carried out then."""
    message = messages.JudgeResolution(dispute_id, str(person.id))
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.approve_resolution, message, key)


@router.post(f"/admin/orders{ONE}/reject", **writes(Audience.ADMIN, *DECIDED, example=EXAMPLE))
async def reject(request: Request, person: Admin, order_id: Id, dispute_id: DisputeId, key: Key) -> StaffDisputeView:
    """Not stand for what is proposed; it is decided anew."""
    message = messages.JudgeResolution(dispute_id, str(person.id))
    return await _act(request, person, order_id, dispute_id, OrderWorkflow.reject_resolution, message, key)


@router.post(
    "/admin/orders/{order_id}/refund",
    **writes(Audience.ADMIN, *OPENED, *DECIDED, example=EXAMPLE),
)
async def refund(request: Request, person: Admin, order_id: Id, key: Key, wanted: Refund) -> StaffDisputeView:
    """Give money back as a dispute of the house's own that is decided at once: held, approved by another admin above
    the set sum, and carried out as every resolution is."""
    services = services_of(request)
    dispute_id = wish_id(person, f"refund of order {order_id}", key)
    remedy = Remedy.UNWIND if wanted.amount_cents is None else Remedy.PARTIAL_REFUND
    resolution = Resolution(remedy, wanted.amount_cents or 0)
    claim = Claim(Kind.PAYMENT, Party.STAFF, wanted.reason, resolution, Party.SELLER)
    facts = {"dispute_id": dispute_id, "amount_cents": wanted.amount_cents, "reason": wanted.reason}
    await _note(request, person, order_id, "refunded_order", facts)
    member = str(person.id)
    steps: tuple[tuple[Any, object], ...] = (
        (OrderWorkflow.open_dispute, messages.OpenDispute(dispute_id, claim, member)),
        (OrderWorkflow.escalate_dispute, messages.EscalateDispute(dispute_id, member)),
        (OrderWorkflow.propose_resolution, messages.ProposeResolution(dispute_id, member, resolution)),
    )
    # Each step has its own id under the wish's: what was done before an answer was lost is not done again.
    for update, message in steps:
        await done(services, order_id, update, message, wish_id(person, f"{update.__name__} {dispute_id}", key))
    return await _shown(request, order_id, dispute_id)


async def _act(
    request: Request,
    person: Person,
    order_id: int,
    dispute_id: str,
    update: Any,
    message: object,
    key: str,
    facts: Mapping[str, object] | None = None,
) -> StaffDisputeView:
    """Write the deed down, carry it out, and show the dispute as it is then."""
    await _note(
        request, person, order_id, str(update.__name__), {"dispute_id": dispute_id, **(facts or {})}, dispute_id
    )
    command_id = wish_id(person, f"{update.__name__} {dispute_id}", key)
    await done(services_of(request), order_id, update, message, command_id)
    return await _shown(request, order_id, dispute_id)


async def _note(
    request: Request,
    person: Person,
    order_id: int,
    action: str,
    facts: Mapping[str, object],
    dispute_id: str | None = None,
) -> None:
    deed = Deed(now(), person.id, action, f"order {order_id}", facts, *source_of(request))
    await services_of(request).database.write(_noted, order_id, dispute_id, deed)


def _noted(connection: Connection, order_id: int, dispute_id: str | None, deed: Deed) -> None:
    stored = order_of_others(connection, order_id, deed.actor_id)
    if dispute_id is not None:
        case_of(stored, dispute_id)
    audit.note(connection, deed)


async def _shown(request: Request, order_id: int, dispute_id: str) -> StaffDisputeView:
    stored = await services_of(request).database.read(orders.find, order_id)
    if stored is None:
        raise fail("ORDER_NOT_FOUND")
    return staff_dispute_view(case_of(stored, dispute_id))
