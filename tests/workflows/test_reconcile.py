"""The daily reconcile: which days are compared, that it waits for a processor that is away, and its Schedule."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from temporalio import activity
from temporalio.client import ScheduleActionStartWorkflow, ScheduleDescription
from temporalio.worker import Worker

from activities.reconcile_contracts import Reconcile, ReconcileActivities, Reconciled
from domain.clock import CHICAGO
from temporal.reconcile import SCHEDULE_ID, keep_schedule
from temporal.worker import sandboxed
from tests.workflows.conftest import House
from workflows.reconcile import DAYS, GRACE, ReconcileStart, ReconcileWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = count(1)
DONE = Reconciled(1, 2, 3, 0, 0)
PATIENCE_S = 20.0


@dataclass
class KeptComparisons(ReconcileActivities):
    """Remembers what it was to compare; fails as often as a test wants."""

    fails: int = 0
    asked: list[Reconcile] = field(default_factory=list)

    @activity.defn(name="reconcile_money")
    async def reconcile_money(self, work: Reconcile) -> Reconciled:
        self.asked.append(work)
        if len(self.asked) <= self.fails:
            raise OSError
        return DONE


@asynccontextmanager
async def comparing(house: House, kept: KeptComparisons) -> AsyncIterator[str]:
    """A worker; its queue."""
    queue = f"reconcile-{next(NUMBERS)}"
    worker = Worker(
        house.client,
        task_queue=queue,
        workflows=[ReconcileWorkflow],
        activities=[kept.reconcile_money],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield queue


async def compare(house: House, queue: str) -> Reconciled:
    return await house.client.execute_workflow(ReconcileWorkflow.run, ReconcileStart(), id=queue, task_queue=queue)


async def described(house: House) -> ScheduleDescription:
    return await house.client.get_schedule_handle(SCHEDULE_ID).describe()


async def test_the_last_days_are_compared_but_for_what_moves_right_now(skipping: House) -> None:
    kept = KeptComparisons()
    async with comparing(skipping, kept) as queue:
        before = await skipping.env.get_current_time()
        done = await skipping.client.execute_workflow(
            ReconcileWorkflow.run, ReconcileStart(), id=queue, task_queue=queue
        )
        after = await skipping.env.get_current_time()
    (work,) = kept.asked
    assert done == DONE
    assert work.until - work.since == DAYS
    assert before - GRACE - timedelta(seconds=1) <= work.until <= after - GRACE + timedelta(seconds=1)


async def test_a_processor_that_is_away_is_asked_again_for_the_same_days(skipping: House) -> None:
    kept = KeptComparisons(fails=2)
    async with comparing(skipping, kept) as queue:
        assert (
            await skipping.client.execute_workflow(ReconcileWorkflow.run, ReconcileStart(), id=queue, task_queue=queue)
            == DONE
        )
    assert len(kept.asked) == 3
    assert len(set(kept.asked)) == 1


@pytest.mark.cluster
async def test_its_schedule_runs_it_every_morning_and_is_kept_as_the_code_says(real: House) -> None:
    kept = KeptComparisons()
    async with comparing(real, kept) as queue:
        await keep_schedule(real.client, "another-queue")
        handle = real.client.get_schedule_handle(SCHEDULE_ID)
        await handle.pause(note="An operator looks into it.")
        await keep_schedule(real.client, queue)
        found = await described(real)
        assert found.schedule.state.paused
        assert isinstance(found.schedule.action, ScheduleActionStartWorkflow)
        assert found.schedule.action.task_queue == queue
        assert {moment.astimezone(CHICAGO).hour for moment in found.info.next_action_times} == {5}
        await handle.unpause()
        await handle.trigger()
        async with asyncio.timeout(PATIENCE_S):
            while not kept.asked:
                await asyncio.sleep(0.05)
        await handle.delete()
