"""News of auctions on their way from whoever recorded a change to every process that streams: one Redis channel.

Redis carries news and may lose it; the database is the truth that streams repair themselves from.
"""

import time
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import redis
import structlog

CHANNEL = "hammertime:lots"
TIMEOUT_S = 0.5
PAUSE_AFTER_FAILURE_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LotNews:
    """What changed on one lot.

    `facts`: the public state after the newest entry (see domain.auction.Auction.facts). `events`: the public parts of
    the entries that the public may see while the lot is live, oldest first: they changed the version, or started the
    lot. `users`: ids of the people whose own position may have changed; never shown to anybody else.
    """

    auction_id: int
    facts: dict[str, Any]
    events: list[dict[str, Any]]
    users: list[int]


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(LotNews)


class NewsPublisher(Protocol):
    """Where the recorder sends its news after the commit."""

    def publish(self, news: list[LotNews]) -> None:
        """Send; never raises, and never keeps the caller waiting for long."""


class RedisPublisher:
    """Publishes over Redis. While Redis is away it drops the news and tries again a second later."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._silent_until = 0.0

    def publish(self, news: list[LotNews]) -> None:
        """One message for each lot, in one round trip."""
        if not news or time.monotonic() < self._silent_until:
            return
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for item in news:
                pipeline.publish(CHANNEL, ENCODER.encode(item))
            pipeline.execute()
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
            log.warning("news_dropped", error=type(error).__name__, lots=len(news))

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()
