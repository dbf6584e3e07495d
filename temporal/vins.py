"""The door into decoding: a VIN is decoded once for all who ask for it at the same time."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from workflows.decode_vin import ASKED_FOR, DecodeVinStart, DecodeVinWorkflow, VinDecoded
from workflows.ids import vin_workflow_id

PATIENCE_S = 10.0
START_LIMIT_S = 5.0

log = structlog.get_logger(__name__)


class Vins:
    """The DecodeVin workflows as one process reaches them. `good_for`: how long a report is not asked for again;
    `patience_s`: how long somebody waits for an answer."""

    def __init__(self, client: Client, task_queue: str, good_for: timedelta, patience_s: float = PATIENCE_S) -> None:
        self.good_for = good_for
        self._client = client
        self._task_queue = task_queue
        self._patience_s = patience_s

    async def decode(self, vin: str) -> bool:
        """Have a checked VIN decoded, or wait for whoever asked for it before; what came of it is in the database.

        True when the decoders have said all they will, or nobody can be asked now; False while they are being asked.
        Never raises: whoever lists a vehicle may go on by hand.
        """
        try:
            handle = await asyncio.wait_for(self._start(vin), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            # A client that could not connect yet raises a bare RuntimeError.
            log.warning("vin_not_asked_for", error=type(error).__name__)
            return True
        try:
            answer = await asyncio.wait_for(handle.result(), self._patience_s)
        except TimeoutError:
            return False
        except (RPCError, WorkflowFailureError) as error:
            log.warning("vin_not_decoded", error=type(error).__name__)
        else:
            log.info("vin_answered", clearvin=answer.clearvin.value, vpic=answer.vpic.value)
        return True

    async def _start(self, vin: str) -> WorkflowHandle[DecodeVinWorkflow, VinDecoded]:
        return await self._client.start_workflow(
            DecodeVinWorkflow.run,
            DecodeVinStart(vin),
            id=vin_workflow_id(vin),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=ASKED_FOR,
        )
