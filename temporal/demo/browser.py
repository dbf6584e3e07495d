"""Somebody's browser without a screen: its cookies, the token that goes with every write, its address, and patience."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

from temporal.demo.client import BUSY, FIRST_WAIT_S, NO_ANSWER, TIMEOUT, Answer, Json, MarketError, Sleep, answer_of

LOOPBACK = "127.0.0.1"
TRIES = 8

Transports = Callable[[int], httpx.AsyncBaseTransport]


class Browser:
    """One person at the site; `sleep` is how it waits out a limit, however long, and a site that is away."""

    def __init__(self, http: httpx.AsyncClient, *, sleep: Sleep = asyncio.sleep) -> None:
        self._http = http
        self.sleep = sleep
        self._csrf_token = ""

    def signed_in(self, csrf_token: str) -> None:
        """Send this token with every write from now on."""
        self._csrf_token = csrf_token

    async def send(self, method: str, path: str, body: Json | None = None) -> Answer:
        """Ask, and ask again where it is too early or nobody answers; every request of the demo may come twice."""
        wait_s = FIRST_WAIT_S
        answer = await self._once(method, path, body)
        for _ in range(TRIES - 1):
            if answer.status not in BUSY:
                break
            await self.sleep(wait_s if answer.retry_after_s is None else answer.retry_after_s)
            wait_s *= 2
            answer = await self._once(method, path, body)
        return answer

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """The body of what is answered. Raises MarketError for a refusal."""
        answer = await self.send(method, path, body)
        if not answer.accepted:
            raise MarketError(f"{method} {path} answered {answer.code}")
        return answer.body

    async def _once(self, method: str, path: str, body: Json | None) -> Answer:
        headers = {"X-CSRF-Token": self._csrf_token} if self._csrf_token else {}
        try:
            return answer_of(await self._http.request(method, path, json=body, headers=headers))
        except httpx.TransportError:
            return Answer(NO_ANSWER, {})


class Doors:
    """Opens browsers on the site at `url`; `transports` is how those of a number reach it."""

    def __init__(self, url: str, transports: Transports, *, sleep: Sleep = asyncio.sleep) -> None:
        self._url = url
        self._transports = transports
        self._sleep = sleep

    @asynccontextmanager
    async def browser(self, number: int) -> AsyncIterator[Browser]:
        """A fresh browser of the person with this number."""
        transport = self._transports(number)
        async with httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT, transport=transport) as http:
            yield Browser(http, sleep=self._sleep)


def own_addresses(url: str) -> Transports:
    """Transports for a site on this machine: each person comes from a loopback address of their own where there is one.

    Limits on addresses count them one by one then, as they would people at home. Elsewhere all share the usual address,
    and wait for each other as the limits demand.
    """
    context = ssl.create_default_context()
    is_here = urlsplit(url).hostname == LOOPBACK

    def transport(number: int) -> httpx.AsyncBaseTransport:
        address = _address(number)
        return httpx.AsyncHTTPTransport(
            verify=context, local_address=address if is_here and _can_bind(address) else None
        )

    return transport


def _address(number: int) -> str:
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def _can_bind(address: str) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError:
            return False
    return True
