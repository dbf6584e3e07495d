"""Decoding from the door to the vendors' servers: one credit for all who ask, and nobody is turned away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.db import vin_reports
from activities.db.engine import make_engine, reading
from activities.providers.clearvin import ClearVin
from activities.providers.vpic import Vpic
from activities.vin_reports import VinWork
from domain.decoding import Source, best
from migrations import schema
from temporal.stack.ports import free_port
from temporal.vins import Vins
from temporal.worker import sandboxed
from tests.sandbox.clearvin import stage as paid_stage
from tests.sandbox.clearvin.stage import EMAIL, PASSWORD
from tests.sandbox.vpic import stage as free_stage
from workflows.decode_vin import DecodeVinWorkflow

CIVIC = "19XFC1F30KE902117"
QUEUE = "vins"
GOOD_FOR = timedelta(days=30)
REPORT = "/rest/vendor/report"


@dataclass
class Town:
    """Doors, a worker, a database, and both vendors."""

    engine: Engine
    door: Vins
    clearvin: paid_stage.Stage
    vpic: free_stage.Stage

    def sources(self) -> dict[Source, bool]:
        """Whose answers are kept, and whether they know the VIN."""
        with reading(self.engine) as connection:
            found = vin_reports.answers(connection, CIVIC)
        return {source: answer.decoded is not None for source, answer in found.items()}

    def source(self) -> Source | None:
        """Whose answer is shown."""
        with reading(self.engine) as connection:
            found = best(vin_reports.answers(connection, CIVIC))
        return found.source if found else None


@pytest.fixture
async def town(time_skipping_server: Path, tmp_path: Path) -> AsyncIterator[Town]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(time_skipping_server))
    async with AsyncExitStack() as stack:
        stack.callback(engine.dispose)
        paid, free = stack.enter_context(paid_stage.stage()), stack.enter_context(free_stage.stage())
        clearvin = await stack.enter_async_context(ClearVin(paid.api_url, EMAIL, PASSWORD))
        vpic = await stack.enter_async_context(Vpic(free.api_url))
        await stack.enter_async_context(env)
        # Waiting for a result lets time skip, which this server does for one at a time only.
        stack.enter_context(env.auto_time_skipping_disabled())
        work = VinWork(engine, clearvin, vpic, GOOD_FOR)
        worker = Worker(
            env.client,
            task_queue=QUEUE,
            workflows=[DecodeVinWorkflow],
            activities=[work.ask_clearvin, work.ask_vpic],
            workflow_runner=sandboxed(),
        )
        await stack.enter_async_context(worker)
        yield Town(engine, Vins(env.client, QUEUE, GOOD_FOR), paid, free)


async def test_many_who_ask_at_once_and_again_cost_one_credit(town: Town) -> None:
    assert await asyncio.gather(*(town.door.decode(CIVIC) for _ in range(20))) == [True] * 20
    assert await town.door.decode(CIVIC) is True
    assert (town.clearvin.spent, town.vpic.calls, town.sources()) == ({CIVIC: 1}, 0, {Source.CLEARVIN: True})


async def test_vpic_tells_while_clearvin_has_no_credits_and_clearvin_tells_again_later(town: Town) -> None:
    town.clearvin.control("credits", left=0)
    assert await town.door.decode(CIVIC) is True
    assert (town.source(), town.clearvin.spent) == (Source.VPIC, {})
    town.clearvin.control("credits", left=5)
    assert await town.door.decode(CIVIC) is True
    assert (town.source(), town.clearvin.spent, town.vpic.calls) == (Source.CLEARVIN, {CIVIC: 1}, 1)


async def test_a_report_that_was_cut_off_is_not_bought_again_for_the_same_question(town: Town) -> None:
    town.clearvin.control("faults", mode="cut_after", path=REPORT, times=5)
    assert await town.door.decode(CIVIC) is True
    assert (town.source(), town.clearvin.spent) == (Source.VPIC, {CIVIC: 1})


async def test_nothing_is_kept_when_both_are_away(town: Town) -> None:
    town.clearvin.control("faults", mode="error_500", path="/rest", times=50)
    town.vpic.control("faults", mode="html", path="/api", times=50)
    assert await town.door.decode(CIVIC) is True
    assert (town.sources(), town.clearvin.spent) == ({}, {})


async def test_without_temporal_nobody_can_be_asked() -> None:
    client = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    assert await Vins(client, QUEUE, GOOD_FOR).decode(CIVIC) is True
