"""The bid path: a bid is parsed, brought to its auction by one call, and answered with its receipt."""

import math
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
import structlog
from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from activities.db import auctions
from activities.db import bids as bids_db
from activities.db.people import Person
from api.database import now
from api.errors import problem
from api.examples import BID_ANSWER
from api.idempotency import idempotency_key
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.security import Audience, Bidder
from api.state import Services, services_of
from domain.auction import Result
from domain.bidding import Kind
from domain.clock import from_text, to_text
from domain.errors import Code, InvalidError, RefusedError, UnavailableError
from domain.money import MAX_BID_CENTS, dollars
from temporal.auctions import Judged, auction_over, id_reused
from workflows.messages import BidIn

BID_IDS = uuid.UUID("6f1c6c0e-55b0-4a2b-9c57-2c8d3b1f7a10")
REFUSALS = (
    "AUCTION_NOT_FOUND",
    "ID_REUSED",
    "RATE_LIMITED",
    "BUSY_LOT",
    "UNAVAILABLE",
    "BUYING_POWER",
    "LOTS_LIMIT",
    *(
        code.value
        for code in (
            Code.NOT_WHOLE_DOLLARS,
            Code.NOT_STARTED,
            Code.TOO_LATE,
            Code.CLOSED,
            Code.ON_HOLD,
            Code.OWN_VEHICLE,
            Code.ALREADY_LEADING,
            Code.BELOW_OWN_MAXIMUM,
            Code.BELOW_MINIMUM,
        )
    ),
)
ENCODER = msgspec.json.Encoder()
UNKNOWN_FIELD = re.compile(r"unknown field `([^`]{1,64})`")
LONGEST_MESSAGE = 200
router = APIRouter(prefix="/api/auctions", tags=["bids"])


class BidBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`{"amount_cents": 1250000}`: I bid this, now."""

    amount_cents: int


class AutoBidBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`{"max_cents": 1500000}`: bid for me, up to this, no more than needed."""

    max_cents: int


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of bid on the wire: its kind, the name of its one field, and its strict decoder."""

    kind: Kind
    field: str
    decoder: msgspec.json.Decoder[Any]


SHAPES = {
    "bid": Shape(Kind.BID, "amount_cents", msgspec.json.Decoder(BidBody)),
    "auto-bid": Shape(Kind.AUTO_BID, "max_cents", msgspec.json.Decoder(AutoBidBody)),
}


def _documented(field: str, example: int) -> dict[str, Any]:
    described = about(Audience.BIDDER, *REFUSALS, example=BID_ANSWER, success=201)
    schema = {"type": "object", "required": [field], "properties": {field: {"type": "integer", "examples": [example]}}}
    described["openapi_extra"]["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    described["openapi_extra"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "maxLength": 128}},
        {"name": "Prefer", "in": "header", "schema": {"type": "string", "enum": ["respond-async"]}},
    ]
    return described


@router.post("/{auction_id}/bid", status_code=HTTPStatus.CREATED, **_documented("amount_cents", 1_250_000))
async def bid(request: Request, person: Bidder, auction_id: Id) -> Response:
    """Bid an amount now. 201 once the bid is durable; the same key and body answers the same for ever."""
    return await take_bid(request, person, auction_id, SHAPES["bid"])


@router.post("/{auction_id}/auto-bid", status_code=HTTPStatus.CREATED, **_documented("max_cents", 1_500_000))
async def auto_bid(request: Request, person: Bidder, auction_id: Id) -> Response:
    """Have the house bid up to a maximum, no more than needed. The maximum is seen by nobody else."""
    return await take_bid(request, person, auction_id, SHAPES["auto-bid"])


async def take_bid(request: Request, person: Person, auction_id: int, shape: Shape) -> Response:
    """Read a bid of this person, bring it in, and answer with its receipt."""
    cents = await read_cents(request, shape)
    received_at: datetime = getattr(request.state, "received_at", None) or now()
    services = services_of(request)
    made = make_bid(person, auction_id, idempotency_key(request), shape, cents, received_at)
    if _prefers_async(request):
        return await _later(services, person, auction_id, made)
    judged = await place(services, person, auction_id, made)
    return answer_response(request, services, judged)


async def place(services: Services, person: Person, auction_id: int, made: BidIn) -> Judged:
    """The bid's answer. Raises a DomainError where it cannot be brought to its auction."""
    judged = await _through_the_door(services, person, auction_id, made, services.door.place)
    if judged.outcome == "refused" and not judged.repeated:
        services.refusals.take((person.id, auction_id))
    if judged.code == Code.ID_REUSED:
        raise id_reused()
    services.door_metrics.outcomes.labels(judged.outcome, judged.code or "").inc()
    return judged


def make_bid(person: Person, auction_id: int, key: str, shape: Shape, cents: int, received_at: datetime) -> BidIn:
    """A bid under an id that this person, auction and key always give. Raises InvalidError for an absurd amount."""
    if abs(cents) > MAX_BID_CENTS:
        rule = f"must be at most {MAX_BID_CENTS} ({dollars(MAX_BID_CENTS)})"
        errors = [{"field": shape.field, "rule": "maximum", "message": rule}]
        raise InvalidError("INVALID_INPUT", f"{shape.field} {rule}.", errors=errors)
    bid_id = str(uuid.uuid5(BID_IDS, f"{person.id}:{auction_id}:{key}"))
    return BidIn(bid_id, str(person.id), shape.kind.value, cents, received_at, secrets.token_hex(32))


async def read_cents(request: Request, shape: Shape) -> int:
    """The one field of the JSON body. Raises InvalidError with the field, or HTTPException 400 or 415."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json.")
    try:
        body = shape.decoder.decode(await request.body())
    except msgspec.ValidationError as error:
        unknown = UNKNOWN_FIELD.search(str(error))
        field, rule = (unknown[1], "unknown") if unknown else (shape.field, "integer")
        errors = [{"field": field, "rule": rule, "message": str(error)[:LONGEST_MESSAGE]}]
        detail = f'Send {{"{shape.field}": 1250000}}, whole cents as an integer, and nothing else.'
        raise InvalidError("INVALID_INPUT", detail, errors=errors) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from None
    cents: int = getattr(body, shape.field)
    return cents


Answered = TypeVar("Answered")


async def _through_the_door(
    services: Services,
    person: Person,
    auction_id: int,
    made: BidIn,
    way: Callable[[int, BidIn], Awaitable[Answered]],
) -> Answered:
    await _check_exists(services, auction_id)
    await _check_linked(services, person, made, auction_id)
    _check_pace(services, (person.id, auction_id))
    structlog.contextvars.bind_contextvars(auction_id=auction_id, bid_id=made.bid_id)
    try:
        return await way(auction_id, made)
    except UnavailableError:
        services.door_metrics.unavailable.inc()
        await services.sweeper.note_missed(auction_id, made.received_at)
        raise
    except RefusedError as error:
        raise await _over(services, person, made, auction_id) from error


async def _check_linked(services: Services, person: Person, made: BidIn, auction_id: int) -> None:
    """Refuse who was linked to the seller after the lot began; what they had bid before is still answered."""
    if not await services.selling.barred.keeps_out(auction_id, person.id):
        return
    if not await services.database.read(bids_db.receipts, [made.bid_id]):
        raise await _over(services, person, made, auction_id, Code.OWN_VEHICLE)


async def _over(
    services: Services, person: Person, made: BidIn, auction_id: int, why: Code | None = None
) -> RefusedError:
    """The refusal of a bid whose auction takes nothing more, with the facts that every refusal has."""
    head = await services.database.read(auctions.head, auction_id)
    if head is None:
        return auction_over()
    facts = {
        "bid_id": made.bid_id,
        "auction_id": auction_id,
        "price_cents": head.price_cents,
        "minimum_next_cents": head.minimum_next_cents,
        "reserve": head.reserve_state,
        "leader": "you" if head.leader_id == person.id else head.leader_alias,
        "ends_at": to_text(head.ends_at),
        "version": head.version,
        "server_now": to_text(now()),
        "received_at": to_text(made.received_at),
    }
    code = why or (Code.CLOSED if head.result == Result.CANCELLED else Code.TOO_LATE)
    return RefusedError(code, refusal_sentence(code, facts), **facts)


def _prefers_async(request: Request) -> bool:
    wishes = request.headers.get("prefer", "").split(",")
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)


async def _later(services: Services, person: Person, auction_id: int, made: BidIn) -> Response:
    """202 with the receipt's address once the signal is durable; the judgement comes a moment later."""
    await _through_the_door(services, person, auction_id, made, services.door.hand_over)
    location = f"/api/bids/{made.bid_id}"
    body = {"bid_id": made.bid_id, "receipt": location, "received_at": to_text(made.received_at)}
    headers = {"location": location, "preference-applied": "respond-async"}
    return Response(ENCODER.encode(body), HTTPStatus.ACCEPTED, headers, "application/json")


async def _check_exists(services: Services, auction_id: int) -> None:
    async def look() -> bool:
        return await services.database.read(_exists, auction_id)

    if not await services.known_lots.get(auction_id, look):
        services.known_lots.forget(auction_id)
        raise fail("AUCTION_NOT_FOUND")


def _exists(connection: Connection, auction_id: int) -> bool:
    return auctions.head(connection, auction_id) is not None


def _check_pace(services: Services, subject: tuple[int, int]) -> None:
    wait = services.bid_pace.take(subject) or services.refusals.wait_s(subject)
    if wait > 0:
        seconds = math.ceil(wait)
        raise fail(
            "RATE_LIMITED",
            f"Too many bids in a short time on this lot. Try again in {seconds} s.",
            retry_after_s=seconds,
        )


def facts_of(services: Services, judged: Judged) -> dict[str, Any]:
    """What a bid's owner is told: the facts after the decision, the entry's hash and its signature."""
    entry, public = judged.entry, judged.entry.public
    leader = public["leader"]
    own = public["bidder"]
    facts = {
        "bid_id": public["bid_id"],
        "auction_id": public["auction_id"],
        "seq": entry.seq,
        "outcome": judged.outcome,
        "price_cents": public["price_cents"],
        "minimum_next_cents": public["minimum_next_cents"],
        "reserve": public["reserve"],
        "leader": "you" if leader is not None and leader == own else leader,
        "ends_at": public["ends_at"],
        "version": public["version"],
        "server_now": to_text(now()),
        "received_at": public["received_at"],
        "decided_at": public["at"],
        "hash": entry.hash,
        "signature": services.signer.receipt(public["auction_id"], entry.seq, entry.hash),
    }
    if judged.code == Code.TOO_LATE and from_text(public["received_at"]) < from_text(public["ends_at"]):
        services.door_metrics.late_arrivals.inc()
    return facts


def answer_response(request: Request, services: Services, judged: Judged) -> Response:
    """201 with the receipt, or 409 with the code of the refusal and the same facts."""
    facts = facts_of(services, judged)
    if judged.code is None:
        headers = {"location": f"/api/bids/{facts['bid_id']}"}
        return Response(ENCODER.encode(facts), HTTPStatus.CREATED, headers, "application/json")
    detail = refusal_sentence(judged.code, facts)
    return problem(request.scope, HTTPStatus.CONFLICT, judged.code, detail, facts)


def refusal_sentence(code: str, facts: dict[str, Any]) -> str:
    """One sentence on why a bid was refused, with the figure or time that it hangs on."""
    minimum = dollars(facts["minimum_next_cents"])
    sentences = {
        Code.NOT_WHOLE_DOLLARS: "Bids are positive whole dollars: a multiple of 100 cents.",
        Code.NOT_STARTED: "The auction has not started.",
        Code.TOO_LATE: f"The bid was received at {facts['received_at']}; the auction ended at {facts['ends_at']}.",
        Code.CLOSED: "The auction was cancelled.",
        Code.ON_HOLD: "The lot is on hold; its clock stands still.",
        Code.OWN_VEHICLE: "You may not bid on your own vehicle.",
        Code.ALREADY_LEADING: "You lead already. To raise your maximum, send an auto-bid.",
        Code.BELOW_OWN_MAXIMUM: "You lead already; an auto-bid must be above your maximum.",
        Code.BELOW_MINIMUM: f"The minimum is {minimum}.",
    }
    return sentences.get(Code(code), "A rule of the auction refuses it.")
