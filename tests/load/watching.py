"""From a bid to the frame at thousands of browsers: real bids over HTTP, and streams that note when they hear them."""

import resource
import secrets
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from tests.load import streams
from tests.load.bench import Bench, Stage
from tests.load.figures import Figure, plain, under
from tests.load.streams import Figures, Plan

GROUP = "bid to frame at the browser"
FEW, FEW_MS = 100, 100
WATCHERS_MS = 250
ALL_MS = 1_000
OTHER_LOTS = 40
HTTP_TIMEOUT_S = 20
STEP_CENTS = 100_000


def watching(bench: Bench) -> list[Figure]:
    """Each case on one API process, then the largest on two."""
    _allow_many_files()
    everybody, watchers = bench.choose(10_000, 1_000), bench.choose(2_000, 200)
    seconds = bench.choose(15, 4)
    with bench.stage() as stage:
        lots = stage.market.lots(3 + OTHER_LOTS)
        stage.settle()
        url, others = stage.stack.base_url, lots[3:]
        few = _one(bench, stage, Plan(url, lots[0], FEW), seconds, rate=4)
        some = _one(bench, stage, Plan(url, lots[1], watchers, others, everybody - watchers), seconds, rate=2)
        whole = _one(bench, stage, Plan(url, lots[2], everybody), seconds, rate=1)
    with bench.stage(api_processes=2) as stage:
        lot = stage.market.lots(1)[0]
        stage.settle()
        plans = [Plan(url, lot, everybody // 2) for url in stage.stack.api_urls]
        halves = _measure(bench, stage, plans, seconds, rate=1)
    return [
        under(GROUP, f"{FEW} streams, p95", few.p95_ms, "ms", FEW_MS),
        under(GROUP, f"{watchers:,} watchers of {everybody:,} streams, p95", some.p95_ms, "ms", WATCHERS_MS),
        under(GROUP, f"all {everybody:,} on one lot, p95", whole.p95_ms, "ms", ALL_MS),
        under(GROUP, "the same with two API processes, p95", max(half.p95_ms for half in halves), "ms", ALL_MS),
        plain(GROUP, "memory of the API a stream", some.kb_per_stream or 0, "KB"),
        plain(GROUP, f"opening {everybody:,} streams", some.open_s, "s"),
    ]


def _one(bench: Bench, stage: Stage, plan: Plan, seconds: float, *, rate: float) -> Figures:
    return _measure(bench, stage, [plan], seconds, rate=rate)[0]


def _measure(bench: Bench, stage: Stage, plans: Sequence[Plan], seconds: float, *, rate: float) -> list[Figures]:
    """The plans at once, each with a reading process of its own, while bids are made on their lot."""
    pids = [pid for name, pid in sorted(stage.stack.pids.items()) if name.startswith("api")]
    bench.say(" and ".join(f"{plan.streams + plan.idle} streams" for plan in plans))
    with _bids(stage, plans[0].lot, rate), ThreadPoolExecutor(len(plans)) as threads:
        running = [
            threads.submit(streams.measure, plan, redis_url=None, rate=rate, seconds=seconds, pid=pid)
            for plan, pid in zip(plans, pids, strict=True)
        ]
        return [each.result() for each in running]


@contextmanager
def _bids(stage: Stage, lot: int, rate: float) -> Iterator[None]:
    over = threading.Event()
    bidder = threading.Thread(target=_bid_on, args=(stage, lot, rate, over), name="bidder")
    bidder.start()
    try:
        yield
    finally:
        over.set()
        bidder.join()


def _bid_on(stage: Stage, lot: int, rate: float, over: threading.Event) -> None:
    keys = secrets.token_hex(8)
    with httpx.Client(base_url=stage.stack.base_url, timeout=HTTP_TIMEOUT_S, trust_env=False) as client:
        number = 0
        while not over.wait(1 / rate):
            number += 1
            token = stage.market.tokens[number % len(stage.market.tokens)]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{keys}-{number}"}
            client.post(
                f"/api/auctions/{lot}/bid", json={"amount_cents": number * STEP_CENTS}, headers=headers
            ).raise_for_status()


def _allow_many_files() -> None:
    """The stack's processes inherit this limit; the readers raise their own."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
