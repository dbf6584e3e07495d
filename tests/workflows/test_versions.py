"""On the real server: workers of two builds side by side, and which of them answers a lot's bids."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import cast

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from temporalio.client import Client, WorkflowHistory, WorkflowUpdateStage
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker

from activities.ledger import Ledger
from domain.auction import Terms
from domain.clock import truncate
from domain.ledger import first_break
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from temporal.versions import make_current, pinned
from temporal.worker import ACTIVITIES, make_worker, sandboxed
from tests.workflows.conftest import House
from tests.workflows.lots import NONCE, NUMBERS, WEEK, Lot, bid
from workflows import messages, runs
from workflows.auction import AuctionWorkflow
from workflows.ids import auction_workflow_id

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.cluster]

NINE_MINUTES = timedelta(minutes=9)
# A run counts as settled after a dozen of these.
SHORT_TASK = timedelta(milliseconds=400)


@dataclass
class Rainbow:
    """A deployment with a task queue of its own, on the server that the other tests use too."""

    house: House
    threads: ThreadPoolExecutor
    name: str
    bid_ids: Iterator[int]

    def worker(self, build: str | None) -> Worker:
        deployment = pinned(self.version(build)) if build else None
        return make_worker(
            self.house.client, self.name, self.house.ledger, self.threads, sandboxed(), deployment=deployment
        )

    def version(self, build: str) -> WorkerDeploymentVersion:
        return WorkerDeploymentVersion(self.name, build)

    async def promote(self, build: str) -> None:
        await make_current(self.house.client, self.version(build))

    async def lot(self, task_timeout: timedelta | None = None, length: timedelta = WEEK) -> Lot:
        begins = truncate(datetime.now(UTC))
        terms = Terms(next(NUMBERS), ("1",), 500_00, None, begins, begins + length, sunday_rule=False)
        handle = await self.house.client.start_workflow(
            AuctionWorkflow.run,
            messages.AuctionStart(terms, NONCE, "2019 Honda Civic EX"),
            id=auction_workflow_id(terms.auction_id),
            task_queue=self.name,
            task_timeout=task_timeout,
        )
        return Lot(self.house.client, self.house.ledger, terms, handle)

    async def bid(self, lot: Lot) -> str:
        """One bid in a batch of its own, sent as a door sends it; returns its id."""
        number = next(self.bid_ids)
        auctions = AuctionLots(
            lot.client, self.name, cast("Ledger", None), self.threads, DoorMetrics(CollectorRegistry())
        )
        made = bid(2 + number % 5, 1_000 + 10_000 * number, lot.terms.starts_at, bid_id=f"b{number}")
        answer = messages.BatchAnswer([], [], stale=True)
        while answer.stale:
            batch = messages.BidBatch(str(uuid.uuid4()), len(lot.kept.entries), [made])
            answer = await auctions.place_bids(lot.terms.auction_id, batch)
        lot.ledger.record(lot.terms.auction_id, answer.entries)
        return made.bid_id

    async def pour_until_it_continues(self, lot: Lot) -> list[str]:
        """Bids of three doors at once until the lot is in another run, and a few more."""
        run_id, placed = (await lot.handle.describe()).run_id, list[str]()

        async def door() -> None:
            while (await lot.handle.describe()).run_id == run_id:
                placed.append(await self.bid(lot))
            placed.append(await self.bid(lot))

        await asyncio.gather(*(door() for _ in range(3)))
        return placed


@pytest_asyncio.fixture(loop_scope="session")
async def rainbow(real: House) -> AsyncIterator[Rainbow]:
    with ThreadPoolExecutor(ACTIVITIES) as threads:
        yield Rainbow(real, threads, f"rainbow-{uuid.uuid4()}", count())


async def ask_from_outside(lot: Lot) -> None:
    """As docs/operations.md tells an operator to, with the CLI."""
    outside = Client(lot.client.service_client, namespace=lot.client.namespace).get_workflow_handle(lot.handle.id)
    accepted = WorkflowUpdateStage.ACCEPTED
    await outside.start_update("unrecorded", {"recorded_through": 0}, wait_for_stage=accepted)


async def build_of(lot: Lot) -> str:
    """The build that a lot is pinned to."""
    info = (await lot.handle.describe()).raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def builds_of_runs(lot: Lot) -> list[set[str]]:
    """Which builds did the workflow tasks of each run of a lot, oldest first."""
    found, run_id = list[set[str]](), (await lot.handle.describe()).run_id
    while run_id:
        history = await lot.client.get_workflow_handle(lot.handle.id, run_id=run_id).fetch_history()
        found.insert(0, _builds(history))
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found


def _builds(history: WorkflowHistory) -> set[str]:
    done = [event for event in history.events if event.HasField("workflow_task_completed_event_attributes")]
    return {event.workflow_task_completed_event_attributes.deployment_version.build_id for event in done}


def assert_all_there_once(lot: Lot, placed: list[str]) -> None:
    ids = [entry.public["bid_id"] for entry in lot.kept.entries if "bid_id" in entry.public]
    assert sorted(ids) == sorted(placed)
    assert first_break(lot.terms.auction_id, lot.kept.entries) is None


async def test_a_lot_stays_with_its_build_and_moves_when_it_continues_as_new(rainbow: Rainbow) -> None:
    async with rainbow.worker("a"):
        await rainbow.promote("a")
        lot = await rainbow.lot()
        placed = [await rainbow.bid(lot)]
        async with rainbow.worker("b"):
            await rainbow.promote("b")
            newer = await rainbow.lot()
            await rainbow.bid(newer)
            placed += [await rainbow.bid(lot) for _ in range(5)]
            builds = await build_of(lot), await build_of(newer)
            placed += await rainbow.pour_until_it_continues(lot)
            outcome = await lot.end()

            assert builds == ("a", "b")
            assert await builds_of_runs(lot) == [{"a"}, {"b"}]
            assert_all_there_once(lot, placed)
            assert (outcome.seq, outcome.hash) == (len(lot.kept.entries), lot.kept.entries[-1].hash)


async def test_in_its_last_ten_minutes_a_lot_continues_as_new_on_its_own_build(rainbow: Rainbow) -> None:
    async with rainbow.worker("a"):
        await rainbow.promote("a")
        lot = await rainbow.lot(length=NINE_MINUTES)
        placed = [await rainbow.bid(lot)]
        async with rainbow.worker("b"):
            await rainbow.promote("b")
            placed += await rainbow.pour_until_it_continues(lot)

            assert await builds_of_runs(lot) == [{"a"}, {"a"}]
            assert_all_there_once(lot, placed)
            await lot.end()


async def test_a_lot_moves_with_a_message_once_the_current_build_is_another_one(rainbow: Rainbow) -> None:
    async with rainbow.worker("a"):
        await rainbow.promote("a")
        quiet, closing, asked = [await rainbow.lot(SHORT_TASK, length) for length in (WEEK, NINE_MINUTES, WEEK)]
        placed = {lot.handle.id: [await rainbow.bid(lot)] for lot in (quiet, closing, asked)}
        settled_at = datetime.now(UTC) + runs.SETTLED_TASKS * SHORT_TASK
        async with rainbow.worker("b"):
            await rainbow.promote("b")
            await quiet.until(lambda: datetime.now(UTC) > settled_at)
            for _ in range(5):
                await ask_from_outside(asked)
                for lot in (quiet, closing):
                    placed[lot.handle.id].append(await rainbow.bid(lot))

            assert await builds_of_runs(quiet) == [{"a"}, {"b"}]
            assert await builds_of_runs(closing) == [{"a"}]
            assert await builds_of_runs(asked) == [{"a"}, {"b"}]
            for lot in (quiet, closing, asked):
                assert_all_there_once(lot, placed[lot.handle.id])
                await lot.end()


async def test_a_busy_lot_on_the_current_build_is_not_sent_around_in_circles(rainbow: Rainbow) -> None:
    async with rainbow.worker("a"):
        await rainbow.promote("a")
        lot = await rainbow.lot()

        async def door() -> list[str]:
            return [await rainbow.bid(lot) for _ in range(8)]

        placed = await asyncio.gather(*(door() for _ in range(4)))

        assert await builds_of_runs(lot) == [{"a"}]
        assert_all_there_once(lot, [bid_id for ids in placed for bid_id in ids])
        await lot.end()


async def test_lots_of_a_worker_without_a_version_go_on_with_the_first_version(rainbow: Rainbow) -> None:
    async with rainbow.worker(None):
        # Long enough for the second worker to be there at its end: what nobody closes in time goes on for 10 minutes.
        quiet, busy = await rainbow.lot(length=timedelta(seconds=20)), await rainbow.lot()
        placed = [await rainbow.bid(busy)]
    waiting = await rainbow.lot()
    promotion = asyncio.create_task(rainbow.promote("a"))
    async with rainbow.worker("a"):
        await promotion
        placed.append(await rainbow.bid(busy))
        await rainbow.bid(waiting)
        closed = await quiet.handle.result()
        await rainbow.promote("a")

        assert closed.result == "no_bids"
        assert [await build_of(lot) for lot in (quiet, busy, waiting)] == ["a", "a", "a"]
        assert_all_there_once(busy, placed)
        await busy.end()
        await waiting.end()
