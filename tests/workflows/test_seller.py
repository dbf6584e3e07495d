"""A dealer's licence under time skipping: told thirty days ahead and on its last day, and about the newest one only."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import count

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from activities.contracts import SellerActivities, TellOfLicence
from domain.sellers import Notice, day_in_chicago
from temporal.sellers import SellerWatch
from temporal.worker import sandboxed
from tests.workflows.conftest import SUGGESTED_EVENTS, House
from workflows.ids import seller_workflow_id
from workflows.seller import SellerWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "sellers-of-tests"
USERS = count(42)


class Told(SellerActivities):
    """Keeps what sellers were told."""

    def __init__(self) -> None:
        self.user_id = next(USERS)
        self.kept: list[TellOfLicence] = []

    @property
    def notices(self) -> list[tuple[date, Notice]]:
        """The licences by their last days, with the notices."""
        assert {each.user_id for each in self.kept} <= {self.user_id}
        return [(each.expires_on, each.notice) for each in self.kept]

    @activity.defn(name="tell_of_licence")
    def tell_of_licence(self, work: TellOfLicence) -> None:
        self.kept.append(work)


@pytest_asyncio.fixture(loop_scope="session")
async def told(skipping: House) -> AsyncIterator[Told]:
    async with telling(skipping) as told:
        yield told


@asynccontextmanager
async def telling(house: House) -> AsyncIterator[Told]:
    told = Told()
    with ThreadPoolExecutor(2) as threads:
        async with Worker(
            house.client,
            task_queue=QUEUE,
            workflows=[SellerWorkflow],
            activities=[told.tell_of_licence],
            activity_executor=threads,
            workflow_runner=sandboxed(),
        ):
            yield told


def watched(house: House, told: Told) -> WorkflowHandle[SellerWorkflow, None]:
    return house.client.get_workflow_handle_for(SellerWorkflow.run, seller_workflow_id(told.user_id))


async def approve(house: House, told: Told, days: int) -> date:
    """Watch a licence that ends in so many days; returns its last day."""
    expires_on = day_in_chicago(await house.env.get_current_time()) + timedelta(days=days)
    await SellerWatch(house.client, QUEUE).licence(told.user_id, expires_on)
    return expires_on


async def test_a_dealer_is_told_twice_and_the_workflow_ends_with_the_licence(skipping: House, told: Told) -> None:
    last_day = await approve(skipping, told, 200)
    await skipping.pass_time(days=165)
    assert told.notices == []
    await skipping.pass_time(days=10)
    assert told.notices == [(last_day, Notice.AHEAD)]
    await skipping.pass_time(days=30)
    await watched(skipping, told).result()
    assert told.notices[1:] == [(last_day, Notice.LAST_DAY)]


async def test_of_a_renewed_licence_only_the_new_one_is_told(skipping: House, told: Told) -> None:
    await approve(skipping, told, 100)
    await skipping.pass_time(days=50)
    renewed = await approve(skipping, told, 400)
    await skipping.pass_time(days=402)
    await watched(skipping, told).result()
    assert told.notices == [(renewed, Notice.AHEAD), (renewed, Notice.LAST_DAY)]


async def test_an_approval_that_is_repeated_tells_nothing_twice(skipping: House, told: Told) -> None:
    for _ in range(3):
        last_day = await approve(skipping, told, 100)
    await skipping.pass_time(days=102)
    await watched(skipping, told).result()
    assert told.notices == [(last_day, Notice.AHEAD), (last_day, Notice.LAST_DAY)]


async def test_a_licence_that_ends_soon_is_told_on_its_last_day_only(skipping: House, told: Told) -> None:
    last_day = await approve(skipping, told, 10)
    await skipping.pass_time(days=12)
    await watched(skipping, told).result()
    assert told.notices == [(last_day, Notice.LAST_DAY)]


async def test_a_licence_that_is_over_has_nothing_to_tell(skipping: House, told: Told) -> None:
    await approve(skipping, told, -1)
    await watched(skipping, told).result()
    assert told.notices == []


@pytest.mark.cluster
async def test_a_seller_whose_licence_changes_all_the_time_continues_as_new(real: House) -> None:
    async with telling(real) as told:
        await approve(real, told, 1_000)
        first = (await watched(real, told).describe()).run_id
        for number in range(SUGGESTED_EVENTS):
            await approve(real, told, 1_001 + number)
        described = await watched(real, told).describe()
        assert described.run_id != first
        assert described.history_length < 2 * SUGGESTED_EVENTS
        await watched(real, told).terminate()
    assert told.notices == []
