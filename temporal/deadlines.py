"""One timer for many who wait equally long: cheaper than a timer each on a path that thousands take a second."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Deadlines:
    """Futures in order of arrival, each of which fails with `error()` if it is not done `seconds` after it came."""

    def __init__(self, seconds: float, error: Callable[[], Exception]) -> None:
        self._seconds = seconds
        self._error = error
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, answer: asyncio.Future[Any]) -> None:
        """Watch one more; those at the front that are done are forgotten on the way."""
        waiting, loop = self._waiting, answer.get_loop()
        while waiting and waiting[0][1].done():
            waiting.popleft()
        waiting.append((loop.time() + self._seconds, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, now = self._waiting, loop.time()
        while waiting and (waiting[0][0] <= now or waiting[0][1].done()):
            _, answer = waiting.popleft()
            if not answer.done():
                answer.set_exception(self._error())
        self._timer = loop.call_at(waiting[0][0], self._expire, loop) if waiting else None
