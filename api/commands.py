"""What all commands on a lot share: their ids and reasons, how they are sent, and what their askers are told."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from fastapi import Depends
from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Connection
from starlette.requests import Request
from temporalio.service import RPCError
from typing_extensions import TypedDict

from activities.db import history
from activities.db.people import Person, Role, Scope
from api.auctions import known_head
from api.database import now
from api.idempotency import LONGEST, idempotency_key
from api.problems import fail
from api.routes import about
from api.security import Audience, has_stepped_up, identify
from api.state import Services, services_of
from domain.auction import Result
from domain.clock import to_text
from domain.errors import Code
from temporal.lots import AuctionOverError
from workflows.messages import LONGEST_REASON

COMMANDS = uuid.UUID("0d7a4f0a-52a4-4c5e-8a75-6c1f0b9f2d31")
RETRY_S = 2
AWAY = "The auction cannot be reached. Send the same request with the same key again."
COMMAND_CODES = ("AUCTION_NOT_FOUND", "TOO_LATE", "CLOSED", "UNAVAILABLE")
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        Code.TOO_LATE: "The auction is over.",
        Code.CLOSED: "The auction was cancelled.",
        Code.ON_HOLD: "The lot is on hold already.",
        Code.NOT_HELD: "The lot is not on hold.",
        Code.HAS_BIDS: "Somebody has bid; from now on only the house may cancel.",
        Code.NO_SUCH_BID: "There is no such bid in this auction, or it does not count any more.",
        Code.RESERVE_NOT_LOWERED: "A reserve can only be lowered or waived, and only while the auction is live.",
        Code.NOT_STARTED: "The auction has not started.",
        Code.OWN_VEHICLE: "You cannot buy your own vehicle.",
        Code.RESERVED: "A buyer has reserved the vehicle for 15 minutes; if they do not buy it, the auction goes on.",
        Code.NOT_RESERVED: "This reservation is over.",
        Code.BUY_NOW_NOT_OPEN: "Buy-now is open until the first bid, and not on every vehicle.",
        Code.BUY_NOW_ONCE: "You have reserved this vehicle before and did not buy it.",
        Code.OFFERS_NOT_OPEN: "Offers are open only until the first bid, and not on every vehicle.",
        Code.NOT_ON_SUNDAY: "Vehicles are not sold on a Sunday in Chicago.",
        Code.RETRACTION_NOT_ALLOWED: (
            "Only a plain bid of at least twice the price may be undone, once, within 60 seconds of it, and while more "
            "than an hour is left. Otherwise write to support."
        ),
    }
)
EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "outcome": "done",
        "code": None,
        "auction_id": 7,
        "seq": 22,
        "kind": "reserve_lowered",
        "version": 15,
        "auction_status": "live",
        "price_cents": 1_210_000,
        "leader": "Bidder 3",
        "reserve": "met",
        "minimum_next_cents": 1_220_000,
        "bid_count": 14,
        "bidder_count": 5,
        "ends_at": "2026-05-05T20:00:00.000Z",
        "decided_at": "2026-05-05T19:12:03.101Z",
        "server_now": "2026-05-05T19:12:03.120Z",
        "hash": "9f" * 32,
        "signature": "5c" * 64,
    }
)
log = structlog.get_logger("api")


def _on_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


OneLine = AfterValidator(_on_one_line)
Key = Annotated[str, Depends(idempotency_key)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON), OneLine]


class CommandView(TypedDict):
    """What a command came to: the public facts after it, and its ledger entry's place, hash and signature."""

    outcome: str
    code: str | None
    auction_id: int
    seq: int
    kind: str
    version: int
    auction_status: str
    price_cents: int | None
    leader: str | None
    reserve: str
    minimum_next_cents: int
    bid_count: int
    bidder_count: int
    ends_at: str
    decided_at: str
    server_now: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's outcome (`done` or `refused` with a code), and the ledger entry that shows the state after it."""

    outcome: str
    code: str | None
    seq: int
    hash: str
    public: Mapping[str, Any]


def writes(audience: Audience, *codes: str, example: object, success: int = 200) -> dict[str, Any]:
    """`routes.about` for a write that needs an Idempotency-Key."""
    described = about(audience, *codes, example=example, success=success)
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    described["openapi_extra"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema}
    ]
    return described


def wish_id(person: Person, thing: str, key: str) -> str:
    """The id of one wish, from the person, the thing and their key: the keys of different people never collide."""
    return str(uuid.uuid5(COMMANDS, f"{person.id}:{thing}:{key}"))


async def acts_as_admin(request: Request, person: Person) -> bool:
    """Whether the person is an admin. Raises SCOPE_MISSING for an admin whose bearer token may not act as one."""
    if person.role is not Role.ADMIN:
        return False
    await need_scope(request, Scope.ADMIN)
    return True


async def has_fresh_proof(request: Request) -> bool:
    """Whether who asks has just shown that it is them, for a change that needs it in some cases only."""
    identity, sign_ins = request.state.identity, services_of(request).sign_ins
    # The proof may have been given in another process a moment ago.
    return has_stepped_up(identity, now()) or has_stepped_up(await sign_ins.read_again(identity), now())


async def need_scope(request: Request, scope: Scope) -> None:
    """Raise SCOPE_MISSING where the request's bearer token lacks a scope that its route alone does not ask for."""
    if scope not in (await identify(request)).scopes:
        raise fail("SCOPE_MISSING", scope=scope.value)


@contextmanager
def reaching(auction_id: int) -> Iterator[None]:
    """Turn whatever says that Temporal is away into UNAVAILABLE; the same request may be sent again."""
    try:
        yield
    except (RPCError, TimeoutError, RuntimeError) as error:
        # A client that could not connect yet raises a bare RuntimeError.
        log.warning("auction_out_of_reach", auction_id=auction_id, error=type(error).__name__)
        raise fail("UNAVAILABLE", AWAY, retry_after_s=RETRY_S) from error


async def send(services: Services, auction_id: int, update: Any, argument: object, *, command_id: str) -> Outcome:
    """Have the auction carry out one command. One that is over refuses it, by its result."""
    try:
        with reaching(auction_id):
            answer = await services.lots.command(auction_id, update, argument, command_id=command_id)
    except AuctionOverError:
        return await services.database.read(over, auction_id)
    return Outcome(answer.outcome, answer.code, answer.entry.seq, answer.entry.hash, answer.entry.public)


def over(connection: Connection, auction_id: int) -> Outcome:
    """The refusal of an auction that is over: CLOSED where it was cancelled, else TOO_LATE."""
    head = known_head(connection, auction_id)
    code = Code.CLOSED if head.result == Result.CANCELLED else Code.TOO_LATE
    return recorded(connection, auction_id, head.seq, "refused", code.value)


def recorded(connection: Connection, auction_id: int, seq: int, outcome: str, code: str | None) -> Outcome:
    """An outcome told by a recorded entry."""
    found = history.ledger_page(connection, auction_id, after_seq=seq - 1, limit=1)
    if not found:
        raise fail(code or "AUCTION_NOT_FOUND")
    return Outcome(outcome, code, found[0].seq, found[0].hash, found[0].public)


def told(services: Services, outcome: Outcome, **more: object) -> CommandView:
    """What the asker is told of a command that was done. A refused one is raised with its code and the same facts."""
    facts = _facts(services, outcome)
    if outcome.code is not None:
        data = {name: value for name, value in facts.items() if name != "code"}
        raise fail(outcome.code, SENTENCES.get(outcome.code), **data, **more)
    return facts


def _facts(services: Services, outcome: Outcome) -> CommandView:
    public = outcome.public
    return {
        "outcome": outcome.outcome,
        "code": outcome.code,
        "auction_id": public["auction_id"],
        "seq": outcome.seq,
        "kind": public["kind"],
        "version": public["version"],
        "auction_status": public["status"],
        "price_cents": public["price_cents"],
        "leader": public["leader"],
        "reserve": public["reserve"],
        "minimum_next_cents": public["minimum_next_cents"],
        "bid_count": public["bid_count"],
        "bidder_count": public["bidder_count"],
        "ends_at": public["ends_at"],
        "decided_at": public["at"],
        "server_now": to_text(now()),
        "hash": outcome.hash,
        "signature": services.signer.receipt(public["auction_id"], outcome.seq, outcome.hash),
    }
