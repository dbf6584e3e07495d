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
from tests.sandbox.s3.users import Users


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app. Controls, besides those of `Troubles`: `POST /_sandbox/clock {"advance_s": N}`,
    `GET /_sandbox/objects`, the keys there are, and `GET /_sandbox/role?life_s=N`, which lends the keys of its role as
    a machine's metadata service does; `DELETE` lets all of them end."""
    objects, clock, users = Objects(config.data_dir), Clock(config.seconds), Users(config)

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

    async def role(request: Request) -> Response:
        if request.method == "DELETE":
            users.end(clock.now())
            return Response(status_code=204)
        lent = users.lend(float(request.query_params.get("life_s", "3600")), clock.now())
        until = "" if lent.until is None else lent.until.strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": lent.access_key_id, "SecretAccessKey": lent.secret_access_key, "Token": lent.token}
        return JSONResponse({**keys, "Expiration": until, "RoleArn": "arn:aws:iam::1:role/sandbox"})

    async def no_webhooks(request: Request) -> Response:
        """What the stack asks to see whether it serves; nothing is sent to us from here."""
        del request
        return JSONResponse([])

    bucket = Bucket(users, objects, clock)
    routes = [
        Route("/_sandbox/webhooks", no_webhooks),
        Route("/_sandbox/clock", advance, methods=["POST"]),
        Route("/_sandbox/objects", keys),
        Route("/_sandbox/role", role, methods=["GET", "DELETE"]),
        Route("/{path:path}", bucket.__call__, methods=[*METHODS, "OPTIONS"]),
    ]
    return Troubles(Starlette(routes=routes, lifespan=lifespan))
