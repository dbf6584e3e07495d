"""Serves our own HTTP layer with another way to bring a bid to its auction, so that only that way is compared."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI

from activities.logs import configure_logs
from activities.settings import load_settings
from api.app import create_app, open_services
from api.state import Services
from temporal.auctions import AuctionDoor

DoorOf = Callable[[Services], AuctionDoor]


def serve(door_of: DoorOf) -> None:
    """Serve until SIGINT or SIGTERM, with the server settings of `python -m api`."""
    settings = load_settings()
    configure_logs(settings.log_level)
    app = create_app(settings)
    app.router.lifespan_context = _lifespan(door_of)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )


def _lifespan(door_of: DoorOf) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(load_settings()) as services:
            services.door = door_of(services)
            app.state.services = services
            yield
            await services.door.finish()

    return life
