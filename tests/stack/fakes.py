"""`python -m tests.stack.fakes`: `temporal.local` with tiny programs in the place of the real ones.

The variables FAKE_REDIS, FAKE_WORKER and so on choose what one of them does instead of running quietly.
"""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from temporal.stack.child import Program
from temporal.stack.command import main
from temporal.stack.programs import Programs
from temporal.stack.sandboxes import Sandbox

QUIET = "import time; time.sleep(600)"
SCRIPTS = {
    "quiet": QUIET,
    "stubborn": f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {QUIET}",
    "dying": "print('something broke'); raise SystemExit(3)",
    "brief": "import time; time.sleep(0.2); raise SystemExit(3)",
    "full": "print('OSError: [Errno 28] No space left on device'); raise SystemExit(1)",
    "parent": f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {QUIET!r}]); {QUIET}",
    "done": "print('once was here')",
    "four": "raise SystemExit(4)",
}


async def never(_pid: int) -> bool:
    """The check of a program that does not get ready."""
    return False


async def once_it_ran(_pid: int) -> bool:
    """The check of a program that is ready as soon as it runs."""
    return True


def fake(program: Program, does: str) -> Program:
    """The same program with another command."""
    return replace(
        program,
        command=(sys.executable, "-c", SCRIPTS.get(does, QUIET)),
        ready=never if does in {"dying", "full", "never ready"} else once_it_ran,
        ready_within_s=1.0 if does == "never ready" else 20.0,
        stop_within_s=1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FakePrograms(Programs):
    """The programs of a stack, each doing what its variable says."""

    def redis(self, *, installed: bool) -> Program:
        return fake(Programs.redis(self, installed=installed), os.environ.get("FAKE_REDIS", "quiet"))

    def temporal(self, binary: Path) -> Program:
        return fake(Programs.temporal(self, binary), os.environ.get("FAKE_TEMPORAL", "quiet"))

    def sandbox(self, sandbox: Sandbox) -> Program:
        variable = f"FAKE_{sandbox.name.upper().replace('-', '_')}"
        return fake(Programs.sandbox(self, sandbox), os.environ.get(variable, "quiet"))

    def worker(self, binary: Path | None) -> Program:
        return fake(Programs.worker(self, binary), os.environ.get("FAKE_WORKER", "quiet"))

    def papers(self) -> Program:
        return fake(Programs.papers(self), os.environ.get("FAKE_PAPERS", "quiet"))

    def api(self, number: int, port: int) -> Program:
        return fake(Programs.api(self, number, port), os.environ.get("FAKE_API", "quiet"))

    def bidders(self) -> Program:
        return fake(Programs.bidders(self), os.environ.get("FAKE_BIDDERS", "quiet"))

    def migrations(self) -> Program:
        return fake(Programs.migrations(self), os.environ.get("FAKE_MIGRATIONS", "done"))

    def seed(self, *, once: bool = False) -> Program:
        return fake(Programs.seed(self, once=once), os.environ.get("FAKE_SEED", "done"))

    def once(self) -> Program:
        return fake(Programs.once(self), os.environ.get("FAKE_ONCE", "done"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], FakePrograms))
