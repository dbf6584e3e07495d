"""The whole application, served by uvicorn on a loopback port over a migrated SQLite file and a real Redis."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis
from uvicorn import Config

from activities.settings import Settings
from api.app import assemble, create_app
from api.streams.server import StreamingServer
from temporal.client import connect
from temporal.stack.ports import LOOPBACK, free_port
from tests.api.conftest import SECRET
from tests.api.streams.stage import LossyPublisher, RedisProcess, Stage, until

PEOPLE = ("ada", "bob", "eve", "sam", "sue", "amy")
Perform = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """One Redis for the tests that leave it alone."""
    redis = RedisProcess(free_port(), tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis for one test to start and stop."""
    redis = RedisProcess(free_port(), tmp_path)
    yield redis
    redis.stop()


@pytest.fixture
def perform(migrated_file: Path, tmp_path: Path, make_settings: Callable[..., Settings]) -> Perform:
    """Serve the application with other settings."""

    @asynccontextmanager
    async def performed(redis: RedisProcess, **changes: Any) -> AsyncIterator[Stage]:
        path = tmp_path / "hammertime.db"
        shutil.copy(migrated_file, path)
        changes = {"sse_heartbeat_s": 1, **changes}
        settings = make_settings(database_url=f"sqlite:///{path}", redis_url=redis.url, **changes)
        async with AsyncExitStack() as stack:
            client = Redis.from_url(redis.url)
            stack.push_async_callback(client.aclose)
            temporal = await connect(settings, SECRET, lazy=True)
            services = assemble(settings, stack, secret=SECRET, redis=client, temporal=temporal)
            publisher = LossyPublisher(redis.url)
            stack.callback(publisher.close)
            await services.hub.start()
            stack.push_async_callback(services.hub.stop)
            config = Config(create_app(settings, services), host=LOOPBACK, port=0, log_config=None, lifespan="off")
            server = StreamingServer(config, services.hub.end_streams)
            serving = asyncio.create_task(server.serve())
            await until(lambda: server.started)
            port = server.servers[0].sockets[0].getsockname()[1]
            browser = AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=None)  # noqa: S113 - streams are endless

            def end() -> None:
                server.should_exit = True

            people = {name: number for number, name in enumerate(PEOPLE, start=1)}
            yield Stage(services, publisher, browser, end, people)
            end()
            await serving
            await browser.aclose()

    return performed


@pytest.fixture
async def stage(perform: Perform, shared_redis: RedisProcess) -> AsyncIterator[Stage]:
    """The application with news flowing."""
    async with perform(shared_redis) as performed:
        await until(lambda: performed.services.hub.is_listening)
        yield performed
