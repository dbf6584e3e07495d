"""Finding a page among a million listings on MariaDB: filtered, sorted and counted, and by words."""

import multiprocessing
import os
import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine

from activities.db import search as listed_vehicles
from activities.db.engine import make_engine, reading
from activities.search_index.index import SearchIndex, Wanted
from tests.load.bench import Bench
from tests.load.figures import Figure, percentile, plain, quantity, under
from tests.load.listings import NOW
from tests.load.listings_database import listed, statements
from tests.load.processes import resident_mb
from tests.load.search_wishes import pages, text_pages

SEED = 7
PAGE_MS = 150
TEXT_MS = 300
# So few texts that no word of theirs is forgotten meanwhile.
FAMILIAR = 50
KB_IN_MB = 1024


@dataclass(slots=True)
class Took:
    """Milliseconds of each page, and how many SELECTs each of them sent."""

    ms: list[float] = field(default_factory=list)
    selects: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process found out: seconds and megabytes of its index, and its pages."""

    reading_s: float
    memory_mb: float
    filtered: Took
    first_words: Took
    words: Took


def search(bench: Bench) -> list[Figure]:
    """One server, and one process that reads it as an API process does."""
    count, tries = bench.choose(1_000_000, 20_000), bench.choose(400, 60)
    group = f"a page among {count:,} listings on MariaDB"
    with listed(bench, count) as engine, _elsewhere() as process:
        bench.say(f"{tries} pages of each kind")
        found = process.submit(measure, engine.url.render_as_string(hide_password=False), tries).result()
    memory = quantity(found.memory_mb * KB_IN_MB / count, "KB a listing")
    return [
        _under(group, "filtered, sorted and counted, p95", found.filtered, PAGE_MS),
        _under(group, "by words that no search had before, p95", found.first_words, TEXT_MS),
        _under(group, "by the same words again, p95", found.words, TEXT_MS),
        _selects(group, "SELECTs of a filtered page", found.filtered),
        _selects(group, "SELECTs of a page by known words", found.words),
        plain(group, "reading all listings at the start", found.reading_s, "s"),
        plain(group, "memory of the index", found.memory_mb, "MB", against=memory),
    ]


def measure(url: str, tries: int) -> Measured:
    """Read all listings of a database, then find pages, one after the other. For a process of its own."""
    engine, index = make_engine(url), SearchIndex()
    with reading(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
        memory_mb, begun = resident_mb(os.getpid()), time.perf_counter()
        index.catch_up(connection)
        reading_s, memory_mb = time.perf_counter() - begun, resident_mb(os.getpid()) - memory_mb
    filtered = _timed(engine, index, pages(random.Random(SEED), tries))
    wanted = list(text_pages(random.Random(SEED), tries))
    first = _timed(engine, index, _each_forgotten(index, wanted))
    _timed(engine, index, wanted[:FAMILIAR])
    again = _timed(engine, index, [wanted[number % FAMILIAR] for number in range(tries)])
    engine.dispose()
    return Measured(reading_s, memory_mb, filtered, first, again)


@contextmanager
def _elsewhere() -> Iterator[ProcessPoolExecutor]:
    """A process without the memory and the threads of this one; its end is waited for."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield process


def _each_forgotten(index: SearchIndex, wanted: Iterable[Wanted]) -> Iterator[Wanted]:
    for each in wanted:
        index._terms._kept.clear()
        yield each


def _timed(engine: Engine, index: SearchIndex, wanted: Iterable[Wanted]) -> Took:
    took = Took()
    with statements(engine) as sent:
        for each in wanted:
            sent.clear()
            begun = time.perf_counter()
            with reading(engine) as connection:
                found = index.find(connection, each, NOW)
                listed_vehicles.summaries(connection, [listing.vehicle_id for listing in found.listings])
            took.ms.append((time.perf_counter() - begun) * 1000)
            took.selects.append(len(sent))
    return took


def _under(group: str, what: str, took: Took, goal_ms: float) -> Figure:
    against = f"p50 {quantity(percentile(took.ms, 50), 'ms')}, slowest {quantity(max(took.ms), 'ms')}"
    return under(group, what, percentile(took.ms, 95), "ms", goal_ms, against=against)


def _selects(group: str, what: str, took: Took) -> Figure:
    least, most = min(took.selects), max(took.selects)
    value = f"{least}" if least == most else f"{least} to {most}"
    return Figure(group=group, what=what, value=value, goal="always as many", met=least == most)
