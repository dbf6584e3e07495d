"""One child process: how it is spawned (own session, tied to its parent, output in a log file), signalled and ended."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TETHER = Path(__file__).with_name("tether.py")
ROOT = Path(__file__).parents[2]
LOG_LIMIT_BYTES = 20_000_000
TAIL_BYTES = 8_192
TAIL_LINES = 5

Check = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run and how to tell that it is up.

    `environment` is the whole environment of the process. `log_path` None means the output of the stack itself, unless
    `heard` gets its lines. `ready` gets the child's pid and answers whether it serves; None means that running is
    enough. `place` says where it serves. Programs of a higher `tier` are stopped before those of a lower one. Times are
    in seconds.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    data_dir: Path
    log_path: Path | None
    heard: Callable[[str], None] | None = None
    place: str = ""
    tier: int = 0
    ready: Check | None = None
    ready_within_s: float = 60
    stop_within_s: float = 15


class Child:
    """A running process of a program; it leads a session and a process group of its own."""

    def __init__(self, program: Program, process: Process, log_start: int) -> None:
        self.program = program
        self._process = process
        self._log_start = log_start
        self._hearing = asyncio.create_task(self._hear()) if process.stdout else None

    @classmethod
    async def spawn(cls, program: Program) -> "Child":
        """Start the program. The thread that runs this event loop has to outlive it: the tie is to that thread."""
        log = _open_log(program.log_path)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid())),
                *program.command,
                cwd=ROOT,
                env=dict(program.environment),
                stdin=DEVNULL,
                stdout=PIPE if program.heard else log,
                stderr=STDOUT if program.heard else log,
                start_new_session=True,
            )
            return cls(program, process, log.tell() if log else 0)
        finally:
            if log:
                log.close()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group and session."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for its end, then end whatever it left in its group."""
        code = await self._process.wait()
        self.signal(signal.SIGKILL)
        if self._hearing:
            await asyncio.shield(self._hearing)
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; a group that is gone already is fine."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def stop(self, *, hurry: asyncio.Event | None = None) -> int:
        """End it: politely, then by force after the program's grace or as soon as `hurry` is set."""
        if self.exit_code is not None:
            # Its process id may belong to somebody else by now.
            return self.exit_code
        self.signal(signal.SIGTERM)
        ended = asyncio.ensure_future(self.wait())
        hurried = asyncio.ensure_future((hurry or asyncio.Event()).wait())
        await asyncio.wait({ended, hurried}, timeout=self.program.stop_within_s, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not ended.done():
            self.signal(signal.SIGKILL)
        return await ended

    def last_words(self) -> str:
        """The last lines it wrote to its log since it was spawned, joined by ` | `; empty when it wrote none."""
        path = self.program.log_path
        if path is None or not path.exists():
            return ""
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(min(self._log_start, end), end - TAIL_BYTES))
            text = log.read().decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(lines[-TAIL_LINES:])

    async def _hear(self) -> None:
        if self._process.stdout and self.program.heard:
            async for line in self._process.stdout:
                self.program.heard(line.decode(errors="replace").rstrip())


def _open_log(path: Path | None) -> IO[bytes] | None:
    if path is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def describe_end(exit_code: int) -> str:
    """`ended with exit code 3` or `was ended by SIGKILL`, from a code as `Child.exit_code` gives it."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"
