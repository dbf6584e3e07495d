"""Many quiet auctions with a bid now and then: what a bid costs when its lot has gone cold in between."""

from tests.load.bench import Bench
from tests.load.figures import Figure, plain, ratio, under
from tests.load.processes import Meter, idle

EVERY_S = 20
# As many connections as bids in a second: each pauses for a second, well below the server's keep-alive.
PAUSE_MS = 1_000
WORST_RATIO = 1.3
# A process that costs next to nothing has no ratio worth a goal: /proc counts in steps of 10 ms.
LEAST_MS = 0.5


def lone(bench: Bench) -> list[Figure]:
    """CPU of each process for a bid, against the 200-auction case."""
    count, seconds = bench.choose(1_000, 200), bench.choose(90, 15)
    group = f"lone bids: {count:,} auctions with a bid each {EVERY_S} s, for {seconds} s"
    with bench.stage() as stage:
        bench.say(f"starting {count} lots")
        lots = stage.market.lots(count)
        stage.settle()
        floor = stage.warm_up(lots, connections=32, seconds=bench.choose(8, 2))
        resting = idle(stage.stack.pids, bench.choose(20, 4))
        before, meter = stage.market.taken(lots), Meter(stage.stack.pids)
        rate = count // EVERY_S
        answers = stage.bid(lots, connections=rate, seconds=seconds, pause_ms=PAUSE_MS, floor=floor)
        usage = meter.usage()
        bench.note(f"{count} lots", answers)
        taken = stage.market.taken(lots) - before
    cost = {name: spent / max(taken, 1) for name, spent in usage.above(resting).items()}
    reference = bench.spread_cost or {}
    total, total_reference = sum(cost.values()), sum(reference.values())
    return [
        plain(group, "committed", taken / answers.seconds, "bids/s"),
        plain(group, "p50", answers.p50_ms, "ms"),
        plain(group, "p99", answers.p99_ms, "ms"),
        *(_against(group, name, value, reference.get(name, 0.0)) for name, value in sorted(cost.items())),
        plain(group, "CPU of all a bid", total, "ms", against=f"{total_reference:.1f} ms over 200 auctions"),
        under(group, "CPU of all, times the 200-auction case", ratio(total, total_reference), "x", WORST_RATIO),
    ]


def _against(group: str, name: str, value: float, reference: float) -> Figure:
    what = f"CPU of {name} a bid"
    if max(value, reference) < LEAST_MS:
        return plain(group, what, value, "ms")
    against = f"{ratio(value, reference):.2f} x of {reference:.2f} ms"
    return under(group, what, value, "ms", reference * WORST_RATIO, against=against)
