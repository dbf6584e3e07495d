"""A thousand people sign in while others bid: what the bids notice of it, and how long the sign-ins take."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from activities.db.engine import make_engine
from tests.load import wrk
from tests.load.bench import Bench, Stage
from tests.load.figures import Figure, percentile, plain, quantity, ratio, under
from tests.load.people import PASSWORD, Account, add_people
from tests.load.processes import Meter, Usage

# As many connections as bids in a second: each pauses for a second on average.
CONNECTIONS, PAUSE_MS = 200, 1_000
SLOWEST_MS = 100
TIMES_ALONE = 2
# So many browsers sign in at once, each from a loopback address of its own: 127.0.0.2 and so on.
BROWSERS = 32
FIRST_ADDRESS = 2
HTTP_TIMEOUT_S = 60
LONGEST_S = 600
MS_IN_S = 1_000


@dataclass(frozen=True, slots=True)
class Wave:
    """How people come: spread over `even_s` seconds, or (0) one after the other by each of the browsers.

    From a new browser, each sign-in sends a mail.
    """

    name: str
    even_s: float = 0
    new_browsers: bool = False


@dataclass(slots=True)
class Entered:
    """What those who signed in saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    seconds: float = 0

    @property
    def failed(self) -> int:
        """Sign-ins that were answered with anything but a session."""
        return self.statuses.total() - self.statuses[HTTPStatus.OK]

    @property
    def per_second(self) -> float:
        """Sessions opened in a second."""
        return ratio(self.statuses[HTTPStatus.OK], self.seconds)


def entering(bench: Bench) -> list[Figure]:
    """The bids alone, then beside each wave; all on one stack, with a lot for each."""
    count, minute = bench.choose(1_000, 100), bench.choose(60, 6)
    waves = (
        Wave(f"over {minute} s", even_s=minute),
        Wave("at once"),
        Wave("at once, new browsers", new_browsers=True),
    )
    group = f"{count:,} sign-ins beside {CONNECTIONS} bidders on one lot, a bid a second each"
    found: list[Figure] = []
    with bench.stage() as stage:
        people = _people(stage, count)
        warm, quiet, *lots = stage.market.lots(2 + len(waves))
        stage.warm_up([warm], connections=CONNECTIONS, seconds=3)
        alone = wrk.run(_load(stage, quiet, bench.choose(20, 4)))
        bench.note("bids alone", alone)
        for wave, lot in zip(waves, lots, strict=True):
            meter = Meter(stage.stack.pids)
            bids, entered = _beside(stage, lot, wave, people)
            usage = meter.usage()
            bench.note(f"bids beside sign-ins {wave.name}", bids)
            bench.say(f"sign-ins {wave.name}: {dict(entered.statuses)} in {entered.seconds:.1f} s")
            found += _figures(group, wave, alone, bids, entered, usage)
            stage.settle()
    return [
        plain(group, "bids alone, p50", alone.p50_ms, "ms", against=f"{alone.judged_per_second:.0f} judged/s"),
        plain(group, "bids alone, p99", alone.p99_ms, "ms"),
        *found,
    ]


def _people(stage: Stage, count: int) -> list[Account]:
    engine = make_engine(stage.stack.environment["DATABASE_URL"])
    try:
        return add_people(engine, count)
    finally:
        engine.dispose()


def _load(stage: Stage, lot: int, seconds: int) -> wrk.Load:
    return wrk.Load(
        url=stage.stack.base_url,
        tokens=stage.market.tokens,
        lots=[lot],
        connections=CONNECTIONS,
        seconds=seconds,
        pause_ms=PAUSE_MS,
    )


def _beside(stage: Stage, lot: int, wave: Wave, people: Sequence[Account]) -> tuple[wrk.Answers, Entered]:
    entered = Entered()
    url = stage.stack.base_url
    bids = wrk.run(_load(stage, lot, LONGEST_S), beside=lambda: asyncio.run(_enter(url, wave, people, entered)))
    return bids, entered


async def _enter(url: str, wave: Wave, people: Sequence[Account], entered: Entered) -> None:
    # One for all: to make it reads a file of certificates, which nothing here needs.
    trust = ssl.create_default_context()
    started = time.monotonic()
    turns = [
        (started + wave.even_s * number / len(people), person, "" if wave.new_browsers else person.device)
        for number, person in enumerate(people)
    ]
    await asyncio.gather(*(_browser(url, trust, n, turns[n::BROWSERS], entered) for n in range(BROWSERS)))
    entered.seconds = time.monotonic() - started


async def _browser(
    url: str, trust: ssl.SSLContext, number: int, turns: Sequence[tuple[float, Account, str]], entered: Entered
) -> None:
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{FIRST_ADDRESS + number}", verify=trust)
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=HTTP_TIMEOUT_S) as client:
        for due, person, device in turns:
            await asyncio.sleep(due - time.monotonic())
            sent = time.perf_counter()
            answer = await client.post(
                "/auth/login",
                json={"email": person.email, "password": PASSWORD},
                headers={"Cookie": f"device={device}"} if device else {},
            )
            entered.times_ms.append((time.perf_counter() - sent) * 1000)
            entered.statuses[answer.status_code] += 1
            # The next one is somebody else.
            client.cookies.clear()


def _figures(
    group: str, wave: Wave, alone: wrk.Answers, bids: wrk.Answers, entered: Entered, usage: Usage
) -> Iterator[Figure]:
    name, sign_ins = f"sign-ins {wave.name}", entered.times_ms
    seen = f"p50 {quantity(percentile(sign_ins, 50), 'ms')}, p99 {quantity(percentile(sign_ins, 99), 'ms')}"
    goal = max(SLOWEST_MS, TIMES_ALONE * alone.p99_ms)
    slower = f"{ratio(bids.p99_ms, alone.p99_ms):.2f} x of the bids alone"
    busy = {process: spent / MS_IN_S for process, spent in usage.per_second.items()}
    most = sorted(busy, key=lambda process: -busy[process])[:4]
    yield plain(group, name, entered.per_second, "sign-ins/s", against=seen)
    yield under(group, f"{name}: failed", entered.failed, "", 1)
    yield plain(group, f"{name}: bids, p50", bids.p50_ms, "ms", against=f"{bids.judged_per_second:.0f} judged/s")
    yield under(group, f"{name}: bids, p99", bids.p99_ms, "ms", goal, against=slower)
    yield under(group, f"{name}: bids that failed", bids.failed, "", 1)
    shares = ", ".join(f"{process} {busy[process]:.2f}" for process in most)
    yield plain(group, f"{name}: CPU of the stack", sum(busy.values()), "cores", against=shares)
