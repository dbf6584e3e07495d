"""The S3 sandbox: one bucket with one user, and the controls that make it fail or let time pass."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.s3.bucket import METHODS, Bucket
from tests.sandbox.s3.config import Clock, Config
from tests.sandbox.s3.objects import Objects
from tests.sandbox.s3.troubles import Troubles


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app. Controls, besides those of `Troubles`: `POST /_sandbox/clock {"advance_s": N}`, and
    `GET /_sandbox/objects`, the keys there are."""
    objects, clock = Objects(config.data_dir), Clock(config.seconds)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        objects.close()

    async def advance(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        clock.advance(wanted["advance_s"])
        return JSONResponse({"now": clock.now().isoformat()})

    async def keys(request: Request) -> Response:
        del request
        return JSONResponse([each.key for each in objects.below("")])

    async def no_webhooks(request: Request) -> Response:
        """What the stack asks to see whether it serves; nothing is sent to us from here."""
        del request
        return JSONResponse([])

    bucket = Bucket(config, objects, clock)
    routes = [
        Route("/_sandbox/webhooks", no_webhooks),
        Route("/_sandbox/clock", advance, methods=["POST"]),
        Route("/_sandbox/objects", keys),
        Route("/{path:path}", bucket.__call__, methods=[*METHODS, "OPTIONS"]),
    ]
    return Troubles(Starlette(routes=routes, lifespan=lifespan))
