"""`kill -9` in the middle of a burst: whatever was acknowledged is in the ledger, once, and as it was answered."""

from collections.abc import Callable

import pytest
import redis

from temporal.stack.local_stack import LocalStack
from tests.journeys.crowd import crowd
from tests.journeys.proof import prove
from tests.journeys.town import Town

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

BIDDERS = 32
BEFORE, AFTER = 300, 500


def _kill(*names: str) -> Callable[[LocalStack], None]:
    def kill(stack: LocalStack) -> None:
        for name in names:
            stack.kill(name)
        for name in names:
            stack.until_ready(name)

    return kill


def _flush_redis(stack: LocalStack) -> None:
    with redis.Redis.from_url(stack.environment["REDIS_URL"]) as client:
        client.flushall()


@pytest.mark.parametrize(
    ("name", "strike"),
    [
        ("temporal", _kill("temporal")),
        ("worker", _kill("worker")),
        ("one API of two", _kill("api-2")),
        ("both APIs", _kill("api", "api-2")),
        ("all of them", _kill("temporal", "worker", "api", "api-2", "redis")),
        ("redis", _kill("redis")),
        ("redis flushed", _flush_redis),
    ],
)
def test_no_acknowledged_bid_is_lost_or_counted_twice(
    chaos_town: Town, capsys: pytest.CaptureFixture[str], name: str, strike: Callable[[LocalStack], None]
) -> None:
    lot = chaos_town.lot()
    with crowd(chaos_town, lot, chaos_town.buyers(BIDDERS)) as bidders:
        bidders.until(BEFORE)
        strike(chaos_town.stack)
        bidders.until(AFTER)
    figures = prove(chaos_town, lot, bidders)
    with capsys.disabled():
        print(f"\n  killed {name}: {figures}")
