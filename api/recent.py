"""A small cache for a few seconds: bounded, and asking once for what many want at the same moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

RENEW_LEFT = 0.4


class Recent(Generic[Key, Value]):
    """Values no older than `seconds`; at most `size` of them, the oldest going first."""

    def __init__(
        self, *, size: int, seconds: float, clock: Callable[[], float] = time.monotonic, renew_every_s: float = 0.0
    ) -> None:
        """With `renew_every_s`, renewals begin together at so many seconds' beats, for a loader that gathers them."""
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._renew_every_s = renew_every_s
        self._values: dict[Key, tuple[float, Value]] = {}
        self._asked: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key, load: Callable[[], Awaitable[Value]]) -> Value:
        """The value, loaded where it is missing or old; a failed load fails all who wait for it and is not kept."""
        known = self._values.get(key)
        left = -1.0 if known is None else known[0] - self._clock()
        if known is not None and left > 0:
            if left < self._seconds * RENEW_LEFT and key not in self._asked:
                # Whoever comes again and again never waits, and is not overtaken by others while a value is renewed.
                self._ask(key, self._at_the_beat(load, left)).add_done_callback(_heed)
            return known[1]
        # Shielded, because others may wait for the same task when this request is cancelled.
        return await asyncio.shield(self._asked.get(key) or self._ask(key, load))

    def forget(self, key: Key) -> None:
        """Drop a value; a load that is under way is not kept either."""
        self._values.pop(key, None)
        self._asked.pop(key, None)

    def _ask(self, key: Key, load: Callable[[], Awaitable[Value]]) -> "asyncio.Task[Value]":
        task = asyncio.ensure_future(self._load(key, load))
        self._asked[key] = task
        return task

    def _at_the_beat(self, load: Callable[[], Awaitable[Value]], left: float) -> Callable[[], Awaitable[Value]]:
        """The same load, put off to the next beat where the value stays good for longer than that."""
        every_s = self._renew_every_s
        if not every_s or left <= 2 * every_s:
            return load

        async def later() -> Value:
            await asyncio.sleep(every_s - self._clock() % every_s)
            return await load()

        return later

    async def _load(self, key: Key, load: Callable[[], Awaitable[Value]]) -> Value:
        own: asyncio.Task[Value] | None = asyncio.current_task()
        try:
            value = await load()
        except BaseException:
            self._is_wanted(key, own)
            raise
        if self._is_wanted(key, own):
            self._keep(key, value)
        return value

    def _is_wanted(self, key: Key, own: "asyncio.Task[Value] | None") -> bool:
        """End the asking; False when the key was forgotten meanwhile, so that what came back may be out of date."""
        if self._asked.get(key) is not own:
            return False
        del self._asked[key]
        return True

    def _keep(self, key: Key, value: Value) -> None:
        self._values.pop(key, None)
        if len(self._values) >= self._size:
            del self._values[next(iter(self._values))]
        self._values[key] = (self._clock() + self._seconds, value)


def _heed(task: "asyncio.Task[Value]") -> None:
    """A renewal that failed is tried again by the next who asks; its error is nobody's."""
    if not task.cancelled():
        task.exception()
