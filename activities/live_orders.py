"""News of orders on their way from whoever recorded a change to every process that streams: one more Redis channel.

They carry no more than where an order stands; who hears them reads the order itself, by what they may see of it.
"""

import time

import msgspec
import redis
import structlog

from activities.live import PAUSE_AFTER_FAILURE_S, TIMEOUT_S
from activities.order_doors import OrderChanged

CHANNEL = "hammertime:orders"
ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(OrderChanged)
log = structlog.get_logger(__name__)


class RedisOrderPublisher:
    """Publishes over Redis. While Redis is away it drops the news and tries again a second later."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._silent_until = 0.0

    def publish_order(self, changed: OrderChanged) -> None:
        """Send; never raises, and never keeps the caller waiting for long."""
        if time.monotonic() < self._silent_until:
            return
        try:
            self._redis.publish(CHANNEL, ENCODER.encode(changed))
        except redis.RedisError as error:
            self._silent_until = time.monotonic() + PAUSE_AFTER_FAILURE_S
            log.warning("order_news_dropped", error=type(error).__name__, order_id=changed.order_id)

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()
