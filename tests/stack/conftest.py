"""Starts the command with fake programs, and finds out what it left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from temporal.stack import leftovers

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
PORTS = ("--port", "0", "--temporal-port", "0", "--ui-port", "0")


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.02)


class Started:
    """The command in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, **fakes: str) -> None:
        self.folder = folder
        variables = {f"FAKE_{name.upper()}": does for name, does in fakes.items()}
        environment = {"TEMPORAL_BINARY": sys.executable, **os.environ, **variables}
        self._output = folder.with_suffix(".output")
        self._errors = folder.with_suffix(".errors")
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.stack.fakes", "--data-dir", str(folder), *PORTS, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=errors,
                # A test run's own Ctrl-C is not the one that is tested.
                start_new_session=True,
            )
        self.run_id = ""

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def children(self) -> dict[str, int]:
        """The processes on record, by name; the run's mark is remembered for `left_behind`."""
        try:
            record = json.loads((self.folder / "stack.lock").read_text())
        except (OSError, ValueError):
            return {}
        self.run_id = record["run_id"]
        return {name: child["pid"] for name, child in record["children"].items()}

    def until_up(self) -> dict[str, int]:
        wait_until(lambda: "Ctrl-C stops everything" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.errors
        return self.children()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends_with(self) -> int:
        return self.process.wait(PATIENCE_S)

    def left_behind(self) -> list[leftovers.Identity]:
        assert self.run_id
        return leftovers.marked(self.run_id)


def _is_gone(stack: Started) -> bool:
    return not stack.left_behind()


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def start_stack(*arguments: str, folder: Path = tmp_path / "stack", **fakes: str) -> Started:
        started.append(Started(folder, *arguments, **fakes))
        return started[-1]

    yield start_stack
    for stack in started:
        if stack.process.poll() is None:
            stack.process.kill()
        stack.process.wait()
        if stack.run_id:
            wait_until(partial(_is_gone, stack))
