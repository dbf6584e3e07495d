"""Drafting under time skipping: the model once, and the template wherever that does not end well."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from activities.description_contracts import DescriptionDrafted
from domain.descriptions import Why, Writer
from temporal.descriptions import LATE_AFTER, Asked, Descriptions
from temporal.worker import sandboxed
from tests.doubles.descriptions import MODEL, TEMPLATE, KeptDrafts
from tests.workflows.conftest import House
from workflows.description import ASK_MODEL, DescriptionStart, DescriptionWorkflow, description_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = count(1)
PATIENCE_S = 20.0
VERSION, ASKER = 3, 7


@dataclass
class Desk:
    """A worker that writes drafts of one listing."""

    house: House
    kept: KeptDrafts
    queue: str
    vehicle_id: int

    @property
    def handle(self) -> WorkflowHandle[DescriptionWorkflow, DescriptionDrafted]:
        workflow_id = description_workflow_id(self.vehicle_id, VERSION)
        return self.house.client.get_workflow_handle_for(DescriptionWorkflow.run, workflow_id)

    def door(self, **changes: object) -> Descriptions:
        return Descriptions(self.house.client, self.queue, **{"patience_s": PATIENCE_S, **changes})  # type: ignore[arg-type]

    async def ask(self, **changes: object) -> Asked:
        return await self.door(**changes).draft(self.vehicle_id, VERSION, ASKER)

    async def drafted(self) -> DescriptionDrafted:
        start = DescriptionStart(self.vehicle_id, ASKER)
        await self.house.client.start_workflow(DescriptionWorkflow.run, start, id=self.handle.id, task_queue=self.queue)
        return await self.handle.result()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(skipping: House) -> AsyncIterator[Desk]:
    number, kept = next(NUMBERS), KeptDrafts()
    queue = f"descriptions-{number}"
    worker = Worker(
        skipping.client,
        task_queue=queue,
        workflows=[DescriptionWorkflow],
        activities=[kept.draft_description, kept.draft_from_template],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Desk(skipping, kept, queue, number)


async def test_the_model_is_asked_once(desk: Desk) -> None:
    assert await desk.drafted() == DescriptionDrafted(Writer.OPENAI)
    assert desk.kept.asked == {MODEL: 1}


async def test_after_a_failure_the_template_is_written_until_the_database_takes_it(desk: Desk) -> None:
    desk.kept.is_broken, desk.kept.fails = True, 3
    assert await desk.drafted() == DescriptionDrafted(Writer.TEMPLATE, Why.AWAY)
    assert desk.kept.asked == {MODEL: 1, TEMPLATE: 4}


async def test_nobody_waits_for_a_worker_that_died_and_not_for_long_in_any_case(desk: Desk) -> None:
    desk.kept.slow, desk.kept.is_dead = asyncio.Event(), True
    with desk.house.env.auto_time_skipping_disabled():
        assert await desk.ask() is Asked.DONE
    desk.kept.slow.set()
    assert desk.kept.asked == {MODEL: 1, TEMPLATE: 1}
    assert ASK_MODEL["schedule_to_close_timeout"] < LATE_AFTER


async def test_many_who_ask_at_once_share_one_draft(desk: Desk) -> None:
    desk.kept.slow = asyncio.Event()
    with desk.house.env.auto_time_skipping_disabled():
        asking = [asyncio.create_task(desk.ask()) for _ in range(10)]
        await desk.until(lambda: desk.kept.asked[MODEL] == 1)
        desk.kept.slow.set()
        assert await asyncio.gather(*asking) == [Asked.DONE] * 10
        assert desk.kept.asked == {MODEL: 1}
        assert await desk.ask() is Asked.DONE
    assert desk.kept.asked == {MODEL: 2}


async def test_who_is_out_of_patience_is_told_that_it_goes_on_and_later_that_it_does_not(desk: Desk) -> None:
    desk.kept.slow = asyncio.Event()
    with desk.house.env.auto_time_skipping_disabled():
        assert await desk.ask(patience_s=0.3, late_after=timedelta(days=10_000)) is Asked.PENDING
        assert await desk.ask(patience_s=0.3, late_after=-timedelta(days=10_000)) is Asked.AWAY
        desk.kept.slow.set()
        assert await desk.ask() is Asked.DONE


async def test_a_question_that_ended_badly_is_no_error_for_who_asks(desk: Desk) -> None:
    desk.kept.slow = asyncio.Event()
    with desk.house.env.auto_time_skipping_disabled():
        asking = asyncio.create_task(desk.ask())
        await desk.until(lambda: desk.kept.asked[MODEL] == 1)
        await desk.handle.terminate()
        assert await asking is Asked.AWAY
    desk.kept.slow.set()
