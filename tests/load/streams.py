"""`python -m tests.load.streams --url URL --lot ID`: opens many streams and measures how long news take to reach them.

With `--redis` it publishes made-up bids itself, which is for a server to be thrown away afterwards; without, it listens
to real ones. The lag is from a bid's history line (`at`) to its arrival at a reader, all on one clock.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import statistics
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import uvloop

from activities.live import LotNews, RedisPublisher
from domain.clock import to_text

AT_ONCE = 200
OPEN_WITHIN_S = 60
AT = b'"lines":[{"version":'
TIME_LENGTH = len("2026-05-05T12:00:00.000Z")
STEP_CENTS = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask for what: `streams` readers of `lot`, and `idle` ones spread over `other_lots`."""

    url: str
    lot: int
    streams: int
    other_lots: Sequence[int] = ()
    idle: int = 0

    def paths(self) -> list[str]:
        """The address of each stream."""
        busy = [f"/api/auctions/{self.lot}/events"] * self.streams
        others = self.other_lots or [self.lot]
        return busy + [f"/api/auctions/{others[number % len(others)]}/events" for number in range(self.idle)]


@dataclass(frozen=True, slots=True)
class Figures:
    """Lags in milliseconds over `frames` arrivals, and what the server grew by and spent.

    Memory is for each stream, CPU for each arrival; both are None where its process was not named.
    """

    frames: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    open_s: float
    kb_per_stream: float | None
    us_per_arrival: float | None


class Reader(asyncio.Protocol):
    """One stream: asks, counts itself open with the snapshot, and notes when news arrive."""

    def __init__(self, request: bytes, opened: "asyncio.Future[None]", lags: "array[float]") -> None:
        self._request = request
        self._opened = opened
        self._lags = lags

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        cast("asyncio.WriteTransport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        start = data.find(AT)
        if start >= 0:
            place = data.index(b'"at":"', start) + 6
            sent = datetime.fromisoformat(data[place : place + TIME_LENGTH].decode()).timestamp()
            self._lags.append((time.time() - sent) * 1000)
        if not self._opened.done() and b"event: snapshot" in data:
            self._opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionError("the server ended a stream before its snapshot"))


def read(plan: Plan, pipe: Connection) -> None:
    """The reading process: opens all streams, says so, and answers `stop` with the lags."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(_read(plan, pipe))


async def _read(plan: Plan, pipe: Connection) -> None:
    address, lags = urlsplit(plan.url), array("d")
    host, port = address.hostname or "127.0.0.1", address.port or 80
    turns = asyncio.Semaphore(AT_ONCE)
    transports = []

    async def open_one(path: str) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode()
        loop = asyncio.get_running_loop()
        opened = loop.create_future()
        async with turns:
            made = await loop.create_connection(lambda: Reader(request, opened, lags), host, port)
            transports.append(made[0])
            await asyncio.wait_for(opened, OPEN_WITHIN_S)

    await asyncio.gather(*(open_one(path) for path in plan.paths()))
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)
    for transport in transports:
        transport.abort()
    pipe.send(lags.tobytes())


class Bidding:
    """Made-up bids on a lot, as the recorder would publish them."""

    def __init__(self, url: str, lot: int, redis_url: str) -> None:
        view = httpx.get(f"{url}/api/auctions/{lot}").raise_for_status().json()
        history = httpx.get(f"{url}/api/auctions/{lot}/bids?limit=1").raise_for_status().json()["items"]
        self._publisher = RedisPublisher(redis_url)
        self._state: dict[str, Any] = {
            "auction_id": lot,
            "seq": history[0]["seq"] + 1_000 if history else 1_000,
            "version": view["version"],
            "status": view["status"],
            "price_cents": view["price_cents"] or view["start_cents"],
            "reserve": view["reserve"],
            "ends_at": view["ends_at"],
            "bid_count": view["bid_count"],
            "bidder_count": 2,
        }

    def publish(self) -> None:
        """One more bid, received now."""
        state, now = self._state, to_text(datetime.now(UTC))
        for name in ("seq", "version", "bid_count"):
            state[name] += 1
        state["price_cents"] += STEP_CENTS
        leader = f"Bidder {state['version'] % 2 + 1}"
        state |= {"leader": leader, "minimum_next_cents": state["price_cents"] + STEP_CENTS, "at": now}
        bid = {"kind": "bid", "outcome": "leading", "bidder": leader, "received_at": now, "extended": False}
        event = {**state, **bid, "amount_cents": state["price_cents"]}
        self._publisher.publish([LotNews(state["auction_id"], event, [event], [])])


def measure(plan: Plan, *, redis_url: str | None, rate: float, seconds: float, pid: int | None) -> Figures:
    """Open the streams, let news flow for a while at `rate` bids a second, close, and count."""
    ours, theirs = multiprocessing.Pipe()
    before, started = _resident_kb(pid), time.monotonic()
    reader = multiprocessing.get_context("spawn").Process(target=read, args=(plan, theirs))
    reader.start()
    theirs.close()
    ours.recv()
    open_s, after = time.monotonic() - started, _resident_kb(pid)
    cpu_before = _cpu_s(pid)
    _let_flow(plan, redis_url, rate, seconds)
    cpu_after = _cpu_s(pid)
    ours.send("stop")
    lags = array("d")
    lags.frombytes(ours.recv())
    reader.join()
    grown = None if before is None or after is None else (after - before) / (plan.streams + plan.idle)
    spent = None if cpu_before is None or cpu_after is None else (cpu_after - cpu_before) / max(1, len(lags)) * 1e6
    return _figures(lags, open_s, grown, spent)


def _let_flow(plan: Plan, redis_url: str | None, rate: float, seconds: float) -> None:
    bidding = None if redis_url is None else Bidding(plan.url, plan.lot, redis_url)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if bidding is not None:
            bidding.publish()
        time.sleep(1 / rate)
    # What was published last is still on its way.
    time.sleep(2)


def _figures(lags: Sequence[float], open_s: float, grown: float | None, spent: float | None) -> Figures:
    if not lags:
        raise SystemExit("streams: no news arrived")
    worst = sorted(lags)
    p95 = worst[min(len(worst) - 1, int(len(worst) * 0.95))]
    return Figures(len(worst), statistics.median(worst), p95, worst[-1], open_s, grown, spent)


def _resident_kb(pid: int | None) -> int | None:
    if pid is None:
        return None
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _cpu_s(pid: int | None) -> float | None:
    if pid is None:
        return None
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.streams", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--lot", type=int, required=True, help="the auction that the bids are on")
    parser.add_argument("--streams", type=int, default=2_000, help="readers of that auction")
    parser.add_argument("--idle", type=int, default=0, help="readers of other auctions")
    parser.add_argument("--other-lots", default="", help="ids of those, with commas between")
    parser.add_argument("--redis", help="publish made-up bids here; for a server to be thrown away")
    parser.add_argument("--rate", type=float, default=2.0, help="made-up bids a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pid", type=int, help="the server's process, for its memory and CPU")
    given = parser.parse_args()
    others = [int(each) for each in given.other_lots.split(",") if each]
    plan = Plan(given.url, given.lot, given.streams, others, given.idle)
    found = measure(plan, redis_url=given.redis, rate=given.rate, seconds=given.seconds, pid=given.pid)
    print(
        f"{given.streams} + {given.idle} streams open in {found.open_s:.1f} s; {found.frames} arrivals; "
        f"lag p50 {found.p50_ms:.0f} ms, p95 {found.p95_ms:.0f} ms, max {found.max_ms:.0f} ms"
    )
    if found.kb_per_stream is not None and found.us_per_arrival is not None:
        print(f"the server: {found.kb_per_stream:.1f} KB a stream, {found.us_per_arrival:.0f} µs of CPU an arrival")


if __name__ == "__main__":
    main()
