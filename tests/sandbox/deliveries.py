"""Webhooks on their way: kept until the receiver takes them, and steered over HTTP: `POST /_sandbox/webhooks`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Any
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.store import Document, Store

KIND = "delivery"
PATH = "/_sandbox/webhooks"
TIMEOUT_S = 5.0
LONGEST_PAUSE_S = 30.0

# Headers for the raw body, made anew at each attempt, as vendors sign each attempt anew.
Sign = Callable[[bytes], dict[str, str]]


class Delivery(StrEnum):
    """How webhooks are sent: at once, twice each, only when released, or when released with the newest first."""

    NORMAL = "normal"
    TWICE = "twice"
    HOLD = "hold"
    REVERSED = "reversed"


class Deliveries:
    """One sandbox's outgoing webhooks to one receiver. `released` holds those that may go, in their order."""

    def __init__(self, store: Store, url: str | None, sign: Sign) -> None:
        self._store = store
        self._url = url
        self._sign = sign
        self._mode = Delivery.NORMAL
        self._wake = asyncio.Event()

    def send(self, body: bytes) -> None:
        """Take a webhook's raw body for delivery; without a receiver it is dropped."""
        if self._url is None:
            return
        held = self._mode in {Delivery.HOLD, Delivery.REVERSED}
        for _ in range(2 if self._mode is Delivery.TWICE else 1):
            key = uuid4().hex
            self._store.put(KIND, key, {"key": key, "body": body.hex(), "held": held, "attempts": 0})
        self._wake.set()

    def routes(self) -> list[Route]:
        """The control: POST {"mode": ...} or {"release": true}, GET what is not delivered yet."""
        return [Route(PATH, self._control, methods=["GET", "POST"])]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver in the background while the block runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        pause_s = 0.2
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                self._wake.clear()
                waiting = [item for item in self._store.all(KIND) if not item["held"]]
                delivered = [await self._deliver(client, item) for item in waiting]
                pause_s = 0.2 if all(delivered) else min(2 * pause_s, LONGEST_PAUSE_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), None if all(delivered) else pause_s)

    async def _deliver(self, client: httpx.AsyncClient, item: Document) -> bool:
        body = bytes.fromhex(item["body"])
        headers = {"content-type": "application/json", **self._sign(body)}
        try:
            answer = await client.post(self._url or "", content=body, headers=headers)
        except httpx.HTTPError:
            taken = False
        else:
            taken = answer.is_success
        if taken:
            self._store.delete(KIND, item["key"])
        else:
            self._store.put(KIND, item["key"], {**item, "attempts": item["attempts"] + 1})
        return taken

    async def _control(self, request: Request) -> Response:
        if request.method == "POST":
            wanted: dict[str, Any] = await request.json()
            if wanted.get("release"):
                self._release()
            if "mode" in wanted:
                self._mode = Delivery(wanted["mode"])
        return JSONResponse([{"attempts": item["attempts"], "held": item["held"]} for item in self._store.all(KIND)])

    def _release(self) -> None:
        held = [item for item in self._store.all(KIND) if item["held"]]
        for item in reversed(held) if self._mode is Delivery.REVERSED else held:
            self._store.delete(KIND, item["key"])
            self._store.put(KIND, item["key"], {**item, "held": False})
        self._wake.set()
