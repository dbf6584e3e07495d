"""200 auctions under steady load: no two bids travel together, so this shows what one bid costs."""

from tests.load.bench import Bench
from tests.load.figures import Figure, at_least, plain, under
from tests.load.processes import Meter, idle

GROUP = "200 auctions, 32 connections over HTTP"
LOTS = 200
CONNECTIONS = 32
BIDS_PER_S = 200
SLOWEST_MS = 300


def spread(bench: Bench) -> list[Figure]:
    """Throughput, latency, and CPU of each process for a bid."""
    with bench.stage() as stage:
        lots = stage.market.lots(LOTS)
        stage.settle()
        floor = stage.warm_up(lots, connections=CONNECTIONS, seconds=bench.choose(5, 2))
        resting = idle(stage.stack.pids, bench.choose(10, 3))
        before, meter = stage.market.taken(lots), Meter(stage.stack.pids)
        answers = stage.bid(lots, connections=CONNECTIONS, seconds=bench.choose(10, 3), floor=floor)
        usage = meter.usage()
        bench.note(f"{LOTS} lots", answers)
        taken = stage.market.taken(lots) - before
    cost = {name: spent / max(taken, 1) for name, spent in usage.above(resting).items()}
    bench.spread_cost = cost
    return [
        at_least(GROUP, "committed", taken / answers.seconds, "bids/s", BIDS_PER_S),
        plain(GROUP, "answered 201", answers.per_second, "bids/s"),
        plain(GROUP, "p50", answers.p50_ms, "ms"),
        under(GROUP, "p99", answers.p99_ms, "ms", SLOWEST_MS),
        *(plain(GROUP, f"CPU of {name} a bid", value, "ms") for name, value in sorted(cost.items())),
        plain(GROUP, "CPU of all a bid", sum(cost.values()), "ms"),
    ]
