"""Vehicles that are put up again by themselves, because who had bought them did not pay and nobody else took them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from activities.db import listings, schedules, search, sellers
from activities.db.audit import SYSTEM_ID
from activities.db.listings import Listing
from activities.db.schedules import NewAuction, Wish
from activities.db.tables import auctions, vehicles
from domain.chassis_numbers import held_number
from domain.clock import may_end_at, monday_opening
from domain.listings import Status, may_sell
from domain.money import CURRENT_INCREMENTS
from domain.sellers import day_in_chicago, may_list, twelve_months_before
from domain.staggering import end_apart

# So long a seller has to change the terms or take the lot back before it begins; a short lot's own length is enough.
NOTICE = timedelta(days=1)
USUAL = timedelta(days=7)
APART = timedelta(minutes=1)
AROUND = timedelta(days=1)


def reopen(connection: Connection, vehicle_id: int, now: datetime) -> bool:
    """Let a vehicle whose sale came to nothing be its seller's again, unsold; the same again changes nothing.

    False where that cannot be: it is deleted, or somebody else has listed the same car meanwhile.
    """
    found = listings.listing(connection, vehicle_id, lock=True)
    if found is None or found.status is not Status.SOLD:
        return found is not None and found.status is Status.UNSOLD
    number = held_number(found.public or found.told)
    if number is not None and listings.open_with_number(connection, number) is not None:
        return False
    values = {"listing_status": Status.UNSOLD.value, "open_vin": number, "updated_at": now}
    connection.execute(update(vehicles).where(vehicles.c.id == vehicle_id).values(values))
    search.put(connection, vehicle_id, now)
    return True


def relist(connection: Connection, auction_id: int, key: str, now: datetime) -> int | None:
    """Put an auction's vehicle up again by the terms of that run, once for each key; the new auction's id.

    It begins a day later. None where the vehicle is not free, or its seller may not sell now: then it is theirs to do.
    """
    run = connection.execute(select(auctions).where(auctions.c.id == auction_id)).one()
    schedules.lock_seller(connection, run.seller_id)
    wish = Wish(SYSTEM_ID, key, "", key)
    made = schedules.made_under(connection, run.seller_id, wish)
    if made is not None:
        return made.auction_id
    if not reopen(connection, run.vehicle_id, now):
        return None
    found = listings.listing(connection, run.vehicle_id)
    if found is None or not _may_be_sold(connection, found, now):
        return None
    length = _length(found, run.planned_ends_at - run.starts_at)
    starts_at = now + min(NOTICE, length)
    ends_at = _end(connection, run.seller_id, starts_at, length, sunday_rule=run.sunday_rule)
    wanted = NewAuction(
        vehicle_id=run.vehicle_id,
        seller_id=run.seller_id,
        start_cents=run.start_cents,
        reserve_cents=run.reserve_cents,
        starts_at=starts_at,
        ends_at=ends_at,
        window_s=run.window_s,
        increments_version=CURRENT_INCREMENTS,
        sunday_rule=run.sunday_rule,
        sale_type=run.sale_type,
        buy_now_cents=run.buy_now_cents,
        offers_open=run.offers_open,
    )
    listings.move(connection, run.vehicle_id, Status.SCHEDULED, now)
    return schedules.add_auction(connection, wanted, wish, now)


def _may_be_sold(connection: Connection, found: Listing, now: datetime) -> bool:
    today = day_in_chicago(now)
    since = twelve_months_before(today)
    others = sellers.vehicle_counts(connection, [found.seller_id], since, besides=found.id)[found.seller_id]
    allowed = may_list(sellers.profile(connection, found.seller_id), others, today).allowed
    is_free = schedules.open_auction(connection, found.id) is None
    return allowed and is_free and may_sell(found.status, found.review)


def _length(found: Listing, ran: timedelta) -> timedelta:
    days = (found.public or found.told).length_days
    if days is not None:
        return timedelta(days=days)
    return ran if ran > timedelta(0) else USUAL


def _end(
    connection: Connection, seller_id: int, starts_at: datetime, length: timedelta, *, sunday_rule: bool
) -> datetime:
    end = starts_at + length
    if not sunday_rule:
        return end
    end = end if may_end_at(end) else monday_opening(end)
    taken = schedules.planned_ends(connection, seller_id, end - AROUND, end + AROUND)
    return end_apart(end, taken, APART, not_before=starts_at + length / 2)
