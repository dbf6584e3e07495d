"""The programs of the embedded profile: their commands, how each shows that it serves, when it is stopped."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from activities.settings import Settings
from temporal.stack import readiness
from temporal.stack.child import Check, Program
from temporal.stack.data_dir import LOGS, TEMPORAL_DATABASE
from temporal.stack.environment import program_environment
from temporal.stack.ports import LOOPBACK, Ports
from temporal.stack.redis import STAND_IN, redis_command
from temporal.stack.sandboxes import AUTHORIZE_NET, CLEARVIN, PERSONA, SENDGRID, Sandbox, Sandboxes
from temporal.stack.server import temporal_command

REDIS_TIER, TEMPORAL_TIER, WORKER_TIER, API_TIER, BIDDERS_TIER = range(5)
SANDBOX_TIER = TEMPORAL_TIER
ON_THE_WAY_IN = (SENDGRID, PERSONA, AUTHORIZE_NET, CLEARVIN)
# From its first import on; the process says the same of itself.
NICENESS = "15"
MIGRATE_WITHIN_S = 120
SEED_WITHIN_S = 300
ONCE_WITHIN_S = 600
# A request that a fault keeps waiting must not keep the stack waiting: what a sandbox took is on disk.
SANDBOX_STOP_S = 2.0
# Go collects when the heap has grown fivefold instead of doubled, while it is small: a sixth less CPU an update.
TEMPORAL_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Makes the programs of one stack; `run_id` marks their processes."""

    settings: Settings
    ports: Ports
    run_id: str
    sandboxes: Sandboxes

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all of them."""
        return program_environment(self.settings, self.ports, self.run_id, self.sandboxes)

    @property
    def base_url(self) -> str:
        """Where the first API process serves, for programs."""
        return f"http://{LOOPBACK}:{self.ports.api}"

    @property
    def public_url(self) -> str:
        """Where people open the site."""
        return self.environment["PUBLIC_URL"]

    @property
    def has_people(self) -> bool:
        """Whether the demo's people can come in: they pass the vendors' sandboxes on their way."""
        return all(sandbox in self.sandboxes.started for sandbox in ON_THE_WAY_IN)

    def redis(self, *, installed: bool) -> Program:
        """Redis, or its stand-in."""
        command = redis_command(self.ports.redis, self.settings.data_dir, installed=installed)
        place = f"at {LOOPBACK}:{self.ports.redis} ({'stand-in' if STAND_IN in command else 'redis-server'})"
        return self._kept("redis", command, REDIS_TIER, readiness.redis_answers(self.ports.redis), place=place)

    def temporal(self, binary: Path) -> Program:
        """The Temporal server with its UI."""
        command = temporal_command(
            binary,
            database=self.settings.data_dir / TEMPORAL_DATABASE,
            port=self.ports.temporal,
            ui_port=self.ports.ui,
            namespace=self.settings.temporal_namespace,
            codec_url=f"{self.public_url}/codec",
        )
        address = f"{LOOPBACK}:{self.ports.temporal}"
        check = readiness.temporal_serves(binary, address, self.environment)
        return self._kept("temporal", command, TEMPORAL_TIER, check, place=f"at {address}", extra=TEMPORAL_MEMORY)

    def sandbox(self, sandbox: Sandbox) -> Program:
        """A vendor's sandbox."""
        url = self.sandboxes.url(sandbox)
        command = module(sandbox.module, *self.sandboxes.arguments(sandbox))
        # Its controls answer whatever it was told to fail with.
        check = readiness.http_answers(f"{url}/_sandbox/webhooks")
        program = self._kept(sandbox.name, command, SANDBOX_TIER, check, place=f"at {url}")
        return replace(program, stop_within_s=SANDBOX_STOP_S)

    def worker(self, binary: Path | None) -> Program:
        """The worker; without the CLI, for a server elsewhere, its running has to be enough."""
        check = None
        if binary:
            address, build_id = self.environment["TEMPORAL_ADDRESS"], self.environment["WORKER_BUILD_ID"]
            queue = self.settings.temporal_task_queue
            check = readiness.worker_serves(binary, address, self.environment, queue, build_id)
        return self._kept("worker", module("temporal.worker"), WORKER_TIER, check)

    def papers(self) -> Program:
        """The worker that renders papers; nobody waits for it, and it gets what processor time the others leave."""
        command = ("nice", "-n", NICENESS, *module("temporal.paper_worker"))
        return self._kept("papers", command, WORKER_TIER, None)

    def api(self, number: int, port: int) -> Program:
        """The API process of that number, from 1: `api`, `api-2`, `api-3`."""
        name = "api" if number == 1 else f"api-{number}"
        url = f"http://{LOOPBACK}:{port}"
        check = readiness.http_answers(f"{url}/ready")
        return self._kept(name, module("api"), API_TIER, check, place=f"at {url}", extra={"PORT": str(port)})

    def bidders(self) -> Program:
        """The simulated bidders, clients of the public API."""
        return self._kept("bidders", module("temporal.demo.bidders", "--url", self.base_url), BIDDERS_TIER, None)

    def migrations(self) -> Program:
        """Bring the database to the newest schema."""
        return self._passing("migrations", module("migrations", "upgrade"), MIGRATE_WITHIN_S)

    def seed(self, *, once: bool = False) -> Program:
        """Bring the demo's first people in and fill their market, or with `once` only those of one shown auction.

        Where that is done already, this changes nothing.
        """
        command = module("temporal.demo.seed", "--url", self.base_url, *(("--once",) if once else ()))
        return self._passing("seed", command, SEED_WITHIN_S)

    def once(self) -> Program:
        """One auction from schedule to result, told on the stack's own output."""
        return Program(
            name="once",
            command=module("temporal.demo.once", "--url", self.base_url),
            environment=self.environment,
            data_dir=self.settings.data_dir,
            log_path=None,
            ready_within_s=ONCE_WITHIN_S,
        )

    def _kept(
        self,
        name: str,
        command: tuple[str, ...],
        tier: int,
        ready: Check | None,
        *,
        place: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> Program:
        return Program(
            name=name,
            command=command,
            environment={**self.environment, **(extra or {})},
            data_dir=self.settings.data_dir,
            log_path=self.log_path(name),
            place=place,
            tier=tier,
            ready=ready,
        )

    def _passing(self, name: str, command: tuple[str, ...], within_s: float) -> Program:
        return Program(
            name=name,
            command=command,
            environment=self.environment,
            data_dir=self.settings.data_dir,
            log_path=self.log_path(name),
            ready_within_s=within_s,
        )

    def log_path(self, name: str) -> Path:
        """Where a program's output goes."""
        return self.settings.data_dir / LOGS / f"{name}.log"


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs one of our modules with this interpreter."""
    return (sys.executable, "-m", name, *arguments)
