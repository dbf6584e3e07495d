"""The HTTP server with an end for streams: uvicorn waits for open answers before it tells the application to stop."""

import socket
from collections.abc import Callable

from uvicorn import Config, Server


class StreamingServer(Server):
    """Calls `end_streams` (see `LiveHub.end_streams`) as the shutdown begins."""

    def __init__(self, config: Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then do as uvicorn does."""
        self._end_streams()
        await super().shutdown(sockets)
