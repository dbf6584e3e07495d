"""An app in a thread: up before the block starts, gone after it, and never waited for in vain."""

import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.sandbox.running import running


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.url.path}")


def app_that_remembers(seen: list[str]) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        seen.append("up")
        yield
        seen.append("down")

    return Starlette(routes=[Route("/hello", hello)], lifespan=lifespan)


def test_an_app_runs_inside_the_block_only() -> None:
    seen: list[str] = []
    with running(app_that_remembers(seen)) as url:
        assert httpx.get(f"{url}/hello", trust_env=False).text == "hello /hello"
        assert seen == ["up"]
    assert seen == ["up", "down"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/hello", trust_env=False)


def test_an_app_comes_back_on_its_port() -> None:
    with running(app_that_remembers([])) as url:
        port = int(url.rpartition(":")[2])
        httpx.get(f"{url}/hello", trust_env=False)
    with running(app_that_remembers([]), port) as again:
        assert again == url
        assert httpx.get(f"{url}/hello", trust_env=False).status_code == 200


def test_an_app_that_cannot_start_is_an_error() -> None:
    def lifespan(app: Starlette) -> contextlib.AbstractAsyncContextManager[None]:
        raise ValueError("no")

    with pytest.raises(RuntimeError, match="did not start"), running(Starlette(lifespan=lifespan)):
        pass
