"""A seller's own system on a real socket: it keeps what it is sent, and misbehaves in every way that one can."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any

import msgspec

# An HTTP status, or a way to misbehave.
HANG, LORIS_HEAD, LORIS_BODY, CUT = "hang", "loris_head", "loris_body", "cut"
Behaviour = int | str


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


@dataclass
class Receiver:
    """`behave` says what is done with each request."""

    port: int = 0
    scheme: str = "http"
    behave: Callable[[Received], Behaviour] = lambda _: 200
    location: str = ""
    received: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    most_open: int = 0
    _open: int = 0
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hooks"

    def ids(self) -> list[int]:
        """The events that were taken, in order."""
        return [each.event["id"] for each in self.taken]

    def let_go(self) -> None:
        """Answer whoever hangs."""
        self._let_go.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(await _read(reader), writer)
        finally:
            self._open -= 1
            writer.close()
            with suppress(ConnectionError, OSError):
                await writer.wait_closed()

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.received.append(request)
        behaviour = self.behave(request)
        if behaviour == CUT:
            return
        if behaviour == HANG:
            await self._let_go.wait()
            behaviour = 200
        if behaviour == LORIS_HEAD:
            await self._drip(writer, b"HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n")
            return
        status = behaviour if isinstance(behaviour, int) else 200
        if 200 <= status < 300:
            self.taken.append(request)
        head = f"HTTP/1.1 {status} Whatever\r\nconnection: close\r\n"
        head += f"location: {self.location}\r\n" if self.location else ""
        if behaviour == LORIS_BODY:
            await self._drip(writer, f"{head}content-length: 1000000\r\n\r\n".encode(), b"x")
            return
        writer.write(f"{head}content-length: 2\r\n\r\nok".encode())
        await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter, first: bytes, more: bytes) -> None:
        writer.write(first)
        while not self._let_go.is_set():
            writer.write(more)
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._let_go.wait(), 0.05)


@asynccontextmanager
async def receiver(tls: SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback, which takes everything until it is told otherwise."""
    made = Receiver(scheme="http" if tls is None else "https")
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.let_go()
        server.close()
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Received(first.split(" ")[1], headers, await reader.readexactly(int(headers.get("content-length", "0"))))
