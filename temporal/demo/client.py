"""The public HTTP API as the demo's machines use it: one key per wish, the same key again while its fate is unknown."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx

from temporal.demo.habits import Bid

TIMEOUT = httpx.Timeout(15.0, connect=3.0)
STREAM_TIMEOUT = httpx.Timeout(10.0, connect=3.0, read=45.0)
PAGE = 100
TRIES = 6
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
NO_ANSWER = 0
OK = 200
BAD_REQUEST = 400
UNAUTHORIZED = 401
CONFLICT = 409
TOO_MANY = 429
UNAVAILABLE = 503
# No answer at all: it may or may not have happened, and only the same key can tell.
UNKNOWN_FATE = frozenset({NO_ANSWER, UNAVAILABLE})
BUSY = UNKNOWN_FATE | {TOO_MANY}

Sleep = Callable[[float], Awaitable[None]]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status (0 where nothing came back), the JSON body, and the seconds of `Retry-After`."""

    status: int
    body: dict[str, Any]
    retry_after_s: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was done."""
        return OK <= self.status < BAD_REQUEST

    @property
    def code(self) -> str:
        """The stable code of a refusal, or the bare status."""
        return str(self.body.get("code", self.status))


class MarketError(Exception):
    """The market did not answer as it should; the message says to what, and how."""


class MarketClient:
    """Bids, schedules and reads over one `httpx.AsyncClient`; `sleep` is how it waits."""

    def __init__(self, http: httpx.AsyncClient, *, sleep: Sleep = asyncio.sleep) -> None:
        self.http = http
        self._sleep = sleep

    async def auctions(self, status: str, most: int | None = None) -> list[dict[str, Any]]:
        """AuctionViews of one status: all, or `most` of them and what fills the page. Raises MarketError."""
        found: list[dict[str, Any]] = []
        async for page in self._pages("/api/auctions", {"status": status}):
            found.extend(page)
            if most is not None and len(found) >= most:
                break
        return found

    async def auction(self, auction_id: int) -> dict[str, Any]:
        """One auction. Raises MarketError."""
        return await self._read(f"/api/auctions/{auction_id}", {})

    async def mine(self, token: str, auction_id: int) -> dict[str, Any]:
        """The position of the token's owner in one auction. Raises MarketError."""
        return await self._read(f"/api/auctions/{auction_id}/mine", {}, token)

    async def owner(self, token: str) -> str | None:
        """The address of whom a token speaks for, or None where it does not work. Raises MarketError."""
        answer = await self._patiently(lambda: self._send("GET", "/auth/me", token), BUSY)
        if answer.status == UNAUTHORIZED:
            return None
        if not answer.accepted:
            raise MarketError(f"GET /auth/me answered {answer.code}")
        return str(answer.body["user"]["email"])

    async def seller(self, token: str) -> Json:
        """The seller profile of the token's owner. Raises MarketError."""
        return await self._read("/api/me/seller", {}, token)

    async def listings(self, token: str) -> list[Json]:
        """All listings of the token's owner, the newest first. Raises MarketError."""
        return [item async for page in self._pages("/api/me/vehicles", {}, token) for item in page]

    async def send(
        self, method: str, path: str, token: str, body: Json | None = None, tag: str | None = None
    ) -> Answer:
        """Send what may come twice, `tag` as If-Match; limits are waited out, lost and 503 answers asked for again."""
        headers = {} if tag is None else {"If-Match": tag}
        return await self._patiently(lambda: self._send(method, path, token, body, headers=headers), BUSY)

    async def upload(self, url: str, fields: Mapping[str, str], file: bytes) -> Answer:
        """Post a file by an upload form of the site's, straight to where files are kept."""

        async def post() -> Answer:
            try:
                return answer_of(await self.http.post(url, data=dict(fields), files={"file": file}))
            except httpx.TransportError:
                return Answer(NO_ANSWER, {})

        return await self._patiently(post)

    async def bid(self, token: str, auction_id: int, bid: Bid, key: str) -> Answer:
        """Bid; a lost or 503 answer is asked for again with the same key. A 429 is for the caller to wait out."""
        kind, field = ("bid", "amount_cents") if bid.kind == "bid" else ("auto-bid", "max_cents")
        path = f"/api/auctions/{auction_id}/{kind}"
        return await self._patiently(lambda: self._send("POST", path, token, {field: bid.cents}, key))

    async def schedule(self, token: str, body: dict[str, Any], key: str) -> Answer:
        """Schedule an auction as its seller, waiting out a limit as well."""
        return await self._patiently(lambda: self._send("POST", "/api/auctions", token, body, key), BUSY)

    async def _pages(
        self, path: str, filters: dict[str, str], token: str | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        cursor: str | None = None
        while True:
            query = {**filters, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
            page = await self._read(path, query, token)
            yield page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    async def _read(self, path: str, query: dict[str, str], token: str | None = None) -> dict[str, Any]:
        answer = await self._patiently(lambda: self._send("GET", path, token, query=query), BUSY)
        if not answer.accepted:
            raise MarketError(f"GET {path} answered {answer.code}")
        return answer.body

    async def _patiently(self, send: Callable[[], Awaitable[Answer]], again: frozenset[int] = UNKNOWN_FATE) -> Answer:
        wait_s = FIRST_WAIT_S
        answer = await send()
        for _ in range(TRIES - 1):
            if answer.status not in again:
                return answer
            pause = wait_s if answer.retry_after_s is None else answer.retry_after_s
            await self._sleep(min(pause, LONGEST_WAIT_S))
            wait_s *= 2
            answer = await send()
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        query: dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            response = await self.http.request(method, path, json=body, headers=headers, params=query)
        except httpx.TransportError:
            return Answer(NO_ANSWER, {})
        return answer_of(response)


def quiet_requests() -> None:
    """Keep addresses of requests out of this process's logs: they may hold an e-mail address or a one-time code."""
    logging.getLogger("httpx").setLevel(logging.WARNING)


def answer_of(response: httpx.Response) -> Answer:
    """What a response says."""
    return Answer(response.status_code, _json(response), _retry_after_s(response.headers))


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after_s(headers: httpx.Headers) -> float | None:
    text = headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except ValueError:
        return None
