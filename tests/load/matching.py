"""Matching one new listing with everybody's saved searches, alerts included."""

import random
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, update

from activities.db import saved_searches as saved
from activities.db.engine import transaction
from activities.db.search_tables import listing_search, saved_search_keys, saved_searches
from domain.clock import to_ms
from domain.search import Filters, to_json
from tests.load.bench import Bench
from tests.load.figures import Figure, percentile, plain, quantity, under
from tests.load.listings import FIRST_SELLER, NOW, SELLERS, insert_rows
from tests.load.listings_database import listed
from tests.load.search_wishes import filters

SEED = 3
GOAL_MS = 1_000
AT_ONCE = 5_000


def matching(bench: Bench) -> list[Figure]:
    """Listings that are new again, each matched in a transaction of its own that is then undone."""
    searches, cars, tries = bench.choose(100_000, 2_000), bench.choose(20_000, 2_000), bench.choose(100, 20)
    with listed(bench, cars) as engine:
        bench.say(f"writing {searches:,} saved searches")
        _save(engine, searches)
        bench.say(f"matching {tries} listings")
        dice = random.Random(SEED)
        found = [_match(engine, dice.randrange(1, cars + 1)) for _ in range(tries)]
    took = [ms for ms, _ in found]
    group = f"one new listing and {searches:,} saved searches on MariaDB"
    against = f"p50 {quantity(percentile(took, 50), 'ms')}, slowest {quantity(max(took), 'ms')}"
    return [
        under(group, "matched, alerts written, p95", percentile(took, 95), "ms", GOAL_MS, against=against),
        plain(group, "alerts for a listing", sum(alerts for _, alerts in found) / tries, "alerts"),
    ]


def _save(engine: Engine, count: int) -> None:
    wishes = enumerate(_wishes(count), start=1)
    while some := list(islice(wishes, AT_ONCE)):
        with transaction(engine) as connection:
            insert_rows(connection, saved_searches, [_saved(number, wish) for number, wish in some])
            keys = [row for number, wish in some for row in saved.key_rows(number, wish)]
            insert_rows(connection, saved_search_keys, keys)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ANALYZE TABLE {saved_search_keys.name}, {saved_searches.name}")


def _wishes(count: int) -> Iterator[Filters]:
    dice = random.Random(SEED)
    made = 0
    while made < count:
        wish = filters(dice).lasting
        if not wish.is_empty:
            made += 1
            yield wish


def _saved(number: int, wish: Filters) -> dict[str, Any]:
    written = to_json(wish)
    return {
        "id": number,
        "user_id": FIRST_SELLER + number % SELLERS,
        "name": "A search",
        "filters": written,
        # Real people keep each search once; these have it more often.
        "filters_hash": sha256(f"{written}{number}".encode()).hexdigest(),
        "frequency": "instant",
        "created_at": to_ms(NOW),
    }


def _match(engine: Engine, vehicle_id: int) -> tuple[float, int]:
    """Milliseconds, and the number of alerts."""
    with engine.connect() as connection:
        _make_new(connection, vehicle_id)
        begun = time.perf_counter()
        alerts = saved.match(connection, vehicle_id, NOW)
        took_ms = (time.perf_counter() - begun) * 1000
        connection.rollback()
    return took_ms, alerts


def _make_new(connection: Connection, vehicle_id: int) -> None:
    new = update(listing_search).where(listing_search.c.vehicle_id == vehicle_id)
    connection.execute(new.values(matched_at=None))
