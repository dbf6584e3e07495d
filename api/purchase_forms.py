"""Buying without a script: the forms of a lot's page, answered by a way back to it or by the page with the reason."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities.db import purchases
from api import offers as offers_api
from api.idempotency import LONGEST
from api.identifiers import Id
from api.pages import auction_page
from api.problems import body, fail, status_of
from api.purchases import CODES, buy_now, confirm
from api.routes import about
from api.security import Audience, Bidder, viewer
from api.state import services_of
from domain.errors import DomainError
from domain.money import is_whole_dollars
from web.formats import cents_of
from web.views import Notice

Key = Annotated[str, Form(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")]
NOT_AN_AMOUNT = "Write whole dollars, like 12,500."
router = APIRouter(include_in_schema=False)


@router.post("/auctions/{auction_id}/buy-now", **about(Audience.BIDDER, *CODES))
async def buy_now_form(request: Request, person: Bidder, auction_id: Id, idempotency_key: Key) -> Response:
    """Take the buy-now button of a lot's page."""
    return await _answered(request, auction_id, buy_now(request, person, auction_id, idempotency_key))


@router.post(
    "/auctions/{auction_id}/buy-now/confirm", **about(Audience.BIDDER, "PURCHASE_NOT_FOUND", "RESERVATION_EXPIRED")
)
async def confirm_form(request: Request, person: Bidder, auction_id: Id, idempotency_key: Key) -> Response:
    """Take the confirmation of a reservation."""
    return await _answered(request, auction_id, confirm(request, person, auction_id, idempotency_key))


@router.post("/auctions/{auction_id}/offer", **about(Audience.BIDDER, "AUCTION_NOT_FOUND", *offers_api.MAKING))
async def offer_form(
    request: Request,
    person: Bidder,
    auction_id: Id,
    amount: Annotated[str, Form(max_length=40)],
    idempotency_key: Key,
) -> Response:
    """Take the offer form of a lot's page."""
    cents = cents_of(amount)
    terms = await services_of(request).database.read(purchases.sale_terms, auction_id)
    if terms is None:
        raise fail("AUCTION_NOT_FOUND")
    if cents is None or not is_whole_dollars(cents):
        return await _again(request, auction_id, Notice("danger", NOT_AN_AMOUNT), HTTPStatus.UNPROCESSABLE_ENTITY)
    wanted = offers_api.NewOffer.model_construct(amount_cents=cents)
    made = offers_api.make_offer(request, person, terms.vehicle_id, idempotency_key, wanted)
    return await _answered(request, auction_id, made)


async def _answered(request: Request, auction_id: int, work: Awaitable[object]) -> Response:
    try:
        await work
    except DomainError as error:
        problem = body(status_of(error), error.code, error.detail, "", error.data)
        return await _again(request, auction_id, Notice.of_problem(problem), status_of(error))
    return RedirectResponse(f"/auctions/{auction_id}", HTTPStatus.SEE_OTHER)


async def _again(request: Request, auction_id: int, notice: Notice, status: int) -> Response:
    return await auction_page(request, await viewer(request), auction_id, notice=notice, status=status)
