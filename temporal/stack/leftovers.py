"""Finding and ending processes of an earlier stack that outlived it, without ever ending somebody else's."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
BOOT_ID = PROC / "sys/kernel/random/boot_id"
MARK_VARIABLE = "HAMMERTIME_STACK"
GRACE_S = 5.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Identity:
    """A process id together with when it started, since the id alone is given to others later."""

    pid: int
    started: str


def identify(pid: int) -> Identity | None:
    """Read who has this process id now; None when nobody has it or only a zombie."""
    started = _started_on_linux(pid) if sys.platform == "linux" else _started_by_ps(pid)
    return Identity(pid, started) if started else None


def is_running(process: Identity) -> bool:
    """Whether exactly this process still runs."""
    return identify(process.pid) == process


def marked(run_id: str) -> list[Identity]:
    """Every process whose environment carries the mark of that run; only Linux shows it."""
    mark = f"{MARK_VARIABLE}={run_id}".encode()
    found: list[Identity] = []
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(Identity(int(entry.name), _started_on_linux(int(entry.name)) or ""))
    return [process for process in found if process.started and process.pid != os.getpid()]


async def end(processes: Iterable[Identity], *, grace_s: float = GRACE_S) -> int:
    """End those that still run, politely and then by force; returns how many there were."""
    running = [process for process in set(processes) if is_running(process)]
    _signal(running, signal.SIGTERM)
    if not await _all_gone(running, grace_s):
        _signal(running, signal.SIGKILL)
        await _all_gone(running, grace_s)
    return len(running)


async def _all_gone(processes: list[Identity], within_s: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            for process in processes:
                while is_running(process):
                    await asyncio.sleep(POLL_S)
            return True
    return False


def _signal(processes: list[Identity], number: signal.Signals) -> None:
    for process in processes:
        if is_running(process):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)


def _started_on_linux(pid: int) -> str | None:
    """The boot and the ticks since it; see proc(5): the command name may hold anything, so count from its end."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot}/{start_ticks}"


def _started_by_ps(pid: int) -> str | None:
    command = ("/bin/ps", "-o", "lstart=", "-p", str(pid))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
