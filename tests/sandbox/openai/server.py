"""The OpenAI sandbox: the Responses API for one key and one model, with its errors, and the controls."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.faults import HTML, Faults
from tests.sandbox.openai.requests import Asked, Wrong, understood
from tests.sandbox.openai.writing import Manner, written
from tests.sandbox.store import Store

API = "/v1"
QUOTA = ("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota")
RATE = ("Rate limit reached for requests. Please try again in 1s.", "rate_limit_exceeded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The one key and the one model; without `data_dir` all is forgotten at the end."""

    api_key: str
    model: str
    data_dir: Path | None = None


class Desk:
    """What is planned, and what was asked: counts and hashes, never a text."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(None if config.data_dir is None else config.data_dir / "openai.db")
        self.planned: list[Manner | str] = []

    def note(self, status: int, asked: Asked | None = None, tokens: tuple[int, int] = (0, 0)) -> str:
        """Remember a request; its id is returned."""
        request_id = f"req_{self.store.next_number('request'):024x}"
        prompt = "" if asked is None else hashlib.sha256(f"{asked.developer}\n{asked.user}".encode()).hexdigest()
        told = {"status": status, "prompt_hash": prompt, "input_tokens": tokens[0], "output_tokens": tokens[1]}
        self.store.put("request", request_id, {"id": request_id, **told})
        return request_id


def create_app(config: Config) -> ASGIApp:
    """The sandbox as an ASGI app. Controls, besides those of `Faults`: POST `/_sandbox/answers {manner, times}` for the
    next answers (a `Manner` or one of `OTHERS`), GET `/_sandbox/requests` with hashes and
    counts."""
    desk = Desk(config)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        desk.store.close()

    async def respond(request: Request) -> Response:
        return _respond(desk, request, await request.body())

    async def plan(request: Request) -> Response:
        wanted = await request.json()
        manner = wanted["manner"]
        desk.planned += [manner if manner in OTHERS else Manner(manner)] * wanted.get("times", 1)
        return JSONResponse({})

    async def requests(request: Request) -> Response:
        del request
        return JSONResponse(desk.store.all("request"))

    async def no_webhooks(request: Request) -> Response:
        """What the stack asks to see whether it serves; nothing is sent to us from here."""
        del request
        return JSONResponse([])

    routes = [
        Route(f"{API}/responses", respond, methods=["POST"]),
        Route("/_sandbox/answers", plan, methods=["POST"]),
        Route("/_sandbox/requests", requests, methods=["GET"]),
        Route("/_sandbox/webhooks", no_webhooks, methods=["GET"]),
    ]
    return Faults(Starlette(routes=routes, lifespan=lifespan))


def _respond(desk: Desk, request: Request, raw: bytes) -> Response:
    if request.headers.get("authorization") != f"Bearer {desk.config.api_key}":
        return _error(desk, 401, "Incorrect API key provided.", "invalid_api_key")
    if request.headers.get("content-type") != "application/json":
        return _error(desk, 400, "We could not parse the JSON body of your request.", None)
    try:
        body = json.loads(raw)
        asked = understood(body)
    except ValueError:
        return _error(desk, 400, "We could not parse the JSON body of your request.", None)
    except Wrong as wrong:
        return _error(desk, 400, wrong.message, wrong.code, wrong.param)
    if body["model"] != desk.config.model:
        return _error(desk, 404, "The model does not exist or you do not have access to it.", "model_not_found")
    manner = desk.planned.pop(0) if desk.planned else Manner.PLAIN
    if isinstance(manner, Manner):
        return _answer(desk, asked, manner, body["max_output_tokens"])
    return OTHERS[manner](desk)


OTHERS: Mapping[str, Callable[[Desk], Response]] = {
    "quota": lambda desk: _error(desk, 429, *QUOTA, kind="insufficient_quota"),
    "rate": lambda desk: _error(desk, 429, *RATE, headers={"retry-after": "1"}),
    "rate_long": lambda desk: _error(desk, 429, *RATE, headers={"retry-after": "60"}),
    "html": lambda desk: HTMLResponse(HTML, 200, {"x-request-id": desk.note(200)}),
    "forbidden": lambda desk: _error(desk, 403, "Country, region, or territory not supported", "unsupported_country"),
    "unavailable": lambda desk: _error(desk, 503, "The server is overloaded. Please try again later.", None),
}


def _answer(desk: Desk, asked: Asked, manner: Manner, most_tokens: int) -> Response:
    text, cut = json.dumps({"description": written(asked, manner)}), manner in {Manner.CUT_LENGTH, Manner.CUT_FILTER}
    tokens = (len(asked.developer + asked.user) // 4 + 1, most_tokens if cut else len(text) // 4 + 1)
    if manner is Manner.MORE_FIELDS:
        text = json.dumps({"description": written(asked, manner), "price": 1})
    if manner is Manner.NO_JSON:
        text = written(asked, manner)
    piece: dict[str, Any] = {"type": "output_text", "text": text[: len(text) // 2] if cut else text, "annotations": []}
    if manner is Manner.REFUSE:
        piece = {"type": "refusal", "refusal": "I'm sorry, but I cannot help with that."}
    status = "incomplete" if cut else "failed" if manner is Manner.FAIL else "completed"
    number = desk.store.next_number("response")
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "status": status, "content": [piece]}
    body = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_777_900_000 + number,
        "status": status,
        "error": {"code": "server_error", "message": "The model failed."} if manner is Manner.FAIL else None,
        "incomplete_details": {"reason": manner.value} if cut else None,
        "model": desk.config.model,
        "output": [] if manner is Manner.FAIL else [message],
        "parallel_tool_calls": True,
        "store": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": tokens[0],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens[1],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": sum(tokens),
        },
    }
    return JSONResponse(body, headers={"x-request-id": desk.note(200, asked, tokens)})


def _error(
    desk: Desk,
    status: int,
    message: str,
    code: str | None,
    param: str | None = None,
    *,
    kind: str = "invalid_request_error",
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return JSONResponse(body, status, {**(headers or {}), "x-request-id": desk.note(status)})
