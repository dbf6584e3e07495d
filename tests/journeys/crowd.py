"""A crowd of bidders on one lot that sends every bid under its key until it is answered, whatever dies meanwhile."""

import asyncio
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from domain.money import INCREMENTS_2026_1
from tests.journeys.town import START_CENTS, Citizen, Town, bearer, eventually

ANSWER_TIMEOUT_S = 20.0
PAUSE_S = 0.2
PATIENCE_S = 90.0
# One bidder in so many has the bids judged later, by signal.
LATER_EACH = 8


@dataclass(frozen=True, slots=True)
class Answered:
    """One bid with its final answer: who made it under which key, how long it took, how often it was sent."""

    citizen: Citizen
    key: str
    cents: int
    status: int
    body: dict[str, object]
    seconds: float
    sent: int


@dataclass
class Crowd:
    """Bidders in a thread of their own. `answers` are final ones; `given_up` are those that never came."""

    town: Town
    auction_id: int
    bidders: list[Citizen]
    answers: list[Answered] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    asked_cents: int = START_CENTS
    _stopping: bool = False
    _failure: BaseException | None = None

    def until(self, more: int, *, within_s: float = 60) -> None:
        """Wait until so many more bids have been answered."""
        wanted = len(self.answers) + more
        eventually(lambda: self._failure or len(self.answers) >= wanted, within_s=within_s)

    def run(self) -> None:
        """Bid until told to stop, and let every bid that was begun be answered."""
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread of the test
            self._failure = error

    def stop(self) -> None:
        """Begin no more bids."""
        self._stopping = True

    def check(self) -> None:
        """Raise what the crowd's thread failed with."""
        if self._failure is not None:
            raise self._failure

    async def _run(self) -> None:
        context = ssl.create_default_context()
        await asyncio.gather(*(self._bid_on(citizen, context) for citizen in self.bidders))

    async def _bid_on(self, citizen: Citizen, context: ssl.SSLContext) -> None:
        # A client of their own: the connections of a shared one are looked through anew for every request.
        async with httpx.AsyncClient(timeout=ANSWER_TIMEOUT_S, verify=context) as client:
            while not self._stopping:
                self.asked_cents += INCREMENTS_2026_1.at(self.asked_cents)
                await self._deliver(client, citizen, self.asked_cents)

    async def _deliver(self, client: httpx.AsyncClient, citizen: Citizen, cents: int) -> None:
        key, started, sent = secrets.token_hex(16), time.monotonic(), 0
        while time.monotonic() - started < PATIENCE_S:
            url = self.town.stack.api_urls[(citizen.id + sent) % len(self.town.stack.api_urls)]
            sent += 1
            answer = await self._send(client, url, citizen, key, cents)
            if answer is not None and answer.status_code not in (429, 503):
                body = answer.json()
                spent = time.monotonic() - started
                self.answers.append(Answered(citizen, key, cents, answer.status_code, body, spent, sent))
                return
            await asyncio.sleep(PAUSE_S)
        self.given_up.append(key)

    async def _send(
        self, client: httpx.AsyncClient, url: str, citizen: Citizen, key: str, cents: int
    ) -> httpx.Response | None:
        path = f"{url}/api/auctions/{self.auction_id}/bid"
        headers = {"Idempotency-Key": key, **bearer(citizen)}
        if citizen.id % LATER_EACH == 0:
            headers["Prefer"] = "respond-async"
        try:
            return await client.post(path, json={"amount_cents": cents}, headers=headers)
        except httpx.TransportError:
            return None


@contextmanager
def crowd(town: Town, auction_id: int, bidders: list[Citizen]) -> Iterator[Crowd]:
    """A crowd that bids during the block; after it every bid has its answer."""
    found = Crowd(town, auction_id, bidders)
    thread = threading.Thread(target=found.run, name="crowd")
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        thread.join()
    found.check()
