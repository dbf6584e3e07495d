"""What each API process does once a second so that a crash anywhere is repaired by whoever is left."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.db import batches, schedules
from activities.db.engine import SqliteBusyError, reading, transaction
from activities.db.reservations import release_lost
from activities.ledger import LAST_MINUTES, utc_now
from domain.errors import UnavailableError
from temporal.auctions import AuctionDoor
from temporal.lots import AuctionLots
from temporal.trouble import Backoff, is_away
from workflows.messages import AuctionStart

ABANDONED_AFTER = timedelta(seconds=3)
UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
REST_S = 2.0
MOST_REST_S = 60.0
MISSED_AT_ONCE = 1_000
MOST_REMEMBERED = 10_000

ELSEWHERE = (RPCError, UnavailableError, TimeoutError)
AWAY = (SQLAlchemyError, SqliteBusyError, *ELSEWHERE)

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two sweeps, for catching up with one lot, that a bidder waits for a missed bid's row, and that a
    lot is left alone after the database refused its entries (doubled each time, up to a minute)."""

    every_s: float = 1.0
    recover_s: float = 15.0
    write_s: float = 1.0
    rest_s: float = REST_S


class Sweeper:
    """Finds batches that nobody works on, bids that were turned away, and schedules that never started."""

    def __init__(
        self,
        engine: Engine,
        executor: Executor,
        lots: AuctionLots,
        door: AuctionDoor,
        start_of: Callable[[schedules.Unstarted], AuctionStart],
        rhythm: Rhythm = Rhythm(),
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._lots = lots
        self._door = door
        self._start_of = start_of
        self._rhythm = rhythm
        self._refused = Backoff(rhythm.rest_s, MOST_REST_S)
        self._unwritten: deque[tuple[int, datetime]] = deque(maxlen=MOST_REMEMBERED)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to sweep."""
        # A sweep may wait long for one lot; meanwhile this process's own batches must not look abandoned.
        self._tasks = [asyncio.create_task(self._run(self.touch)), asyncio.create_task(self._run(self.sweep))]

    async def stop(self) -> None:
        """Stop between two sweeps, or in the middle of one: all it does may be done again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def note_missed(self, auction_id: int, received_at: datetime) -> None:
        """A bid is being answered 503: write it down if its lot is in its last minutes, now or as soon as possible."""
        self._unwritten.append((auction_id, received_at))
        try:
            await asyncio.wait_for(self._write_missed(), self._rhythm.write_s)
        except (SQLAlchemyError, SqliteBusyError, TimeoutError) as error:
            log.warning("missed_bid_not_written", auction_id=auction_id, error=type(error).__name__)

    async def touch(self) -> None:
        """Say in the database that this process still works on its batches."""
        await self._tried("touch", self._touch())

    async def sweep(self) -> None:
        """One sweep; each part, and each lot in it, goes on where another fails."""
        await self._tried("write_missed", self._write_missed())
        await self._tried("report_missed", self._report_missed())
        await self._tried("recover_batches", self._recover_batches())
        await self._tried("start_unstarted", self._start_unstarted())

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._rhythm.every_s)
            await work()

    async def _tried(self, part: str, work: Awaitable[None], **facts: object) -> bool:
        """Whether the work was done; what stopped it is logged, and the next sweep tries again."""
        try:
            await work
        except AWAY as error:
            log.warning("sweep_failed", part=part, error=type(error).__name__, **facts)
            return False
        except Exception as error:
            log.exception("sweeper_failed", part=part, error=type(error).__name__, **facts)
            return False
        return True

    async def _touch(self) -> None:
        mine = self._door.in_flight()
        if mine:
            await self._write(lambda c: batches.touch_batches(c, mine, utc_now()))

    async def _write_missed(self) -> None:
        missed = list(self._unwritten)
        if not missed:
            return
        # Many bidders may be answered 503 at once: what one of them writes, the others must not write again.
        self._unwritten.clear()
        try:
            await self._write(lambda c: _add_missed(c, missed))
        except BaseException:
            self._unwritten.extendleft(reversed(missed))
            raise

    async def _report_missed(self) -> None:
        found = await self._read(lambda c: batches.missed(c, MISSED_AT_ONCE))
        newest = {missed.auction_id: missed.at for missed in sorted(found, key=lambda missed: missed.at)}
        told = await self._each(
            "report_missed", newest, lambda auction_id: self._lots.report_outage(auction_id, newest[auction_id])
        )
        handled = [missed.id for missed in found if missed.auction_id in told]
        if handled:
            await self._write(lambda c: batches.mark_missed_handled(c, handled))

    async def _recover_batches(self) -> None:
        before = utc_now() - ABANDONED_AFTER
        # Lots that rest stay the longest abandoned: they must not fill the list before all others.
        found = await self._read(lambda c: batches.abandoned(c, before, AT_ONCE + len(self._refused)))
        lots = self._refused.due(found)
        await self._each("recover_batches", lots, lambda auction_id: self._recover(auction_id, before))

    async def _recover(self, auction_id: int, before: datetime) -> None:
        try:
            recorded = await asyncio.wait_for(self._lots.catch_up(auction_id), self._rhythm.recover_s)
            closed = await self._write(lambda c: _close_abandoned(c, auction_id, before))
        except Exception as error:
            if is_away(error) or isinstance(error, ELSEWHERE):
                raise
            self._refused.failed(auction_id)
            self._lots.recording_failed(auction_id, error, by="sweeper")
            return
        log.info("batches_recovered", auction_id=auction_id, batches=closed, entries=recorded)

    async def _start_unstarted(self) -> None:
        before = utc_now() - UNSTARTED_AFTER
        for row in await self._read(lambda c: schedules.unstarted(c, before)):
            await self._tried("start_unstarted", self._lots.start(self._start_of(row)), auction_id=row.auction_id)

    async def _each(
        self, part: str, auction_ids: Iterable[int], work: Callable[[int], Awaitable[None]]
    ) -> frozenset[int]:
        """Do something for many lots side by side; returns those for which it was done."""
        ids = list(auction_ids)
        done = await asyncio.gather(*(self._tried(part, work(key), auction_id=key) for key in ids))
        return frozenset(key for key, was_done in zip(ids, done, strict=True) if was_done)

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


def _add_missed(connection: Connection, missed: Sequence[tuple[int, datetime]]) -> None:
    ends = {auction_id: batches.ends_at(connection, auction_id) for auction_id in {lot for lot, _ in missed}}
    for auction_id, at in missed:
        ends_at = ends[auction_id]
        if ends_at is not None and ends_at - LAST_MINUTES <= at < ends_at:
            batches.add_missed(connection, auction_id, at, "a bid was answered 503")


def _close_abandoned(connection: Connection, auction_id: int, before: datetime) -> int:
    closed = batches.close_abandoned(connection, auction_id, before)
    release_lost(connection, auction_id)
    return closed
