"""Negotiations after a missed reserve: a seller and one bidder at a time answer each other's figures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import links, talks
from activities.db.people import Person, Scope
from activities.db.talks import StoredTalks, TalksKey
from api.commands import Key, need_scope, reaching, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.offers import BEYOND
from api.paging import Cursor, Limit, mail_cursor, mail_key
from api.problems import fail
from api.routes import about
from api.schedules import Dollars
from api.security import Audience, SignedIn
from api.state import Services, services_of
from api.talks_views import NEGOTIATION_EXAMPLE, NegotiationPage, NegotiationView, listed_negotiation, negotiation_view
from domain.errors import Code
from domain.negotiation import Act, Negotiation, NegotiationCode, Side, answered
from workflows.negotiation import NegotiationWorkflow
from workflows.negotiation_messages import TalksAct

LIMITS = ("BUYING_POWER", "LOTS_LIMIT")
ANSWERING = (
    "NEGOTIATION_NOT_FOUND",
    "NEGOTIATION_OVER",
    "NEGOTIATION_STEP_EXPIRED",
    "NEGOTIATION_NOT_YOURS",
    "NEGOTIATION_NOT_YOUR_TURN",
    "NEGOTIATION_CHANGED",
    "UNAVAILABLE",
)
COMING_CLOSER = (*LIMITS, "NOT_APPROVED_TO_BID", "OWN_VEHICLE")
COUNTERING = (
    *COMING_CLOSER,
    "NOT_WHOLE_DOLLARS",
    "NEGOTIATION_TOO_MANY_COUNTERS",
    "NEGOTIATION_COUNTER_TOO_LOW",
    "NEGOTIATION_COUNTER_TOO_HIGH",
    "NEGOTIATION_ABOVE_RESERVE",
)
UPDATES: dict[Act, Any] = {
    Act.ACCEPT: NegotiationWorkflow.accept,
    Act.COUNTER: NegotiationWorkflow.counter,
    Act.DECLINE: NegotiationWorkflow.decline,
    Act.STOP: NegotiationWorkflow.stop,
}
router = APIRouter(prefix="/api/negotiations", tags=["negotiations"])


class TalksReply(BaseModel):
    """`step` is that of the negotiation as you have seen it: a figure that was replaced meanwhile is not meant."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"step": 1}]})

    step: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class TalksCounter(TalksReply):
    """Another figure in cents, whole dollars, from `least_cents` to `most_cents`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"step": 1, "amount_cents": 1_100_000}]})

    amount_cents: Dollars


@dataclass(frozen=True, slots=True)
class Said:
    """One side's act, and when we had read it."""

    person: Person
    act: Act
    step: int
    act_id: str
    at: datetime
    cents: int = 0


@router.get(
    "",
    **about(
        Audience.SIGNED_IN,
        "INVALID_CURSOR",
        example={"items": [{**NEGOTIATION_EXAMPLE, "title": "2019 Honda Civic EX"}], "next_cursor": None, "total": 1},
    ),
)
async def negotiation_list(
    request: Request, person: SignedIn, limit: Limit = 50, cursor: Cursor = None
) -> NegotiationPage:
    """The negotiations on your vehicles, and those in which you were asked, newest first."""
    database, key, at = services_of(request).database, mail_key(cursor), now()
    after = None if key is None else TalksKey(key[0], int(key[1]) if key[1].isdecimal() else 0)
    found = await database.read(talks.page, person.id, after=after, limit=limit + 1)
    last = found[limit - 1].stored if len(found) > limit else None
    views = [listed_negotiation(each, person.id, at) for each in found[:limit]]
    return {
        "items": [view for view in views if view is not None],
        "next_cursor": None if last is None else mail_cursor(last.created_at, str(last.auction_id)),
        "total": await database.read(talks.count, person.id),
    }


@router.get("/{auction_id}", **about(Audience.SIGNED_IN, "NEGOTIATION_NOT_FOUND", example={**NEGOTIATION_EXAMPLE}))
async def show_negotiation(request: Request, person: SignedIn, auction_id: Id) -> NegotiationView:
    """One negotiation, to its seller and to who was asked. Its id is the auction's."""
    stored, side, _ = await services_of(request).database.read(own_talks, person, auction_id)
    return negotiation_view(stored, side, person.id, now())


@router.post(
    "/{auction_id}/accept",
    **writes(
        Audience.SIGNED_IN,
        *ANSWERING,
        *COMING_CLOSER,
        "NOT_ON_SUNDAY",
        "LISTING_OVER",
        example={**NEGOTIATION_EXAMPLE, "status": "sold", "may": [], "your_turn": False},
    ),
)
async def accept(request: Request, person: SignedIn, auction_id: Id, key: Key, body: TalksReply) -> NegotiationView:
    """Agree to the other side's figure: the vehicle is sold by it, unless the bidder is asked first (`is_bound`)."""
    return await answer(request, auction_id, said(person, Act.ACCEPT, auction_id, key, body.step))


@router.post(
    "/{auction_id}/counter",
    **writes(Audience.SIGNED_IN, *ANSWERING, *COUNTERING, example={**NEGOTIATION_EXAMPLE, "step": 2, "by": "seller"}),
)
async def counter(request: Request, person: SignedIn, auction_id: Id, key: Key, body: TalksCounter) -> NegotiationView:
    """Name another figure, which binds you for 24 hours; each side has three."""
    return await answer(request, auction_id, said(person, Act.COUNTER, auction_id, key, body.step, body.amount_cents))


@router.post(
    "/{auction_id}/decline",
    **writes(Audience.SIGNED_IN, *ANSWERING, example={**NEGOTIATION_EXAMPLE, "status": "over", "may": []}),
)
async def decline(request: Request, person: SignedIn, auction_id: Id, key: Key, body: TalksReply) -> NegotiationView:
    """End the talks with this bidder; the seller goes on with the next, where there is one and time is left."""
    return await answer(request, auction_id, said(person, Act.DECLINE, auction_id, key, body.step))


@router.post(
    "/{auction_id}/stop",
    **writes(Audience.SIGNED_IN, *ANSWERING, example={**NEGOTIATION_EXAMPLE, "status": "over", "may": []}),
)
async def stop(request: Request, person: SignedIn, auction_id: Id, key: Key, body: TalksReply) -> NegotiationView:
    """End all talks about your vehicle, with whoever would come next too; then you can put it up again."""
    return await answer(request, auction_id, said(person, Act.STOP, auction_id, key, body.step))


def said(person: Person, act: Act, auction_id: int, key: str, step: int, cents: int = 0) -> Said:
    """An act as it was just received."""
    return Said(person, act, step, wish_id(person, f"{act} negotiation {auction_id}", key), now(), cents)


async def answer(request: Request, auction_id: int, wish: Said) -> NegotiationView:
    """Carry one act out, once for its key. Raises its refusals with the `negotiation` as it stands."""
    services = services_of(request)
    stored, side, recorded = await services.database.read(own_talks, wish.person, auction_id)
    await need_scope(request, Scope.BID if side is Side.BUYER else Scope.SELL)
    if await services.database.read(talks.was_done, auction_id, wish.act_id):
        return negotiation_view(stored, side, wish.person.id, now())
    judged = answered(recorded, side, wish.act, wish.at, bidder=str(wish.person.id), cents=wish.cents, step=wish.step)
    if isinstance(judged, NegotiationCode):
        raise _refusal(judged.value, stored, side, wish)
    binds = side is Side.BUYER and wish.act in {Act.COUNTER, Act.ACCEPT}
    if binds and not wish.person.can_bid:
        raise fail("NOT_APPROVED_TO_BID")
    if wish.act in {Act.COUNTER, Act.ACCEPT}:
        await _check_linked(services, recorded, auction_id)
    if binds:
        cents = wish.cents or recorded.figure.cents
        await services.database.write(_bind, auction_id, wish.person.id, cents)
    return await _carried_out(services, stored, side, wish)


async def _carried_out(services: Services, stored: StoredTalks, side: Side, wish: Said) -> NegotiationView:
    act = TalksAct(wish.act_id, wish.person.id, wish.step, wish.at, wish.cents)
    with reaching(stored.auction_id):
        # Where no answer comes, power that was bound for it is set free by what is recorded, or as a stray.
        given = await services.selling.negotiations.act(stored, UPDATES[wish.act], act)
    newest = await services.database.read(talks.find, stored.auction_id) or stored
    if given.code:
        await services.database.write(talks.unbind, stored.auction_id, now())
        raise _refusal(given.code, newest, side, wish)
    return negotiation_view(newest, side, wish.person.id, now(), given.talks)


async def _check_linked(services: Services, recorded: Negotiation, auction_id: int) -> None:
    """Neither side comes closer to a sale once the bidder was found to be linked to the seller."""
    if int(recorded.candidate.bidder) in await services.database.read(links.barred_on, auction_id):
        raise fail(Code.OWN_VEHICLE)


def _bind(connection: Connection, auction_id: int, user_id: int, cents: int) -> None:
    lack = talks.bind(connection, auction_id, user_id, cents, now())
    if lack is not None:
        raise fail(lack.value, BEYOND if lack.value == LIMITS[0] else None)


def _refusal(code: str, stored: StoredTalks, side: Side, wish: Said) -> Exception:
    return fail(code, None, negotiation=negotiation_view(stored, side, wish.person.id, now()))


def own_talks(connection: Connection, person: Person, auction_id: int) -> tuple[StoredTalks, Side, Negotiation]:
    """A negotiation and the side that somebody is on. Raises NEGOTIATION_NOT_FOUND for strangers."""
    stored = talks.find(connection, auction_id)
    side = None if stored is None else stored.side_of(person.id)
    if stored is None or side is None or stored.talks is None:
        raise fail("NEGOTIATION_NOT_FOUND")
    return stored, side, stored.talks
