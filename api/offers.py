"""Offers: a buyer names a price for a vehicle, and both sides answer each other until they agree or it is over."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import links, offers, purchases, vehicles
from activities.db.offers import OfferKey, Stored
from activities.db.people import Person, Scope
from activities.db.reservations import Lack
from api.commands import Key, need_scope, reaching, wish_id, writes
from api.database import now
from api.identifiers import BidId as OfferId
from api.identifiers import Id
from api.offer_views import OFFER_EXAMPLE, OfferPage, OfferView, listed_view, offer_view
from api.paging import Cursor, Limit, mail_cursor, mail_key
from api.problems import fail
from api.routes import about
from api.schedules import Dollars
from api.security import Audience, Bidder, SignedIn
from api.state import Services, services_of
from domain.auction import Status
from domain.errors import Code
from domain.offers import Act, OfferCode, OfferStatus, Side, answered, opened
from workflows.offer import OfferWorkflow
from workflows.offer_messages import OfferAct

OFFER_IDS = uuid.UUID("1c2f7a52-8f0d-4a6c-8f2e-2f9d6f3b7c11")
LIMITS = ("BUYING_POWER", "LOTS_LIMIT")
MAKING = (
    "VEHICLE_NOT_FOUND",
    "OFFERS_NOT_OPEN",
    "OWN_VEHICLE",
    "OFFER_OPEN",
    "TOO_MANY_OFFERS",
    "ID_REUSED",
    *LIMITS,
)
ANSWERING = (
    "OFFER_NOT_FOUND",
    "OFFER_OVER",
    "OFFER_BUSY",
    "OFFER_EXPIRED",
    "OFFER_CHANGED",
    "NOT_YOUR_TURN",
    "UNAVAILABLE",
)
# What the auction may say to an acceptance.
JUDGED = ("TOO_LATE", "CLOSED", "ON_HOLD", "RESERVED", "OFFERS_NOT_OPEN", "NOT_ON_SUNDAY", "OWN_VEHICLE")
BEYOND = "This is more than your buying power allows. See /api/me/eligibility for what is free."
router = APIRouter(prefix="/api", tags=["offers"])


class NewOffer(BaseModel):
    """A figure in cents, whole dollars. It binds for 48 hours, unless it is answered or withdrawn before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount_cents": 1_250_000}]})

    amount_cents: Dollars


class Answer(BaseModel):
    """`step` is that of the offer as you have seen it: a figure that was replaced meanwhile is not meant."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"step": 1}]})

    step: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class Counter(Answer):
    """Another figure in cents, whole dollars: the seller's above the buyer's, the buyer's below the seller's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"step": 1, "amount_cents": 1_300_000}]})

    amount_cents: Dollars


@dataclass(frozen=True, slots=True)
class Wanted:
    """An offer as a buyer makes it."""

    person: Person
    vehicle_id: int
    cents: int
    offer_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One side's answer to an offer."""

    person: Person
    act: Act
    step: int
    act_id: str
    cents: int = 0


@router.post(
    "/vehicles/{vehicle_id}/offers",
    status_code=201,
    **writes(Audience.BIDDER, *MAKING, example={**OFFER_EXAMPLE, "you_are": "buyer", "your_turn": False}, success=201),
)
async def make_offer(request: Request, person: Bidder, vehicle_id: Id, key: Key, body: NewOffer) -> OfferView:
    """Offer a price for a vehicle. Its whole amount is held from your buying power while the offer stands."""
    services, at = services_of(request), now()
    offer_id = str(uuid.uuid5(OFFER_IDS, f"{person.id}:{vehicle_id}:{key}"))
    wanted = Wanted(person, vehicle_id, body.amount_cents, offer_id, at)
    stored = await services.database.write(find_or_make, wanted)
    if stored.offer.step == 1:
        await services.selling.offers.begin(stored)
    return offer_view(stored, Side.BUYER, at)


@router.get(
    "/me/offers",
    **about(
        Audience.SIGNED_IN,
        "INVALID_CURSOR",
        example={"items": [{**OFFER_EXAMPLE, "title": "2019 Honda Civic EX"}], "next_cursor": None, "total": 1},
    ),
)
async def made_offers(request: Request, person: SignedIn, limit: Limit = 50, cursor: Cursor = None) -> OfferPage:
    """The offers that you have made, newest first."""
    return await _page(request, person, Side.BUYER, limit, cursor)


@router.get(
    "/me/offers/received",
    **about(
        Audience.SIGNED_IN,
        "INVALID_CURSOR",
        example={"items": [{**OFFER_EXAMPLE, "title": "2019 Honda Civic EX"}], "next_cursor": None, "total": 1},
    ),
)
async def received_offers(request: Request, person: SignedIn, limit: Limit = 50, cursor: Cursor = None) -> OfferPage:
    """The offers on your vehicles, newest first; several buyers may talk to you at once."""
    return await _page(request, person, Side.SELLER, limit, cursor)


@router.get("/offers/{offer_id}", **about(Audience.SIGNED_IN, "OFFER_NOT_FOUND", example={**OFFER_EXAMPLE}))
async def show_offer(request: Request, person: SignedIn, offer_id: OfferId) -> OfferView:
    """One offer, to its two sides."""
    stored, side = await services_of(request).database.read(_of, person, offer_id)
    return offer_view(stored, side, now())


@router.post(
    "/offers/{offer_id}/accept", **writes(Audience.SIGNED_IN, *ANSWERING, *JUDGED, *LIMITS, example={**OFFER_EXAMPLE})
)
async def accept(request: Request, person: SignedIn, offer_id: OfferId, key: Key, body: Answer) -> OfferView:
    """Agree to the other side's figure. The auction decides in its own order whether that sells the vehicle."""
    return await _answer(request, offer_id, _said(person, Act.ACCEPT, offer_id, key, body.step))


@router.post(
    "/offers/{offer_id}/counter",
    **writes(
        Audience.SIGNED_IN,
        *ANSWERING,
        *LIMITS,
        "COUNTER_TOO_LOW",
        "COUNTER_TOO_HIGH",
        "TOO_MANY_OFFERS",
        "NOT_APPROVED_TO_BID",
        "OWN_VEHICLE",
        example={**OFFER_EXAMPLE, "by": "seller", "step": 2, "your_turn": False},
    ),
)
async def counter(request: Request, person: SignedIn, offer_id: OfferId, key: Key, body: Counter) -> OfferView:
    """Name another figure; the one before it is void, and this one stands for 48 hours."""
    return await _answer(request, offer_id, _said(person, Act.COUNTER, offer_id, key, body.step, body.amount_cents))


@router.post("/offers/{offer_id}/decline", **writes(Audience.SIGNED_IN, *ANSWERING, example={**OFFER_EXAMPLE}))
async def decline(request: Request, person: SignedIn, offer_id: OfferId, key: Key, body: Answer) -> OfferView:
    """Turn the other side's figure down; the offer is over."""
    return await _answer(request, offer_id, _said(person, Act.DECLINE, offer_id, key, body.step))


@router.post("/offers/{offer_id}/withdraw", **writes(Audience.SIGNED_IN, *ANSWERING, example={**OFFER_EXAMPLE}))
async def withdraw(request: Request, person: SignedIn, offer_id: OfferId, key: Key, body: Answer) -> OfferView:
    """Take your own figure back; the offer is over."""
    return await _answer(request, offer_id, _said(person, Act.WITHDRAW, offer_id, key, body.step))


def find_or_make(connection: Connection, wanted: Wanted) -> Stored:
    """The offer of this wish, made now or before. Raises the refusals of `MAKING`."""
    offers.lock_buyer(connection, wanted.person.id)
    known = offers.find(connection, wanted.offer_id)
    if known is not None:
        if known.first_cents != wanted.cents:
            raise fail("ID_REUSED")
        return known
    stored = _new(connection, wanted)
    lack = offers.add(connection, stored)
    if lack is not None:
        raise _beyond(lack)
    return stored


def _new(connection: Connection, wanted: Wanted) -> Stored:
    vehicle = vehicles.vehicle(connection, wanted.vehicle_id)
    if vehicle is None:
        raise fail("VEHICLE_NOT_FOUND")
    auction_id = offers.open_lot(connection, wanted.vehicle_id)
    terms = None if auction_id is None else purchases.sale_terms(connection, auction_id)
    if auction_id is None or terms is None or not _takes_offers(terms, wanted.at):
        raise fail(Code.OFFERS_NOT_OPEN)
    buyer = wanted.person.id
    if buyer == terms.seller_id or buyer in links.barred_on(connection, auction_id):
        raise fail(Code.OWN_VEHICLE)
    made, standing = offers.made_so_far(connection, wanted.vehicle_id, buyer)
    if standing is not None:
        raise fail("OFFER_OPEN", offer_id=standing)
    offer = opened(wanted.cents, wanted.at, made=made + 1)
    if isinstance(offer, OfferCode):
        raise fail(offer.value)
    limits = offers.thresholds(connection, wanted.vehicle_id)
    parties = buyer, terms.seller_id
    return Stored(
        wanted.offer_id, wanted.vehicle_id, auction_id, *parties, offer, wanted.cents, limits, wanted.at, wanted.at
    )


def _takes_offers(terms: purchases.SaleTerms, at: datetime) -> bool:
    runs = terms.status in {Status.SCHEDULED, Status.LIVE, Status.HELD}
    return runs and terms.offers_open and not terms.has_bids and (terms.status == Status.HELD or at < terms.ends_at)


def _said(person: Person, act: Act, offer_id: str, key: str, step: int, cents: int = 0) -> Said:
    return Said(person, act, step, wish_id(person, f"{act} {offer_id}", key), cents)


async def _answer(request: Request, offer_id: str, said: Said) -> OfferView:
    services = services_of(request)
    stored, side = await services.database.read(_of, said.person, offer_id)
    await need_scope(request, Scope.BID if side is Side.BUYER else Scope.SELL)
    binds = side is Side.BUYER and said.act in {Act.COUNTER, Act.ACCEPT}
    if binds and not said.person.can_bid:
        raise fail("NOT_APPROVED_TO_BID")
    was_done = await services.database.read(_was_done, stored, side, said)
    if was_done and (said.act is not Act.ACCEPT or stored.offer.status is OfferStatus.ACCEPTED):
        return offer_view(stored, side, now())
    if not was_done:
        _check_here(stored, side, said)
        await _check_linked(services, stored, said)
        if binds:
            await services.database.write(_bind, stored, said)
    return await _carried_out(services, stored, side, said)


async def _check_linked(services: Services, stored: Stored, said: Said) -> None:
    """Neither side comes closer to a sale once the buyer was found to be linked to the seller."""
    if said.act not in {Act.COUNTER, Act.ACCEPT}:
        return
    if stored.buyer_id in await services.database.read(links.barred_on, stored.auction_id):
        raise fail(Code.OWN_VEHICLE)


async def _carried_out(services: Services, stored: Stored, side: Side, said: Said) -> OfferView:
    act = OfferAct(said.act_id, said.person.id, said.step, said.cents)
    with reaching(stored.auction_id):
        # Where no answer comes, power that was bound for it is set free by what is recorded, or as a stray.
        answer = await services.selling.offers.act(stored, UPDATES[said.act], act)
    if answer.code:
        await services.database.write(offers.unbind, stored.offer_id, now())
        newest = await services.database.read(offers.find, stored.offer_id)
        raise _refusal(answer.code, newest or stored, side)
    return offer_view(stored, side, now(), answer.offer)


UPDATES: dict[Act, Any] = {
    Act.ACCEPT: OfferWorkflow.accept,
    Act.COUNTER: OfferWorkflow.counter,
    Act.DECLINE: OfferWorkflow.decline,
    Act.WITHDRAW: OfferWorkflow.withdraw,
}


def _check_here(stored: Stored, side: Side, said: Said) -> None:
    """Raise what the offer as it is recorded refuses already, before anything is bound for it."""
    if stored.offer.stands and stored.offer.step != said.step:
        raise _refusal(OfferCode.OFFER_CHANGED.value, stored, side)
    judged = answered(stored.offer, side, said.act, now(), cents=said.cents)
    if isinstance(judged, OfferCode):
        raise _refusal(judged.value, stored, side)


def _was_done(connection: Connection, stored: Stored, side: Side, said: Said) -> bool:
    """Whether this very answer was recorded before: the step after the one that was seen is the same side's act."""
    return offers.did(connection, stored.offer_id, said.step + 1, said.act, side, said.cents)


def _bind(connection: Connection, stored: Stored, said: Said) -> None:
    lack = offers.bind(connection, stored, said.cents or stored.offer.cents, now())
    if lack is not None:
        raise _beyond(lack)


def _beyond(lack: Lack) -> Exception:
    return fail(lack.value, BEYOND if lack is Lack.CENTS else None)


def _refusal(code: str, stored: Stored, side: Side) -> Exception:
    return fail(code, None, offer=offer_view(stored, side, now()))


def _of(connection: Connection, person: Person, offer_id: str) -> tuple[Stored, Side]:
    """An offer and the side that somebody is on. Raises OFFER_NOT_FOUND for strangers."""
    stored = offers.find(connection, offer_id)
    side = None if stored is None else stored.side_of(person.id)
    if stored is None or side is None:
        raise fail("OFFER_NOT_FOUND")
    return stored, side


async def _page(request: Request, person: Person, side: Side, limit: int, cursor: str | None) -> OfferPage:
    database, key, at = services_of(request).database, mail_key(cursor), now()
    after = None if key is None else OfferKey(*key)
    found = await database.read(offers.page, person.id, side, after=after, limit=limit + 1)
    last = found[limit - 1].stored if len(found) > limit else None
    return {
        "items": [listed_view(each, side, at) for each in found[:limit]],
        "next_cursor": None if last is None else mail_cursor(last.created_at, last.offer_id),
        "total": await database.read(offers.count, person.id, side),
    }
