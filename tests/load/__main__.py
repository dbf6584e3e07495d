"""`python -m tests.load [NAME ...] [--quick]`: measure, and print one table of figures, goals and baselines."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from tests.load.accounts import accounts
from tests.load.bench import Bench
from tests.load.crowd import crowd
from tests.load.figures import Figure, machine, table
from tests.load.hot import hot
from tests.load.lone import lone
from tests.load.matching import matching
from tests.load.search import search
from tests.load.spread import spread
from tests.load.uploads import uploads
from tests.load.watching import watching

MEASURES: dict[str, tuple[Callable[[Bench], list[Figure]], str]] = {
    "hot": (hot, "one lot with 32 and 128 connections, a lone bidder, and both baselines"),
    "spread": (spread, "200 auctions with 32 connections, and what a bid costs"),
    "lone": (lone, "1,000 auctions with a bid each 20 s (brings `spread` along, to compare)"),
    "crowd": (crowd, "3,000 live auctions: start, idle cost, memory, close lag"),
    "watching": (watching, "from a bid to the frame at up to 10,000 streams"),
    "accounts": (accounts, "what accounts cost a bid, 1,000 sign-ins beside bids, 10,000 idle onboarding workflows"),
    "search": (search, "pages among 1,000,000 listings on MariaDB: filters, words, memory (minutes to write them)"),
    "matching": (matching, "one new listing against 100,000 saved searches on MariaDB"),
    "uploads": (uploads, "100 presigned uploads of 5 MB side by side, and their checks"),
}


def main(arguments: Sequence[str]) -> int:
    """0 when everything was measured, 1 when something could not be, 2 for a name that is none."""
    given = _parse(arguments)
    busy = os.getloadavg()[0]
    bench = Bench(quick=given.quick, verbose=given.verbose)
    # An orderly end of the stacks also where somebody ends us politely.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    failed = [name for name in _wanted(given.names) if not _measure(bench, name)]
    if bench.figures:
        print(f"\n{table(bench.figures)}\n")
    print(f"measured in this run on {machine()}; load average {busy:.1f} before it")
    if bench.quick:
        print("quick: too short for more than a look")
    if failed:
        print(f"could not be measured: {', '.join(failed)}")
    return 1 if failed else 0


def _measure(bench: Bench, name: str) -> bool:
    bench.say(f"{name}: {MEASURES[name][1]}")
    try:
        bench.figures += MEASURES[name][0](bench)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one measure that fails must not cost the others their figures
        bench.say(f"{name} FAILED: {type(error).__name__}: {error}")
        return False
    return True


def _wanted(names: Sequence[str]) -> list[str]:
    chosen = set(names) or set(MEASURES)
    if "lone" in chosen:
        chosen.add("spread")
    return [name for name in MEASURES if name in chosen]


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    names = "\n".join(f"  {name:<10}{about}" for name, (_, about) in MEASURES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.load",
        description=__doc__,
        epilog=f"names (without any, all of them):\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure")
    parser.add_argument("--quick", action="store_true", help="a few seconds each, to see that it works")
    parser.add_argument("--verbose", action="store_true", help="show samples of what was refused")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in MEASURES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(MEASURES)}")
    return given


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    # As in `python -m api`: the threads of Temporal's core can crash an interpreter that finalises.
    os._exit(code)
