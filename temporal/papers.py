"""The door into Paper workflows, and the sweep that has every document rendered, whatever was lost on the way."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.db import invoices
from activities.db.engine import reading
from activities.ledger import utc_now
from workflows.paper import PaperWorkflow, paper_workflow_id

# Whoever issues a document may have it rendered at once; the sweep comes after them.
MISSING_AFTER = timedelta(seconds=2)
AT_ONCE = 200
START_LIMIT_S = 5.0
# One that was started is let be for so long: it waits for its turn, or tries again by itself.
AGAIN_AFTER_S = 60.0

log = structlog.get_logger(__name__)


def papers_queue(accounts_queue: str) -> str:
    """The task queue of the papers: rendering takes a processor, and has a process of its own for it."""
    return f"{accounts_queue}-papers"


class Papers:
    """The Paper workflows as one process reaches them."""

    def __init__(self, client: Client, accounts_queue: str) -> None:
        self._client = client
        self._task_queue = papers_queue(accounts_queue)
        self._started: dict[str, float] = {}

    async def begin(self, number: str) -> None:
        """Have a document rendered as soon as that can be done: now, or by the sweep. Never raises for a server that is
        away, and asks it once a minute at most."""
        if number in self._begun():
            return
        try:
            await asyncio.wait_for(self.start(number), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("paper_not_started", number=number, error=type(error).__name__)

    async def start(self, number: str) -> None:
        """Start the workflow of a document that is committed; one that runs, or has rendered it, is left alone.

        Raises RPCError, or RuntimeError from a client that has never reached its server: `start_missing` heals that.
        """
        try:
            await self._client.start_workflow(
                PaperWorkflow.run,
                number,
                id=paper_workflow_id(number),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        except WorkflowAlreadyStartedError:
            log.info("paper_already_rendered", number=number)
        self._started[number] = time.monotonic()

    async def start_missing(self, engine: Engine) -> int:
        """Start what has no PDF and was not started just now; returns how many that was."""
        missing, begun = await asyncio.to_thread(_missing, engine), self._begun()
        wanted = [number for number in missing if number not in begun]
        for number in wanted:
            await self.start(number)
        return len(wanted)

    def _begun(self) -> Mapping[str, float]:
        """What was started here just now."""
        now = time.monotonic()
        self._started = {number: at for number, at in self._started.items() if now - at < AGAIN_AFTER_S}
        return self._started


def _missing(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return invoices.without_pdf(connection, utc_now() - MISSING_AFTER, AT_ONCE)
