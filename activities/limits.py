"""How often somebody may try something: counted in Redis for all processes, in memory while Redis is away."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

REMEMBERED_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `window_s` seconds from the first one."""

    name: str
    tries: int
    window_s: int


class Limiter:
    """Counts tries per limit and subject."""

    def __init__(
        self,
        redis: "Redis | None",
        *,
        clock: Callable[[], float] = time.monotonic,
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        self._redis = redis
        self._remembered_max = remembered_max
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}

    async def hit(self, limit: Limit, subject: str) -> int | None:
        """Count a try; None when it may go on, otherwise the seconds until the next may."""
        key = _key(limit, subject)
        try:
            count, left_s = await self._hit_redis(key, limit)
        except (RedisError, OSError, TimeoutError):
            count, left_s = self._hit_memory(key, limit)
        return max(1, left_s) if count > limit.tries else None

    async def wait(self, limit: Limit, subject: str) -> int | None:
        """The seconds until the next try may be made, without counting one; None when it may be made now."""
        key = _key(limit, subject)
        try:
            count, left_s = await self._look_redis(key)
        except (RedisError, OSError, TimeoutError):
            count, left_s = self._look_memory(key)
        return max(1, left_s) if count >= limit.tries else None

    async def forget(self, limit: Limit, subject: str) -> None:
        """Forget the tries of a subject, as after a success."""
        key = _key(limit, subject)
        self._counts.pop(key, None)
        if self._redis is None:
            return
        try:
            await self._redis.delete(key)
        except (RedisError, OSError, TimeoutError):
            return

    async def _hit_redis(self, key: str, limit: Limit) -> tuple[int, int]:
        if self._redis is None:
            return self._hit_memory(key, limit)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=limit.window_s, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, count, left_s = await pipeline.execute()
        return count, left_s

    async def _look_redis(self, key: str) -> tuple[int, int]:
        if self._redis is None:
            return self._look_memory(key)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.get(key)
            pipeline.ttl(key)
            count, left_s = await pipeline.execute()
        return int(count or 0), left_s

    def _look_memory(self, key: str) -> tuple[int, int]:
        count, until = self._counts.get(key, (0, 0.0))
        left_s = until - self._clock()
        return (count, int(left_s)) if left_s > 0 else (0, 0)

    def _hit_memory(self, key: str, limit: Limit) -> tuple[int, int]:
        now = self._clock()
        count, until = self._counts.pop(key, (0, 0.0))
        if until <= now:
            count, until = 0, now + limit.window_s
        if len(self._counts) >= self._remembered_max:
            del self._counts[next(iter(self._counts))]
        self._counts[key] = (count + 1, until)
        return count + 1, int(until - now)


def _key(limit: Limit, subject: str) -> str:
    return f"limit:{limit.name}:{subject}"
