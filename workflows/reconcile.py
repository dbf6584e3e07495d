"""The Reconcile workflow, which a Temporal Schedule starts every morning: the money of the last days is compared."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.reconcile_contracts import Reconcile, ReconcileActivities, Reconciled
    from workflows.policies import PersonWaits

# Days are compared more than once: what was settled late, or compared while the processor was away, is not lost.
DAYS = timedelta(days=4)
# What moves at this moment has not reached everybody yet.
GRACE = timedelta(minutes=15)
# The processor may be away for hours; the next morning compares the same days again.
COMPARE = PersonWaits(
    schedule_to_close_timeout=timedelta(hours=12),
    heartbeat_timeout=timedelta(minutes=1),
    start_to_close_timeout=timedelta(hours=1),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=10), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=15)
    ),
)


@dataclass(frozen=True, slots=True)
class ReconcileStart:
    """How far back the money is compared."""

    days: timedelta = DAYS


@workflow.defn(name="Reconcile")
class ReconcileWorkflow:
    """One comparison."""

    @workflow.run
    async def run(self, start: ReconcileStart) -> Reconciled:
        """Compare the last days; every difference has a case afterwards."""
        until = workflow.now() - GRACE
        work = Reconcile(until - start.days, until)
        return await workflow.execute_activity_method(ReconcileActivities.reconcile_money, work, **COMPARE)
