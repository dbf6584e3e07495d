"""Scheduling an auction: what may be scheduled is written down first, and then its workflow is started."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from activities.db import auctions, listings, schedules, sellers, talks, vehicles
from activities.db.auctions import Lot
from activities.db.listings import Listing
from activities.db.people import Person
from activities.db.schedules import NewAuction, Unstarted, Wish
from activities.settings import Settings
from api.commands import Key, acts_as_admin, has_fresh_proof, reaching, wish_id, writes
from api.database import now
from api.examples import AUCTION
from api.paging import ID_MAX
from api.problems import fail
from api.security import Audience, Seller
from api.sources import source_of
from api.state import Services, services_of
from api.views import AuctionView, auction_view
from domain.clock import from_text, may_end_at, monday_opening, to_text
from domain.listings import LENGTHS_DAYS, OVER, Particulars, SaleType, Status, may_sell
from domain.money import CURRENT_INCREMENTS, DOLLAR, MAX_BID_CENTS
from domain.sellers import day_in_chicago, may_list, twelve_months_before
from domain.staggering import end_apart

START_S = 10.0
SHORTEST = timedelta(seconds=60)
SHORTEST_EMBEDDED = timedelta(seconds=1)
LONGEST = timedelta(days=30)
FARTHEST = timedelta(days=366)
PAST_MOST = timedelta(seconds=60)
WINDOW_MOST_S = 3_600
LONG = timedelta(hours=1)
# A seller's lots end this far apart, and their other ends are looked at this far around.
AROUND = timedelta(days=1)
CODES = (
    "VEHICLE_NOT_FOUND",
    "NOT_YOUR_VEHICLE",
    "SELLER_NOT_APPROVED",
    "SELLER_SUSPENDED",
    "LICENCE_EXPIRED",
    "DEALER_LICENCE_NEEDED",
    "VEHICLE_IN_AUCTION",
    "LISTING_OVER",
    "LISTING_NOT_APPROVED",
    "NEGOTIATION_NOT_YOUR_TURN",
    "SUNDAY_END",
    "ID_REUSED",
    "STEP_UP_REQUIRED",
    "UNAVAILABLE",
)
router = APIRouter(prefix="/api/auctions", tags=["steering"])


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be text, as 2026-05-05T12:00:00.000Z")  # noqa: TRY004 - what pydantic reports
    try:
        return from_text(value)
    except OverflowError:
        raise ValueError("is out of range") from None


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Dollars = Annotated[int, Field(strict=True, gt=0, le=MAX_BID_CENTS, multiple_of=DOLLAR)]


class ScheduleBody(BaseModel):
    """An auction to be scheduled. Whole dollars, in cents.

    What is left out is taken from the listing: `start_cents`, `reserve_cents` (null means no reserve) and, where there
    is no `ends_at`, the `length_days` after `starts_at`, which never lead into a Sunday. The end of a lot of an hour or
    more is moved until it is a minute from those of the seller's other lots; `stagger` false leaves it, true moves any.
    `window_s` is the soft close. `sunday_rule` can be switched off in the embedded profile only, and ends then stay.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "vehicle_id": 12,
                    "start_cents": 500_000,
                    "reserve_cents": 1_150_000,
                    "starts_at": "2026-05-04T15:00:00.000Z",
                    "ends_at": "2026-05-05T20:00:00.000Z",
                }
            ]
        },
    )

    vehicle_id: Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]
    start_cents: Dollars | None = None
    reserve_cents: Dollars | None = None
    starts_at: Moment
    ends_at: Moment | None = None
    length_days: Annotated[int, Field(strict=True)] | None = None
    stagger: Annotated[bool, Field(strict=True)] | None = None
    window_s: Annotated[int, Field(strict=True, ge=1, le=WINDOW_MOST_S)] | None = None
    sunday_rule: Annotated[bool, Field(strict=True)] | None = None

    def plain(self) -> dict[str, Any]:
        """The body as JSON values, equal for equal wishes."""
        values = {name: value for name, value in self.model_dump(exclude_unset=True).items() if value is not None}
        if self.reserve_cents is None and "reserve_cents" in self.model_fields_set:
            values["reserve_cents"] = None
        return {name: to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish for a schedule, by whom (`proven` by a fresh proof), under which rules, and when."""

    body: ScheduleBody
    wish: Wish
    person: Person
    is_admin: bool
    settings: Settings
    at: datetime
    proven: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for, filled from the listing; `wrong` has what neither of them says."""

    start_cents: int
    reserve_cents: int | None
    starts_at: datetime
    ends_at: datetime
    sunday_rule: bool
    wrong: tuple[dict[str, str], ...] = ()

    @property
    def by_the_calendar(self) -> bool:
        """Whether it is a sale that people plan for, whose end may move by minutes."""
        return self.sunday_rule and self.ends_at - self.starts_at >= LONG


@router.post(
    "",
    status_code=201,
    **writes(Audience.SELLER, *CODES, example=AUCTION, success=201),
)
async def schedule(request: Request, response: Response, person: Seller, key: Key, body: ScheduleBody) -> AuctionView:
    """Schedule the auction of an own vehicle; its terms are frozen. Sent again with its key, it is made once.

    Another reserve than the listing's needs a fresh proof of who asks.
    """
    services = services_of(request)
    digest = services.starts.digest(body.plain())
    wish = Wish(person.id, wish_id(person, "schedule", key), digest, *source_of(request))
    is_admin = await acts_as_admin(request, person)
    asked = Asked(body, wish, person, is_admin, services.settings, now(), await has_fresh_proof(request))
    lot, unstarted = await services.database.write(find_or_add, asked)
    await services.listings.follow(body.vehicle_id)
    if unstarted is not None:
        await _start(services, unstarted)
    response.headers["location"] = f"/api/auctions/{lot.head.id}"
    return auction_view(lot, now())


def find_or_add(connection: Connection, asked: Asked) -> tuple[Lot, Unstarted | None]:
    """The lot of this wish, made now or before, and what its workflow needs as long as nothing of it is recorded.

    Raises the refusals of `CODES`.
    """
    vehicle = vehicles.vehicle(connection, asked.body.vehicle_id)
    if vehicle is None:
        raise fail("VEHICLE_NOT_FOUND")
    if vehicle.seller_id != asked.person.id and not asked.is_admin:
        raise fail("NOT_YOUR_VEHICLE")
    schedules.lock_seller(connection, vehicle.seller_id)
    made = schedules.made_under(connection, vehicle.seller_id, asked.wish)
    if made is None:
        auction_id = _add(connection, asked, vehicle.seller_id)
    elif made.body == asked.wish.body:
        auction_id = made.auction_id
    else:
        raise fail("ID_REUSED")
    lot = auctions.lots(connection, [auction_id])[auction_id]
    return lot, schedules.unstarted_one(connection, auction_id)


def _add(connection: Connection, asked: Asked, seller_id: int) -> int:
    body, settings = asked.body, asked.settings
    _check_seller(connection, seller_id, body.vehicle_id, asked.at)
    found = listings.listing(connection, body.vehicle_id, lock=True)
    if found is None:
        raise fail("VEHICLE_NOT_FOUND")
    listed = found.public or found.told
    terms = terms_of(body, listed)
    if terms.reserve_cents != listed.reserve_cents and not asked.proven:
        raise fail("STEP_UP_REQUIRED", step_up="/auth/step-up")
    check(body, terms, settings, asked.at)
    busy = schedules.open_auction(connection, body.vehicle_id)
    if busy is not None:
        raise fail("VEHICLE_IN_AUCTION", auction_id=busy)
    _check_listing(found)
    if talks.seller_is_bound(connection, body.vehicle_id):
        raise fail("NEGOTIATION_NOT_YOUR_TURN")
    if body.stagger or (body.stagger is None and terms.by_the_calendar):
        terms = _staggered(connection, seller_id, terms, settings)
    wanted = NewAuction(
        vehicle_id=body.vehicle_id,
        seller_id=seller_id,
        start_cents=terms.start_cents,
        reserve_cents=terms.reserve_cents,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        window_s=settings.soft_close_window_s if body.window_s is None else body.window_s,
        increments_version=CURRENT_INCREMENTS,
        sunday_rule=terms.sunday_rule,
        sale_type=listed.sale_type.value,
        buy_now_cents=_buy_now(listed, terms),
        offers_open=listed.offers_open or listed.sale_type is SaleType.MAKE_OFFER,
    )
    listings.move(connection, body.vehicle_id, Status.SCHEDULED, asked.at)
    return schedules.add_auction(connection, wanted, asked.wish, asked.at)


def _buy_now(listed: Particulars, terms: Terms) -> int | None:
    """The listing's buy-now price. Raises INVALID_INPUT where the lot would start or reserve above it."""
    price = listed.buy_now_cents
    if price is not None and price < max(terms.start_cents, terms.reserve_cents or 0):
        name = "start_cents" if price < terms.start_cents else "reserve_cents"
        raise fail("INVALID_INPUT", errors=[_error(name, "at_most_buy_now", "must not be above the buy-now price")])
    return price


def terms_of(body: ScheduleBody, listed: Particulars) -> Terms:
    """What a body asks for, with the listing's own terms where it leaves them out."""
    start_cents = listed.start_cents if body.start_cents is None else body.start_cents
    if start_cents is None and listed.sale_type is not SaleType.TIMED:
        # Nobody bids there: the figure only has to be one.
        start_cents = listed.buy_now_cents or DOLLAR
    reserve_cents = body.reserve_cents if "reserve_cents" in body.model_fields_set else listed.reserve_cents
    days = listed.length_days if body.length_days is None else body.length_days
    sunday_rule = body.sunday_rule is not False
    wrong = []
    if start_cents is None:
        wrong.append(_error("start_cents", "required", "neither the request nor the listing has a start price"))
    if body.ends_at is None and days is None:
        wrong.append(_error("ends_at", "required", "neither the request nor the listing says how long it runs"))
    if body.length_days is not None and (body.ends_at is not None or body.length_days not in LENGTHS_DAYS):
        choices = ", ".join(map(str, LENGTHS_DAYS))
        wrong.append(_error("length_days", "choice", f"must be one of {choices}, and only without ends_at"))
    ends_at = _end_after(body.starts_at, days or 1, sunday_rule=sunday_rule) if body.ends_at is None else body.ends_at
    return Terms(start_cents or 0, reserve_cents, body.starts_at, ends_at, sunday_rule, tuple(wrong))


def _end_after(starts_at: datetime, days: int, *, sunday_rule: bool) -> datetime:
    """So many days later; when the market opens again, where that is on a Sunday or near one."""
    end = starts_at + timedelta(days=days) if days <= LONGEST.days else starts_at
    return end if not sunday_rule or may_end_at(end) else monday_opening(end)


def _staggered(connection: Connection, seller_id: int, terms: Terms, settings: Settings) -> Terms:
    taken = schedules.planned_ends(connection, seller_id, terms.ends_at - AROUND, terms.ends_at + AROUND)
    earliest, apart = terms.starts_at + _shortest(settings), timedelta(seconds=settings.close_stagger_s)
    end = end_apart(terms.ends_at, taken, apart, not_before=earliest, sunday_rule=terms.sunday_rule)
    return replace(terms, ends_at=end)


def _check_listing(found: Listing) -> None:
    """Raise what keeps a lot from being made of the listing: it is over, or not all of it is approved."""
    if found.status in OVER:
        raise fail("LISTING_OVER", status=found.status.value)
    if not may_sell(found.status, found.review):
        raise fail("LISTING_NOT_APPROVED", status=found.status.value, review=found.review.value)


def _check_seller(connection: Connection, seller_id: int, vehicle_id: int, moment: datetime) -> None:
    """Raise what keeps the vehicle's seller from new listings; the caller has locked the seller."""
    today = day_in_chicago(moment)
    since = twelve_months_before(today)
    others = sellers.vehicle_counts(connection, [seller_id], since, besides=vehicle_id)[seller_id]
    permission = may_list(sellers.profile(connection, seller_id), others, today)
    if not permission.allowed:
        raise fail(permission.code, permission.detail, vehicles_last_12_months=others)


def check(body: ScheduleBody, terms: Terms, settings: Settings, moment: datetime) -> None:
    """Raise INVALID_INPUT with every field that is wrong at this moment, or SUNDAY_END."""
    production = settings.profile == "production"
    errors = [*terms.wrong, *_money_errors(terms), *_time_errors(terms, moment, _shortest(settings))]
    if production and body.sunday_rule is not None:
        errors.append(_error("sunday_rule", "embedded_only", "can be set in the embedded profile only"))
    if production and body.window_s is not None and body.window_s < settings.soft_close_window_s:
        least = settings.soft_close_window_s
        errors.append(_error("window_s", "shortest", f"must be at least the house's window of {least} seconds"))
    if errors:
        raise fail("INVALID_INPUT", errors=errors)
    if terms.sunday_rule and not may_end_at(terms.ends_at):
        message = "nothing is sold on a Sunday in Chicago: leave an hour before it, or end after it"
        raise fail("SUNDAY_END", errors=[_error("ends_at", "sunday", message)])


def _shortest(settings: Settings) -> timedelta:
    return SHORTEST if settings.profile == "production" else SHORTEST_EMBEDDED


def _money_errors(terms: Terms) -> list[dict[str, str]]:
    if terms.reserve_cents is not None and terms.reserve_cents < terms.start_cents:
        return [_error("reserve_cents", "at_least_start", "must be at least start_cents, or null for no reserve")]
    return []


def _time_errors(terms: Terms, moment: datetime, shortest: timedelta) -> list[dict[str, str]]:
    errors, length = [], terms.ends_at - terms.starts_at
    if terms.starts_at < moment - PAST_MOST:
        errors.append(_error("starts_at", "not_past", "must not be in the past"))
    if terms.starts_at > moment + FARTHEST:
        errors.append(_error("starts_at", "not_too_far", f"must be within {FARTHEST.days} days"))
    if length < shortest:
        seconds = int(shortest.total_seconds())
        errors.append(_error("ends_at", "shortest", f"must be at least {seconds} seconds after starts_at"))
    elif length > LONGEST:
        errors.append(_error("ends_at", "longest", f"must be at most {LONGEST.days} days after starts_at"))
    elif terms.ends_at <= moment:
        errors.append(_error("ends_at", "not_past", "must not be in the past"))
    return errors


def _error(field: str, rule: str, message: str) -> dict[str, str]:
    return {"field": field, "rule": rule, "message": message}


async def _start(services: Services, row: Unstarted) -> None:
    with reaching(row.auction_id):
        await asyncio.wait_for(services.lots.start(services.starts.start_of(row)), START_S)
