"""One run of the benchmark: how long it measures, the stacks it starts, and the figures it has found so far."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from temporal.stack.child import Program
from temporal.stack.local_stack import LocalStack
from temporal.stack.programs import Programs, module
from tests.load import wrk
from tests.load.figures import Figure
from tests.load.market import Market, market
from tests.load.processes import settle

SETTLE_S = 15.0
# Thousands of dollars that no lot reaches while warming up.
WARM_FLOOR = 20_000


class OneByOnePrograms(Programs):
    """The stack with baseline A for an API."""

    def api(self, number: int, port: int) -> Program:
        """The baseline's process."""
        return replace(super().api(number, port), command=module("tests.load.baselines", "one-by-one"))


class RowLockPrograms(Programs):
    """The stack with baseline B for an API."""

    def api(self, number: int, port: int) -> Program:
        """The baseline's process."""
        return replace(super().api(number, port), command=module("tests.load.baselines", "row-lock"))


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack and its market."""

    stack: LocalStack
    market: Market

    def bid(self, lots: list[int], *, connections: int, seconds: int, pause_ms: int = 0, floor: int = 0) -> wrk.Answers:
        """Put load on lots through the first API process."""
        return wrk.run(
            wrk.Load(
                url=self.stack.base_url,
                tokens=self.market.tokens,
                lots=lots,
                connections=connections,
                seconds=seconds,
                pause_ms=pause_ms,
                floor=floor,
            )
        )

    def warm_up(self, lots: list[int], *, connections: int, seconds: int) -> int:
        """Bid for a while, let all of it be recorded and calm down; the floor for the bids that follow."""
        self.bid(lots, connections=connections, seconds=seconds)
        self.market.taken(lots)
        self.settle()
        return WARM_FLOOR

    def settle(self) -> None:
        """Wait until starting is over in all processes."""
        settle(self.stack.pids, SETTLE_S)


@dataclass(slots=True)
class Bench:
    """What all measures share. `spread_cost`: CPU milliseconds a bid of each process over 200 lots, once measured."""

    quick: bool
    verbose: bool = False
    figures: list[Figure] = field(default_factory=list)
    spread_cost: Mapping[str, float] | None = None
    started: float = field(default_factory=time.monotonic)

    def choose(self, full: int, quick: int) -> int:
        """A duration or size, for a full run or a quick one."""
        return quick if self.quick else full

    def say(self, text: str) -> None:
        """Tell the person who waits what goes on."""
        sys.stderr.write(f"[{time.monotonic() - self.started:5.0f} s] {text}\n")
        sys.stderr.flush()

    def note(self, name: str, answers: wrk.Answers) -> None:
        """Tell what the clients saw, refusals and failures above all."""
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(answers.statuses.items()))
        self.say(f"{name}: {statuses or 'no answers'}; slowest {answers.max_ms:.0f} ms; {answers.errors} errors")
        if answers.refusal and self.verbose:
            self.say(f"{name}: the first refusal: {answers.refusal}")
        if answers.complaint:
            self.say(f"{name}: the first unexpected answer: {answers.complaint[:300]}")

    @contextmanager
    def stage(
        self,
        *,
        api_processes: int = 1,
        programs: type[Programs] = Programs,
        settings: Mapping[str, Any] | None = None,
    ) -> Iterator[Stage]:
        """A fresh stack with an empty market, gone after the block."""
        stack = LocalStack(api_processes=api_processes, programs=programs, settings=settings)
        with stack, market(stack.environment["DATABASE_URL"], stack.base_url) as people:
            yield Stage(stack, people)
