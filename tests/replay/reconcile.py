"""Comparisons whose histories are kept: the processor is away once."""

from temporalio.worker import Worker

from temporal.worker import sandboxed
from tests.replay.stage import Scene, Stage, skipping
from tests.workflows.test_reconcile import KeptComparisons
from workflows.reconcile import ReconcileStart, ReconcileWorkflow

QUEUE = "reconcile-of-replay"


async def compared(stage: Stage) -> str:
    """The second attempt compares."""
    kept = KeptComparisons(fails=1)
    worker = Worker(
        stage.client,
        task_queue=QUEUE,
        workflows=[ReconcileWorkflow],
        activities=[kept.reconcile_money],
        workflow_runner=sandboxed(),
    )
    async with worker:
        await stage.client.start_workflow(ReconcileWorkflow.run, ReconcileStart(), id=QUEUE, task_queue=QUEUE)
        return await stage.ended(QUEUE)


SCENES = {"reconcile_compared": Scene(compared, skipping)}
