"""Serves an ASGI app in a thread of this process, on a loopback port, for as long as a `with` block runs."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from temporal.stack.ports import LOOPBACK

WAIT_S = 10.0
# A request that a fault keeps waiting must not keep the end of a test waiting.
LAST_ANSWERS_S = 1


class _Server(uvicorn.Server):
    """Says when it is up, or that it never will be."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()


@contextlib.contextmanager
def running(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve the app, its lifespan included; gives its URL without a trailing slash. Port 0 is a free one: pass the port
    of an earlier run to come back where a client expects the server. RuntimeError when it does not come up or end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=LAST_ANSWERS_S,
    )
    server = _Server(config)
    with _listening(port) as listener:
        thread = threading.Thread(target=_serve, args=(server, listener), daemon=True)
        thread.start()
        try:
            if not server.settled.wait(WAIT_S) or not server.started:
                raise RuntimeError("the server did not start")
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
    if thread.is_alive():
        raise RuntimeError("the server did not end")


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        yield listener


def _serve(server: _Server, listener: socket.socket) -> None:
    try:
        asyncio.run(server.serve([listener]))
    except SystemExit:
        # How uvicorn ends when the app's lifespan fails; whoever waits sees that it has not started.
        pass
    finally:
        server.settled.set()
