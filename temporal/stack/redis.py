"""The Redis of the embedded profile: a real `redis-server` where one is installed, otherwise a stand-in in Python."""

import sys
from pathlib import Path

from temporal.packages import program
from temporal.stack.ports import LOOPBACK

STAND_IN = "temporal.stack.redis_stand_in"


def redis_command(port: int, folder: Path, *, installed: bool = True) -> tuple[str, ...]:
    """The command that serves Redis on the port, keeping nothing; `installed` False asks for the stand-in."""
    server = program("redis-server") if installed else None
    if server is None:
        return (sys.executable, "-m", STAND_IN, str(port))
    return (
        *(str(server), "--bind", LOOPBACK, "--port", str(port), "--dir", str(folder), "--daemonize", "no"),
        # News may be lost, the database is the truth: nothing is worth writing to disk.
        *("--save", "", "--appendonly", "no"),
    )
