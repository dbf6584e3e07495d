"""The cache of a few seconds: bounded, asked once for many, and forgetful when told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.recent import Recent


class Source:
    """Counts what it is asked; answers when the gate is open."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def __call__(self) -> Callable[[], Awaitable[int]]:
        async def load() -> int:
            self.asked += 1
            answer = self.asked
            await self.gate.wait()
            return answer

        return load


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_many_who_want_the_same_ask_once() -> None:
    source, recent = Source(), Recent[str, int](size=10, seconds=5)
    answers = await asyncio.gather(*(recent.get("a", source()) for _ in range(50)))
    assert (set(answers), source.asked) == ({1}, 1)


async def test_a_value_is_asked_for_again_when_it_is_old() -> None:
    source, clock = Source(), Clock()
    recent = Recent[str, int](size=10, seconds=5, clock=clock)
    assert await recent.get("a", source()) == 1
    clock.seconds = 4.9
    assert await recent.get("a", source()) == 1
    clock.seconds = 5.1
    assert await recent.get("a", source()) == 2


async def test_the_oldest_goes_when_it_is_full() -> None:
    source, recent = Source(), Recent[int, int](size=3, seconds=5)
    for key in range(4):
        await recent.get(key, source())
    await recent.get(3, source())
    assert source.asked == 4
    await recent.get(0, source())
    assert source.asked == 5


async def test_what_was_forgotten_while_it_was_asked_for_is_not_kept() -> None:
    source, recent = Source(), Recent[str, int](size=10, seconds=5)
    source.gate.clear()
    asking = asyncio.create_task(recent.get("a", source()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    recent.forget("a")
    source.gate.set()
    assert await asking == 1
    assert await recent.get("a", source()) == 2


async def test_a_failure_reaches_everyone_who_waits_and_is_not_kept() -> None:
    recent = Recent[str, int](size=10, seconds=5)

    async def fails() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await recent.get("a", fails)
    assert await recent.get("a", Source()()) == 1


async def test_one_who_gives_up_does_not_spoil_it_for_the_others() -> None:
    source, recent = Source(), Recent[str, int](size=10, seconds=5)
    source.gate.clear()
    first, second = (asyncio.create_task(recent.get("a", source())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1


async def test_who_comes_again_and_again_never_waits_for_a_renewal() -> None:
    source, clock = Source(), Clock()
    recent = Recent[str, int](size=10, seconds=5, clock=clock)
    await recent.get("a", source())
    clock.seconds = 4.0
    source.gate.clear()

    assert await recent.get("a", source()) == 1

    source.gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.seconds = 6.0
    assert (await recent.get("a", source()), source.asked) == (2, 2)


async def test_a_renewal_that_fails_leaves_the_value_for_its_time() -> None:
    clock = Clock()
    recent = Recent[str, int](size=10, seconds=5, clock=clock)

    async def good() -> int:
        return 1

    async def bad() -> int:
        raise ConnectionError

    await recent.get("a", good)
    clock.seconds = 4.0
    await recent.get("a", bad)
    await asyncio.sleep(0)

    assert await recent.get("a", good) == 1


async def test_renewals_wait_for_their_beat_and_begin_together() -> None:
    clock, begun = Clock(), 0
    recent = Recent[str, int](size=10, seconds=60, clock=clock, renew_every_s=0.05)

    async def load() -> int:
        nonlocal begun
        begun += 1
        return begun

    await asyncio.gather(recent.get("a", load), recent.get("b", load))
    clock.seconds = 40.0
    assert [await recent.get("a", load), await recent.get("b", load)] == [1, 2]
    assert begun == 2

    while begun < 4:
        await asyncio.sleep(0.01)

    assert [await recent.get("a", load), await recent.get("b", load)] == [3, 4]


async def test_a_renewal_that_could_come_too_late_at_its_beat_begins_at_once() -> None:
    source, clock = Source(), Clock()
    recent = Recent[str, int](size=10, seconds=5, clock=clock, renew_every_s=1.0)
    await recent.get("a", source())
    clock.seconds = 3.5

    assert await recent.get("a", source()) == 1
    await asyncio.sleep(0)
    assert source.asked == 2
