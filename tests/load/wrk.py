"""The load generator: wrk from Debian's packages, one thread of it, steered by a small Lua script."""

import json
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from temporal.packages import program

SCRIPT = Path(__file__).with_name("bid.lua")
TIMEOUT_S = 20
END_WITHIN_S = 60
CREATED, REFUSED = 201, 409


class LoadFailed(RuntimeError):
    """wrk did not run to its end; the text is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Bids on `lots` in turn by the owners of `tokens` in turn, over so many connections, for so long.

    Each connection waits `pause_ms` on average before a bid; 0 sends the next one as soon as the last is answered.
    `floor`: every lot's first bid is a thousand dollars more than this many thousands. `csrf`: the tokens are no bearer
    tokens but cookies of sessions, which all have this CSRF token.
    """

    url: str
    tokens: Sequence[str]
    lots: Sequence[int]
    connections: int
    seconds: int
    pause_ms: int = 0
    floor: int = 0
    csrf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What clients saw. Times are of whole requests; `refusal` is the first 409, `complaint` the first answer that
    is neither 201 nor 409."""

    statuses: Mapping[int, int]
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refusal: str
    complaint: str

    @property
    def created(self) -> int:
        """Bids that were answered as taken."""
        return self.statuses.get(CREATED, 0)

    @property
    def per_second(self) -> float:
        """Bids a second that were answered as taken."""
        return self.created / self.seconds

    @property
    def judged_per_second(self) -> float:
        """Bids a second that were answered by the auction, those that it refused included."""
        return (self.created + self.statuses.get(REFUSED, 0)) / self.seconds

    @property
    def failed(self) -> int:
        """Requests that got no answer, or one that is neither 201 nor 409."""
        return self.errors + sum(count for status, count in self.statuses.items() if status not in {CREATED, REFUSED})


def run(load: Load, *, beside: Callable[[], None] | None = None) -> Answers:
    """Run wrk to its end, or until the work `beside` it is done where that is sooner.

    Raises LoadFailed where it is missing or does not end well, ValueError off loopback.
    """
    if urlsplit(load.url).hostname != "127.0.0.1":
        raise ValueError(f"{load.url} is not on loopback")
    binary = program("wrk")
    if binary is None:
        raise LoadFailed("wrk is not installed (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="hammertime-wrk-") as folder:
        script = Path(folder) / "bid.lua"
        script.write_text(lua(load, f"b{secrets.token_hex(6)}-", secrets.randbelow(len(load.tokens))), encoding="utf-8")
        sizes = ("--threads", "1", "--connections", str(load.connections), "--duration", f"{load.seconds}s")
        command = (str(binary), *sizes, "--timeout", f"{TIMEOUT_S}s", "--script", str(script), load.url)
        return parse(_output(command, load.seconds + END_WITHIN_S, beside))


def lua(load: Load, keys: str, shift: int) -> str:
    """The whole script for one run. `keys` and `shift` keep runs on the same lots from repeating each other."""
    settings = {
        "tokens": _lua_list(load.tokens),
        "lots": _lua_list(load.lots),
        "shift": str(shift),
        "floor": str(load.floor),
        "pause_ms": str(load.pause_ms),
        "keys": json.dumps(keys),
        "csrf": json.dumps(load.csrf),
    }
    head = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f"{head}\n{SCRIPT.read_text(encoding='utf-8')}"


def parse(output: str) -> Answers:
    """Read the figures that the script printed. Raises LoadFailed where there are none."""
    lines = [line.split(" ", 2)[1:] for line in output.splitlines() if line.startswith("figure ")]
    found = {parts[0]: parts[1] if len(parts) > 1 else "" for parts in lines}
    if "seconds" not in found:
        raise LoadFailed(f"wrk said: {output[-500:]!r}")
    return Answers(
        statuses={int(name[7:]): int(count) for name, count in found.items() if name.startswith("status.")},
        errors=sum(int(count) for name, count in found.items() if name.startswith("error.")),
        seconds=float(found["seconds"]),
        p50_ms=float(found["p50_ms"]),
        p99_ms=float(found["p99_ms"]),
        max_ms=float(found["max_ms"]),
        refusal=found["refusal"],
        complaint=found["complaint"],
    )


def _output(command: Sequence[str], within_s: float, beside: Callable[[], None] | None) -> str:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            if beside is not None:
                beside()
                # Sums up what it has measured until now, as at the end of its time.
                process.send_signal(signal.SIGINT)
            output, complaints = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired as error:
            raise LoadFailed(f"wrk: {error}") from error
        finally:
            process.kill()
    if process.returncode:
        raise LoadFailed(f"wrk ended with {process.returncode}: {complaints!r}")
    return output


def _lua_list(values: Sequence[object]) -> str:
    return "{" + ",".join(json.dumps(value) for value in values) + "}"
