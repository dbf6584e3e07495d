"""What one API process does every few seconds so that no account, mail or payment is forgotten after a crash."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.db.engine import SqliteBusyError
from domain.errors import DomainError

EVERY_S = 5.0
# A client that could not connect yet raises a bare RuntimeError.
AWAY = (SQLAlchemyError, SqliteBusyError, RPCError, DomainError, TimeoutError, OSError, RuntimeError)

Job = Callable[[], Awaitable[object]]
log = structlog.get_logger(__name__)


class Upkeep:
    """Runs its jobs one after the other; one that fails is tried again the next time, and stops no other."""

    def __init__(self, jobs: Mapping[str, Job], every_s: float = EVERY_S) -> None:
        self._jobs = dict(jobs)
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def also(self, jobs: Mapping[str, Job]) -> None:
        """Run these as well, after the others; before it begins."""
        self._jobs |= jobs

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop in the middle of whatever it is: all of it may be done again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        """Run every job once."""
        for name, job in self._jobs.items():
            try:
                await job()
            except AWAY as error:
                log.warning("upkeep_failed", job=name, error=type(error).__name__)
            except Exception as error:
                log.exception("upkeep_broken", job=name, error=type(error).__name__)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.once()
