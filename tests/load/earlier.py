"""The product before the accounts: its tree taken out of git's history, and its stack beside that of this tree."""

import json
import os
import secrets
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporal.stack.child import ROOT
from tests.load import wrk
from tests.load.processes import Meter, Usage

# The accounts began with their tables.
FIRST_OF_ACCOUNTS = "activities/db/account_tables.py"
PROGRAM = Path(__file__).with_name("elsewhere.py")
STOP_WITHIN_S = 60


class StackFailed(RuntimeError):
    """The stack of a tree did not start, or has died; what it said is on standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack is, with bearer tokens and session cookies of the same bidders, and fresh lots."""

    url: str
    pids: dict[str, int]
    tokens: list[str]
    cookies: list[str]
    lots: list[int]


class Elsewhere:
    """A stack in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", csrf: str) -> None:
        self._process = process
        self._csrf = csrf
        self.place = Place(**self._hear())

    def bid(self, lot: int, *, cookies: bool, connections: int, seconds: int) -> wrk.Answers:
        """Put load on a lot, by session cookies or bearer tokens."""
        return wrk.run(
            wrk.Load(
                url=self.place.url,
                tokens=self.place.cookies if cookies else self.place.tokens,
                csrf=self._csrf if cookies else "",
                lots=[lot],
                connections=connections,
                seconds=seconds,
            )
        )

    def metered(self, lot: int, *, cookies: bool, connections: int, seconds: int) -> tuple[wrk.Answers, int, Usage]:
        """The same, with how many bids were recorded and what the processes used meanwhile."""
        meter = Meter(self.place.pids)
        answers = self.bid(lot, cookies=cookies, connections=connections, seconds=seconds)
        usage = meter.usage()
        return answers, self.taken([lot]), usage

    def taken(self, lots: Sequence[int]) -> int:
        """How many bids of these lots are recorded as accepted, once no more are coming."""
        return int(self._order("taken", lots))

    def limit(self, cents: int | None) -> None:
        """Give all bidders this buying power, or none that is counted."""
        self._order("limit", cents)

    def _order(self, name: str, value: object) -> Any:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{json.dumps([name, value])}\n")
            self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise StackFailed(f"the stack ended with {self._process.wait(STOP_WITHIN_S)}")
        return json.loads(line)


def before_accounts(root: Path = ROOT) -> str | None:
    """The commit before the accounts' tables came; None where git, the repository or that part of it is missing."""
    added = _git(root, "log", "--diff-filter=A", "--format=%H", "--", FIRST_OF_ACCOUNTS).split()
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{added[-1]}^").strip() if added else ""
    return found or None


@contextmanager
def tree_of(commit: str, root: Path = ROOT) -> Iterator[Path]:
    """A folder with all files of a commit. Neither the checkout nor the repository is touched."""
    with tempfile.TemporaryDirectory(prefix="hammertime-tree-") as folder:
        packed, tree = Path(folder) / "tree.tar", Path(folder) / "tree"
        subprocess.run(["git", "-C", root, "archive", "--output", packed, commit], check=True, capture_output=True)
        with tarfile.open(packed) as archive:
            archive.extractall(tree, filter="data")
        yield tree


@contextmanager
def stack_of(tree: Path, lots: int) -> Iterator[Elsewhere]:
    """The stack of a tree with so many lots, gone after the block. Raises StackFailed."""
    csrf = secrets.token_urlsafe(16)
    process = subprocess.Popen(
        [sys.executable, "-P", PROGRAM, str(lots), csrf],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Elsewhere(process, csrf)
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        # What it has started is tied to it and ends as well.
        process.kill()


def _git(root: Path, *arguments: str) -> str:
    """What git says; nothing where it is missing or fails."""
    try:
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
