"""What one API process does so that searches are true, and people hear of what they look for: at its start it reads all
listings, and every few seconds what is new."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from activities.db import search
from activities.db.engine import reading, transaction
from activities.ledger import Ledger, utc_now
from activities.search_alerts import SearchAlerts
from activities.search_index.index import SearchIndex
from activities.watch_reminders import WatchReminders
from domain.clock import truncate
from temporal.notices import Notices
from temporal.upkeep import Job

STALE_AT_ONCE = 500
# Every process has seen by then that a listing was removed.
PURGED_AFTER = timedelta(days=1)
# What is only there to mend is looked for less often than news.
MEND_EVERY = timedelta(minutes=1)
# A new process gets no traffic for so long while it reads. Others serve meanwhile, and where there is no other one,
# then bids must not wait for a search.
HELD_BACK_S = 60.0
LOADING = "the listings are being read for the search"
log = structlog.get_logger(__name__)


class SearchLoading:
    """Reads all listings into the index of a process, in a thread that nobody waits for. If that fails, `search_jobs`
    try again."""

    def __init__(self, engine: Engine, index: SearchIndex, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._index = index
        self._clock = clock
        self._began = clock()

    def start(self) -> threading.Thread:
        """Begin; the thread ends with the process, however far it is."""
        thread = threading.Thread(target=self._load, name="search-loading", daemon=True)
        thread.start()
        return thread

    async def check(self) -> str | None:
        """What `/ready` is told: why the process is held back, for `HELD_BACK_S` from its start at most."""
        is_held = not self._index.is_filled and self._clock() - self._began < HELD_BACK_S
        return LOADING if is_held else None

    def _load(self) -> None:
        try:
            _read(self._engine, self._index.catch_up)
        except Exception as error:  # noqa: BLE001 - whatever it is, bids go on and the next try says it again
            log.warning("search_not_loaded", error=type(error).__name__)
        else:
            log.info("search_loaded", seconds=round(self._clock() - self._began, 1))


def search_jobs(
    engine: Engine, ledger: Ledger, index: SearchIndex, notices: Notices, public_url: str
) -> Mapping[str, Job]:
    """The jobs by name, for an `Upkeep`."""
    alerts, reminders = SearchAlerts(engine, public_url), WatchReminders(engine, public_url)
    mended_at = datetime.min.replace(tzinfo=utc_now().tzinfo)

    async def refresh_lots() -> None:
        await asyncio.to_thread(ledger.refresh_search)

    async def catch_up() -> None:
        # The other jobs are not to wait for the first reading, which others see to.
        if not index.is_loading:
            await asyncio.to_thread(_read, engine, index.catch_up)

    async def match_new() -> None:
        await asyncio.to_thread(alerts.match_new)

    async def tell_searchers() -> None:
        await notices.send(await asyncio.to_thread(alerts.write_due, truncate(utc_now())))

    async def tell_watchers() -> None:
        await notices.send(await asyncio.to_thread(reminders.write_due, truncate(utc_now())))

    async def mend() -> None:
        nonlocal mended_at
        if utc_now() - mended_at < MEND_EVERY:
            return
        mended_at = utc_now()
        await asyncio.to_thread(_mend, engine, truncate(mended_at))

    return {
        "refresh_lots": refresh_lots,
        "catch_up_search": catch_up,
        "match_new": match_new,
        "tell_searchers": tell_searchers,
        "tell_watchers": tell_watchers,
        "mend_search": mend,
    }


def _mend(engine: Engine, now: datetime) -> None:
    """Refresh the lots of which a process that died had news, and forget what was removed long ago."""
    with reading(engine) as connection:
        stale = search.stale(connection, 0, STALE_AT_ONCE)
    with transaction(engine) as connection:
        if stale:
            search.refresh(connection, stale, now)
        search.purge(connection, now - PURGED_AFTER)


def _read(engine: Engine, work: Callable[[Connection], Any]) -> None:
    with reading(engine) as connection:
        work(connection)
