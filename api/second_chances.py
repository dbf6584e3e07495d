"""Second chances after a default: the next bidder takes the vehicle or declines, and the seller allows a low price."""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import links, second_chances
from activities.db.people import Person, Scope
from activities.db.second_chances import StoredChance
from api.commands import Key, need_scope, reaching, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.negotiations import COMING_CLOSER, LIMITS, TalksReply
from api.offers import BEYOND
from api.paging import Cursor, Limit, number_key
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import Services, services_of
from api.talks_views import CHANCE_EXAMPLE, ChancePage, ChanceView, chance_view, listed_chance, side_of
from domain.errors import Code
from domain.negotiation import Side
from domain.second_chance import Act, Chance, ChanceCode, answered
from workflows.negotiation_messages import ChanceAct

ANSWERING = (
    "SECOND_CHANCE_NOT_FOUND",
    "SECOND_CHANCE_OVER",
    "SECOND_CHANCE_NOT_OPEN",
    "SECOND_CHANCE_NOT_YOURS",
    "SECOND_CHANCE_EXPIRED",
    "UNAVAILABLE",
)
SIDES = MappingProxyType(
    {Act.TAKE: Side.BUYER, Act.DECLINE: Side.BUYER, Act.ALLOW: Side.SELLER, Act.REFUSE: Side.SELLER}
)
router = APIRouter(prefix="/api/second-chances", tags=["negotiations"])


@dataclass(frozen=True, slots=True)
class Said:
    """One act, and when we had read it."""

    person: Person
    act: Act
    step: int
    act_id: str
    at: datetime


@router.get(
    "",
    **about(
        Audience.SIGNED_IN,
        "INVALID_CURSOR",
        example={"items": [{**CHANCE_EXAMPLE, "title": "2019 Honda Civic EX"}], "next_cursor": None, "total": 1},
    ),
)
async def chance_list(request: Request, person: SignedIn, limit: Limit = 50, cursor: Cursor = None) -> ChancePage:
    """The second chances that were offered to you, and those on your vehicles, newest first."""
    database, before, at = services_of(request).database, number_key(cursor), now()
    found = await database.read(second_chances.page, person.id, before=before, limit=limit + 1)
    last = found[limit - 1].stored if len(found) > limit else None
    views = [listed_chance(each, person.id, at) for each in found[:limit]]
    return {
        "items": [view for view in views if view is not None],
        "next_cursor": None if last is None else str(last.order_id),
        "total": await database.read(second_chances.count, person.id),
    }


@router.get("/{order_id}", **about(Audience.SIGNED_IN, "SECOND_CHANCE_NOT_FOUND", example={**CHANCE_EXAMPLE}))
async def show_chance(request: Request, person: SignedIn, order_id: Id) -> ChanceView:
    """One second chance, to its seller and to who was asked. Its id is that of the order that was not paid."""
    stored, side, _ = await services_of(request).database.read(own_chance, person, order_id)
    return chance_view(stored, side, person.id, now())


@router.post(
    "/{order_id}/accept",
    **writes(
        Audience.SIGNED_IN,
        *ANSWERING,
        *COMING_CLOSER,
        "NOT_ON_SUNDAY",
        example={**CHANCE_EXAMPLE, "status": "taken", "may": [], "your_turn": False, "order_id": 32},
    ),
)
async def accept(request: Request, person: SignedIn, order_id: Id, key: Key, body: TalksReply) -> ChanceView:
    """Buy the vehicle at the price that was offered to you."""
    return await answer(request, order_id, said(person, Act.TAKE, order_id, key, body.step))


@router.post(
    "/{order_id}/decline",
    **writes(Audience.SIGNED_IN, *ANSWERING, example={**CHANCE_EXAMPLE, "status": "over", "may": []}),
)
async def decline(request: Request, person: SignedIn, order_id: Id, key: Key, body: TalksReply) -> ChanceView:
    """Do without it; the next bidder is asked."""
    return await answer(request, order_id, said(person, Act.DECLINE, order_id, key, body.step))


@router.post(
    "/{order_id}/allow",
    **writes(Audience.SIGNED_IN, *ANSWERING, example={**CHANCE_EXAMPLE, "you_are": "seller", "may": []}),
)
async def allow(request: Request, person: SignedIn, order_id: Id, key: Key, body: TalksReply) -> ChanceView:
    """Give your word for a price below your reserve: it is offered to the bidder."""
    return await answer(request, order_id, said(person, Act.ALLOW, order_id, key, body.step))


@router.post(
    "/{order_id}/refuse",
    **writes(Audience.SIGNED_IN, *ANSWERING, example={**CHANCE_EXAMPLE, "you_are": "seller", "status": "over"}),
)
async def refuse(request: Request, person: SignedIn, order_id: Id, key: Key, body: TalksReply) -> ChanceView:
    """Do not sell at a price below your reserve: nobody else is asked, and the vehicle is put up again."""
    return await answer(request, order_id, said(person, Act.REFUSE, order_id, key, body.step))


def said(person: Person, act: Act, order_id: int, key: str, step: int) -> Said:
    """An act as it was just received."""
    return Said(person, act, step, wish_id(person, f"{act} second chance {order_id}", key), now())


async def answer(request: Request, order_id: int, wish: Said) -> ChanceView:
    """Carry one act out, once for its key. Raises its refusals with the `second_chance` as it stands."""
    services = services_of(request)
    stored, side, chance = await services.database.read(own_chance, wish.person, order_id)
    await need_scope(request, Scope.BID if side is Side.BUYER else Scope.SELL)
    if await services.database.read(second_chances.was_done, order_id, wish.act_id):
        return chance_view(stored, side, wish.person.id, now())
    code = refused(stored, side, chance, wish)
    if code is not None:
        raise _refusal(code, stored, side, wish)
    if wish.act is Act.TAKE:
        await _make_sure(services, stored, chance, wish)
    return await _carried_out(services, stored, side, wish)


def refused(stored: StoredChance, side: Side, chance: Chance, wish: Said) -> str | None:
    """Why an act is refused by what is recorded already."""
    if SIDES[wish.act] is not side:
        return ChanceCode.NOT_YOURS.value
    if stored.status == second_chances.STOPPED:
        return ChanceCode.OVER.value
    judged = answered(chance, wish.act, wish.at, bidder=str(wish.person.id))
    if isinstance(judged, ChanceCode):
        return judged.value
    return ChanceCode.NOT_OPEN.value if wish.step != chance.step else None


async def _make_sure(services: Services, stored: StoredChance, chance: Chance, wish: Said) -> None:
    """Raise what keeps a candidate from buying; else their power is held for the price."""
    if not wish.person.can_bid:
        raise fail("NOT_APPROVED_TO_BID")
    if wish.person.id in await services.database.read(links.barred_on, stored.auction_id):
        raise fail(Code.OWN_VEHICLE)
    await services.database.write(_bind, stored, wish.person.id, chance.candidate.cents)


async def _carried_out(services: Services, stored: StoredChance, side: Side, wish: Said) -> ChanceView:
    act = ChanceAct(wish.act_id, wish.person.id, wish.act, wish.step, wish.at)
    with reaching(stored.auction_id):
        given = await services.selling.second_chances.act(stored, act)
    newest = await services.database.read(second_chances.find, stored.order_id) or stored
    if given.code:
        await services.database.write(second_chances.unbind, stored, wish.person.id)
        raise _refusal(given.code, newest, side, wish)
    return chance_view(newest, side, wish.person.id, now(), given.chance)


def _bind(connection: Connection, stored: StoredChance, user_id: int, cents: int) -> None:
    lack = second_chances.bind(connection, stored, user_id, cents, now())
    if lack is not None:
        raise fail(lack.value, BEYOND if lack.value == LIMITS[0] else None)


def _refusal(code: str, stored: StoredChance, side: Side, wish: Said) -> Exception:
    return fail(code, None, second_chance=chance_view(stored, side, wish.person.id, now()))


def own_chance(connection: Connection, person: Person, order_id: int) -> tuple[StoredChance, Side, Chance]:
    """A second chance and the side that somebody is on. Raises SECOND_CHANCE_NOT_FOUND for strangers."""
    stored = second_chances.find(connection, order_id)
    side = None if stored is None else side_of(stored, person.id)
    if stored is None or side is None or stored.chance is None:
        raise fail("SECOND_CHANCE_NOT_FOUND")
    return stored, side, stored.chance
