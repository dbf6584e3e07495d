"""Thousands of accounts that are followed and at rest: what their workflows cost to start and to keep."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from activities.db.engine import make_engine
from activities.settings import load_or_create_platform_key, load_settings
from domain.errors import UnavailableError
from temporal.accounts import Accounts
from temporal.client import connect
from temporal.stack.data_dir import DATABASE, TEMPORAL_DATABASE
from temporal.stack.local_stack import LocalStack
from tests.load.bench import Bench, Stage
from tests.load.figures import Figure, plain, quantity
from tests.load.market import POLL_S, MarketFailed
from tests.load.people import Account, add_followed, count_unjudged
from tests.load.processes import Meter, Usage, idle, resident_mb

AT_ONCE = 16
TRIES = 3
WITHIN_S = 900
KB_IN_MB = 1024
FILES = {"Temporal's database": TEMPORAL_DATABASE, "our database": DATABASE}
# CPU milliseconds in a second that are a hundredth of a core.
PER_CENT_MS = 10


@dataclass(frozen=True, slots=True)
class Rest:
    """A stack at rest: CPU of each process, resident memory of each, and what is on disk, in megabytes."""

    usage: Usage
    memory: dict[str, float]
    disk: dict[str, float]


def newcomers(bench: Bench) -> list[Figure]:
    """One stack, before and after."""
    count, seconds = bench.choose(10_000, 300), bench.choose(30, 4)
    with bench.stage() as stage:
        engine = make_engine(stage.stack.environment["DATABASE_URL"])
        people = add_followed(engine, count)
        before = _rest(stage, seconds)
        bench.say(f"starting {count} workflows")
        meter = Meter(stage.stack.pids)
        asyncio.run(_start(stage.stack, people))
        accepted_s = meter.usage().seconds
        _wait_until_judged(engine)
        starting = meter.usage()
        after = _rest(stage, seconds)
        engine.dispose()
    group = f"{count:,} idle onboarding workflows, half of them with a date to wake up for"
    rate = f"{count / starting.seconds:.0f}/s; {accepted_s:.0f} s until the last was accepted, {AT_ONCE} at once"
    return [
        plain(group, "all at rest after", starting.seconds, "s", against=rate),
        plain(group, "CPU of all to start one", sum(starting.cpu_ms.values()) / count, "ms"),
        *(_grown(group, f"memory of {name}", before.memory[name], after.memory[name], count) for name in before.memory),
        *(_grown(group, f"{name} on disk", before.disk[name], after.disk[name], count) for name in FILES),
        *(_resting(group, name, before.usage.per_second, after.usage.per_second) for name in [*before.memory, "all"]),
    ]


def _rest(stage: Stage, seconds: float) -> Rest:
    stage.settle()
    usage = idle(stage.stack.pids, seconds)
    memory = {name: resident_mb(pid) for name, pid in sorted(stage.stack.pids.items())}
    return Rest(usage, memory, {name: megabytes(stage.stack.data_dir / file) for name, file in FILES.items()})


def megabytes(database: Path) -> float:
    """The size of an SQLite database with what is still beside its file."""
    return sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*")) / KB_IN_MB**2


async def _start(stack: LocalStack, people: Sequence[Account]) -> None:
    settings = load_settings(data_dir=stack.data_dir, temporal_address=stack.temporal_address)
    client = await connect(settings, load_or_create_platform_key(settings))
    accounts, turns = Accounts(client, settings.temporal_accounts_queue), asyncio.Semaphore(AT_ONCE)

    async def one(person: Account) -> None:
        async with turns:
            await _start_one(accounts, person)

    await asyncio.gather(*(one(person) for person in people))


async def _start_one(accounts: Accounts, person: Account) -> None:
    for left in reversed(range(TRIES)):
        try:
            return await accounts.start(person.id)
        except UnavailableError:
            if not left:
                raise
    return None


def _wait_until_judged(engine: Engine) -> None:
    end = time.monotonic() + WITHIN_S
    while left := count_unjudged(engine):
        if time.monotonic() > end:
            raise MarketFailed(f"{left} accounts were not looked at after {WITHIN_S} s")
        time.sleep(POLL_S)


def _grown(group: str, what: str, before: float, after: float, count: int) -> Figure:
    each = quantity((after - before) * KB_IN_MB / count, "KB a workflow")
    return plain(group, what, after, "MB", against=f"{quantity(before, 'MB')} before, {each}")


def _resting(group: str, name: str, before: Mapping[str, float], after: Mapping[str, float]) -> Figure:
    names = before if name == "all" else [name]
    earlier, later = (sum(usage[each] for each in names) / PER_CENT_MS for usage in (before, after))
    return plain(group, f"idle CPU of {name}", later, "% of a core", against=f"{quantity(earlier, '%')} before")
