"""The Persona sandbox: the REST API, the hosted page, signed webhooks, and the controls that make it fail."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.deliveries import Deliveries
from tests.sandbox.faults import Faults
from tests.sandbox.persona.config import Clock, Config
from tests.sandbox.persona.endpoints import Endpoints
from tests.sandbox.persona.gate import Gate
from tests.sandbox.persona.inquiries import Inquiries
from tests.sandbox.persona.page import Page
from tests.sandbox.persona.signing import Signer
from tests.sandbox.store import Store

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app; its lifespan delivers the webhooks. Controls, besides those of `Faults` and
    `Deliveries`: `POST /_sandbox/clock {"advance_s": N}`, `POST /_sandbox/crashes {"times": N, "when": "before"}`."""
    store = Store(None if config.data_dir is None else config.data_dir / "persona.db")
    clock = Clock(config.seconds)
    deliveries = Deliveries(store, config.webhook_url, Signer(config.webhook_secrets, config.seconds))
    inquiries = Inquiries(store, clock, deliveries.send)
    gate = Gate(config, store, lambda: clock.now().timestamp(), Endpoints(config, inquiries))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        async with deliveries.running():
            yield
        store.close()

    routes = [
        Route("/api/v1/{path:path}", gate.__call__, methods=METHODS),
        *Page(inquiries).routes(),
        *deliveries.routes(),
        *_controls(clock, gate, inquiries),
    ]
    return Faults(Starlette(routes=routes, lifespan=lifespan))


def _controls(clock: Clock, gate: Gate, inquiries: Inquiries) -> list[Route]:
    async def advance(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        clock.advance(wanted["advance_s"])
        # What is over by now is told at once, as the vendor would tell it.
        inquiries.newest_first()
        return JSONResponse({"now": clock.now().isoformat()})

    async def crash(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        gate.crashes += [{"before": "before", "after": "after"}[wanted.get("when", "before")]] * wanted.get("times", 1)
        return JSONResponse(gate.crashes)

    return [
        Route("/_sandbox/clock", advance, methods=["POST"]),
        Route("/_sandbox/crashes", crash, methods=["POST"]),
    ]
