"""Quotes: what a bid would cost in all, line by line, before it is made."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

import structlog
from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Query
from pydantic import AfterValidator
from sqlalchemy import Connection
from starlette.requests import Request

from activities.db import quotes, rates
from activities.db.auctions import FullLot
from activities.db.quotes import BuyerPapers, PricedLot
from activities.keys import Sealer
from activities.sealed_forms import LegalDetails, SealedForms
from api.database import now
from api.identifiers import Id
from api.problems import fail
from api.quote_views import QUOTE_EXAMPLE, QuoteView, quote_view
from api.routes import about
from api.security import Audience, Viewer
from api.state import Services, services_of
from domain.business_days import day_of
from domain.charges import STATES, Buyer, Exemption, Sale, total
from domain.money import DOLLAR, MAX_BID_CENTS
from domain.rates import BASIS_POINT_PPM, Rate, RateTable, in_force, notes_on_change
from web.formats import BUYER_FEE, BuyerFee

log = structlog.get_logger("api")
router = APIRouter(prefix="/api/auctions", tags=["auctions"])


def _known_state(text: str) -> str:
    state = text.upper()
    if state not in STATES:
        raise ValueError("must be the two letters of a state, as MN")
    return state


Amount = Annotated[int | None, Query(ge=DOLLAR, le=MAX_BID_CENTS, multiple_of=DOLLAR)]
State = Annotated[str, Query(min_length=2, max_length=2), AfterValidator(_known_state)]


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """What the database knows for a quote; `papers` are None where nobody has signed in."""

    papers: BuyerPapers | None
    tables: tuple[RateTable, ...]


@dataclass(frozen=True, slots=True)
class PageQuote:
    """What the page of a lot shows of its total; without rates nothing but the usual fee."""

    quote: QuoteView | None = None
    fee: BuyerFee = BUYER_FEE


@router.get(
    "/{auction_id}/quote", **about(Audience.PUBLIC, "AUCTION_NOT_FOUND", "RATES_MISSING", example=QUOTE_EXAMPLE)
)
async def quote(
    request: Request, identity: Viewer, auction_id: Id, amount_cents: Amount = None, state: State | None = None
) -> QuoteView:
    """What a bid of `amount_cents` (by default the least next one) would cost in all, by the buyer's state.

    Who has given their legal details is quoted by them; everybody else by `state`, or as a buyer in Minnesota.
    """
    services, person = services_of(request), identity.person
    user_id = None if person is None else person.id
    lot, facts = await services.database.read(_lot_and_facts, auction_id, user_id)
    buyer = buyer_of(services.sealer, facts.papers, state)
    made = quoted(lot, facts.tables, buyer, amount_cents or lot.minimum_next_cents, now())
    if made is None:
        raise fail("RATES_MISSING")
    return made


def facts_for(connection: Connection, user_id: int | None) -> QuoteFacts:
    """The papers of who asks and all rates that count: two statements, or one for nobody."""
    papers = None if user_id is None else quotes.buyer_papers(connection, user_id)
    return QuoteFacts(papers, rates.tables(connection))


def buyer_of(sealer: Sealer, papers: BuyerPapers | None, state: str | None = None) -> Buyer:
    """Who buys, by their account's legal details where there are any, and in the state they name otherwise.

    A dealer's exemption counts by the licence of an approved seller profile, if its number is the one that was given.
    """
    details = None if papers is None else _details(sealer, papers)
    if papers is None or details is None:
        return Buyer(state)
    claimed = _plain(details.dealer_exemption)
    if not claimed:
        return Buyer(details.state)
    is_approved = papers.licence is not None and _plain(papers.licence.number) == claimed
    return Buyer(details.state, Exemption(papers.licence if is_approved else None))


def quoted(lot: PricedLot, tables: tuple[RateTable, ...], buyer: Buyer, cents: int, at: datetime) -> QuoteView | None:
    """The quote of a bid, by the rates of the day on which the lot is to end; None where there are none."""
    today, sold_on = day_of(at), sale_day(lot, at)
    table = in_force(tables, sold_on)
    if table is None:
        return None
    made = total(table, buyer, Sale(price_cents=cents, sold_on=sold_on, model_year=lot.model_year))
    noted = replace(made, notes=(*made.notes, *notes_on_change(tables, today, sold_on)))
    return quote_view(lot.id, cents, buyer.state, sold_on, table, noted)


def on_page(services: Services, lot: FullLot, facts: QuoteFacts, cents: int, at: datetime) -> PageQuote:
    """The quote beside the bid box, for a bid of `cents` by whoever looks, and the fee that its script works out."""
    head = lot.head
    priced = PricedLot(head.id, lot.vehicle.year, head.minimum_next_cents, head.ends_at, head.ended_at)
    table = in_force(facts.tables, sale_day(priced, at))
    if table is None:
        return PageQuote()
    fee = BuyerFee(
        table.of(Rate.BUYER_FEE) // BASIS_POINT_PPM, table.of(Rate.BUYER_FEE_LEAST), table.of(Rate.BUYER_FEE_MOST)
    )
    return PageQuote(quoted(priced, facts.tables, buyer_of(services.sealer, facts.papers), cents, at), fee)


def sale_day(lot: PricedLot, at: datetime) -> date:
    """The day in Chicago on which the lot was sold, or will be at the earliest."""
    return day_of(max(at, lot.ends_at)) if lot.ended_at is None else day_of(lot.ended_at)


def _lot_and_facts(connection: Connection, auction_id: int, user_id: int | None) -> tuple[PricedLot, QuoteFacts]:
    lot = quotes.priced_lot(connection, auction_id)
    if lot is None:
        raise fail("AUCTION_NOT_FOUND")
    return lot, facts_for(connection, user_id)


def _details(sealer: Sealer, papers: BuyerPapers) -> LegalDetails | None:
    """The legal details; what cannot be opened is as good as not given, and noted."""
    if papers.legal_sealed is None:
        return None
    try:
        return SealedForms(sealer).open(papers.user_id, papers.legal_sealed, LegalDetails)
    except (InvalidTag, ValueError):
        log.warning("legal_details_unreadable", user_id=papers.user_id)
        return None


def _plain(number: str | None) -> str:
    """A licence's number without what people write differently."""
    return "".join(each for each in (number or "").casefold() if each.isalnum())
