"""The door of a process on a thread and event loop of its own, so that a batch never waits behind HTTP requests.

Bids and answers cross between the two loops in bulk: one wake-up each way for all that came together.
"""

import asyncio
import threading
from collections import deque
from typing import Any

import uvloop

from temporal.auctions import AuctionDoor, Judged
from workflows.messages import BidIn

JOIN_S = 5.0


class _Outbox:
    """Answers on their way back to the loop of those who asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._answers: deque[tuple[asyncio.Future[Any], Any, Exception | None]] = deque()
        self._is_woken = False

    def put(self, future: "asyncio.Future[Any]", result: Any, error: Exception | None) -> None:
        """From the door's thread. The flag is lowered before the queue is emptied, so nothing is ever left in it."""
        self._answers.append((future, result, error))
        if not self._is_woken:
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._is_woken = False
        while self._answers:
            future, result, error = self._answers.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class _Reply:
    """The answer to one bid as the door sees it; who asked waits for a future of their own loop."""

    __slots__ = ("_future", "_is_done", "_outbox")

    def __init__(self, outbox: _Outbox, future: "asyncio.Future[Any]") -> None:
        self._outbox = outbox
        self._future = future
        self._is_done = False

    def done(self) -> bool:
        """Whether it is answered, or nobody waits for it any more."""
        return self._is_done

    def set_result(self, result: Judged | None) -> None:
        """Answer."""
        self._is_done = True
        self._outbox.put(self._future, result, None)

    def set_exception(self, error: Exception) -> None:
        """Answer that it cannot be done."""
        self._is_done = True
        self._outbox.put(self._future, None, error)

    def cancel(self) -> bool:
        """Nobody waits any more."""
        self._is_done = True
        return True


class DoorThread:
    """A door in its own thread; called from the loop in which it was started."""

    def __init__(self, door: AuctionDoor) -> None:
        self._door = door
        self._inbox: deque[tuple[int, BidIn, _Reply, bool]] = deque()
        self._is_woken = False
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._outbox: _Outbox | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    async def start(self) -> None:
        """Start the thread and wait until its loop runs."""
        self._outbox = _Outbox(asyncio.get_running_loop())
        self._thread.start()
        await asyncio.to_thread(self._ready.wait)

    async def stop(self) -> None:
        """End the thread; what is still on its way is left to other processes."""
        loop, end = self._running(), self._end
        if end is not None:
            loop.call_soon_threadsafe(end.set)
        await asyncio.to_thread(self._thread.join, JOIN_S)

    async def place(self, auction_id: int, bid: BidIn) -> Judged:
        """As AuctionDoor.place."""
        judged: Judged = await self._ask(auction_id, bid, by_signal=False)
        return judged

    async def hand_over(self, auction_id: int, bid: BidIn) -> Judged | None:
        """As AuctionDoor.hand_over."""
        judged: Judged | None = await self._ask(auction_id, bid, by_signal=True)
        return judged

    def in_flight(self) -> list[str]:
        """As AuctionDoor.in_flight."""
        return self._door.in_flight()

    async def finish(self) -> None:
        """As AuctionDoor.finish."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._door.finish(), self._running()))

    async def _ask(self, auction_id: int, bid: BidIn, *, by_signal: bool) -> Any:
        loop = self._running()
        if self._outbox is None:
            raise RuntimeError("the door has not been started")
        future = asyncio.get_running_loop().create_future()
        reply = _Reply(self._outbox, future)
        self._inbox.append((auction_id, bid, reply, by_signal))
        if not self._is_woken:
            self._is_woken = True
            loop.call_soon_threadsafe(self._take_in)
        try:
            return await future
        finally:
            reply.cancel()

    def _take_in(self) -> None:
        self._is_woken = False
        while self._inbox:
            auction_id, bid, reply, by_signal = self._inbox.popleft()
            self._door.enqueue(auction_id, bid, reply, by_signal=by_signal)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the door has not been started")
        return self._loop
