"""Plausible listings by the hundred thousand, straight into the tables: the same seed makes the same market."""

import gzip
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert

from activities.db.engine import transaction
from activities.db.search import color_of, gearbox_of
from activities.db.search_tables import listing_search, listing_words
from activities.db.tables import auctions, users, vehicles
from activities.zips import FILE, Zip
from domain.clock import to_ms
from domain.words import kept_words
from tests.load.listings_catalogue import COLORS, ELECTRIC, MODELS, NOTES, SALES, SHARES, STATUSES, TITLES, TRIMS

SEED = 2026
AT_ONCE = 4_000
SELLERS = 200
FIRST_SELLER = 900_000_000
DAY_MS = 86_400_000
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THIS_YEAR = 2026
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
Row = dict[str, Any]
SAME = (
    *("seller_id", "make", "model", "trim", "year", "mileage", "body_type", "fuel_type", "drivetrain"),
    *("condition_grade", "title_status", "state", "lat", "lng", "sale_type", "listed_at"),
)
VEHICLE = (
    *("id", "vin", "exterior_color", "interior_color", "engine", "transmission", "city", "zip", "stock_number"),
    *("description", "disclosures", "created_at", "start_cents", "reserve_cents", "buy_now_cents", *SAME),
)
TEXTS = (
    *("make", "model", "trim", "body_type", "fuel_type", "drivetrain", "exterior_color", "city", "state", "engine"),
    *("stock_number", "description"),
)


def fill(engine: Engine, count: int) -> None:
    """Add sellers and `count` listings with what a search reads of each; vehicle and auction ids begin with 1."""
    dice = random.Random(SEED)
    with transaction(engine) as connection:
        connection.execute(insert(users), [_seller(number) for number in range(SELLERS)])
    for start in range(1, count + 1, AT_ONCE):
        rows = [_car(dice, number) for number in range(start, min(start + AT_ONCE, count + 1))]
        with transaction(engine) as connection:
            _add(connection, rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows as the database keeps them, times in milliseconds: many times as fast as by types."""
    if not rows:
        return
    names = ", ".join(f"`{name}`" for name in rows[0])
    marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(rows[0]))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
    connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])


def _add(connection: Connection, rows: Sequence[Row]) -> None:
    insert_rows(connection, vehicles, [{name: row[name] for name in VEHICLE} for row in rows])
    insert_rows(connection, auctions, [_auction(row) for row in rows if row["auction_id"] is not None])
    insert_rows(connection, listing_search, [_listing(row) for row in rows])
    texts = [kept_words(str(row["year"]), *(row[name] for name in TEXTS)) for row in rows]
    words = [{"vehicle_id": row["id"], "words": text} for row, text in zip(rows, texts, strict=True)]
    insert_rows(connection, listing_words, words)


def _seller(number: int) -> Row:
    return {
        "id": FIRST_SELLER + number,
        "email": f"seller{number}@listings.test",
        "name": f"Seller {number}",
        "password_hash": "none",
        "role": "seller",
        "can_bid": False,
        "created_at": NOW,
    }


def _car(dice: random.Random, number: int) -> Row:
    make = dice.choices(list(SHARES), list(SHARES.values()))[0]
    models = MODELS[make]
    model, body, new, drives = models[min(int(dice.expovariate(0.45)), len(models) - 1)].split(":")
    age = min(int(dice.gammavariate(2.2, 3)), 36)
    value = int(int(new) * 1000 * 0.87**age * dice.uniform(0.75, 1.2)) // 25 * 25 + 500
    place = _places()[min(int(dice.expovariate(1 / 9_000)), len(_places()) - 1)]
    listed_at = to_ms(NOW) - int(dice.uniform(0.01, 14) * DAY_MS)
    return {
        "id": number,
        "seller_id": FIRST_SELLER + dice.randrange(SELLERS),
        "vin": "".join(dice.choices(LETTERS, k=10)) + f"{number:07d}",
        "stock_number": f"ST{number:06d}",
        "year": THIS_YEAR - age,
        "make": make,
        "model": model,
        "trim": dice.choice(TRIMS),
        "body_type": body,
        "exterior_color": dice.choice(COLORS),
        "interior_color": "Black",
        "engine": "2.5L I4",
        "transmission": dice.choices(("8-speed automatic", "CVT", "6-speed manual"), (70, 24, 6))[0],
        "drivetrain": dice.choice(drives.split()),
        "fuel_type": _fuel(dice, model, body),
        "mileage": max(10, int(age * dice.gauss(11_500, 3_500)) + dice.randrange(9_000)),
        "title_status": dice.choice(TITLES),
        "condition_grade": max(3, min(50, int(dice.gauss(38, 7)))),
        **{name: getattr(place, name) for name in ("city", "state", "zip", "lat", "lng")},
        "description": " ".join(dice.sample(NOTES, 2)),
        "disclosures": "",
        **dict.fromkeys(("created_at", "listed_at"), listed_at),
        **_sale(dice, number, value),
    }


def _sale(dice: random.Random, number: int, value: int) -> Row:
    kind = dice.choice(SALES)
    has_auction = kind == "timed" and dice.random() < 0.9
    status = dice.choice(STATUSES) if has_auction else "listed"
    asked = value * (40 if kind == "timed" else 110)
    ends_at = to_ms(NOW) + (-1 if status == "ended" else 1) * int(dice.uniform(0.001, 10) * DAY_MS)
    return {
        "sale_type": kind,
        "start_cents": value * 40,
        "reserve_cents": None if dice.random() < 0.4 else value * 90,
        "buy_now_cents": value * 110,
        "auction_id": number if has_auction else None,
        "status": status,
        "price_cents": value * dice.randrange(40, 100) if has_auction else asked,
        "ends_at": ends_at if has_auction else None,
    }


def _fuel(dice: random.Random, model: str, body: str) -> str:
    if model in ELECTRIC:
        return "electric"
    if body in {"pickup", "van"} and dice.random() < 0.15:
        return "diesel"
    return dice.choices(("gasoline", "hybrid", "plug-in hybrid"), (88, 10, 2))[0]


def _auction(row: Row) -> Row:
    return {
        "id": row["auction_id"],
        "vehicle_id": row["id"],
        **{name: row[name] for name in ("seller_id", "status", "start_cents", "reserve_cents", "ends_at")},
        "window_s": 120,
        "increments_version": "2026-1",
        "starts_at": row["listed_at"],
        "planned_ends_at": row["ends_at"],
        "price_cents": row["price_cents"],
        "reserve_state": "none" if row["reserve_cents"] is None else "not_met",
        "minimum_next_cents": row["price_cents"] + 10_000,
        **dict.fromkeys(("version", "bid_count", "bidder_count"), 3),
        "seq": 0,
        "hash": "0" * 64,
        "created_at": row["listed_at"],
    }


def _listing(row: Row) -> Row:
    return {
        "vehicle_id": row["id"],
        **{name: row[name] for name in (*SAME, "auction_id", "status", "price_cents", "ends_at")},
        "transmission": gearbox_of(row["transmission"]),
        "exterior_color": color_of(row["exterior_color"]),
        "no_reserve": row["reserve_cents"] is None,
        **dict.fromkeys(("put_at", "changed_at", "matched_at"), row["listed_at"]),
    }


@lru_cache(maxsize=1)
def _places() -> list[Zip]:
    """Some of the country's ZIP codes; those at the beginning of the list are to have more cars."""
    lines = gzip.decompress(FILE.read_bytes()).decode().split("\n")
    found = [line.split(",", 4) for line in lines if line]
    places = [Zip(zip_, float(lat), float(lng), state, city) for zip_, lat, lng, state, city in found]
    random.Random(SEED).shuffle(places)
    return places[:12_000]
