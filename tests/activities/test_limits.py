"""Limits: counted in Redis for all processes, in memory while it is away, and never without bound."""

import pytest
from fakeredis import FakeAsyncRedis, FakeServer

from activities.limits import Limit, Limiter

THREE = Limit("test", tries=3, window_s=60)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def tries(limiter: Limiter, count: int, subject: str = "a") -> list[bool]:
    return [await limiter.hit(THREE, subject) is None for _ in range(count)]


async def test_two_processes_count_together() -> None:
    server = FakeServer()
    one, two = (Limiter(FakeAsyncRedis(server=server)) for _ in range(2))
    assert await tries(one, 2) == [True, True]
    assert await tries(two, 2) == [True, False]


async def test_a_subject_is_forgotten_on_request_and_others_are_untouched() -> None:
    limiter = Limiter(FakeAsyncRedis(server=FakeServer()))
    await tries(limiter, 4)
    assert await tries(limiter, 1, "b") == [True]
    await limiter.forget(THREE, "a")
    assert await tries(limiter, 1) == [True]


async def test_the_wait_is_what_is_left_of_the_window() -> None:
    limiter = Limiter(FakeAsyncRedis(server=FakeServer()))
    await tries(limiter, 3)
    wait_s = await limiter.hit(THREE, "a")
    assert wait_s is not None
    assert 0 < wait_s <= THREE.window_s


@pytest.mark.parametrize("with_redis", [True, False])
async def test_memory_counts_while_redis_is_away(with_redis: bool) -> None:
    server, clock = FakeServer(), Clock()
    server.connected = False
    limiter = Limiter(FakeAsyncRedis(server=server) if with_redis else None, clock=clock)
    assert await tries(limiter, 4) == [True, True, True, False]
    await limiter.forget(THREE, "a")
    assert await tries(limiter, 4) == [True, True, True, False]
    clock.seconds = 61
    assert await tries(limiter, 1) == [True]


async def test_memory_has_a_bound() -> None:
    limiter = Limiter(None, remembered_max=10)
    for number in range(50):
        await limiter.hit(THREE, str(number))
    assert len(limiter._counts) == 10


@pytest.mark.parametrize("connected", [True, False])
async def test_looking_at_the_wait_counts_no_try(connected: bool) -> None:
    server = FakeServer()
    server.connected = connected
    limiter = Limiter(FakeAsyncRedis(server=server))
    assert [await limiter.wait(THREE, "a") for _ in range(5)] == [None] * 5
    await tries(limiter, 2)
    assert await limiter.wait(THREE, "a") is None
    await tries(limiter, 1)
    wait_s = await limiter.wait(THREE, "a")
    assert wait_s is not None
    assert 0 < wait_s <= THREE.window_s


async def test_a_wait_is_over_with_its_window() -> None:
    clock = Clock()
    limiter = Limiter(None, clock=clock)
    await tries(limiter, 3)
    assert await limiter.wait(THREE, "a") == THREE.window_s
    clock.seconds = THREE.window_s
    assert await limiter.wait(THREE, "a") is None
