"""Bidding without a script: the two forms of the auction page, answered by a page or by a way back to it."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities.db import auctions, bids
from api.bids import SHAPES, Shape, facts_of, make_bid, place, refusal_sentence
from api.database import now
from api.idempotency import LONGEST
from api.identifiers import Id
from api.pages import auction_page
from api.problems import body, status_of
from api.routes import about
from api.security import Audience, Bidder, viewer
from api.state import services_of
from domain.errors import DomainError, UnavailableError
from temporal.auctions import Judged
from web.formats import cents_of
from web.views import BidForm, Notice
from web.words import needs_confirmation

CODES = ("AUCTION_NOT_FOUND", "ID_REUSED", "RATE_LIMITED", "BUSY_LOT", "UNAVAILABLE", "BUYING_POWER", "LOTS_LIMIT")
RECORDED_WITHIN = timedelta(seconds=2)
LOOK_S = 0.02
router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=40)]
Key = Annotated[str, Form(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")]
Confirmed = Annotated[str, Form(max_length=20)]


@router.post("/auctions/{auction_id}/bid", **about(Audience.BIDDER, *CODES))
async def bid_form(
    request: Request, person: Bidder, auction_id: Id, amount: Text, idempotency_key: Key, confirmed: Confirmed = ""
) -> Response:
    """Take the bid form of an auction's page."""
    form = BidForm("bid", amount, idempotency_key)
    return await _take(request, person, auction_id, SHAPES["bid"], form, confirmed)


@router.post("/auctions/{auction_id}/auto-bid", **about(Audience.BIDDER, *CODES))
async def auto_bid_form(
    request: Request,
    person: Bidder,
    auction_id: Id,
    maximum: Annotated[str, Form(alias="max", max_length=40)],
    idempotency_key: Key,
    confirmed: Confirmed = "",
) -> Response:
    """Take the auto-bid form of an auction's page."""
    form = BidForm("auto_bid", maximum, idempotency_key)
    return await _take(request, person, auction_id, SHAPES["auto-bid"], form, confirmed)


async def _take(
    request: Request, person: Bidder, auction_id: int, shape: Shape, form: BidForm, confirmed: str
) -> Response:
    received_at = now()
    services = services_of(request)
    cents = cents_of(form.text)
    if cents is None:
        return await _again(request, auction_id, Notice("danger", "Write whole dollars, like 12,500."), form, 422)
    head = await services.database.read(auctions.head, auction_id)
    if head is not None and needs_confirmation(cents, head.minimum_next_cents) and confirmed != str(cents):
        asked = BidForm(form.kind, form.text, form.idempotency_key, cents)
        return await _again(request, auction_id, Notice("warning", "Please confirm this amount."), asked, 200)
    try:
        made = make_bid(person, auction_id, form.idempotency_key, shape, cents, received_at)
        judged = await place(services, person, auction_id, made)
    except DomainError as error:
        kept = form if isinstance(error, UnavailableError) else None
        problem = body(status_of(error), error.code, error.detail, "", error.data)
        return await _again(request, auction_id, Notice.of_problem(problem), kept, status_of(error))
    return await _answered(request, auction_id, judged)


async def _answered(request: Request, auction_id: int, judged: Judged) -> Response:
    if judged.code is None:
        # The page is fetched anew, so that going back or reloading never sends the form again.
        bid_id = str(judged.entry.public["bid_id"])
        await _until_recorded(request, bid_id)
        where = f"/auctions/{auction_id}?answer={bid_id}"
        return RedirectResponse(where, HTTPStatus.SEE_OTHER)
    facts = facts_of(services_of(request), judged)
    problem = body(HTTPStatus.CONFLICT, judged.code, refusal_sentence(judged.code, facts), "", facts)
    return await _again(request, auction_id, Notice.of_problem(problem), None, HTTPStatus.CONFLICT)


async def _until_recorded(request: Request, bid_id: str) -> None:
    # The page that follows is drawn from the database, which learns of a bid a moment after its bidder does.
    database, deadline = services_of(request).database, now() + RECORDED_WITHIN
    while await database.read(bids.bid, bid_id) is None and now() < deadline:
        await asyncio.sleep(LOOK_S)


async def _again(request: Request, auction_id: int, notice: Notice, form: BidForm | None, status: int) -> Response:
    return await auction_page(request, await viewer(request), auction_id, notice=notice, form=form, status=status)
