"""Drafting from the door to the vendor's server: a draft for everybody who asks, whatever becomes of the model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.db import descriptions, listings
from activities.db.engine import make_engine, reading, transaction
from activities.descriptions import DescriptionWork
from activities.providers.openai_drafts import OpenAiDrafts
from domain.descriptions import Why, Writer
from domain.listings import Particulars
from migrations import schema
from temporal.descriptions import Asked, Descriptions
from temporal.stack.ports import free_port
from temporal.worker import sandboxed
from tests.db.market import NOON, add_person
from tests.sandbox.openai.stage import KEY, MODEL, Stage, stage
from workflows.description import DescriptionWorkflow

QUEUE = "descriptions"
TOLD = Particulars(vin="19XFC1F3XKE200001", year=2019, make="Honda", model="Civic")


@dataclass
class Town:
    """A door, a worker, a database with one listing, and the vendor."""

    engine: Engine
    door: Descriptions
    sandbox: Stage
    vehicle_id: int

    async def ask(self) -> Asked:
        return await self.door.draft(self.vehicle_id, 1, 1)

    def kept(self) -> tuple[Writer, Why | None]:
        with reading(self.engine) as connection:
            found = descriptions.last(connection, self.vehicle_id)
        assert found is not None
        return found.writer, found.why


@pytest.fixture
async def town(time_skipping_server: Path, tmp_path: Path) -> AsyncIterator[Town]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    with transaction(engine) as connection:
        vehicle_id = listings.add(connection, add_person(connection, "sam@example.com"), TOLD, NOON)
    env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(time_skipping_server))
    async with AsyncExitStack() as stack:
        stack.callback(engine.dispose)
        sandbox = stack.enter_context(stage())
        drafter = await stack.enter_async_context(OpenAiDrafts(sandbox.api_url, KEY, MODEL, budget_s=1.5))
        await stack.enter_async_context(env)
        # Waiting for a result lets time skip, which this server does for one at a time only.
        stack.enter_context(env.auto_time_skipping_disabled())
        work = DescriptionWork(engine, drafter, b"k" * 32, 100)
        worker = Worker(
            env.client,
            task_queue=QUEUE,
            workflows=[DescriptionWorkflow],
            activities=[work.draft_description, work.draft_from_template],
            workflow_runner=sandboxed(),
        )
        await stack.enter_async_context(worker)
        yield Town(engine, Descriptions(env.client, QUEUE), sandbox, vehicle_id)


async def test_many_who_ask_at_once_cost_one_answer(town: Town) -> None:
    town.sandbox.control("faults", mode="slow", seconds=0.5, path="/v1")
    assert await asyncio.gather(*(town.ask() for _ in range(10))) == [Asked.DONE] * 10
    assert (town.kept(), len(town.sandbox.requests)) == ((Writer.OPENAI, None), 1)


async def test_a_vendor_that_stalls_costs_some_seconds_and_no_draft(town: Town) -> None:
    town.sandbox.control("faults", mode="slow", seconds=20, path="/v1", times=5)
    assert await town.ask() is Asked.DONE
    assert town.kept() == (Writer.TEMPLATE, Why.FAILED)


async def test_after_a_failure_the_model_is_asked_again_by_who_asks_again(town: Town) -> None:
    town.sandbox.answer("clean_title")
    assert await town.ask() is Asked.DONE
    assert town.kept() == (Writer.TEMPLATE, Why.UNFIT)
    assert await town.ask() is Asked.DONE
    assert town.kept() == (Writer.OPENAI, None)


async def test_without_temporal_nobody_can_be_asked() -> None:
    client = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    assert await Descriptions(client, QUEUE).draft(1, 1, 1) is Asked.AWAY
