"""One open stream: a bounded queue of written events, and a writer that exists only while something waits."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from starlette.types import Send

from api.streams.metrics import StreamMetrics


class Subscriber:
    """A stream on its way to one reader. `push` never waits; a reader that is too slow loses its queue and starts anew.

    Idle it is this object and the server's own task; the writer's task lives for one burst.
    """

    __slots__ = (
        "_ending",
        "_limit",
        "_metrics",
        "_refresh",
        "_send",
        "_waiting",
        "_writer",
        "beat",
        "is_closed",
        "is_given_up",
        "is_held",
        "is_lost",
        "owner",
        "until",
        "user_id",
    )

    def __init__(
        self,
        send: Send,
        user_id: int | None,
        *,
        limit: int,
        metrics: StreamMetrics,
        refresh: Callable[["Subscriber"], bytes],
    ) -> None:
        self.user_id = user_id
        self.is_closed = False
        self.is_given_up = False
        self.is_held = True
        self.is_lost = False
        self.owner: asyncio.Task[Any] | None = None
        self.until = 0.0
        self.beat = 0
        self._send = send
        self._limit = limit
        self._metrics = metrics
        self._refresh = refresh
        self._waiting: list[bytes] = []
        self._writer: asyncio.Task[None] | None = None
        self._ending = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be written."""
        return not self._waiting and self._writer is None

    @property
    def is_ending(self) -> bool:
        """Whether the stream was told to end."""
        return self._ending

    def push(self, chunk: bytes) -> None:
        """Queue written events; with the queue full, drop it for a fresh snapshot once the reader has caught up."""
        if self.is_closed or self.is_lost or self._ending:
            return
        if len(self._waiting) >= self._limit:
            self._waiting.clear()
            self.is_lost = True
            self._metrics.slow_readers.inc()
            return
        self._waiting.append(chunk)
        self._wake()

    def release(self, first: bytes) -> None:
        """Begin to write: `first`, then what was pushed meanwhile."""
        if first:
            self._waiting.insert(0, first)
        self.is_held = False
        self._wake()

    def end(self) -> None:
        """End the stream cleanly after what waits."""
        self._ending = True
        self.is_held = False
        self._wake()

    def cut(self) -> None:
        """End the stream without what waits, which may be private; a reader that stands still is given up soon."""
        self._waiting.clear()
        self.is_lost = False
        self.until = min(self.until, time.monotonic())
        self.end()

    def abort(self) -> None:
        """Give up a reader that does not even take the end."""
        if self.owner is not None and not self.is_given_up:
            self.is_closed = self.is_given_up = True
            self.owner.cancel()

    def close(self) -> None:
        """The connection is gone."""
        self.is_closed = True
        self._waiting.clear()
        if self._writer is not None:
            self._writer.cancel()

    def _wake(self) -> None:
        if self._writer is None and not self.is_held and not self.is_closed:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while not self.is_closed and (self._waiting or self.is_lost):
                await self._write_some()
            if self._ending and not self.is_closed:
                self.is_closed = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._writer = None

    async def _write_some(self) -> None:
        if self._waiting:
            chunks, self._waiting = self._waiting, []
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        else:
            self.is_lost = False
            body = self._refresh(self)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
