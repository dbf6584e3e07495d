"""What the accounts' checks cost a bid: the same load on this tree and on the last commit before accounts, by turns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from operator import attrgetter, methodcaller
from statistics import fmean

from temporal.stack.child import ROOT
from tests.load import wrk
from tests.load.bench import SETTLE_S, Bench
from tests.load.earlier import Elsewhere, before_accounts, stack_of, tree_of
from tests.load.figures import Figure, plain, quantity, ratio, under
from tests.load.processes import Usage, idle, settle

CONNECTIONS = 32
WARM_S = 3
# More than everybody bids in a whole run, so that all is reserved and nothing refused for it.
LIMIT_CENTS = 10**13
# A process that costs next to nothing has no ratio: /proc counts in steps of 10 ms.
LEAST_MS = 0.05
NO_HISTORY = "not measured: no history"


@dataclass(frozen=True, slots=True)
class Case:
    """How bidders sign in, and whether they have a buying limit, as clearance gives one. Before it, nobody had."""

    name: str
    cookies: bool
    limited: bool


CASES = (
    Case("session cookies, with buying limits", cookies=True, limited=True),
    Case("bearer tokens, with buying limits", cookies=False, limited=True),
    Case("bearer tokens, no limits, so no reservations", cookies=False, limited=False),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One load on one lot; `cpu_ms` of each process is what it used beyond its idle cost."""

    answers: wrk.Answers
    taken: int
    cpu_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one case on one tree."""

    all: Sequence[Run]

    @property
    def taken(self) -> int:
        """Bids that were recorded."""
        return sum(run.taken for run in self.all)

    @property
    def per_second(self) -> float:
        """Bids recorded for a second of load."""
        return self.taken / sum(run.answers.seconds for run in self.all)

    @property
    def p50_ms(self) -> float:
        """The mean of the runs."""
        return fmean(run.answers.p50_ms for run in self.all)

    @property
    def p99_ms(self) -> float:
        """The worst of the runs."""
        return max(run.answers.p99_ms for run in self.all)

    def cost(self, name: str) -> float:
        """CPU milliseconds a bid of one process."""
        return sum(run.cpu_ms[name] for run in self.all) / max(self.taken, 1)

    @property
    def total(self) -> float:
        """CPU milliseconds a bid of all processes."""
        return sum(self.cost(name) for name in self.all[0].cpu_ms)


class Side:
    """One tree's stack under these cases; each run has a lot of its own."""

    def __init__(self, stack: Elsewhere, *, limited: bool) -> None:
        self._stack = stack
        self._limited = limited
        self._lots: Iterator[int] = iter(stack.place.lots)
        self._resting = Usage({}, 1)
        self._found: dict[Case, list[Run]] = {case: [] for case in CASES}

    def prepare(self, seconds: int) -> None:
        """Warm up, come to rest, and measure that."""
        warm = next(self._lots)
        self._stack.limit(LIMIT_CENTS if self._limited else None)
        for cookies in (False, True):
            self._stack.bid(warm, cookies=cookies, connections=CONNECTIONS, seconds=WARM_S)
        self._stack.taken([warm])
        settle(self._stack.place.pids, SETTLE_S)
        self._resting = idle(self._stack.place.pids, seconds)

    def measure(self, bench: Bench, name: str, case: Case, seconds: int) -> None:
        """One run of a case."""
        self._stack.limit(LIMIT_CENTS if case.limited and self._limited else None)
        lot = next(self._lots)
        answers, taken, usage = self._stack.metered(lot, cookies=case.cookies, connections=CONNECTIONS, seconds=seconds)
        bench.note(f"{name}, {case.name}", answers)
        self._found[case].append(Run(answers, taken, usage.above(self._resting)))

    def runs(self, case: Case) -> Runs:
        """What was found of a case."""
        return Runs(self._found[case])


def checks(bench: Bench) -> list[Figure]:
    """Both stacks are up all the time and loaded in turn, so that the machine is the same for both."""
    commit = before_accounts()
    rounds, seconds = bench.choose(4, 1), bench.choose(6, 3)
    lots = 1 + rounds * len(CASES)
    with ExitStack() as stacks:
        bench.say("starting the stack of this tree")
        sides = {"now": Side(stacks.enter_context(stack_of(ROOT, lots)), limited=True)}
        if commit:
            bench.say(f"starting the stack of git {commit[:7]}")
            tree = stacks.enter_context(tree_of(commit))
            sides["before accounts"] = Side(stacks.enter_context(stack_of(tree, lots)), limited=False)
        for side in sides.values():
            side.prepare(bench.choose(10, 3))
        for number in range(rounds):
            for case in CASES:
                # Who begins changes, for whatever a run leaves behind for the next one.
                for name, side in sorted(sides.items(), reverse=number % 2 == 0):
                    side.measure(bench, name, case, seconds)
    return _figures(sides["now"], sides.get("before accounts"), commit)


def _figures(now: Side, before: Side | None, commit: str | None) -> list[Figure]:
    group = "a bid with the accounts' checks: one hot lot, 32 connections"
    against = f"git {commit[:7]}, the last without accounts, in the same run" if commit else NO_HISTORY
    found = [Figure(group=group, what="compared with", value="", against=against)]
    for case in CASES:
        found += _case(group, case.name, now.runs(case), before.runs(case) if before else None)
    answers = [run.answers for side in (now, before) if side for case in CASES for run in side.runs(case).all]
    return [*found, under(group, "bids that failed, of all runs", sum(each.failed for each in answers), "", 1)]


def _case(group: str, case: str, now: Runs, before: Runs | None) -> list[Figure]:
    def one(what: str, unit: str, read: Callable[[Runs], float]) -> Figure:
        value = read(now)
        text = f"{ratio(value, read(before)):.2f} x of {quantity(read(before), unit)}" if before else ""
        return plain(group, f"{case}: {what}", value, unit, against=text)

    names = [name for name in sorted((before or now).all[0].cpu_ms) if now.cost(name) >= LEAST_MS]
    return [
        one("committed", "bids/s", attrgetter("per_second")),
        one("p50", "ms", attrgetter("p50_ms")),
        one("p99", "ms", attrgetter("p99_ms")),
        *(one(f"CPU of {name} a bid", "ms", methodcaller("cost", name)) for name in names),
        one("CPU of all a bid", "ms", attrgetter("total")),
    ]
