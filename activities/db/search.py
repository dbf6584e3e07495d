"""What a search reads of every listing: written with it and its auction, read by the index as it changes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, TextClause, bindparam, delete, func, insert, or_, select, text, true, update

from activities.db.prepared import Prepared
from activities.db.search_tables import listing_search, listing_words
from activities.db.tables import auctions, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from domain.clock import to_ms
from domain.search import ENDED, UNSOLD, Listing
from domain.words import kept_words

REMOVED = "removed"
NO_RESERVE = "none"
MILES_PER_KM = 0.621_371
# Nobody types this into a listing.
MARK = "\x1f"
NAMES = tuple(field.name for field in fields(Listing))
CHANGE = ("vehicle_id", "changed_at", "put_at", *NAMES[1:])
LISTING = tuple(listing_search.c[name] for name in NAMES)
MOVE = Prepared(
    update(listing_search)
    .where(listing_search.c.auction_id == bindparam("of_auction"))
    .values({name: bindparam(name) for name in ("status", "price_cents", "ends_at", "no_reserve", "changed_at")})
)
# The listing's title, and what a person may remember of it.
TEXTS = ("make", "model", "trim", "body_type", "fuel_type", "drivetrain", "exterior_color", "city", "state", "engine")
COLORS = (
    *("black", "white", "silver", "gray", "red", "blue", "green", "brown", "beige", "gold", "orange", "yellow"),
    *("purple", "tan"),
)
SPELLED = {"grey": "gray", "charcoal": "gray", "maroon": "red", "burgundy": "red", "navy": "blue", "pearl": "white"}


@dataclass(frozen=True, slots=True)
class ChangeKey:
    """How far the changes were read; the time in milliseconds."""

    changed_ms: int
    vehicle_id: int


def put(connection: Connection, vehicle_id: int, now: datetime) -> None:
    """Write or write again what a search reads of a listed vehicle, from its row and its newest auction.

    To be called in the transaction that lists it, changes what the public sees of it, or schedules an auction. Raises
    LookupError for a vehicle that there is not.
    """
    row = connection.execute(_source().where(vehicles.c.id == vehicle_id)).mappings().one_or_none()
    if row is None:
        raise LookupError(vehicle_id)
    values, words = _values(row, now), _words(row)
    known = connection.execute(select(listing_search.c.vehicle_id).where(listing_search.c.vehicle_id == vehicle_id))
    if known.one_or_none() is None:
        connection.execute(insert(listing_search).values(vehicle_id=vehicle_id, **values))
        connection.execute(insert(listing_words).values(vehicle_id=vehicle_id, words=words))
    else:
        connection.execute(update(listing_search).where(listing_search.c.vehicle_id == vehicle_id).values(values))
        changed = (listing_words.c.vehicle_id == vehicle_id, listing_words.c.words != words)
        connection.execute(update(listing_words).where(*changed).values(words=words))


def remove(connection: Connection, vehicle_id: int, now: datetime) -> None:
    """Let nobody find a vehicle any more: withdrawn, deleted, or back in review."""
    gone = update(listing_search).where(listing_search.c.vehicle_id == vehicle_id)
    connection.execute(gone.values(status=REMOVED, auction_id=None, put_at=now, changed_at=now))


def move(
    connection: Connection,
    auction_id: int,
    *,
    status: str,
    price_cents: int,
    ends_at: datetime,
    no_reserve: bool,
    now: datetime,
) -> None:
    """Note what an auction's newest head says: one UPDATE by key, for the transaction that records the head.

    `price_cents` is the start price while nobody has bid. Nothing happens for a vehicle that is not listed, or whose
    newest auction is another one.
    """
    MOVE.run(
        connection,
        of_auction=auction_id,
        status=status,
        price_cents=price_cents,
        ends_at=to_ms(ends_at),
        no_reserve=no_reserve,
        changed_at=to_ms(now),
    )


def refresh(connection: Connection, auction_ids: Collection[int], now: datetime) -> int:
    """Note what the newest heads of some auctions say; returns how many of them belong to a listing.

    The same as `move`, for whoever gathers auctions for a moment instead of paying for each head.
    """
    price = func.coalesce(auctions.c.price_cents, auctions.c.start_cents).label("price_cents")
    heads = select(auctions.c.id, auctions.c.status, price, auctions.c.ends_at, auctions.c.reserve_state)
    known = heads.join_from(auctions, listing_search, listing_search.c.auction_id == auctions.c.id)
    found = connection.execute(known.where(auctions.c.id.in_(auction_ids)).order_by(auctions.c.id)).all()
    for row in found:
        is_free = row.reserve_state == NO_RESERVE
        head = {"status": row.status, "price_cents": row.price_cents, "ends_at": row.ends_at, "no_reserve": is_free}
        move(connection, row.id, **head, now=now)
    return len(found)


def stale(connection: Connection, after_id: int, limit: int) -> list[int]:
    """Auctions above an id, in order, of which a search knows another status, price or end than their head has."""
    price = func.coalesce(auctions.c.price_cents, auctions.c.start_cents)
    differs = or_(
        listing_search.c.status != auctions.c.status,
        listing_search.c.price_cents != price,
        listing_search.c.ends_at != auctions.c.ends_at,
    )
    query = (
        select(auctions.c.id)
        .join_from(listing_search, auctions, listing_search.c.auction_id == auctions.c.id)
        .where(listing_search.c.auction_id > after_id, listing_search.c.status != ENDED, differs)
        .order_by(auctions.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def changes(connection: Connection, since_ms: int, after: ChangeKey | None, limit: int) -> list[list[str]]:
    """Listings that changed at or after a time, in order of change, after a key: the texts of `CHANGE`, '' for NULL.

    One text a row: drivers take ten times as long over two dozen values, and the first reading has every listing.
    """
    start = ChangeKey(since_ms, -1) if after is None else after
    values = {"at": start.changed_ms, "key": start.vehicle_id, "limit": limit}
    return [row.split(MARK) for row in connection.execute(_changes(connection.dialect.name), values).scalars()]


def listings(connection: Connection, vehicle_ids: Collection[int]) -> dict[int, Listing]:
    """What a search knows of some vehicles; unknown and removed ones are missing."""
    query = select(*LISTING).where(listing_search.c.vehicle_id.in_(vehicle_ids), listing_search.c.status != REMOVED)
    return {row[0]: Listing(*row) for row in connection.execute(query)}


def summaries(connection: Connection, vehicle_ids: Collection[int]) -> dict[int, VehicleSummary]:
    """The short forms of some vehicles, in one query; unknown ones are missing."""
    found = connection.execute(select(*SUMMARY).where(vehicles.c.id.in_(vehicle_ids)))
    return {row[0]: VehicleSummary(*row) for row in found}


def words_of(connection: Connection, vehicle_ids: Collection[int]) -> dict[int, str]:
    """The words of some listings; unknown ones are missing."""
    query = select(listing_words.c.vehicle_id, listing_words.c.words)
    return {row[0]: row[1] for row in connection.execute(query.where(listing_words.c.vehicle_id.in_(vehicle_ids)))}


def words_after(connection: Connection, after_id: int | None, limit: int) -> list[tuple[int, str]]:
    """The next listings with their words, by their ids and above one; None begins with the first."""
    query = select(listing_words.c.vehicle_id, listing_words.c.words).order_by(listing_words.c.vehicle_id)
    beyond = true() if after_id is None else listing_words.c.vehicle_id > after_id
    return [(row[0], row[1]) for row in connection.execute(query.where(beyond).limit(limit))]


def purge(connection: Connection, before: datetime) -> int:
    """Delete what was removed before a moment; every process has long seen it. Returns how many that were."""
    gone = select(listing_search.c.vehicle_id).where(
        listing_search.c.status == REMOVED, listing_search.c.changed_at < before
    )
    ids = list(connection.execute(gone.limit(500)).scalars())
    for table in (listing_words, listing_search):
        connection.execute(delete(table).where(table.c.vehicle_id.in_(ids)))
    return len(ids)


def color_of(text: str) -> str:
    """The plain colour in a maker's name for one, as `Lunar Silver Metallic`; `other` where there is none."""
    words = text.casefold().split()
    found = [SPELLED.get(word, word) for word in words if word in COLORS or word in SPELLED]
    return found[0] if found else "other"


def gearbox_of(text: str) -> str:
    """The kind of a transmission as its seller describes it: manual, cvt, automatic or other."""
    plain = text.casefold()
    if "manual" in plain and "auto" not in plain:
        return "manual"
    if "cvt" in plain or "continuously" in plain:
        return "cvt"
    automatic = ("auto", "dual", "dct", "dsg", "pdk", "speed", "direct")
    return "automatic" if any(word in plain for word in automatic) else "other"


def _source() -> Select[Any]:
    runs = auctions.alias()
    newest = select(func.max(runs.c.id)).where(runs.c.vehicle_id == vehicles.c.id).scalar_subquery()
    of_auction = (auctions.c.status, auctions.c.price_cents, auctions.c.ends_at, auctions.c.reserve_state)
    return select(
        vehicles,
        auctions.c.id.label("auction_id"),
        auctions.c.start_cents.label("opening_cents"),
        *of_auction,
    ).outerjoin_from(vehicles, auctions, auctions.c.id == newest)


def _values(row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    mileage = row["mileage"] * MILES_PER_KM if row["mileage_unit"] == "km" else row["mileage"]
    asked = row["start_cents"] if row["sale_type"] == "timed" else row["buy_now_cents"]
    has_auction = row["auction_id"] is not None
    same = ("seller_id", "make", "model", "trim", "year", "body_type", "fuel_type", "drivetrain", "condition_grade")
    return {
        **{name: row[name] for name in (*same, "title_status", "state", "lat", "lng", "sale_type", "auction_id")},
        "mileage": round(mileage),
        "transmission": gearbox_of(row["transmission"]),
        "exterior_color": color_of(row["exterior_color"]),
        "no_reserve": row["reserve_state"] == NO_RESERVE if has_auction else row["reserve_cents"] is None,
        "status": row["status"] if has_auction else UNSOLD,
        "price_cents": (row["price_cents"] or row["opening_cents"]) if has_auction else asked,
        "ends_at": row["ends_at"],
        "listed_at": row["listed_at"] or row["created_at"],
        "put_at": now,
        "changed_at": now,
    }


def _words(row: Mapping[Any, Any]) -> str:
    return kept_words(str(row["year"]), *(row[name] for name in TEXTS), row["stock_number"], row["description"])


@lru_cache(maxsize=2)
def _changes(dialect: str) -> TextClause:
    # Written out, because MySQL does not use an index for a comparison of row values.
    told = [f"COALESCE({name}, '')" for name in CHANGE]
    row = f" || '{MARK}' || ".join(told) if dialect == "sqlite" else f"CONCAT_WS('{MARK}', {', '.join(told)})"
    return text(
        f"SELECT {row} FROM {listing_search.name} WHERE changed_at >= :at "  # noqa: S608 - names of ours
        "AND (changed_at > :at OR vehicle_id > :key) ORDER BY changed_at, vehicle_id LIMIT :limit"
    )
