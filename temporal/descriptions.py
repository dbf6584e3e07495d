"""The door into drafting descriptions: one draft at a time for each version of a listing, whoever asks."""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import structlog
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities.description_contracts import DescriptionDrafted
from workflows.description import DescriptionStart, DescriptionWorkflow, description_workflow_id

PATIENCE_S = 10.0
START_LIMIT_S = 5.0
# After so long the template is written where the request is answered: no worker has taken the question.
LATE_AFTER = timedelta(seconds=25)
ASKED_FOR = timedelta(minutes=2)

log = structlog.get_logger(__name__)


class Asked(Enum):
    """What became of a question. `DONE`: the draft is in the database; `AWAY`: nobody can be asked now."""

    DONE = auto()
    PENDING = auto()
    AWAY = auto()


class Descriptions:
    """The Description workflows as one process reaches them. `patience_s`: how long somebody waits for an answer,
    `late_after`: how long it may be pending."""

    def __init__(
        self, client: Client, task_queue: str, patience_s: float = PATIENCE_S, late_after: timedelta = LATE_AFTER
    ) -> None:
        self._client = client
        self._task_queue = task_queue
        self._patience_s = patience_s
        self._late_after = late_after

    async def draft(self, vehicle_id: int, version: int, asker_id: int) -> Asked:
        """Have a description drafted, or wait for whoever asked for it before. Never raises."""
        try:
            handle = await asyncio.wait_for(self._start(vehicle_id, version, asker_id), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            # A client that could not connect yet raises a bare RuntimeError.
            log.warning("description_not_asked_for", error=type(error).__name__)
            return Asked.AWAY
        try:
            await asyncio.wait_for(handle.result(), self._patience_s)
        except TimeoutError:
            return Asked.AWAY if await self._is_late(handle) else Asked.PENDING
        except (RPCError, WorkflowFailureError) as error:
            log.warning("description_not_drafted", error=type(error).__name__)
            return Asked.AWAY
        return Asked.DONE

    async def _start(
        self, vehicle_id: int, version: int, asker_id: int
    ) -> WorkflowHandle[DescriptionWorkflow, DescriptionDrafted]:
        return await self._client.start_workflow(
            DescriptionWorkflow.run,
            DescriptionStart(vehicle_id, asker_id),
            id=description_workflow_id(vehicle_id, version),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=ASKED_FOR,
        )

    async def _is_late(self, handle: WorkflowHandle[DescriptionWorkflow, DescriptionDrafted]) -> bool:
        try:
            described = await asyncio.wait_for(handle.describe(), START_LIMIT_S)
        except (RPCError, TimeoutError):
            return True
        return datetime.now(UTC) - described.start_time >= self._late_after
