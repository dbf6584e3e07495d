"""What the tests of live streams play with: lots judged by the real rules, a Redis to switch off, and readers."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy import Engine, update

from activities.contracts import AwaitBids
from activities.db import people
from activities.db.engine import transaction
from activities.db.people import Scope
from activities.db.tables import auctions
from activities.ledger import Ledger, LedgerWork
from activities.live import CHANNEL, LotNews, NewsPublisher, RedisPublisher
from api.signins import TOKEN_PREFIX, digest
from api.state import Services
from domain.auction import Auction, Bid, Terms
from domain.bidding import Kind
from domain.clock import truncate
from temporal.stack.ports import LOOPBACK
from temporal.stack.redis import redis_command
from tests.db.market import add_car, add_lot, add_person

PATIENCE_S = 10.0
HOUR = timedelta(hours=1)
NONCE = "5e" * 32
ASIDE = frozenset({"heartbeat", "you"})


def utc_now() -> datetime:
    return truncate(datetime.now(UTC))


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


class RedisProcess:
    """A Redis of its own that can go away and come back."""

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"redis://{LOOPBACK}:{port}/0"
        self._port = port
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = redis_command(self._port, self._folder)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class LossyPublisher(RedisPublisher):
    """The real publisher, on a line that can lose, repeat and garble."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._lossy = 0
        self._sent: list[LotNews] = []

    def publish(self, news: list[LotNews]) -> None:
        if self._lossy:
            self._lossy -= 1
            return
        self._sent += news
        super().publish(news)

    def lose_next(self) -> None:
        self._lossy += 1

    def repeat_all(self) -> None:
        super().publish(list(reversed(self._sent)))

    def send_raw(self, message: bytes) -> None:
        self._redis.publish(CHANNEL, message)


class Lot:
    """One auction, judged by the real rules and recorded by the real recorder."""

    def __init__(self, engine: Engine, publisher: NewsPublisher, auction_id: int, seller_id: int, **terms: Any) -> None:
        self.id = auction_id
        now = utc_now()
        usual = {"reserve_cents": None, "starts_at": now - HOUR, "ends_at": now + HOUR, "sunday_rule": False}
        self.auction = Auction(Terms(auction_id, (str(seller_id),), 500_000, **{**usual, **terms}))
        self._engine, self._publisher = engine, publisher
        self._ledger = Ledger(engine, publisher)
        self._recorded = 0

    def bid(self, user_id: int, cents: int, kind: Kind = Kind.BID) -> None:
        """Judge a bid; `record` makes it known."""
        now = utc_now()
        self.auction.place(Bid(str(uuid4()), str(user_id), kind, cents, now, NONCE), now)

    def record(self) -> None:
        """Write down what is new, and publish it."""
        fresh = [entry for entry in self.auction.tail.entries if entry.seq > self._recorded]
        self._recorded = self._ledger.record(self.id, fresh).through

    def announce_closing(self) -> None:
        """What the worker does when the end has come."""
        LedgerWork(self._engine, self._publisher)._announce_closing(AwaitBids(self.id, self.auction.ends_at))

    def bids(self, *attempts: tuple[int, int]) -> None:
        """Judge and record bids `(user, cents)` one by one."""
        for user_id, cents in attempts:
            self.bid(user_id, cents)
            self.record()


@dataclass
class Event:
    """One event as a browser sees it."""

    name: str = "message"
    id: str | None = None
    data: Any = None


@dataclass
class Reader:
    """A browser's end of one stream."""

    lines: AsyncIterator[str]
    headers: dict[str, str]
    retry: int | None = None
    comments: int = 0
    seen: list[Event] = field(default_factory=list)

    async def next(self, *names: str) -> Event:
        """The next event, of these names or else of any but heartbeats and private ones."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self._read()
                assert event is not None, "the stream has ended"
                self.seen.append(event)
                if event.name in names or (not names and event.name not in ASIDE):
                    return event

    async def until_version(self, version: int) -> list[Event]:
        """The events up to the first public one of this version."""
        events = [await self.next()]
        while events[-1].data["version"] < version:
            events.append(await self.next())
        return events

    async def ended(self) -> bool:
        """Read to the end of the stream."""
        async with asyncio.timeout(PATIENCE_S):
            while (event := await self._read()) is not None:
                self.seen.append(event)
        return True

    async def _read(self) -> Event | None:
        event, begun = Event(), False
        async for line in self.lines:
            if not line and begun:
                return event
            name, _, value = line.partition(": ")
            begun = begun or name in {"event", "data"}
            if name == "event":
                event.name = value
            elif name == "id":
                event.id = value
            elif name == "data":
                event.data = json.loads(value)
            elif name == "retry":
                self.retry = int(value)
            elif line.startswith(":"):
                self.comments += 1
        return None


@dataclass
class Stage:
    """A served application, its database and its people."""

    services: Services
    publisher: LossyPublisher
    client: AsyncClient
    end: Callable[[], None]
    people: dict[str, int]
    cars: int = 0

    @property
    def engine(self) -> Engine:
        return self.services.database.engine

    def lot(self, *, start: bool = True, **terms: Any) -> Lot:
        """A fresh lot, live from an hour ago for another hour."""
        self.cars += 1
        with transaction(self.engine) as connection:
            seller = self.people["sam"]
            auction_id = add_lot(connection, seller, add_car(connection, seller, self.cars), status="scheduled")
        lot = Lot(self.engine, self.publisher, auction_id, seller, **terms)
        with transaction(self.engine) as connection:
            connection.execute(update(auctions).where(auctions.c.id == auction_id).values(hash=lot.auction.hash))
        if start:
            lot.auction.start(utc_now())
            lot.record()
        return lot

    def person(self, name: str) -> int:
        """Somebody new."""
        with transaction(self.engine) as connection:
            return add_person(connection, f"{name}@example.com")

    def session(self, user_id: int) -> str:
        """The Cookie header of somebody's signed-in browser."""
        token, now = str(uuid4()), utc_now()
        with transaction(self.engine) as connection:
            people.add_session(
                connection,
                token_hash=digest(token),
                user_id=user_id,
                csrf_token="csrf",
                now=now,
                expires_at=now + HOUR,
                user_agent="a browser",
                address=LOOPBACK,
            )
        return f"session={token}"

    def token(self, user_id: int, scope: Scope) -> str:
        """A bearer token of somebody's machine."""
        token = f"{TOKEN_PREFIX}{uuid4()}"
        with transaction(self.engine) as connection:
            people.add_token(
                connection,
                user_id=user_id,
                name="a machine",
                token_hash=digest(token),
                scopes=frozenset({scope}),
                now=utc_now(),
                expires_at=utc_now() + HOUR,
            )
        return token


@asynccontextmanager
async def watch(
    stage: Stage,
    path: str,
    *,
    last: str | None = None,
    user_id: int | None = None,
    token: str | None = None,
    cookie: str | None = None,
) -> AsyncIterator[Reader]:
    """Open a stream, perhaps after an event, and as somebody's browser or machine."""
    headers = {} if last is None else {"Last-Event-ID": last}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if user_id is not None:
        cookie = stage.session(user_id)
    if cookie is not None:
        headers["Cookie"] = cookie
    async with stage.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Reader(answer.aiter_lines(), dict(answer.headers))
