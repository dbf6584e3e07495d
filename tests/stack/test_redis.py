"""Redis and its stand-in, under the client that the product uses."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import redis.asyncio
from redis.asyncio.client import PubSub

from temporal.stack import ports
from temporal.stack.child import Program
from temporal.stack.lock import StackLock
from temporal.stack.progress import Progress
from temporal.stack.readiness import redis_answers
from temporal.stack.redis import STAND_IN, redis_command
from temporal.stack.supervisor import Supervisor

INSTALLED = pytest.param(
    True, marks=pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server is installed")
)


@pytest_asyncio.fixture(params=[INSTALLED, False])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    lock, port = StackLock.take(tmp_path), ports.free_port()
    supervisor = Supervisor(lock, Progress(None))
    program = Program(
        name="redis",
        command=redis_command(port, tmp_path, installed=request.param),
        environment={"PATH": os.environ["PATH"]},
        data_dir=tmp_path,
        log_path=tmp_path / "redis.log",
        ready=redis_answers(port),
    )
    await supervisor.start(program)
    yield f"redis://{ports.LOOPBACK}:{port}/0"
    await supervisor.stop()
    lock.release()


async def next_message(news: PubSub) -> bytes:
    async with asyncio.timeout(10):
        while True:
            message = await news.get_message(ignore_subscribe_messages=True, timeout=1)
            if message:
                return bytes(message["data"])


async def test_what_is_published_arrives(url: str) -> None:
    async with redis.asyncio.Redis.from_url(url) as client, client.pubsub() as news:
        await news.subscribe("auction-7")
        assert await news.get_message(timeout=5) is not None
        assert await client.publish("auction-7", b"\x00frame\r\n") == 1
        assert await next_message(news) == b"\x00frame\r\n"


async def test_values_live_until_they_expire_or_are_flushed(url: str) -> None:
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.set("seen", "1", ex=60)
        assert await client.ttl("seen") in range(1, 61)
        await client.flushall()
        assert await client.get("seen") is None


def test_the_stand_in_runs_with_our_own_interpreter(tmp_path: Path) -> None:
    assert redis_command(6400, tmp_path, installed=False) == (sys.executable, "-m", STAND_IN, "6400")
