"""The ways in which a vendor fails, switched on over HTTP: `POST /_sandbox/faults`."""

import asyncio
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL = "/_sandbox/"
PATH = "/_sandbox/faults"
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Mode(StrEnum):
    """What happens to a request. The two cuts end the connection in the middle of the answer: after `cut_before` the
    vendor has done nothing, after `cut_after` it has done everything."""

    ERROR_500 = "error_500"
    TOO_MANY = "too_many"
    HTML = "html"
    SLOW = "slow"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"


@dataclass(slots=True)
class Fault:
    """One fault for the next `times` requests whose path starts with `path` and whose body holds `containing`."""

    mode: Mode
    times: int = 1
    path: str = "/"
    containing: str = ""
    seconds: float = 0.0


class Faults:
    """ASGI middleware around a sandbox; its own control paths never fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._planned: list[Fault] = []

    def routes(self) -> list[Route]:
        """The control: POST a Fault, GET what is still planned, DELETE all of it."""
        return [Route(PATH, self._control, methods=["GET", "POST", "DELETE"])]

    def plan(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._planned.append(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it as planned."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == PATH:
            await (await self._control(Request(scope, receive)))(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        fault = None if scope["path"].startswith(CONTROL) else self._next(scope["path"], body)
        await self._serve(fault, scope, _replay(body, receive), send)

    async def _serve(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.mode if fault else None:
            case None:
                await self._app(scope, receive, send)
            case Mode.ERROR_500:
                await JSONResponse({"error": "planned"}, 500)(scope, receive, send)
            case Mode.TOO_MANY:
                await JSONResponse({"error": "planned"}, 429, {"retry-after": "1"})(scope, receive, send)
            case Mode.HTML:
                await HTMLResponse(HTML, 502)(scope, receive, send)
            case Mode.SLOW:
                await asyncio.sleep(fault.seconds if fault else 0)
                await self._app(scope, receive, send)
            case Mode.CUT_BEFORE:
                await _cut(send)
            case Mode.CUT_AFTER:
                await self._app(scope, receive, _nowhere)
                await _cut(send)

    def _next(self, path: str, body: bytes) -> Fault | None:
        for fault in self._planned:
            if path.startswith(fault.path) and fault.containing.encode() in body:
                fault.times -= 1
                if fault.times <= 0:
                    self._planned.remove(fault)
                return fault
        return None

    async def _control(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._planned.clear()
        if request.method == "POST":
            wanted: dict[str, Any] = await request.json()
            self.plan(Fault(**{**wanted, "mode": Mode(wanted["mode"])}))
        return JSONResponse([asdict(fault) for fault in self._planned])


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes after it."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _nowhere(message: Message) -> None:
    del message


async def _cut(send: Send) -> None:
    """Promise an answer and end before it: uvicorn then closes the connection under the client."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
