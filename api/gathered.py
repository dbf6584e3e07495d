"""One query for all that is asked for at about the same moment, as many bidders' sign-ins are."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST_IN_QUERY = 256


class Gathered(Generic[Key, Value]):
    """Asks for one key at a time, answered by `load_many`: while one query is under way, the next ones gather."""

    def __init__(self, load_many: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._load_many = load_many
        self._waiting: dict[Key, asyncio.Future[Value | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def one(self, key: Key) -> Value | None:
        """The value, or None where there is none. Raises what `load_many` raised, to all whose key was in its query."""
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._work_off())
        return await asyncio.shield(waiting)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                # Whoever asks in this turn of the event loop comes along.
                await asyncio.sleep(0)
                keys = list(self._waiting)[:MOST_IN_QUERY]
                await self._answer({key: self._waiting.pop(key) for key in keys})
        finally:
            self._task = None

    async def _answer(self, taken: Mapping[Key, "asyncio.Future[Value | None]"]) -> None:
        try:
            found = await self._load_many(list(taken))
        except Exception as error:  # noqa: BLE001 - it is raised again, to everybody who waits for it
            for waiting in taken.values():
                waiting.set_exception(error)
                # Those who waited may all have gone: an error that nobody fetches is not to be logged as lost.
                waiting.exception()
            return
        for key, waiting in taken.items():
            waiting.set_result(found.get(key))
