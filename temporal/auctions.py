"""The door into auctions: bids of one lot that arrive together travel together, and are recorded on the way back."""

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from activities.db.batches import InFlight
from activities.db.bids import Receipt
from activities.db.reservations import Lack, Reservation
from activities.ledger import Ledger, Opened, Opening
from domain.errors import Code, InvalidError, NotAllowedError, RefusedError, TooManyError, UnavailableError
from domain.ledger import Entry
from temporal.deadlines import Deadlines
from temporal.lots import AuctionLots, AuctionOverError, away
from temporal.metrics import DoorMetrics
from temporal.trouble import AWAY_PAUSE_S, DATABASE_ERRORS, REFUSED_PAUSES_S, Patience, is_away
from workflows.messages import MOST_BIDS_IN_BATCH, BidBatch, BidIn, BidReply

GATHER_S = 0.002
GATHER_MOST_S = 0.05

BEYOND = {
    Lack.CENTS: "This bid is more than your buying power allows. See /api/me/eligibility for what is free.",
    Lack.LOTS: "You lead on as many lots as your account allows. A deposit lifts this limit.",
}

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """`batch_max` bids travel together (never more than an auction takes), `queue_max` may wait on one lot, each for at
    most `answer_s` seconds. A recording that the database refuses is tried again after each of these pauses."""

    batch_max: int = 256
    queue_max: int = 2_000
    answer_s: float = 15.0
    refused_pauses_s: Sequence[float] = REFUSED_PAUSES_S


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to one bid: its outcome and the ledger entry that holds the facts."""

    outcome: str
    code: str | None
    entry: Entry
    repeated: bool = False


@dataclass(slots=True, eq=False)
class _Waiting:
    bid: BidIn
    answer: asyncio.Future[Judged | None]
    by_signal: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """A batch whose bidders are answered: the entries it brought, and the `seq` through which it is to be recorded."""

    batch_id: str
    entries: Sequence[Entry] = ()
    through: int = 0


@dataclass(slots=True)
class _Lot:
    """The queue of one lot, the batch on its way, and those that still have to be recorded."""

    auction_id: int
    patience: Patience
    waiting: deque[_Waiting] = field(default_factory=deque)
    done: list[_Done] = field(default_factory=list)
    in_flight: str | None = None
    task: asyncio.Task[None] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class AuctionDoor:
    """One process's way into its auctions: for each lot a queue and one batch in flight (group commit)."""

    def __init__(
        self,
        lots: AuctionLots,
        ledger: Ledger,
        executor: Executor,
        process_id: str,
        limits: DoorLimits,
        metrics: DoorMetrics,
    ) -> None:
        self._auctions = lots
        self._ledger = ledger
        self._executor = executor
        self._process_id = process_id
        self._limits = limits
        self._metrics = metrics
        self._name = str(uuid.uuid4())
        self._lots: dict[int, _Lot] = {}
        self._deadlines = Deadlines(limits.answer_s, away)

    async def place(self, auction_id: int, bid: BidIn) -> Judged:
        """Bring one bid to its auction and wait for the answer, which is durable when this returns.

        Raises TooManyError where the lot's queue is full, UnavailableError where no answer came in time (the same bid
        id may be sent again and will be answered once), NotAllowedError where buying power is lacking, RefusedError
        where the auction is over, and InvalidError where the id was used for another bid.
        """
        judged = await self._bring(auction_id, bid, by_signal=False)
        if judged is None:
            raise away()
        return judged

    async def hand_over(self, auction_id: int, bid: BidIn) -> Judged | None:
        """The same by signal: returns once the bid is durable, with its answer only where it was judged before."""
        return await self._bring(auction_id, bid, by_signal=True)

    async def _bring(self, auction_id: int, bid: BidIn, *, by_signal: bool) -> Judged | None:
        lot = self._lots.get(auction_id)
        if lot is None:
            lot = self._lots[auction_id] = _Lot(auction_id, Patience(self._limits.refused_pauses_s))
        if len(lot.waiting) >= self._limits.queue_max:
            raise busy_lot()
        waiting = _Waiting(bid, asyncio.get_running_loop().create_future(), by_signal)
        self._deadlines.add(waiting.answer)
        lot.waiting.append(waiting)
        lot.arrived.set()
        if lot.task is None:
            lot.task = asyncio.create_task(self._work_off(lot))
        try:
            return await waiting.answer
        finally:
            # A bid that is not on its way yet must not be sent for somebody who was told to send it again.
            waiting.answer.cancel()

    def in_flight(self) -> list[str]:
        """The ids of the batches that this process is still working on."""
        on_their_way = [lot.in_flight for lot in self._lots.values() if lot.in_flight is not None]
        return on_their_way + [done.batch_id for lot in self._lots.values() for done in lot.done]

    async def finish(self) -> None:
        """Wait until everything that was taken into the queues is answered and recorded."""
        while tasks := [lot.task for lot in self._lots.values() if lot.task is not None]:
            await asyncio.wait(tasks)

    async def _work_off(self, lot: _Lot) -> None:
        size = 0
        while lot.waiting or lot.done:
            if size > 1:
                await _gather(lot)
            batch = _take(lot, min(self._limits.batch_max, MOST_BIDS_IN_BATCH))
            size = len(batch) or size
            try:
                await (self._round(lot, batch) if batch else self._come_home(lot))
            except Exception as error:
                log.exception("door_failed", auction_id=lot.auction_id, error=type(error).__name__)
                _fail(batch, away())
                lot.done.clear()
            lot.in_flight = None
        self._lots.pop(lot.auction_id, None)
        lot.task = None

    async def _round(self, lot: _Lot, batch: list[_Waiting]) -> None:
        """Open a batch in the database, then send it; what the batch before it brought is recorded meanwhile."""
        batch_id = str(uuid.uuid4())
        opened = await self._open(lot, batch, batch_id)
        fresh = [] if opened is None else self._answer_known(batch, opened)
        recording = asyncio.create_task(self._record(lot))
        try:
            if opened is not None and fresh:
                lot.in_flight = batch_id
                await self._send(lot, batch_id, opened, fresh)
            elif opened is not None and opened.in_flight:
                lot.done.append(_Done(batch_id))
        finally:
            await recording

    # To the database

    async def _open(self, lot: _Lot, batch: list[_Waiting], batch_id: str) -> Opened | None:
        """Write the batch's in-flight row; None, with the bids answered, where that is not possible."""
        try:
            return await self._in_thread(self._ledger.open, self._opening(lot.auction_id, batch, batch_id))
        except DATABASE_ERRORS as error:
            tell = log.warning if is_away(error) else log.error
            tell("batch_not_opened", auction_id=lot.auction_id, error=type(error).__name__)
            _fail(batch, away())
            await asyncio.sleep(AWAY_PAUSE_S)
            return None

    async def _come_home(self, lot: _Lot) -> None:
        """With nothing more to send: record what is done, and fetch what no answer had room for."""
        await _until_due(lot)
        if lot.waiting or not await self._record(lot) or not lot.done or lot.waiting:
            return
        try:
            await self._auctions.catch_up(lot.auction_id)
        except DATABASE_ERRORS as error:
            self._put_off(lot, list(lot.done), error)
            return
        await self._record(lot)
        # What is missing even now is left to the sweeper, with its in-flight row.
        lot.done.clear()

    async def _record(self, lot: _Lot) -> bool:
        """Record what is done; False while that is not possible: then it is kept and tried again later.

        A batch of which the answers so far did not bring everything is kept too, for the next answer brings more.
        """
        done = list(lot.done)
        if not done:
            return True
        if asyncio.get_running_loop().time() < lot.patience.due_at:
            return False
        try:
            await self._bring_home(lot, done)
        except DATABASE_ERRORS as error:
            self._put_off(lot, done, error)
            return False
        if not lot.done:
            lot.patience.refusals = 0
        return True

    async def _bring_home(self, lot: _Lot, done: list[_Done]) -> None:
        entries = [entry for each in done for entry in each.entries]
        batches = {each.batch_id: each.through for each in done}
        started = time.perf_counter()
        recorded = await self._in_thread(self._ledger.bring_home, lot.auction_id, entries, batches)
        self._metrics.recording.observe(time.perf_counter() - started)
        late = [_Done(each.batch_id, through=each.through) for each in done if each.through > recorded.through]
        lot.done[: len(done)] = [] if recorded.forked else late
        if recorded.forked:
            await self._auctions.hold_forked(lot.auction_id, recorded.through)
        elif recorded.gap:
            await self._auctions.catch_up(lot.auction_id)

    def _put_off(self, lot: _Lot, done: list[_Done], error: Exception) -> None:
        """Try later what could not be recorded; what the database keeps refusing is left to the sweeper."""
        if lot.patience.goes_on(error, asyncio.get_running_loop().time()):
            log.warning("batch_not_recorded", auction_id=lot.auction_id, error=type(error).__name__)
            return
        self._auctions.recording_failed(lot.auction_id, error, by="door")
        given_up = {each.batch_id for each in done}
        lot.done[:] = [each for each in lot.done if each.batch_id not in given_up]

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def _opening(self, auction_id: int, batch: list[_Waiting], batch_id: str) -> Opening:
        first = min(waiting.bid.received_at for waiting in batch)
        wanted = [Reservation(w.bid.bid_id, int(w.bid.bidder), auction_id, w.bid.cents) for w in batch]
        return Opening(InFlight(batch_id, auction_id, self._process_id, first), wanted)

    def _answer_known(self, batch: list[_Waiting], opened: Opened) -> list[_Waiting]:
        fresh: list[_Waiting] = []
        for waiting in batch:
            receipt = opened.known.get(waiting.bid.bid_id)
            if receipt is not None:
                _first_answer(waiting, receipt)
            elif lack := opened.over_limit.get(waiting.bid.bid_id):
                _fail([waiting], NotAllowedError(lack.value, BEYOND[lack]))
            elif not waiting.answer.done():
                fresh.append(waiting)
        return fresh

    # To the auction

    async def _send(self, lot: _Lot, batch_id: str, opened: Opened, fresh: list[_Waiting]) -> None:
        await self._signal(lot, opened, [waiting for waiting in fresh if waiting.by_signal])
        judged_now = [waiting for waiting in fresh if not waiting.by_signal]
        # What was only signalled comes home by itself: its in-flight row is left to the sweeper, which sees to that.
        if judged_now:
            lot.done.append(await self._deliver(lot, batch_id, opened, judged_now))

    async def _signal(self, lot: _Lot, opened: Opened, fresh: list[_Waiting]) -> None:
        if not fresh:
            return
        batch = BidBatch(str(uuid.uuid4()), opened.recorded_through, [waiting.bid for waiting in fresh])
        try:
            await self._auctions.signal_bids(lot.auction_id, batch)
        except AuctionOverError:
            _fail(fresh, auction_over())
        except UnavailableError as error:
            _fail(fresh, error)
        for waiting in fresh:
            if not waiting.answer.done():
                waiting.answer.set_result(None)

    async def _deliver(self, lot: _Lot, batch_id: str, opened: Opened, fresh: list[_Waiting]) -> _Done:
        """Send the batch, answer its bidders, and return what is to be recorded."""
        bids = [waiting.bid for waiting in fresh]
        batch = BidBatch(batch_id, opened.recorded_through, bids, self._name)
        self._metrics.batch_size.observe(len(fresh))
        started = time.perf_counter()
        try:
            answer = await self._auctions.place_bids(lot.auction_id, batch)
        except AuctionOverError:
            _fail(fresh, auction_over())
            return _Done(batch_id)
        self._metrics.judging.observe(time.perf_counter() - started)
        if answer.stale:
            # Others have recorded much since we looked: the ids must be looked for again before they may be judged.
            lot.waiting.extendleft(reversed(fresh))
        if answer.busy:
            _fail(fresh, away())
        if answer.stale or answer.busy:
            return _Done(batch_id)
        entries = {entry.seq: entry for entry in answer.entries}
        for waiting, reply in zip(fresh, answer.replies, strict=True):
            _settle(waiting, _judged(reply, entries))
        return _Done(batch_id, answer.entries, max(reply.seq for reply in answer.replies))


async def _gather(lot: _Lot) -> None:
    """After a batch of several, let those who were just answered bid again: few large batches beat many small ones.

    It ends as soon as nobody new comes; a bidder who is alone never waits here.
    """
    loop = asyncio.get_running_loop()
    seen, latest = -1, loop.time() + GATHER_MOST_S
    while seen < len(lot.waiting) < MOST_BIDS_IN_BATCH and loop.time() < latest:
        seen = len(lot.waiting)
        await asyncio.sleep(GATHER_S)


async def _until_due(lot: _Lot) -> None:
    """Wait until a recording may be tried again, or somebody bids."""
    rest_s = lot.patience.due_at - asyncio.get_running_loop().time()
    if rest_s > 0:
        lot.arrived.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(lot.arrived.wait(), rest_s)


def _take(lot: _Lot, most: int) -> list[_Waiting]:
    taken: list[_Waiting] = []
    while lot.waiting and len(taken) < most:
        waiting = lot.waiting.popleft()
        if not waiting.answer.done():
            taken.append(waiting)
    return taken


def _settle(waiting: _Waiting, judged: Judged) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(judged)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


def _judged(reply: BidReply, entries: dict[int, Entry]) -> Judged:
    entry = reply.entry if reply.entry is not None else entries[reply.seq]
    return Judged(reply.outcome, reply.code, entry, reply.repeated)


def _first_answer(waiting: _Waiting, receipt: Receipt) -> None:
    bid, first, row = waiting.bid, receipt.bid, receipt.entry
    if (str(first.user_id), first.kind, first.cents) != (bid.bidder, bid.kind, bid.cents):
        _fail([waiting], id_reused())
        return
    entry = Entry(first.seq, row.prev_hash, row.hash, row.public, row.private, row.nonce)
    _settle(waiting, Judged(first.outcome, first.code, entry, repeated=True))


def busy_lot() -> TooManyError:
    """The lot's queue is full."""
    return TooManyError("BUSY_LOT", "Too many bids wait on this lot. Send yours again in a second.", retry_after_s=1)


def auction_over() -> RefusedError:
    """The auction is over, and its workflow with it."""
    return RefusedError(Code.TOO_LATE, "The auction is over.")


def id_reused() -> InvalidError:
    """The idempotency key was used for another bid; the first one keeps it."""
    return InvalidError(Code.ID_REUSED, "This Idempotency-Key was used for another bid. Use a new key for a new bid.")
