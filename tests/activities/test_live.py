"""News over Redis: one message a lot, read back as it was, and dropped without delay while Redis is away."""

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
import redis

from activities.live import CHANNEL, DECODER, ENCODER, PAUSE_AFTER_FAILURE_S, TIMEOUT_S, LotNews, RedisPublisher
from temporal.stack.ports import LOOPBACK, free_port
from temporal.stack.redis_stand_in import StandIn

NEWS = LotNews(7, {"auction_id": 7, "version": 3, "price_cents": None}, [{"kind": "bid", "seq": 2}], [1, 2])


@pytest.fixture
def server() -> Iterator[str]:
    """A Redis in this process; yields its URL."""
    port = free_port()
    stand_in = StandIn((LOOPBACK, port))
    thread = threading.Thread(target=stand_in.serve_forever, daemon=True)
    thread.start()
    yield f"redis://{LOOPBACK}:{port}/0"
    stand_in.shutdown()
    stand_in.server_close()
    thread.join()


@pytest.fixture
def nowhere() -> Iterator[RedisPublisher]:
    """A publisher whose Redis is away."""
    publisher = RedisPublisher(f"redis://{LOOPBACK}:{free_port()}/0")
    yield publisher
    publisher.close()


def heard(url: str, publish: list[LotNews]) -> list[LotNews]:
    """What a listener gets of what is published."""
    listener = redis.Redis.from_url(url)
    with listener.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(CHANNEL)
        channel.get_message(timeout=5)
        publisher = RedisPublisher(url)
        publisher.publish(publish)
        publisher.close()
        messages = [channel.get_message(timeout=5) for _ in publish]
    listener.close()
    return [DECODER.decode(message["data"]) for message in messages if message is not None]


def test_news_come_back_as_they_were() -> None:
    assert DECODER.decode(ENCODER.encode(NEWS)) == NEWS


@pytest.mark.parametrize("message", [b"", b"{}", b'{"auction_id": "7"}', b"null", b"\xff"])
def test_what_is_no_news_is_not_taken_for_it(message: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        DECODER.decode(message)


def test_each_lot_is_one_message(server: str) -> None:
    news = [LotNews(lot, NEWS.facts, [], []) for lot in (7, 8)]
    assert heard(server, news) == news


def test_no_news_need_no_redis(nowhere: RedisPublisher) -> None:
    nowhere.publish([])
    assert nowhere._silent_until == 0.0


def test_without_redis_news_are_dropped_and_the_next_try_waits(nowhere: RedisPublisher) -> None:
    started = time.monotonic()
    nowhere.publish([NEWS])
    assert nowhere._silent_until >= started + PAUSE_AFTER_FAILURE_S
    silent_until = nowhere._silent_until
    nowhere.publish([NEWS])
    assert nowhere._silent_until == silent_until


def test_a_publisher_never_waits_long() -> None:
    assert TIMEOUT_S <= PAUSE_AFTER_FAILURE_S


def test_news_flow_again_once_redis_is_back(server: str) -> None:
    publisher = RedisPublisher(server)
    publisher._silent_until = time.monotonic() - 1
    publisher.publish([NEWS])
    publisher.close()
    assert publisher._silent_until < time.monotonic()
