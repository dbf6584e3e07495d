"""Disputes over HTTP, for the two sides of an order: opened, answered, agreed to, documented and let go."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import order_desk
from activities.db.orders import Stored
from activities.db.people import Person
from api.commands import Key, wish_id, writes
from api.identifiers import BidId as DisputeId
from api.identifiers import Id
from api.order_acts import ACTING, Own, acting_side, done, own_order
from api.order_dispute_views import DisputeView, dispute_view
from api.order_examples import DISPUTE_EXAMPLE
from api.paging import ID_MAX
from api.problems import fail
from api.security import Audience, SignedIn
from api.state import Services, services_of
from domain.dispute_terms import LONGEST_TEXT, DisputeCode, Kind, Remedy, Resolution
from domain.disputes import Claim, Dispute
from domain.orders import Party
from workflows import order_messages as messages
from workflows.order import OrderWorkflow
from workflows.order_messages import LONGEST_WORDS

NOT_PRINTABLE = "must not hold control characters"
OPENING = (
    *ACTING,
    *(code.value for code in (DisputeCode.NOT_OPEN_YET, DisputeCode.WINDOW_CLOSED, DisputeCode.NOT_FOR_YOU)),
    *(code.value for code in (DisputeCode.TEXT_MISSING, DisputeCode.BAD_REMEDY, DisputeCode.ALREADY_OPEN)),
    DisputeCode.TOO_MUCH.value,
    "ORDER_UNREADABLE",
)
REPLYING = (
    *ACTING,
    "ORDER_NO_SUCH_DISPUTE",
    *(code.value for code in (DisputeCode.NOT_FOR_YOU, DisputeCode.OVER, DisputeCode.NOT_NOW)),
)
FILING = (
    *REPLYING,
    "DOCUMENT_NOT_FOUND",
    "ORDER_UNREADABLE",
    DisputeCode.EVIDENCE_LOCKED.value,
    DisputeCode.TOO_MUCH.value,
)
ANSWERING = (*REPLYING, DisputeCode.ANSWERED.value, DisputeCode.TEXT_MISSING.value)
ONE = "/{order_id}/disputes/{dispute_id}"
router = APIRouter(prefix="/api/orders", tags=["orders"])


def _plain(text: str) -> str:
    if not all(letter.isprintable() or letter in "\n\t" for letter in text):
        raise ValueError(NOT_PRINTABLE)
    return text


Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT), AfterValidator(_plain)
]
FewWords = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS), AfterValidator(_plain)
]
Cents = Annotated[int, Field(strict=True, ge=0, le=ID_MAX)]


class NewDispute(BaseModel):
    """What it is about, what happened, and what is asked for: `amount_cents` is that of a partial refund."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "condition",
                    "words": "The left door was repainted, which the listing does not say.",
                    "remedy": "partial_refund",
                    "amount_cents": 80_000,
                }
            ]
        },
    )

    kind: Kind
    words: Words
    remedy: Remedy
    amount_cents: Cents = 0

    @property
    def asked(self) -> Resolution:
        """What is asked for; an amount says nothing but in a partial refund."""
        return Resolution(self.remedy, self.amount_cents if self.remedy is Remedy.PARTIAL_REFUND else 0)


class Answer(BaseModel):
    """Your own story; it is told once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "It is in the description."}]})

    words: Words


class Filing(BaseModel):
    """What is filed: a statement, or what one of the vehicle's papers shows. It cannot be changed after."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"words": "Page 2.", "document_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7"}]},
    )

    words: FewWords
    document_id: Annotated[str, StringConstraints(max_length=36)] | None = None


@router.post(
    "/{order_id}/disputes",
    status_code=201,
    **writes(Audience.SIGNED_IN, *OPENING, example=dict(DISPUTE_EXAMPLE), success=201),
)
async def open_dispute(request: Request, person: SignedIn, order_id: Id, key: Key, wanted: NewDispute) -> DisputeView:
    """Open a dispute within its time. The order's money and payout are held until it is over."""
    services = services_of(request)
    own = await acting_side(request, services, person, order_id)
    dispute_id = wish_id(person, f"dispute of order {order_id}", key)
    claim = Claim(wanted.kind, own.side, wanted.words, wanted.asked)
    message = messages.OpenDispute(dispute_id, claim)
    await done(services, order_id, OrderWorkflow.open_dispute, message, dispute_id)
    return await _shown(services, person, order_id, dispute_id)


@router.post(f"{ONE}/answer", **writes(Audience.SIGNED_IN, *ANSWERING, example=dict(DISPUTE_EXAMPLE)))
async def answer(
    request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, key: Key, told: Answer
) -> DisputeView:
    """Tell the other side of the story, once. Staff decide after that."""
    own = await _acting(request, person, order_id, dispute_id)
    message = messages.AnswerDispute(dispute_id, own.side, told.words)
    return await _act(request, person, own, dispute_id, OrderWorkflow.answer_dispute, message, key)


@router.post(f"{ONE}/concede", **writes(Audience.SIGNED_IN, *REPLYING, example=dict(DISPUTE_EXAMPLE)))
async def concede(request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, key: Key) -> DisputeView:
    """Agree to what is asked. Above the published sum our staff have to agree as well."""
    own = await _acting(request, person, order_id, dispute_id)
    message = messages.ConcedeDispute(dispute_id, own.side)
    return await _act(request, person, own, dispute_id, OrderWorkflow.concede_dispute, message, key)


@router.post(f"{ONE}/evidence", **writes(Audience.SIGNED_IN, *FILING, example=dict(DISPUTE_EXAMPLE)))
async def file_evidence(
    request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, key: Key, filed: Filing
) -> DisputeView:
    """File a statement, or one of the vehicle's papers by its id; it is locked by its SHA-256."""
    own = await _acting(request, person, order_id, dispute_id)
    statement_id = wish_id(person, f"evidence of dispute {dispute_id}", key)
    evidence = statement_id, sha256(filed.words.encode()).hexdigest()
    if filed.document_id is not None:
        evidence = await services_of(request).database.read(_document, own.stored, own.side, filed.document_id)
    message = messages.FileEvidence(dispute_id, evidence[0], own.side, evidence[1], filed.words)
    return await _act(request, person, own, dispute_id, OrderWorkflow.file_evidence, message, key)


@router.post(f"{ONE}/withdraw", **writes(Audience.SIGNED_IN, *REPLYING, example=dict(DISPUTE_EXAMPLE)))
async def withdraw(request: Request, person: SignedIn, order_id: Id, dispute_id: DisputeId, key: Key) -> DisputeView:
    """Let a dispute of your own go; the sale goes on."""
    own = await _acting(request, person, order_id, dispute_id)
    message = messages.WithdrawDispute(dispute_id, own.side)
    return await _act(request, person, own, dispute_id, OrderWorkflow.withdraw_dispute, message, key)


def case_of(stored: Stored, dispute_id: str) -> Dispute:
    """One dispute of an order. Raises ORDER_NO_SUCH_DISPUTE."""
    found = next((each for each in stored.disputes if each.id == dispute_id), None)
    if found is None:
        raise fail("ORDER_NO_SUCH_DISPUTE")
    return found


async def _acting(request: Request, person: Person, order_id: int, dispute_id: str) -> Own:
    """An order with this dispute, and the side of who acts."""
    own = await acting_side(request, services_of(request), person, order_id)
    case_of(own.stored, dispute_id)
    return own


async def _act(
    request: Request, person: Person, own: Own, dispute_id: str, update: Any, message: object, key: str
) -> DisputeView:
    services, order_id = services_of(request), own.stored.order.id
    command_id = wish_id(person, f"{update.__name__} {dispute_id}", key)
    await done(services, order_id, update, message, command_id)
    return await _shown(services, person, order_id, dispute_id)


async def _shown(services: Services, person: Person, order_id: int, dispute_id: str) -> DisputeView:
    own = await services.database.read(own_order, person, order_id)
    return dispute_view(case_of(own.stored, dispute_id), own.side)


def _document(connection: Connection, stored: Stored, side: Party, document_id: str) -> tuple[str, str]:
    """A paper of the vehicle that this side may file, by its id and SHA-256. Raises DOCUMENT_NOT_FOUND."""
    for each in order_desk.filable(connection, stored.order.vehicle_id, side):
        if each.document_id == document_id:
            return each.document_id, each.digest
    raise fail("DOCUMENT_NOT_FOUND")
