"""`python -m api`: serve the API and the pages until a signal says stop."""

import os
import signal
import sys
from functools import partial

import uvicorn
from fastapi import FastAPI

from activities.logs import configure_logs
from activities.settings import Settings, SettingsError, load_settings
from api.app import create_app
from api.streams.server import StreamingServer

STOP_WITHIN_S = 10
BACKLOG = 4096
NOT_STARTED = 3
# A recording thread gets its turn this often, so that a busy event loop does not stretch its transaction tenfold.
SWITCH_S = 0.0005


def main() -> int:
    """Serve; 0 after a clean stop, another number when it did not start."""
    try:
        settings = load_settings()
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    configure_logs(settings.log_level)
    sys.setswitchinterval(SWITCH_S)
    app = create_app(settings)
    server = StreamingServer(_config(settings, app), partial(_end_streams, app))
    # After its clean end uvicorn raises the signal again, which would end us with the signal's code instead of 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0 if server.started else NOT_STARTED


def _end_streams(app: FastAPI) -> None:
    if app.state.services is not None:
        app.state.services.hub.end_streams()


def _config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # With Python 3.11 the threads of Temporal's core can crash the interpreter while it finalises, after everything
    # has been closed; leaving at once keeps the exit code true.
    os._exit(code)
