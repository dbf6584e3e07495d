"""Brings the news of a lot to its watchers: one step at a time for each lot, so that what comes meanwhile is merged."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from activities.db.streams import missed
from api.database import Database, now
from api.streams.frames import BID_KINDS, HISTORY_LINES, STATUS_NAMES, Facts, Frame, Said, public_frames, said_of
from api.streams.lot import RANKS, LiveLot, Waiting
from api.streams.market import Market
from api.streams.metrics import StreamMetrics
from api.streams.positions import Positions
from domain.clock import from_text, to_text

MOST_MISSED = 200
# So many streams are written to before other work of the process has its turn.
SLICE = 50
log = structlog.get_logger(__name__)


class Broadcast:
    """Tells watchers what changed; whatever fails is tried again by the check of the next second."""

    def __init__(self, market: Market, database: Database, metrics: StreamMetrics) -> None:
        self._market = market
        self._database = database
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()
        self.positions = Positions(market, database, self.kick)

    def kick(self, lot: LiveLot) -> None:
        """See to it that what waits is told."""
        if lot.waiting and not lot.is_flushing:
            lot.is_flushing = True
            self.spawn(self._flush(lot))

    async def reread(self, lot: LiveLot) -> None:
        """Bring a lot to what the database has; does not wait where that is under way already."""
        lot.waiting.reread = True
        if not lot.is_flushing:
            lot.is_flushing = True
            await self._flush(lot)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside, until `stop`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _flush(self, lot: LiveLot) -> None:
        try:
            while lot.waiting:
                waiting, lot.waiting = lot.waiting, Waiting()
                await self._tell(lot, waiting)
        except Exception as error:
            # Whatever it is, streams stay open and the check of the next second tries again.
            log.warning("broadcast_failed", auction_id=lot.id, error=type(error).__name__, exc_info=error)
            lot.seq = 0
        finally:
            lot.is_flushing = False

    async def _tell(self, lot: LiveLot, waiting: Waiting) -> None:
        bids = lot.next_bids(waiting)
        frames: list[Frame] = []
        everyone = waiting.everyone
        if bids is not None and waiting.facts is not None:
            said = said_of(bids, lot.view["reserve"])
            lot.advance(waiting.facts, bids)
            frames = public_frames(lot.id, lot.view, bids, said, to_text(now()))
        elif waiting.facts is not None or waiting.reread:
            frames, moves_people = await self._reread(lot, waiting)
            everyone = everyone or moves_people
        if frames:
            await self._write(lot, frames)
            self._note_lag(waiting)
        viewers = self._market.viewers(lot.id)
        await self.positions.tell(lot, viewers if everyone else viewers & waiting.users)

    async def _reread(self, lot: LiveLot, waiting: Waiting) -> tuple[list[Frame], bool]:
        """The events that bring watchers to what the database has; whether anybody's own position may have moved."""
        if not lot.is_whole(waiting):
            self._metrics.repairs.inc()
        found = await self._database.read(
            missed, lot.id, after_version=lot.version, most=MOST_MISSED, lines=HISTORY_LINES
        )
        if found is None:
            return [], False
        head, before = found.recorded.lot.head, lot.view
        there = (head.version, RANKS[head.status])
        if there < lot.position or (there == lot.position and head.bid_count == before["bid_count"]):
            return [], False
        only_recounted = there == lot.position
        lot.become(found.recorded)
        if only_recounted or found.entries is None:
            return [lot.snapshot()], True
        entries = [each for each in found.entries if each["kind"] != "started" or before["status"] == "scheduled"]
        said = _said(entries, before, lot.view)
        moves_people = any(entry["kind"] not in BID_KINDS for entry in entries)
        return public_frames(lot.id, lot.view, entries, said, to_text(now())), moves_people

    async def _write(self, lot: LiveLot, told: Sequence[Frame]) -> None:
        # Who joins while this runs has the new state already: whom to write to is decided before the first wait.
        version = lot.version
        targets = [
            (audience, audience.written(lot, told), list(audience.subscribers))
            for audience in self._market.watching(lot.id)
        ]
        count = 0
        for audience, written, subscribers in targets:
            for subscriber in subscribers:
                subscriber.push(written)
                count += 1
                if count % SLICE == 0:
                    await asyncio.sleep(0)
            audience.sent[lot.id] = version
        await asyncio.sleep(0)
        self._metrics.writes.inc(count)

    def _note_lag(self, waiting: Waiting) -> None:
        bids = [entry["at"] for entry in waiting.entries.values() if entry["kind"] in BID_KINDS]
        if bids:
            self._metrics.lag.observe(max(0.0, (now() - from_text(max(bids))).total_seconds()))


def _said(entries: Sequence[Facts], before: Facts, after: Facts) -> list[Said]:
    """What to tell beside the bids; a closing, and a hold for a fork, have no entry of their own."""
    said = said_of(entries, before["reserve"])
    name = STATUS_NAMES[after["status"]]
    unsaid = after["status"] != before["status"] and name not in {each.name for each in said}
    if unsaid and (after["status"] == "closing" or not entries):
        said.append(Said(name, {"reason": after["hold_reason"]} if name == "held" else {}))
    return said
