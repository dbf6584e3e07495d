"""Baseline A: each bid is an update of its own, as many at once as the server allows on one workflow."""

import asyncio
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from activities.ledger import Ledger
from activities.live import RedisPublisher
from api.state import Services
from domain.errors import Code, RefusedError
from temporal.auctions import AuctionDoor, Judged
from temporal.lots import AuctionOverError
from workflows.messages import BatchAnswer, BidBatch, BidIn

# The server's limit of updates in flight on one workflow; more are refused, so they queue here.
IN_FLIGHT = 10
THREADS = 4


class OneByOne(AuctionDoor):
    """A door without group commit. What an update brings back is recorded behind the answer."""

    def __init__(self, services: Services) -> None:
        self._calls = services.lots
        self._recorder = Ledger(services.database.engine, RedisPublisher(services.settings.redis_url))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="record")
        self._turns: dict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(IN_FLIGHT))
        self._through: dict[int, int] = {}
        self._recordings: set[asyncio.Task[None]] = set()

    async def place(self, auction_id: int, bid: BidIn) -> Judged:
        """Send the bid, wait for its answer."""
        async with self._turns[auction_id]:
            answer = await self._send_alone(auction_id, bid)
        self._record_later(auction_id, answer)
        reply = answer.replies[0]
        entry = reply.entry or next(entry for entry in answer.entries if entry.seq == reply.seq)
        return Judged(reply.outcome, reply.code, entry, reply.repeated)

    async def hand_over(self, auction_id: int, bid: BidIn) -> Judged | None:
        """Not by signal here."""
        return await self.place(auction_id, bid)

    def in_flight(self) -> list[str]:
        """Nothing is written before a bid is sent."""
        return []

    async def finish(self) -> None:
        """Wait until all is recorded."""
        while self._recordings:
            await asyncio.wait(self._recordings)

    async def _send_alone(self, auction_id: int, bid: BidIn) -> BatchAnswer:
        if auction_id not in self._through:
            await self._write_down(auction_id, BatchAnswer([], []))
        while True:
            batch = BidBatch(str(uuid.uuid4()), self._through[auction_id], [bid])
            try:
                answer = await self._calls.place_bids(auction_id, batch)
            except AuctionOverError:
                raise RefusedError(Code.TOO_LATE, "The auction is over.") from None
            if answer.replies:
                return answer
            await self._write_down(auction_id, answer)

    def _record_later(self, auction_id: int, answer: BatchAnswer) -> None:
        task = asyncio.create_task(self._write_down(auction_id, answer))
        self._recordings.add(task)
        task.add_done_callback(self._recordings.discard)

    async def _write_down(self, auction_id: int, answer: BatchAnswer) -> None:
        loop = asyncio.get_running_loop()
        recorded = await loop.run_in_executor(self._threads, self._recorder.record, auction_id, answer.entries)
        self._through[auction_id] = max(self._through.get(auction_id, 0), recorded.through)
