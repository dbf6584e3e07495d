"""Buy-now: a buyer reserves a lot at its fixed price, and within 15 minutes confirms that they buy it."""

import math
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import offers, purchases
from activities.db.batches import InFlight
from activities.db.people import Person, Scope
from activities.db.purchases import Purchase, SaleTerms
from activities.db.reservations import Kind, Reservation
from api.commands import Key, Outcome, need_scope, recorded, send, told, wish_id, writes
from api.database import now
from api.identifiers import Id
from api.offer_views import offer_view
from api.problems import fail
from api.purchase_views import OPEN_EXAMPLE, PURCHASE_EXAMPLE, ForSaleView, PurchaseView, for_sale_view, purchase_view
from api.routes import about
from api.security import Audience, Bidder, SignedIn, Viewer
from api.state import Services, services_of
from domain.errors import Code
from domain.offers import Side
from workflows import messages
from workflows.auction import AuctionWorkflow

PURCHASE_IDS = uuid.UUID("9a4d8f64-6a2c-4a35-9d9b-0c3f6c0d5e21")
CODES = (
    "AUCTION_NOT_FOUND",
    "BUYING_POWER",
    "LOTS_LIMIT",
    "RATE_LIMITED",
    "UNAVAILABLE",
    *(
        code.value
        for code in (
            Code.NOT_STARTED,
            Code.TOO_LATE,
            Code.CLOSED,
            Code.ON_HOLD,
            Code.RESERVED,
            Code.BUY_NOW_NOT_OPEN,
            Code.BUY_NOW_ONCE,
            Code.NOT_ON_SUNDAY,
            Code.OWN_VEHICLE,
        )
    ),
)
BEYOND = "The price is more than your buying power allows. See /api/me/eligibility for what is free."
router = APIRouter(prefix="/api/auctions", tags=["purchases"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """A buy-now as its buyer asks for it, at a moment, with the row that tells of it while it is on its way."""

    person: Person
    auction_id: int
    purchase_id: str
    batch: InFlight
    at: datetime


@router.post(
    "/{auction_id}/buy-now", status_code=201, **writes(Audience.BIDDER, *CODES, example=PURCHASE_EXAMPLE, success=201)
)
async def buy_now(request: Request, person: Bidder, auction_id: Id, key: Key) -> PurchaseView:
    """Reserve the lot for 15 minutes; its clock stands still, and the whole price is held from your buying power."""
    services = services_of(request)
    _check_pace(services, (person.id, auction_id))
    wanted = _wanted(services, person, auction_id, key)
    known = await services.database.read(purchases.find, wanted.purchase_id)
    outcome = await _told_before(services, known) if known else await _reserve(services, wanted)
    return await _answer(services, person, auction_id, outcome)


@router.post(
    "/{auction_id}/buy-now/confirm",
    **writes(
        Audience.SIGNED_IN,
        "AUCTION_NOT_FOUND",
        "PURCHASE_NOT_FOUND",
        "RESERVATION_EXPIRED",
        "CLOSED",
        "UNAVAILABLE",
        example={**PURCHASE_EXAMPLE, "state": "bought"},
    ),
)
async def confirm(request: Request, person: SignedIn, auction_id: Id, key: Key) -> PurchaseView:
    """Buy what you have reserved. It is yours at that price, and an unpaid win until it is paid."""
    await need_scope(request, Scope.BID)
    services = services_of(request)
    purchase = await services.database.read(purchases.newest_of, auction_id, person.id)
    if purchase is None:
        raise fail("PURCHASE_NOT_FOUND")
    if purchase.settled_seq is None:
        await _settle(services, person, purchase, key)
    return await _answer(services, person, auction_id, await services.database.read(_settlement, purchase))


@router.get("/{auction_id}/buy-now", **about(Audience.PUBLIC, "AUCTION_NOT_FOUND", example=OPEN_EXAMPLE))
async def for_sale(request: Request, identity: Viewer, auction_id: Id) -> ForSaleView:
    """How the lot can be bought besides by bids, and what the asker has going on it."""
    user_id = None if identity.person is None else identity.person.id
    return await services_of(request).database.read(look, auction_id, user_id, now())


def look(connection: Connection, auction_id: int, user_id: int | None, at: datetime) -> ForSaleView:
    """The lot's fixed price and offers as one person, or nobody, sees them. Raises AUCTION_NOT_FOUND."""
    terms = _terms(connection, auction_id)
    purchase = None if user_id is None else purchases.newest_of(connection, auction_id, user_id)
    stored = None if user_id is None else offers.newest_of(connection, terms.vehicle_id, user_id)
    own = stored if stored is not None and stored.auction_id == auction_id else None
    return for_sale_view(terms, purchase, None if own is None else offer_view(own, Side.BUYER, at), at)


async def _reserve(services: Services, wanted: Wanted) -> Outcome:
    if await services.selling.barred.keeps_out(wanted.auction_id, wanted.person.id):
        raise fail(Code.OWN_VEHICLE)
    price = await services.database.write(_begin, wanted)
    command = messages.BuyNow(wanted.purchase_id, str(wanted.person.id), price, secrets.token_hex(32))
    # Where no answer comes, the in-flight row stays: whoever finds it asks the auction what came of it.
    outcome = await send(services, wanted.auction_id, AuctionWorkflow.buy_now, command, command_id=wanted.purchase_id)
    await services.database.write(purchases.come_home, wanted.auction_id, wanted.batch.batch_id)
    if outcome.code is not None:
        services.refusals.take((wanted.person.id, wanted.auction_id))
    return outcome


def _begin(connection: Connection, wanted: Wanted) -> int:
    """Hold the buying power and say that a purchase is on its way; returns the price. Raises what keeps it at home."""
    terms = _terms(connection, wanted.auction_id)
    if terms.buy_now_cents is None or terms.has_bids:
        raise fail(Code.BUY_NOW_NOT_OPEN)
    price = terms.buy_now_cents
    reservation = Reservation(wanted.purchase_id, wanted.person.id, wanted.auction_id, price, Kind.BUYING)
    lack = purchases.begin(connection, reservation, wanted.batch, wanted.at)
    if lack is not None:
        raise fail(lack.value, BEYOND if lack.value == "BUYING_POWER" else None)
    return price


async def _settle(services: Services, person: Person, purchase: Purchase, key: str) -> None:
    command = messages.SettleBuyNow(purchase.purchase_id, paid=True)
    command_id = wish_id(person, f"confirm {purchase.purchase_id}", key)
    outcome = await send(services, purchase.auction_id, AuctionWorkflow.settle_buy_now, command, command_id=command_id)
    if outcome.code == Code.CLOSED:
        told(services, outcome)


async def _told_before(services: Services, purchase: Purchase) -> Outcome:
    outcome = "refused" if purchase.code else "done"
    return await services.database.read(recorded, purchase.auction_id, purchase.seq, outcome, purchase.code)


def _settlement(connection: Connection, purchase: Purchase) -> Outcome:
    """What ended a reservation, by its ledger. Raises RESERVATION_EXPIRED for all but the sale."""
    settled = purchases.find(connection, purchase.purchase_id)
    if settled is None or settled.state != "bought" or settled.settled_seq is None:
        raise fail("RESERVATION_EXPIRED")
    return recorded(connection, purchase.auction_id, settled.settled_seq, "done", None)


async def _answer(services: Services, person: Person, auction_id: int, outcome: Outcome) -> PurchaseView:
    facts = told(services, outcome)
    purchase = await services.database.read(purchases.newest_of, auction_id, person.id)
    if purchase is None:
        raise fail("PURCHASE_NOT_FOUND")
    return purchase_view(purchase, facts)


def _wanted(services: Services, person: Person, auction_id: int, key: str) -> Wanted:
    at = now()
    purchase_id = str(uuid.uuid5(PURCHASE_IDS, f"{person.id}:{auction_id}:{key}"))
    batch = InFlight(str(uuid.uuid4()), auction_id, services.settings.process_id, at)
    return Wanted(person, auction_id, purchase_id, batch, at)


def _terms(connection: Connection, auction_id: int) -> SaleTerms:
    terms = purchases.sale_terms(connection, auction_id)
    if terms is None:
        raise fail("AUCTION_NOT_FOUND")
    return terms


def _check_pace(services: Services, subject: tuple[int, int]) -> None:
    wait = services.bid_pace.take(subject) or services.refusals.wait_s(subject)
    if wait > 0:
        raise fail("RATE_LIMITED", retry_after_s=math.ceil(wait))
