"""The vPIC sandbox: `DecodeVinValues` with HTTP 200 for whatever is asked, in XML unless JSON is asked for."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.faults import Faults
from tests.sandbox.store import Store
from tests.sandbox.vehicles import CATALOGUE, Vehicles
from tests.sandbox.vpic.answers import NAMES, answer

API = "/api"
XML = "<Response><Count>1</Count><Message>Results returned successfully</Message></Response>"
TRAFFIC = "<html><body><h1>Your access is temporarily limited</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """More than so many calls in a second are turned away; without `data_dir` all is forgotten at the end."""

    calls_per_second: int = 50
    data_dir: Path | None = None
    catalogue: Path = CATALOGUE
    seconds: Callable[[], float] = time.time


class _Traffic:
    """Counts the calls of a second."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._second = (0, 0)
        self.calls = 0

    def is_too_much(self) -> bool:
        self.calls += 1
        now, (second, used) = int(self._config.seconds()), self._second
        self._second = now, used + 1 if now == second else 1
        return self._second[1] > self._config.calls_per_second


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app. Controls, besides those of `Faults`: POST `/_sandbox/answers {vin, fields}` sets
    fields of an answer (null too), GET `/_sandbox/calls` counts."""
    store = Store(None if config.data_dir is None else config.data_dir / "vpic.db")
    vehicles, traffic = Vehicles(config.catalogue), _Traffic(config)

    async def decode(request: Request) -> Response:
        if traffic.is_too_much():
            return Response(TRAFFIC, 403, media_type="text/html")
        query = dict(request.query_params)
        if not set(query) <= {"format", "modelyear"} or not query.get("modelyear", "2000").isdecimal():
            return Response("Bad Request", 400)
        if query.get("format") != "json":
            return Response(XML, media_type="application/xml")
        vin = request.path_params["vin"].upper()
        return JSONResponse(answer(vin, vehicles, store.get("answer", vin) or {}))

    async def set_fields(request: Request) -> Response:
        wanted = await request.json()
        unknown = set(wanted["fields"]) - set(NAMES)
        if unknown:
            return JSONResponse(sorted(unknown), 400)
        store.put("answer", wanted["vin"], wanted["fields"])
        return JSONResponse({})

    async def calls(request: Request) -> Response:
        del request
        return JSONResponse({"calls": traffic.calls})

    async def no_webhooks(request: Request) -> Response:
        """What the stack asks to see whether it serves; nothing is sent to us from here."""
        del request
        return JSONResponse([])

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        store.close()

    routes = [
        Route(f"{API}/vehicles/DecodeVinValues/{{vin}}", decode, methods=["GET"]),
        Route("/_sandbox/answers", set_fields, methods=["POST"]),
        Route("/_sandbox/calls", calls, methods=["GET"]),
        Route("/_sandbox/webhooks", no_webhooks, methods=["GET"]),
    ]
    return Faults(Starlette(routes=routes, lifespan=lifespan))
