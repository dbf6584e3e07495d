"""The door into Payment workflows, and the sweep that starts those which a crash left behind."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.db import payments
from activities.db.engine import reading
from activities.ledger import utc_now
from temporal.starting import start_once
from workflows.ids import payment_workflow_id
from workflows.payment import PaymentStart, PaymentWorkflow

UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
PATIENCE_S = 8.0
START_LIMIT_S = 5.0

log = structlog.get_logger(__name__)


class Payments:
    """The Payment workflows as one process reaches them. `patience_s`: how long somebody waits for an outcome."""

    def __init__(self, client: Client, task_queue: str, patience_s: float = PATIENCE_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self.patience_s = patience_s
        self._started: set[int] = set()

    async def start(self, payment_id: int) -> None:
        """Start the workflow of a payment that is committed; one that runs or ran already is left alone.

        Raises RPCError, or RuntimeError from a client that has never reached its server: `start_unstarted` heals that.
        """
        started = await start_once(
            self._client,
            PaymentWorkflow.run,
            PaymentStart(payment_id),
            workflow_id=payment_workflow_id(payment_id),
            task_queue=self._task_queue,
        )
        if not started:
            log.info("payment_already_started", payment_id=payment_id)

    async def begin(self, payment_id: int) -> None:
        """Start a committed payment as soon as that can be done: now, or by the sweep. Never raises for a server that
        is away."""
        try:
            await asyncio.wait_for(self.start(payment_id), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("payment_not_started", payment_id=payment_id, error=type(error).__name__)

    async def payment_event(self, payment_id: int) -> None:
        """Tell a payment's workflow that the vendor has news. One that is over begins another run, which looks again:
        what was done may be undone months later. Raises RPCError; the payment has to be there."""
        workflow_id = payment_workflow_id(payment_id)
        try:
            await self._client.start_workflow(
                PaymentWorkflow.run,
                PaymentStart(payment_id),
                id=workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="payment_event",
            )
        except WorkflowAlreadyStartedError:
            # Somebody else's news began a run at this very moment.
            await self._client.get_workflow_handle(workflow_id).signal(PaymentWorkflow.payment_event)

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and perhaps never started; returns how many that was.

        Whoever asks for a payment commits first and starts then: a crash in between is healed here. What waits because
        its workflow waits is started in vain, once per process.
        """
        waiting = await asyncio.to_thread(_unsent, engine, AT_ONCE + len(self._started))
        self._started.intersection_update(waiting)
        fresh = [payment_id for payment_id in waiting if payment_id not in self._started][:AT_ONCE]
        for payment_id in fresh:
            await self.start(payment_id)
            self._started.add(payment_id)
        return len(fresh)


def _unsent(engine: Engine, limit: int) -> list[int]:
    with reading(engine) as connection:
        return payments.unsent(connection, utc_now() - UNSTARTED_AFTER, limit)
