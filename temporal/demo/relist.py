"""Keeps the market alive: counts what is on sale, and puts vehicles up again where there is too little."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import structlog

from domain.clock import from_text, may_end_at, to_text, truncate
from temporal.demo.client import MarketClient
from temporal.demo.garage import Car, Garage
from temporal.demo.plan import Calendar, legal_end

LIVE_TARGET = 12
UPCOMING_TARGET = 4
SOON = timedelta(minutes=30)
START_DELAY = (timedelta(seconds=8), timedelta(seconds=45))
UPCOMING_DELAY = (timedelta(minutes=35), timedelta(hours=20))
LENGTH_MINUTES = (6, 8, 10, 14, 20, 30, 45, 90, 180)
ON_SALE = ("live", "scheduled", "held", "closing")
ENDED, SOLD = "ended", "sold"
# The platform will not have the car any more, whatever is asked for.
GONE = frozenset({"LISTING_OVER", "VEHICLE_NOT_FOUND", "NOT_YOUR_VEHICLE"})
TRIES = 4
REMEMBERED = 300
# The order in which vehicles come up: those never offered, then those that came back unsold.
COMING_BACK = {"": 0, "no_bids": 1, "reserve_not_met": 2, "cancelled": 3}

log = structlog.get_logger("market")


@dataclass(frozen=True, slots=True)
class Stock:
    """What is on sale, and the last result of each vehicle (by VIN) that is not; "" for one never offered."""

    live: int
    upcoming: int
    waiting: Mapping[str, str]


def take_stock(listed: Iterable[Mapping[str, Any]], vins: Iterable[str], now: datetime) -> Stock:
    """Count AuctionViews of every status; a scheduled lot counts as live when it starts within half an hour."""
    waiting = dict.fromkeys(vins, "")
    on_sale: set[str] = set()
    live = upcoming = 0
    for view in sorted(listed, key=lambda view: int(view["id"])):
        vin = view["vehicle"]["vin"]
        if view["status"] == ENDED:
            waiting[vin] = view["result"] or ""
            continue
        on_sale.add(vin)
        later = view["status"] == "scheduled" and from_text(view["starts_at"]) - now > SOON
        live, upcoming = (live, upcoming + 1) if later else (live + 1, upcoming)
    return Stock(live, upcoming, {vin: result for vin, result in waiting.items() if vin not in on_sale})


async def read_market(client: MarketClient, *, ended_most: int | None = None) -> list[dict[str, Any]]:
    """Every auction there is, or all on sale and about the last `ended_most` that are not. Raises MarketError."""
    on_sale = [view for status in ON_SALE for view in await client.auctions(status)]
    return [*on_sale, *await client.auctions(ENDED, ended_most)]


async def top_up(
    client: MarketClient,
    garage: Garage,
    *,
    now: datetime,
    rng: Random,
    calendar: Calendar,
    live_target: int = LIVE_TARGET,
    upcoming_target: int = UPCOMING_TARGET,
) -> list[int]:
    """Schedule what is missing to the targets, over HTTP as the sellers; returns the new auctions' ids.

    Cars that are there come first, those never offered before those that came back unsold; then further ones are
    listed. A car that the platform will not have is passed over. Raises MarketError when the market cannot be read.
    """
    await garage.look()
    stock = take_stock(await read_market(client, ended_most=REMEMBERED), garage.cars, now)
    for vin in [vin for vin, result in stock.waiting.items() if result == SOLD]:
        garage.close(vin)
    candidates = _in_order(stock.waiting, garage, rng)
    starts = [now + _between(START_DELAY, rng) for _ in range(live_target - stock.live)]
    starts += [now + _between(UPCOMING_DELAY, rng) for _ in range(upcoming_target - stock.upcoming)]
    new: list[int] = []
    for starts_at in starts:
        auction_id = await _first_accepted(client, garage, candidates, starts_at, rng, calendar)
        if auction_id is not None:
            new.append(auction_id)
    return new


async def schedule(
    client: MarketClient,
    garage: Garage,
    car: Car,
    *,
    starts_at: datetime,
    ends_at: datetime,
    key: str,
    window_s: int | None = None,
) -> int | None:
    """Put one car up over HTTP, for the first time or again; its auction's id, or None where the platform refused."""
    seller = garage.seller_of(car.offering)
    if seller is None:
        return None
    body: dict[str, Any] = {
        "vehicle_id": car.vehicle_id,
        "start_cents": car.offering.start_cents,
        "reserve_cents": car.offering.reserve_cents,
        "starts_at": to_text(truncate(starts_at)),
        "ends_at": to_text(truncate(ends_at)),
    }
    if window_s is not None:
        body["window_s"] = window_s
    if not may_end_at(ends_at):
        # Only a demo started on a Sunday plans such an end; the embedded profile lets it switch the rule off.
        body["sunday_rule"] = False
    answer = await client.schedule(seller.token, body, key)
    if answer.accepted:
        car.is_new = False
        return int(answer.body["id"])
    if answer.code in GONE:
        garage.close(car.offering.spec.vin)
    log.warning("schedule_refused", vehicle_id=body["vehicle_id"], code=answer.code, detail=answer.body.get("detail"))
    return None


async def _first_accepted(
    client: MarketClient,
    garage: Garage,
    candidates: list[Car],
    starts_at: datetime,
    rng: Random,
    calendar: Calendar,
) -> int | None:
    planned_end = starts_at + timedelta(minutes=rng.choice(LENGTH_MINUTES))
    for _ in range(TRIES):
        car = candidates.pop(0) if candidates else await garage.bring_next()
        if car is None:
            return None
        # The platform may keep the Sunday rule although this process was told otherwise: then Monday is asked for.
        for end in dict.fromkeys((legal_end(planned_end, calendar), legal_end(planned_end, Calendar.CHICAGO))):
            auction_id = await schedule(client, garage, car, starts_at=starts_at, ends_at=end, key=new_key(rng))
            if auction_id is not None:
                return auction_id
    return None


def new_key(rng: Random) -> str:
    """A fresh Idempotency-Key."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def _in_order(waiting: Mapping[str, str], garage: Garage, rng: Random) -> list[Car]:
    known = [vin for vin, result in waiting.items() if result in COMING_BACK and vin in garage.cars]
    rng.shuffle(known)
    return [garage.cars[vin] for vin in sorted(known, key=lambda vin: COMING_BACK[waiting[vin]])]


def _between(span: tuple[timedelta, timedelta], rng: Random) -> timedelta:
    least, most = span
    return least + (most - least) * rng.random()
