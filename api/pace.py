"""How fast one person may bid on one lot, and the like: a bucket in this process's memory that fills with time."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

REMEMBERED_MAX = 100_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Pace:
    """At most `burst` at once and `per_second` in the long run, for each subject; bounded memory."""

    def __init__(self, burst: int, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[Hashable, _Bucket] = {}

    def wait_s(self, subject: Hashable) -> float:
        """Seconds until the subject may go on; 0 where it may now. Takes nothing."""
        return max(0.0, (1.0 - self._fill(subject).tokens) / self._per_second)

    def take(self, subject: Hashable) -> float:
        """Take one token; 0 where there was one, otherwise the seconds until there will be."""
        bucket = self._fill(subject)
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return 0.0
        return (1.0 - bucket.tokens) / self._per_second

    def _fill(self, subject: Hashable) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(subject)
        if bucket is None:
            if len(self._buckets) >= REMEMBERED_MAX:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[subject] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        return bucket
