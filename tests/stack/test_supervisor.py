"""The supervisor on tiny programs: it waits, starts again what died, gives up in time, and stops in order."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest
import pytest_asyncio

from temporal.stack.child import Program, describe_end
from temporal.stack.errors import StackError
from temporal.stack.keeper import Patience
from temporal.stack.leftovers import MARK_VARIABLE, identify
from temporal.stack.lock import StackLock
from temporal.stack.progress import Progress
from temporal.stack.supervisor import Supervisor

Make = Callable[..., Program]
# Every run leaves a line, so that runs can be counted and their order read.
SAY_AND_STAY = "import os, sys, time; open({path!r}, 'a').write({name!r} + ' '); time.sleep(600)"
PATIENCE = Patience(quick_s=10, limit=5, first_delay_s=0.01, longest_delay_s=0.02)


@pytest.fixture
def lock(tmp_path: Path) -> StackLock:
    return StackLock.take(tmp_path)


@pytest_asyncio.fixture
async def supervisor(lock: StackLock) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(lock, Progress(None), PATIENCE)
    yield supervisor
    await supervisor.stop()
    lock.release()


@pytest.fixture
def make(tmp_path: Path, lock: StackLock) -> Make:
    def make_program(name: str, code: str = "", tier: int = 0) -> Program:
        said = tmp_path / "said"

        async def has_spoken(_pid: int) -> bool:
            return said.exists() and name in said.read_text()

        return Program(
            name=name,
            command=(sys.executable, "-c", code or SAY_AND_STAY.format(path=str(said), name=name)),
            environment={"PATH": os.environ["PATH"], MARK_VARIABLE: lock.run_id},
            data_dir=tmp_path,
            log_path=tmp_path / f"{name}.log",
            tier=tier,
            ready=None if code else has_spoken,
            ready_within_s=20,
            stop_within_s=2,
        )

    return make_program


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_start_returns_when_the_program_is_ready(supervisor: Supervisor, make: Make, tmp_path: Path) -> None:
    await supervisor.start(make("alpha"))
    assert (tmp_path / "said").read_text() == "alpha "
    assert identify(supervisor.pids["alpha"]) is not None


async def test_a_program_that_is_killed_from_outside_runs_again(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    before = supervisor.pids["alpha"]
    os.kill(before, SIGKILL)
    await until(lambda: supervisor.pids.get("alpha", before) != before)
    await supervisor["alpha"].until_ready()


async def test_five_quick_deaths_give_the_program_up_with_one_line(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha", "print('no luck'); raise SystemExit(7)"))
    error = await asyncio.wait_for(supervisor.failure(), 20)
    assert str(error).startswith("alpha died 5 times in a row, at last it ended with exit code 7; its log: ")
    assert str(error).endswith("its last lines: no luck")


async def test_deliberate_kills_are_not_counted(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    pids = set()
    for _ in range(PATIENCE.limit + 1):
        pids.add(await supervisor["alpha"].kill())
        await supervisor["alpha"].until_ready()
    assert len(pids) == PATIENCE.limit + 1
    assert supervisor.pids["alpha"] not in pids


async def test_a_held_program_stays_down_until_released(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    await supervisor["alpha"].hold(SIGTERM)
    await asyncio.sleep(PATIENCE.longest_delay_s * 5)
    assert supervisor.pids == {}
    await supervisor["alpha"].release()
    assert set(supervisor.pids) == {"alpha"}


async def test_a_held_program_can_be_stopped_for_good(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    await supervisor["alpha"].hold()
    await supervisor.stop()
    assert supervisor.pids == {}


async def test_restart_ends_politely_and_waits_for_the_next(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    before = supervisor.pids["alpha"]
    await supervisor["alpha"].restart()
    assert supervisor.pids["alpha"] != before


async def test_higher_tiers_stop_first(supervisor: Supervisor, make: Make, tmp_path: Path) -> None:
    for tier, name in enumerate(("alpha", "beta", "gamma")):
        farewell = (
            "import signal, sys, time\n"
            f"def leave(*_): open({str(tmp_path / 'left')!r}, 'a').write({name + ' '!r}); sys.exit()\n"
            "signal.signal(signal.SIGTERM, leave)\n"
            f"open({str(tmp_path / 'said')!r}, 'a').write({name!r})\n"
            "time.sleep(600)"
        )
        program = make(name, tier=tier)
        await supervisor.start(replace(program, command=(*program.command[:2], farewell)))
    await supervisor.stop()
    assert (tmp_path / "left").read_text() == "gamma beta alpha "


async def test_a_passing_program_that_takes_too_long_is_an_error(supervisor: Supervisor, make: Make) -> None:
    endless = replace(make("alpha", "import time; time.sleep(600)"), ready_within_s=0.2)
    with pytest.raises(StackError, match="alpha did not end within 0 s"):
        await supervisor.run(endless)


async def test_output_that_is_heard_comes_line_by_line(supervisor: Supervisor, make: Make) -> None:
    heard: list[str] = []
    program = make("alpha", "import sys; print('one'); print('two', file=sys.stderr); raise SystemExit(4)")
    assert await supervisor.run(replace(program, log_path=None, heard=heard.append)) == 4
    assert sorted(heard) == ["one", "two"]


async def test_a_command_that_is_missing_is_named(supervisor: Supervisor, make: Make) -> None:
    program = replace(make("alpha", "-"), command=("no-such-program",))
    with pytest.raises(StackError, match="no-such-program: No such file or directory"):
        await supervisor.complete(program)


async def test_an_unknown_name_is_answered_with_the_known_ones(supervisor: Supervisor, make: Make) -> None:
    await supervisor.start(make("alpha"))
    with pytest.raises(StackError, match="no program is named 'omega'; there are alpha"):
        supervisor["omega"]


@pytest.mark.parametrize(
    ("code", "words"),
    [(3, "ended with exit code 3"), (-9, "was ended by SIGKILL"), (-77, "was ended by signal 77")],
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert describe_end(code) == words


def test_the_wait_before_a_start_doubles_up_to_a_limit() -> None:
    patience = Patience(first_delay_s=1, longest_delay_s=5)
    assert [patience.delay_s(deaths) for deaths in range(5)] == [1, 1, 2, 4, 5]
