"""The one Redis subscription of a process: it reads news as long as Redis is there, and comes back when it does."""

import asyncio
from collections.abc import Callable

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from activities import live_orders
from activities.live import CHANNEL, DECODER, LotNews
from activities.order_doors import OrderChanged

CONNECT_TIMEOUT_S = 1.0
PAUSE_S = 0.5
LOOK_S = 5.0
log = structlog.get_logger(__name__)


class NewsListener:
    """Calls `hear` with the news of every lot, and `hear_order` with those of orders. `is_connected`: news flow, as
    far as anybody can know."""

    def __init__(
        self, redis_url: str, hear: Callable[[LotNews], None], hear_order: Callable[[OrderChanged], None]
    ) -> None:
        self._url = redis_url
        self._hear = hear
        self._hear_order = hear_order
        self.is_connected = False

    async def run(self) -> None:
        """Listen until cancelled; while Redis is away, look for it twice a second."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if self.is_connected:
                    log.warning("news_lost", error=type(error).__name__)
            finally:
                self.is_connected = False
            await asyncio.sleep(PAUSE_S)

    async def _listen(self) -> None:
        redis = Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_keepalive=True,
            health_check_interval=LOOK_S,
            retry=Retry(NoBackoff(), 0),
        )
        async with redis, redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL, live_orders.CHANNEL)
            while True:
                message = await subscription.get_message(timeout=LOOK_S)
                if message is None:
                    continue
                if message["type"] == "message":
                    self._read(message["channel"].decode(), message["data"])
                elif not self.is_connected:
                    self.is_connected = True
                    log.info("news_subscribed")

    def _read(self, channel: str, data: bytes) -> None:
        try:
            if channel == live_orders.CHANNEL:
                self._hear_order(live_orders.DECODER.decode(data))
            else:
                self._hear(DECODER.decode(data))
        except (msgspec.MsgspecError, LookupError, TypeError) as error:
            log.warning("news_unreadable", error=type(error).__name__)
