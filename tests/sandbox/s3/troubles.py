"""The ways in which S3 fails, switched on over HTTP: `POST /_sandbox/faults`. Bodies pass through unread."""

import asyncio
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.sandbox.s3 import answers
from tests.sandbox.s3.answers import Refusal

PATH = "/_sandbox/faults"
CONTROL = "/_sandbox/"


class Mode(StrEnum):
    """What happens to a request. Of the two cuts, S3 has done nothing before the first and everything before the
    second."""

    ERROR_500 = "error_500"
    SLOW_DOWN = "slow_down"
    SLOW = "slow"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"


@dataclass(slots=True)
class Trouble:
    """One for the next `times` requests of this method, or of any, whose path holds `path`."""

    mode: Mode
    times: int = 1
    method: str = ""
    path: str = "/"
    seconds: float = 0.0


class Troubles:
    """ASGI middleware around the sandbox; its own control paths never fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._planned: list[Trouble] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it as planned."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == PATH:
            await (await self._control(Request(scope, receive)))(scope, receive, send)
            return
        await self._serve(self._next(scope), scope, receive, send)

    async def _serve(self, trouble: Trouble | None, scope: Scope, receive: Receive, send: Send) -> None:
        match trouble.mode if trouble else None:
            case None:
                await self._app(scope, receive, send)
            case Mode.ERROR_500:
                await _fail(Refusal(500, "InternalError", "Please try again."), scope, receive, send)
            case Mode.SLOW_DOWN:
                await _fail(Refusal(503, "SlowDown", "Please reduce your request rate."), scope, receive, send)
            case Mode.SLOW:
                await asyncio.sleep(trouble.seconds if trouble else 0)
                await self._app(scope, receive, send)
            case Mode.CUT_BEFORE:
                await _hang_up(send)
            case Mode.CUT_AFTER:
                await self._app(scope, receive, _nowhere)
                await _hang_up(send)

    def _next(self, scope: Scope) -> Trouble | None:
        if scope["path"].startswith(CONTROL):
            return None
        for trouble in self._planned:
            if trouble.path in scope["path"] and trouble.method in {"", scope["method"]}:
                trouble.times -= 1
                if trouble.times <= 0:
                    self._planned.remove(trouble)
                return trouble
        return None

    async def _control(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._planned.clear()
        if request.method == "POST":
            wanted: dict[str, Any] = await request.json()
            self._planned.append(Trouble(**{**wanted, "mode": Mode(wanted["mode"])}))
        return JSONResponse([asdict(trouble) for trouble in self._planned])


async def _nowhere(message: Message) -> None:
    del message


async def _fail(refused: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    # What is on its way still must not be taken for the next request, nor cut off the answer.
    more = True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
    await answers.error(refused, scope["method"])(scope, receive, send)


async def _hang_up(send: Any) -> None:
    """Let the connection go without a byte. ASGI knows no way to; uvicorn's own end of it does."""
    send.__self__.transport.abort()
    # Until uvicorn has seen it, it would answer that something went wrong.
    await asyncio.sleep(0)
