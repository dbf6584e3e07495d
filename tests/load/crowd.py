"""A full house: thousands of live auctions, what they cost while nobody bids, and a hundred closing in a minute."""

from datetime import timedelta

from tests.load.bench import Bench, Stage
from tests.load.figures import Figure, percentile, plain, under
from tests.load.processes import Meter, Usage, idle, resident_mb

LAG_MS = 2_000
CLOSING_FROM = timedelta(seconds=30)
AFTER_END_S = 60.0


def crowd(bench: Bench) -> list[Figure]:
    """Start, idle cost, memory, and how late the closing ones close."""
    count, closing = bench.choose(3_000, 300), bench.choose(100, 30)
    minute = timedelta(seconds=bench.choose(60, 15))
    group = f"{count:,} live auctions"
    with bench.stage() as stage:
        bench.say(f"starting {count - closing} lots")
        meter = Meter(stage.stack.pids)
        stage.market.lots(count - closing)
        starting = meter.usage()
        stage.settle()
        resting = idle(stage.stack.pids, bench.choose(20, 4)).per_second
        memory = {name: resident_mb(pid) for name, pid in stage.stack.pids.items()}
        bench.say(f"{closing} lots close within {minute.seconds} s")
        lags = _lags(stage, closing, minute)
    return [
        *_started(group, count - closing, starting),
        *(plain(group, f"idle CPU of {name}", spent, "ms/s") for name, spent in sorted(resting.items())),
        plain(group, "idle CPU of all", sum(resting.values()), "ms/s"),
        *(plain(group, f"memory of {name}", megabytes, "MB") for name, megabytes in sorted(memory.items())),
        plain(group, f"{closing} closing in {minute.seconds} s, lag p50", percentile(lags, 50), "ms"),
        under(group, f"{closing} closing in {minute.seconds} s, lag p99", percentile(lags, 99), "ms", LAG_MS),
        plain(group, f"{closing} closing in {minute.seconds} s, lag max", max(lags), "ms"),
    ]


def _started(group: str, count: int, usage: Usage) -> list[Figure]:
    rate = f"{count / usage.seconds:.0f} lots/s, through POST /api/auctions"
    return [
        plain(group, "all live after", usage.seconds, "s", against=rate),
        plain(group, "CPU of all to start one", sum(usage.cpu_ms.values()) / count, "ms"),
    ]


def _lags(stage: Stage, count: int, minute: timedelta) -> list[float]:
    ends = [CLOSING_FROM + minute * number / count for number in range(count)]
    lots = stage.market.lots(count, ends=ends)
    wait_s = (CLOSING_FROM + minute).total_seconds() + AFTER_END_S
    return [closing.lag_ms for closing in stage.market.closings(lots, wait_s)]
