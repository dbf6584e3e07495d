"""What each API process does once a second so that a crash anywhere is repaired by whoever is left."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.db import batches, schedules
from activities.db.engine import SqliteBusyError, reading, transaction
from activities.ledger import LAST_MINUTES, utc_now
from domain.errors import UnavailableError
from temporal.auctions import AuctionDoor
from temporal.lots import AuctionLots
from workflows.messages import AuctionStart

EVERY_S = 1.0
ABANDONED_AFTER = timedelta(seconds=3)
UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
MOST_REMEMBERED = 10_000
WRITE_S = 1.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Sweeper:
    """Finds batches that nobody works on, bids that were turned away, and schedules that never started."""

    def __init__(
        self,
        engine: Engine,
        executor: Executor,
        lots: AuctionLots,
        door: AuctionDoor,
        start_of: Callable[[schedules.Unstarted], AuctionStart],
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._lots = lots
        self._door = door
        self._start_of = start_of
        self._unwritten: deque[tuple[int, datetime]] = deque(maxlen=MOST_REMEMBERED)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop between two sweeps, or in the middle of one: all it does may be done again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def note_missed(self, auction_id: int, received_at: datetime) -> None:
        """A bid is being answered 503: write it down if its lot is in its last minutes, now or as soon as possible."""
        self._unwritten.append((auction_id, received_at))
        try:
            await asyncio.wait_for(self._write_missed(), WRITE_S)
        except (SQLAlchemyError, SqliteBusyError, TimeoutError) as error:
            log.warning("missed_bid_not_written", auction_id=auction_id, error=type(error).__name__)

    async def sweep(self) -> None:
        """One sweep; each part goes on where another fails."""
        for part in (
            self._touch,
            self._write_missed,
            self._report_missed,
            self._recover_batches,
            self._start_unstarted,
        ):
            try:
                await part()
            except (SQLAlchemyError, SqliteBusyError, RPCError, UnavailableError, TimeoutError, RuntimeError) as error:
                log.warning("sweep_failed", part=part.__name__, error=type(error).__name__)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.sweep()
            except Exception as error:
                log.exception("sweeper_failed", error=type(error).__name__)

    async def _touch(self) -> None:
        mine = self._door.in_flight()
        if mine:
            await self._write(lambda c: batches.touch_batches(c, mine, utc_now()))

    async def _write_missed(self) -> None:
        while self._unwritten:
            auction_id, at = self._unwritten[0]
            await self._write(lambda c, lot=auction_id, when=at: _add_missed(c, lot, when))
            self._unwritten.popleft()

    async def _report_missed(self) -> None:
        found = await self._read(lambda c: batches.missed(c, AT_ONCE))
        for missed in found:
            await self._lots.report_outage(missed.auction_id, missed.at)
        if found:
            await self._write(lambda c: batches.mark_missed_handled(c, [missed.id for missed in found]))

    async def _recover_batches(self) -> None:
        before = utc_now() - ABANDONED_AFTER
        found = await self._read(lambda c: batches.abandoned(c, before, AT_ONCE))
        by_lot: dict[int, list[str]] = {}
        for batch in found:
            by_lot.setdefault(batch.auction_id, []).append(batch.batch_id)
        for auction_id, batch_ids in by_lot.items():
            recorded = await asyncio.wait_for(self._lots.catch_up(auction_id), ABANDONED_AFTER.total_seconds() * 5)
            await self._write(lambda c, ids=batch_ids: batches.close_batches(c, ids))
            log.info("batches_recovered", auction_id=auction_id, batches=len(batch_ids), entries=recorded)

    async def _start_unstarted(self) -> None:
        before = utc_now() - UNSTARTED_AFTER
        for row in await self._read(lambda c: schedules.unstarted(c, before)):
            await self._lots.start(self._start_of(row))

    async def _read(self, query: Callable[..., T]) -> T:
        def work() -> T:
            with reading(self._engine) as connection:
                return query(connection)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _write(self, query: Callable[..., T]) -> T:
        def work() -> T:
            with transaction(self._engine) as connection:
                return query(connection)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _add_missed(connection: Connection, auction_id: int, at: datetime) -> None:
    ends_at = batches.ends_at(connection, auction_id)
    if ends_at is not None and ends_at - LAST_MINUTES <= at < ends_at:
        batches.add_missed(connection, auction_id, at, "a bid was answered 503")
