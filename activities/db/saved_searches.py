"""Saved searches: kept by their owners, found by one listing, and told of in letters that nobody gets twice."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from activities.db import search
from activities.db.search_tables import listing_search, saved_search_keys, saved_searches, search_alerts
from activities.db.tables import users
from domain.saved_searches import ANYTHING, LEAST, MOST_SEARCHES, Frequency, bounds_of, due_at, keys_of
from domain.search import Filters, Listing, fits, from_json, to_json

AT_ONCE = 1_000
LETTER_MOST = 200
SHOWN = (
    saved_searches.c.id,
    saved_searches.c.user_id,
    saved_searches.c.name,
    saved_searches.c.filters,
    saved_searches.c.frequency,
    saved_searches.c.created_at,
    saved_searches.c.last_sent_at,
)


WAITING = (
    saved_searches.c.id,
    saved_searches.c.user_id,
    saved_searches.c.frequency,
    saved_searches.c.filters,
)


class TooManySearchesError(Exception):
    """Somebody has as many saved searches as one may have."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search as its owner keeps it."""

    id: int
    user_id: int
    name: str
    filters: Filters
    frequency: Frequency
    created_at: datetime
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A search that a listing fits."""

    search_id: int
    user_id: int
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is to be told now: vehicles with the name of a search that found each, newest first.

    `email` is empty for who has been erased.
    """

    user_id: int
    name: str
    email: str
    found: Sequence[tuple[int, str]]


def save(
    connection: Connection, user_id: int, name: str, filters: Filters, frequency: Frequency, now: datetime
) -> SavedSearch:
    """Keep a search; the same filters again change its name and frequency. Raises TooManySearchesError."""
    written = to_json(filters.lasting)
    digest = sha256(written.encode()).hexdigest()
    mine = saved_searches.c.user_id == user_id
    # Two tries at once of one person wait for each other.
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    known = select(saved_searches.c.id).where(mine, saved_searches.c.filters_hash == digest)
    search_id: int | None = connection.execute(known).scalar_one_or_none()
    if search_id is not None:
        change = update(saved_searches).where(saved_searches.c.id == search_id)
        connection.execute(change.values(name=name, frequency=frequency.value))
        if frequency is Frequency.OFF:
            # What was found before is not told any more either.
            untold = update(search_alerts).where(search_alerts.c.search_id == search_id)
            connection.execute(untold.values(due_at=None))
    else:
        count = select(func.count()).select_from(saved_searches).where(mine)
        if connection.execute(count).scalar_one() >= MOST_SEARCHES:
            raise TooManySearchesError
        row = {"user_id": user_id, "name": name, "filters": written, "filters_hash": digest}
        made = connection.execute(insert(saved_searches).values(**row, frequency=frequency.value, created_at=now))
        search_id = _key_of(made)
        connection.execute(insert(saved_search_keys), key_rows(search_id, filters.lasting))
    return one(connection, user_id, search_id)


def one(connection: Connection, user_id: int, search_id: int) -> SavedSearch:
    """One of a person's own searches. Raises LookupError."""
    query = select(*SHOWN).where(saved_searches.c.id == search_id, saved_searches.c.user_id == user_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise LookupError(search_id)
    return _saved(row)


def of_user(connection: Connection, user_id: int) -> list[SavedSearch]:
    """A person's searches, newest first."""
    query = select(*SHOWN).where(saved_searches.c.user_id == user_id).order_by(saved_searches.c.id.desc())
    return [_saved(row) for row in connection.execute(query)]


def forget(connection: Connection, user_id: int, search_id: int) -> bool:
    """Delete one of a person's own searches with its alerts; returns whether there was one."""
    own = select(saved_searches.c.id).where(saved_searches.c.id == search_id, saved_searches.c.user_id == user_id)
    if connection.execute(own).one_or_none() is None:
        return False
    for table in (saved_search_keys, search_alerts):
        connection.execute(delete(table).where(table.c.search_id == search_id))
    connection.execute(delete(saved_searches).where(saved_searches.c.id == search_id))
    return True


def key_rows(search_id: int, filters: Filters) -> list[dict[str, Any]]:
    """The rows by which listings find a search."""
    bounds = asdict(bounds_of(filters))
    return [{"search_id": search_id, **asdict(key), **bounds} for key in keys_of(filters)]


def waiting_for(connection: Connection, listing: Listing, words: str, now: datetime) -> list[Waiting]:
    """The searches of others that a listing fits, in one statement over those that its main facts allow."""
    keys, price = saved_search_keys.c, LEAST if listing.price_cents is None else listing.price_cents
    query = (
        select(*WAITING)
        .join_from(saved_search_keys, saved_searches)
        .where(
            keys.make.in_((ANYTHING, listing.make.casefold())),
            keys.model.in_((ANYTHING, listing.model.casefold())),
            keys.state.in_((ANYTHING, listing.state.casefold())),
            keys.year_from <= listing.year,
            keys.year_to >= listing.year,
            keys.price_from <= price,
            keys.price_to >= price,
            keys.mileage_from <= listing.mileage,
            keys.mileage_to >= listing.mileage,
            saved_searches.c.user_id != listing.seller_id,
            saved_searches.c.frequency != Frequency.OFF.value,
        )
    )
    # Many people look for the same.
    is_fitting = cache(lambda filters: fits(from_json(filters), listing, words, now))
    rows = connection.execute(query).all()
    return [Waiting(key, user_id, Frequency(often)) for key, user_id, often, filters in rows if is_fitting(filters)]


def unmatched(connection: Connection, limit: int) -> list[int]:
    """Listings that no saved search was asked about yet."""
    query = (
        select(listing_search.c.vehicle_id)
        .where(listing_search.c.matched_at.is_(None), listing_search.c.status.not_in((search.REMOVED, "ended")))
        .order_by(listing_search.c.vehicle_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def match(connection: Connection, vehicle_id: int, now: datetime) -> int:
    """Write an alert for every saved search that waits for a new listing, once; returns how many are new."""
    claim = update(listing_search).where(
        listing_search.c.vehicle_id == vehicle_id, listing_search.c.matched_at.is_(None)
    )
    if connection.execute(claim.values(matched_at=now)).rowcount == 0:
        return 0
    listing = search.listings(connection, [vehicle_id]).get(vehicle_id)
    if listing is None:
        return 0
    found = waiting_for(connection, listing, search.words_of(connection, [vehicle_id]).get(vehicle_id, ""), now)
    alerted = select(search_alerts.c.search_id).where(search_alerts.c.vehicle_id == vehicle_id)
    known = set(connection.execute(alerted).scalars())
    rows = [_alert(waiting, vehicle_id, now) for waiting in found if waiting.search_id not in known]
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(insert(search_alerts), rows[start : start + AT_ONCE])
    return len(rows)


def due(connection: Connection, now: datetime, limit: int) -> list[int]:
    """People to whom something is to be told now, who waits longest first."""
    query = (
        select(search_alerts.c.user_id)
        .where(search_alerts.c.due_at <= now)
        .group_by(search_alerts.c.user_id)
        .order_by(func.min(search_alerts.c.due_at))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def letter(connection: Connection, user_id: int, now: datetime) -> Letter | None:
    """What a person is to be told now, locked until the end of the transaction; None where nothing is left to tell."""
    who = select(users.c.name, users.c.email, users.c.erased_at).where(users.c.id == user_id).with_for_update()
    person = connection.execute(who).one_or_none()
    alerts = (
        select(search_alerts.c.vehicle_id, saved_searches.c.name)
        .join_from(search_alerts, saved_searches)
        .where(search_alerts.c.user_id == user_id, search_alerts.c.due_at <= now)
        .order_by(search_alerts.c.created_at.desc(), search_alerts.c.vehicle_id.desc(), search_alerts.c.search_id)
        .limit(LETTER_MOST)
    )
    found: dict[int, str] = {}
    for vehicle_id, name in connection.execute(alerts):
        found.setdefault(vehicle_id, name)
    if person is None or not found:
        return None
    return Letter(user_id, person.name, "" if person.erased_at else person.email, tuple(found.items()))


def mark_told(connection: Connection, told: Letter, outbox_id: str | None, now: datetime) -> None:
    """All that a letter tells of is in the mail of this outbox id, in the transaction that wrote it."""
    vehicles = [vehicle_id for vehicle_id, _ in told.found]
    due_then = (search_alerts.c.user_id == told.user_id, search_alerts.c.due_at <= now)
    concerned = (*due_then, search_alerts.c.vehicle_id.in_(vehicles))
    ids = list(connection.execute(select(search_alerts.c.search_id).where(*concerned).distinct()).scalars())
    connection.execute(update(saved_searches).where(saved_searches.c.id.in_(ids)).values(last_sent_at=now))
    connection.execute(update(search_alerts).where(*concerned).values(due_at=None, outbox_id=outbox_id))


def forget_all(connection: Connection, user_id: int) -> None:
    """Delete everything that a person has saved, for the erasure of an account."""
    for saved in of_user(connection, user_id):
        forget(connection, user_id, saved.id)


def _alert(waiting: Waiting, vehicle_id: int, now: datetime) -> dict[str, Any]:
    user_id, when = waiting.user_id, due_at(waiting.frequency, waiting.user_id, now)
    key = {"search_id": waiting.search_id, "vehicle_id": vehicle_id}
    return {**key, "user_id": user_id, "created_at": now, "due_at": when}


def _key_of(made: Any) -> int:
    number: int = made.inserted_primary_key[0]
    return number


def _saved(row: Any) -> SavedSearch:
    key, user_id, name, filters, frequency, created_at, last_sent_at = row
    return SavedSearch(key, user_id, name, from_json(filters), Frequency(frequency), created_at, last_sent_at)
