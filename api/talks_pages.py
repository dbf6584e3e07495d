"""The forms of negotiations and second chances on the page of offers: each act is asked once more before it counts."""

from http import HTTPStatus
from types import MappingProxyType

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db import offers
from activities.db.people import Person
from activities.db.second_chances import StoredChance
from activities.db.talks import StoredTalks
from api import negotiations, second_chances
from api.buyer_pages import draw
from api.database import now
from api.frames import frame
from api.identifiers import Id
from api.negotiations import TalksCounter
from api.offer_pages import Answered, AnswerForm, cents_typed, offers_page
from api.problems import fail
from api.routes import about
from api.security import Audience, SignedIn
from api.state import services_of
from api.talks_views import chance_view
from domain.errors import DomainError
from domain.negotiation import Act, Negotiation, NegotiationCode, Side, answered
from domain.second_chance import Act as ChanceAct
from domain.second_chance import Chance
from web.offer_views import Offers
from web.talks_views import BACK, CHANCES_HOME, TALKS_HOME, TalksQuestion

CODES = (*negotiations.ANSWERING, *negotiations.COMING_CLOSER)
CHANCE_CODES = (*second_chances.ANSWERING, *negotiations.COMING_CLOSER)
CHANCE_ACTS = MappingProxyType(
    {
        "accept": ChanceAct.TAKE,
        "decline": ChanceAct.DECLINE,
        "allow": ChanceAct.ALLOW,
        "refuse": ChanceAct.REFUSE,
    }
)
ONE, ONE_CHANCE = f"{TALKS_HOME}/{{auction_id}}", f"{CHANCES_HOME}/{{order_id}}"
router = APIRouter(include_in_schema=False)


@router.post(
    f"{ONE}/accept",
    response_class=HTMLResponse,
    **about(Audience.SIGNED_IN, *CODES, "NOT_ON_SUNDAY", "LISTING_OVER"),
)
async def accept(request: Request, person: SignedIn, auction_id: Id, form: Answered) -> Response:
    """Agree to the other side's figure."""
    return await _act(request, person, auction_id, Act.ACCEPT, form)


@router.post(
    f"{ONE}/counter", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES, *negotiations.COUNTERING)
)
async def counter(request: Request, person: SignedIn, auction_id: Id, form: Answered) -> Response:
    """Name another figure."""
    return await _act(request, person, auction_id, Act.COUNTER, form)


@router.post(f"{ONE}/decline", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES))
async def decline(request: Request, person: SignedIn, auction_id: Id, form: Answered) -> Response:
    """End the talks with this bidder."""
    return await _act(request, person, auction_id, Act.DECLINE, form)


@router.post(f"{ONE}/stop", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CODES))
async def stop(request: Request, person: SignedIn, auction_id: Id, form: Answered) -> Response:
    """End all talks about a vehicle."""
    return await _act(request, person, auction_id, Act.STOP, form)


@router.post(
    f"{ONE_CHANCE}/accept", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CHANCE_CODES, "NOT_ON_SUNDAY")
)
async def take(request: Request, person: SignedIn, order_id: Id, form: Answered) -> Response:
    """Buy the vehicle at the price that was offered."""
    return await _act_on_chance(request, person, order_id, "accept", form)


@router.post(f"{ONE_CHANCE}/decline", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CHANCE_CODES))
async def do_without(request: Request, person: SignedIn, order_id: Id, form: Answered) -> Response:
    """Decline what was offered."""
    return await _act_on_chance(request, person, order_id, "decline", form)


@router.post(f"{ONE_CHANCE}/allow", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CHANCE_CODES))
async def allow(request: Request, person: SignedIn, order_id: Id, form: Answered) -> Response:
    """Allow a price below the reserve."""
    return await _act_on_chance(request, person, order_id, "allow", form)


@router.post(f"{ONE_CHANCE}/refuse", response_class=HTMLResponse, **about(Audience.SIGNED_IN, *CHANCE_CODES))
async def refuse(request: Request, person: SignedIn, order_id: Id, form: Answered) -> Response:
    """Do not sell below the reserve."""
    return await _act_on_chance(request, person, order_id, "refuse", form)


async def _act(request: Request, person: Person, auction_id: int, act: Act, form: AnswerForm) -> Response:
    stored, side, talks, title = await services_of(request).database.read(_own_talks, person, auction_id)
    try:
        cents = cents_typed(form.amount) if act is Act.COUNTER else talks.figure.cents
        if form.confirmed != str(cents) and not (form.confirmed and act is not Act.COUNTER):
            asked = _question(stored, side, talks, title, act, form, cents, person)
            return draw(request, Offers(frame(request), question=asked))
        figure = TalksCounter(step=form.step, amount_cents=cents).amount_cents if act is Act.COUNTER else 0
        wish = negotiations.said(person, act, auction_id, form.idempotency_key, form.step, figure)
        await negotiations.answer(request, auction_id, wish)
    except DomainError as error:
        return await offers_page(request, person, error=error, typed={f"talks {auction_id}": form.amount})
    return _done(f"talks-{act.value}", f"talks-{auction_id}")


def _question(
    stored: StoredTalks,
    side: Side,
    talks: Negotiation,
    title: str,
    act: Act,
    form: AnswerForm,
    cents: int,
    person: Person,
) -> TalksQuestion:
    """What is asked before it is done. Raises what the talks as they are recorded refuse already."""
    judged = answered(talks, side, act, now(), bidder=str(person.id), cents=cents, step=form.step)
    if isinstance(judged, NegotiationCode):
        raise fail(judged.value)
    action = f"{TALKS_HOME}/{stored.auction_id}/{act.value}"
    asks_first = side is Side.SELLER and not talks.is_bound
    return TalksQuestion("talks", act.value, side.value, title, cents, action, _fields(form, cents), asks_first)


async def _act_on_chance(request: Request, person: Person, order_id: int, name: str, form: AnswerForm) -> Response:
    stored, side, chance, title = await services_of(request).database.read(_own_chance, person, order_id)
    wish = second_chances.said(person, CHANCE_ACTS[name], order_id, form.idempotency_key, form.step)
    try:
        if not form.confirmed:
            code = second_chances.refused(stored, side, chance, wish)
            if code is not None:
                raise fail(code)
            cents = chance_view(stored, side, person.id, wish.at)["amount_cents"]
            action = f"{CHANCES_HOME}/{order_id}/{name}"
            asked = TalksQuestion("chance", name, side.value, title, cents, action, _fields(form, cents))
            return draw(request, Offers(frame(request), question=asked))
        await second_chances.answer(request, order_id, wish)
    except DomainError as error:
        return await offers_page(request, person, error=error)
    return _done(f"chance-{name}", f"chance-{order_id}")


def _fields(form: AnswerForm, cents: int) -> dict[str, str]:
    fields = {"step": str(form.step), "idempotency_key": form.idempotency_key, "amount": form.amount}
    return {**fields, "confirmed": str(cents)}


def _own_talks(connection: Connection, person: Person, auction_id: int) -> tuple[StoredTalks, Side, Negotiation, str]:
    stored, side, talks = negotiations.own_talks(connection, person, auction_id)
    return stored, side, talks, offers.title_of(connection, stored.vehicle_id)


def _own_chance(connection: Connection, person: Person, order_id: int) -> tuple[StoredChance, Side, Chance, str]:
    stored, side, chance = second_chances.own_chance(connection, person, order_id)
    return stored, side, chance, offers.title_of(connection, stored.vehicle_id)


def _done(what: str, place: str) -> RedirectResponse:
    return RedirectResponse(f"{BACK}?done={what}#{place}", HTTPStatus.SEE_OTHER)
