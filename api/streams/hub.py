"""The live streams of one process: one subscription to news, one look at the database each second, all readers."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from starlette.types import Send

from activities.db.streams import marks, recorded_lots
from activities.live import LotNews
from activities.order_doors import OrderChanged
from activities.settings import Settings
from api.database import Database
from api.errors import DATABASE_ERRORS
from api.problems import fail
from api.streams.audience import Audience
from api.streams.broadcast import SLICE, Broadcast
from api.streams.frames import HISTORY_LINES
from api.streams.lot import LiveLot
from api.streams.market import Market
from api.streams.metrics import StreamMetrics
from api.streams.news import NewsListener
from api.streams.orders import order_event
from api.streams.resume import Resume
from api.streams.subscriber import Subscriber

MOST_STREAMS = 12_000
RETRY_S = 5
TICK_S = 1.0
GRACE_S = 5.0
THREADS = 2
JITTER_PER_MILLE = 200
MOST_IN_QUERY = 1_000
log = structlog.get_logger(__name__)


class LiveHub:
    """Give it to the lifespan: `start`, then `stop`; `end_streams` as soon as the server begins to shut down."""

    def __init__(
        self,
        engine: Engine,
        redis_url: str,
        settings: Settings,
        registry: CollectorRegistry,
        *,
        most: int = MOST_STREAMS,
    ) -> None:
        self._settings = settings
        self._most = most
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="streams")
        self._database = Database(engine, self._threads)
        self._metrics = StreamMetrics(registry)
        self._market = Market()
        self._broadcast = Broadcast(self._market, self._database, self._metrics)
        self._resume = Resume(self._database)
        self._news = NewsListener(redis_url, self.hear, self.hear_order)
        self._loading = asyncio.Lock()
        self._open: dict[Subscriber, Audience] = {}
        self._is_ending = False

    @property
    def is_listening(self) -> bool:
        """Whether news flow."""
        return self._news.is_connected

    @property
    def open_count(self) -> int:
        """How many streams are open."""
        return len(self._open)

    async def start(self) -> None:
        """Begin to listen; Redis and the database may come later."""
        for work in (self._news.run(), self._keep_checking(), self._keep_time()):
            self._broadcast.spawn(work)

    async def stop(self) -> None:
        """End what is left."""
        self.end_streams()
        await self._broadcast.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def end_streams(self) -> None:
        """End every stream cleanly and take no new ones: their readers find another process, or this one restarted."""
        self._is_ending = True
        for subscriber in list(self._open):
            subscriber.end()

    def hear(self, news: LotNews) -> None:
        """Take the news of a lot; of one that nobody watches here it is dropped."""
        lot = self._market.lots.get(news.auction_id)
        if lot is not None:
            lot.hear(news)
            self._broadcast.kick(lot)

    def hear_order(self, changed: OrderChanged) -> None:
        """Tell the two sides of an order on the streams that they have open here; nobody else hears of it."""
        written = order_event(changed)
        for subscriber in self._open:
            if subscriber.user_id in changed.users:
                subscriber.push(written)

    async def lots(self, auction_ids: Sequence[int]) -> list[LiveLot]:
        """The lots of a stream about to open. Raises TOO_MANY_STREAMS and AUCTION_NOT_FOUND."""
        if self._is_ending or len(self._open) >= self._most:
            raise fail("TOO_MANY_STREAMS", retry_after_s=RETRY_S)
        if self._market.unknown(auction_ids):
            async with self._loading:
                await self._load(self._market.unknown(auction_ids))
        return [self._market.lots[auction_id] for auction_id in auction_ids]

    async def _load(self, auction_ids: list[int]) -> None:
        if not auction_ids:
            return
        found = await self._database.read(recorded_lots, auction_ids, lines=HISTORY_LINES)
        for auction_id in auction_ids:
            if auction_id not in found:
                raise fail("AUCTION_NOT_FOUND", auction_id=auction_id)
            self._market.add(found[auction_id])

    async def catch_up(self, lots: Sequence[LiveLot], have: Mapping[int, int]) -> None:
        """Ask the database where a reader has heard more than we have: from another process, or it made its id up."""
        for lot in lots:
            if have.get(lot.id, 0) > lot.version:
                await self._broadcast.reread(lot)

    # One stream

    def open(self, send: Send, lots: Sequence[LiveLot], *, is_list: bool, user_id: int | None) -> Subscriber:
        """Make a stream of the task that runs, and queue for it what is told from now on; `join` begins to write."""
        audience = self._market.audience(lots, is_list=is_list)
        subscriber = Subscriber(
            send, user_id, limit=self._settings.sse_queue, metrics=self._metrics, refresh=self._refresh
        )
        subscriber.owner = asyncio.current_task()
        subscriber.until = time.monotonic() + _life_s(self._settings.sse_max_life_s)
        subscriber.beat = secrets.randbelow(self._settings.sse_heartbeat_s)
        audience.add(subscriber)
        self._open[subscriber] = audience
        self._metrics.open.set(len(self._open))
        return subscriber

    async def join(self, subscriber: Subscriber, have: Mapping[int, int]) -> None:
        """Begin a stream: what it missed or a snapshot, then the viewer's own positions, then whatever happens."""
        audience = self._open[subscriber]
        try:
            first = await self._resume.beginning(audience, have)
        except DATABASE_ERRORS:
            first = b""
            subscriber.is_lost = True
        subscriber.release(first)
        if self._is_ending:
            subscriber.end()
        await self._greet(audience, subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a stream whose connection is gone."""
        subscriber.close()
        self._market.leave(self._open.pop(subscriber), subscriber)
        self._metrics.open.set(len(self._open))

    def _refresh(self, subscriber: Subscriber) -> bytes:
        """A fresh start for a reader that was too slow, or whose past could not be read."""
        audience = self._open[subscriber]
        self._broadcast.spawn(self._greet(audience, subscriber))
        return audience.snapshots()

    async def _greet(self, audience: Audience, subscriber: Subscriber) -> None:
        try:
            await self._broadcast.positions.greet(audience, subscriber)
        except DATABASE_ERRORS as error:
            log.warning("greeting_failed", error=type(error).__name__)
            for lot in audience.lots.values():
                lot.seq = 0

    # Each second

    async def _keep_checking(self) -> None:
        while True:
            try:
                await self._check()
            except DATABASE_ERRORS as error:
                log.warning("check_failed", error=type(error).__name__)
            await asyncio.sleep(TICK_S)

    async def _check(self) -> None:
        """Compare what was told with the database: whatever news did not bring is repaired from there."""
        self._market.sweep()
        wanted = list(self._market.lots)
        for start in range(0, len(wanted), MOST_IN_QUERY):
            patient = self._news.is_connected
            for mark in await self._database.read(marks, wanted[start : start + MOST_IN_QUERY]):
                lot = self._market.lots.get(mark.id)
                if lot is not None:
                    lot.check(mark, patient=patient)
                    self._broadcast.kick(lot)

    async def _keep_time(self) -> None:
        tick = 0
        while True:
            started = time.monotonic()
            await self._beat(tick % self._settings.sse_heartbeat_s, started)
            tick += 1
            await asyncio.sleep(max(0.0, started + TICK_S - time.monotonic()))

    async def _beat(self, beat: int, moment: float) -> None:
        """Heartbeats, spread over their period; the end of streams that have lived long enough."""
        written: dict[Audience, bytes] = {}
        done = 0
        for subscriber, audience in list(self._open.items()):
            if subscriber.until < moment:
                self._let_go(subscriber, moment)
            elif subscriber.beat == beat and subscriber.is_idle:
                if audience not in written:
                    written[audience] = audience.heartbeat()
                subscriber.push(written[audience])
                done += 1
                if done % SLICE == 0:
                    await asyncio.sleep(0)

    def _let_go(self, subscriber: Subscriber, moment: float) -> None:
        if not subscriber.is_ending:
            subscriber.end()
        elif subscriber.until + GRACE_S < moment:
            subscriber.abort()


def _life_s(usual_s: int) -> float:
    """20 % more or less than usual, so that readers who came together do not come back together."""
    return usual_s * (1000 + JITTER_PER_MILLE - secrets.randbelow(2 * JITTER_PER_MILLE + 1)) / 1000
