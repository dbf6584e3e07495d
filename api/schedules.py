"""Scheduling an auction: what may be scheduled is written down first, and then its workflow is started."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from activities.db import auctions, schedules, sellers, vehicles
from activities.db.auctions import Lot
from activities.db.people import Person
from activities.db.schedules import NewAuction, Unstarted, Wish
from activities.settings import Settings
from api.commands import Key, acts_as_admin, reaching, wish_id, writes
from api.database import now
from api.examples import AUCTION
from api.frames import request_id
from api.paging import ID_MAX
from api.problems import fail
from api.security import Audience, Seller
from api.state import Services, services_of
from api.views import AuctionView, auction_view
from domain.clock import from_text, may_end_at, to_text
from domain.money import CURRENT_INCREMENTS, DOLLAR, MAX_BID_CENTS
from domain.sellers import day_in_chicago, may_list, twelve_months_before

START_S = 10.0
SHORTEST = timedelta(seconds=60)
SHORTEST_EMBEDDED = timedelta(seconds=1)
LONGEST = timedelta(days=30)
FARTHEST = timedelta(days=366)
PAST_MOST = timedelta(seconds=60)
WINDOW_MOST_S = 3_600
CODES = (
    "VEHICLE_NOT_FOUND",
    "NOT_YOUR_VEHICLE",
    "SELLER_NOT_APPROVED",
    "SELLER_SUSPENDED",
    "LICENCE_EXPIRED",
    "DEALER_LICENCE_NEEDED",
    "VEHICLE_IN_AUCTION",
    "SUNDAY_END",
    "ID_REUSED",
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
    """An auction to be scheduled. Whole dollars, in cents; no `reserve_cents` means no reserve.

    `window_s` is the soft close. `sunday_rule` can be switched off in the embedded profile only.
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
    start_cents: Dollars
    reserve_cents: Dollars | None = None
    starts_at: Moment
    ends_at: Moment
    window_s: Annotated[int, Field(strict=True, ge=1, le=WINDOW_MOST_S)] | None = None
    sunday_rule: Annotated[bool, Field(strict=True)] | None = None

    def plain(self) -> dict[str, Any]:
        """The body as JSON values, equal for equal wishes."""
        times = {"starts_at": to_text(self.starts_at), "ends_at": to_text(self.ends_at)}
        return {**self.model_dump(), **times}


@dataclass(frozen=True, slots=True)
class Asked:
    """One wish for a schedule, by whom, under which rules, and when."""

    body: ScheduleBody
    wish: Wish
    person: Person
    is_admin: bool
    settings: Settings
    at: datetime


@router.post(
    "",
    status_code=201,
    **writes(Audience.SELLER, *CODES, example=AUCTION, success=201),
)
async def schedule(request: Request, response: Response, person: Seller, key: Key, body: ScheduleBody) -> AuctionView:
    """Schedule the auction of an own vehicle; its terms are frozen. Sent again with its key, it is made once."""
    services = services_of(request)
    digest = services.starts.digest(body.plain())
    wish = Wish(person.id, wish_id(person, "schedule", key), digest, request_id(request.scope))
    is_admin = await acts_as_admin(request, person)
    asked = Asked(body, wish, person, is_admin, services.settings, now())
    lot, unstarted = await services.database.write(find_or_add, asked)
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
    check(body, settings, asked.at)
    busy = schedules.open_auction(connection, body.vehicle_id)
    if busy is not None:
        raise fail("VEHICLE_IN_AUCTION", auction_id=busy)
    wanted = NewAuction(
        vehicle_id=body.vehicle_id,
        seller_id=seller_id,
        start_cents=body.start_cents,
        reserve_cents=body.reserve_cents,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        window_s=settings.soft_close_window_s if body.window_s is None else body.window_s,
        increments_version=CURRENT_INCREMENTS,
        sunday_rule=body.sunday_rule is not False,
    )
    return schedules.add_auction(connection, wanted, asked.wish, asked.at)


def _check_seller(connection: Connection, seller_id: int, vehicle_id: int, moment: datetime) -> None:
    """Raise what keeps the vehicle's seller from new listings; the caller has locked the seller."""
    today = day_in_chicago(moment)
    since = twelve_months_before(today)
    others = sellers.vehicle_counts(connection, [seller_id], since, besides=vehicle_id)[seller_id]
    permission = may_list(sellers.profile(connection, seller_id), others, today)
    if not permission.allowed:
        raise fail(permission.code, permission.detail, vehicles_last_12_months=others)


def check(body: ScheduleBody, settings: Settings, moment: datetime) -> None:
    """Raise INVALID_INPUT with every field that is wrong at this moment, or SUNDAY_END."""
    production = settings.profile == "production"
    errors = [*_money_errors(body), *_time_errors(body, moment, SHORTEST if production else SHORTEST_EMBEDDED)]
    if production and body.sunday_rule is not None:
        errors.append(_error("sunday_rule", "embedded_only", "can be set in the embedded profile only"))
    if production and body.window_s is not None and body.window_s < settings.soft_close_window_s:
        least = settings.soft_close_window_s
        errors.append(_error("window_s", "shortest", f"must be at least the house's window of {least} seconds"))
    if errors:
        raise fail("INVALID_INPUT", errors=errors)
    if body.sunday_rule is not False and not may_end_at(body.ends_at):
        message = "nothing is sold on a Sunday in Chicago: leave an hour before it, or end after it"
        raise fail("SUNDAY_END", errors=[_error("ends_at", "sunday", message)])


def _money_errors(body: ScheduleBody) -> list[dict[str, str]]:
    if body.reserve_cents is not None and body.reserve_cents < body.start_cents:
        return [_error("reserve_cents", "at_least_start", "must be at least start_cents, or null for no reserve")]
    return []


def _time_errors(body: ScheduleBody, moment: datetime, shortest: timedelta) -> list[dict[str, str]]:
    errors, length = [], body.ends_at - body.starts_at
    if body.starts_at < moment - PAST_MOST:
        errors.append(_error("starts_at", "not_past", "must not be in the past"))
    if body.starts_at > moment + FARTHEST:
        errors.append(_error("starts_at", "not_too_far", f"must be within {FARTHEST.days} days"))
    if length < shortest:
        seconds = int(shortest.total_seconds())
        errors.append(_error("ends_at", "shortest", f"must be at least {seconds} seconds after starts_at"))
    elif length > LONGEST:
        errors.append(_error("ends_at", "longest", f"must be at most {LONGEST.days} days after starts_at"))
    elif body.ends_at <= moment:
        errors.append(_error("ends_at", "not_past", "must not be in the past"))
    return errors


def _error(field: str, rule: str, message: str) -> dict[str, str]:
    return {"field": field, "rule": rule, "message": message}


async def _start(services: Services, row: Unstarted) -> None:
    with reaching(row.auction_id):
        await asyncio.wait_for(services.lots.start(services.starts.start_of(row)), START_S)
