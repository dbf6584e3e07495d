"""A MariaDB server of its own with many plausible listings, gone after the block."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event

from activities.db import text_search
from activities.db.engine import make_engine
from migrations import schema
from temporal.packages import install_missing_packages
from tests.db import mariadb
from tests.load import listings
from tests.load.bench import Bench

# A server of the tests has 32 MB, which is for a few rows.
POOL_BYTES = 3 * 1024**3
TABLES = ("listing_search", "listing_words", "vehicles", "auctions")


@contextmanager
def listed(bench: Bench, count: int) -> Iterator[Engine]:
    """The database of a fresh server with `count` listings."""
    install_missing_packages()
    with tempfile.TemporaryDirectory(prefix="hammertime-listings-") as folder, mariadb.server(Path(folder)) as url:
        database = mariadb.create_database(url, "listed")
        _fill(bench, database, count)
        engine = make_engine(database.render_as_string(hide_password=False))
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SELECTs that are sent in the block."""
    sent: list[str] = []

    def note(*facts: object) -> None:
        statement = str(facts[2])
        if statement.lstrip().upper().startswith("SELECT"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _fill(bench: Bench, url: URL, count: int) -> None:
    # Making an index takes longer than the product's engine waits for an answer.
    engine = create_engine(url)
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET GLOBAL innodb_buffer_pool_size = {POOL_BYTES}")
        # Made at the end, it takes a fraction of the time.
        text_search.drop(connection)
    bench.say(f"writing {count:,} listings")
    listings.fill(engine, count)
    bench.say("making the full-text index")
    with engine.connect() as connection:
        text_search.create(connection)
        for name in TABLES:
            connection.exec_driver_sql(f"ANALYZE TABLE {name}")
    engine.dispose()
