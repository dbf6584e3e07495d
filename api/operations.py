"""For those who run the house: health, readiness with its reasons, metrics, and the API's own description."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from typing_extensions import TypedDict

from activities.db.engine import database_now
from api.database import now
from api.frames import frame
from api.problems import fail
from api.routes import about
from api.security import Audience, Viewer
from api.state import Check, Services, services_of
from domain.clock import MILLISECOND
from web import views

CHECK_TIMEOUT_S = 2.0
RETRY_S = 5
router = APIRouter(tags=["operations"])


class HealthView(TypedDict):
    """This process answers."""

    status: str
    process_id: str


class ReadyView(HealthView):
    """This process should get traffic. `loading`: what answers 503 for a while all the same, nothing or `search`."""

    loading: list[str]


@router.get("/health", **about(Audience.PUBLIC, example={"status": "ok", "process_id": "api-1"}))
async def health(request: Request, _: Viewer) -> HealthView:
    """Whether this process is alive; it asks nobody else."""
    return {"status": "ok", "process_id": services_of(request).settings.process_id}


@router.get(
    "/ready",
    **about(Audience.PUBLIC, "NOT_READY", example={"status": "ready", "process_id": "api-1", "loading": []}),
)
async def ready(request: Request, _: Viewer) -> ReadyView:
    """Whether this process should get traffic: its database, clock, Redis and Temporal; search only at the start."""
    services = services_of(request)
    names = list(services.checks)
    found = await asyncio.gather(*(_reason(services.checks[name]) for name in names))
    reasons = {name: reason for name, reason in zip(names, found, strict=True) if reason is not None}
    if reasons:
        raise fail("NOT_READY", reasons=reasons, retry_after_s=RETRY_S)
    loading = [] if services.search.is_filled else ["search"]
    return {"status": "ready", "process_id": services.settings.process_id, "loading": loading}


@router.get("/metrics", response_class=Response, **about(Audience.PUBLIC, "NOT_FOUND"))
async def metrics(request: Request, _: Viewer) -> Response:
    """Figures for Prometheus."""
    services = services_of(request)
    if not services.settings.metrics:
        raise fail("NOT_FOUND")
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False, **about(Audience.PUBLIC))
async def description(request: Request, _: Viewer) -> JSONResponse:
    """The API's description, as OpenAPI."""
    described: dict[str, Any] = request.app.openapi()
    return JSONResponse(described)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False, **about(Audience.PUBLIC))
async def docs(request: Request, _: Viewer) -> HTMLResponse:
    """The same description for people."""
    view = views.Docs(frame(request), request.app.openapi())
    return HTMLResponse(services_of(request).pages.docs(view))


def install_checks(services: Services, clock: Callable[[], datetime] = now) -> None:
    """Add the checks of the parts that every API process has; `clock` is this process's own."""

    async def database() -> str | None:
        before = clock()
        theirs = await services.database.read(database_now)
        middle = before + (clock() - before) / 2
        off_ms = abs(theirs - middle) // MILLISECOND
        limit_ms = services.settings.clock_skew_max_ms
        return None if off_ms <= limit_ms else f"the clock is {off_ms} ms off the database's; {limit_ms} ms are allowed"

    async def redis() -> str | None:
        await services.redis.ping()
        return None

    async def temporal() -> str | None:
        well = await services.temporal.service_client.check_health()
        return None if well else "Temporal says that it is not serving"

    services.checks.update(database=database, redis=redis, temporal=temporal)


async def _reason(check: Check) -> str | None:
    """What is wrong with one part. Only the kind of an error is told: its text may hold addresses and passwords."""
    try:
        return await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a part can fail with, the answer is that it is not ready
        return type(error).__name__
