"""What processes cost, read from /proc: CPU time and memory, by the names that the stack gives them."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

USER_FIELD, SYSTEM_FIELD = 11, 12
QUIET_MS_PER_S = 350.0
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU milliseconds of each process, at a moment or in a span of `seconds`."""

    cpu_ms: Mapping[str, float]
    seconds: float

    @property
    def per_second(self) -> dict[str, float]:
        """CPU milliseconds of each process in a second of the span."""
        return {name: spent / self.seconds for name, spent in self.cpu_ms.items()}

    def above(self, idle: "Usage") -> dict[str, float]:
        """What was spent beyond the idle cost, never less than nothing."""
        resting = idle.per_second
        return {name: max(spent - resting.get(name, 0.0) * self.seconds, 0.0) for name, spent in self.cpu_ms.items()}


class Meter:
    """Counts the CPU time of some processes from its making on."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._started = time.monotonic()
        self._before = self._read()

    def usage(self) -> Usage:
        """What was used since the start."""
        now = self._read()
        spent = {name: now[name] - self._before[name] for name in self._pids}
        return Usage(spent, time.monotonic() - self._started)

    def _read(self) -> dict[str, float]:
        return {name: cpu_ms(Path(f"/proc/{pid}/stat").read_text("ascii")) for name, pid in self._pids.items()}


def cpu_ms(stat: str) -> float:
    """User and system time, in milliseconds, from the text of /proc/PID/stat."""
    # The program's name stands in brackets and may hold anything, brackets and spaces included.
    fields = stat.rpartition(")")[2].split()
    ticks = int(fields[USER_FIELD]) + int(fields[SYSTEM_FIELD])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def idle(pids: Mapping[str, int], seconds: float) -> Usage:
    """What processes cost while nobody asks anything of them."""
    meter = Meter(pids)
    time.sleep(seconds)
    return meter.usage()


def settle(pids: Mapping[str, int], within_s: float) -> None:
    """Wait until what was started has calmed down, or the time is over."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if sum(idle(pids, LOOK_S).per_second.values()) < QUIET_MS_PER_S:
            return
