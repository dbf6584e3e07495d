"""Decoding under time skipping: ClearVIN first, vPIC where it does not tell, and nothing asked for twice at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from temporal.vins import Vins
from temporal.worker import sandboxed
from tests.doubles.vins import CLEARVIN, VPIC, KeptDecoders, Says
from tests.workflows.conftest import House
from workflows.decode_vin import DecodeVinStart, DecodeVinWorkflow, Told, VinDecoded
from workflows.ids import vin_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = count(100_000)
PATIENCE_S = 20.0


@dataclass
class Bureau:
    """A worker with decoders of its own; `vin` is one that nobody asked for yet."""

    house: House
    kept: KeptDecoders
    queue: str
    vin: str

    @property
    def handle(self) -> WorkflowHandle[DecodeVinWorkflow, VinDecoded]:
        return self.house.client.get_workflow_handle_for(DecodeVinWorkflow.run, vin_workflow_id(self.vin))

    def door(self, patience_s: float = PATIENCE_S) -> Vins:
        return Vins(self.house.client, self.queue, timedelta(days=30), patience_s)

    async def decoded(self) -> VinDecoded:
        await self.begin()
        return await self.handle.result()

    async def begin(self) -> None:
        await self.house.client.start_workflow(
            DecodeVinWorkflow.run, DecodeVinStart(self.vin), id=vin_workflow_id(self.vin), task_queue=self.queue
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture(loop_scope="session")
async def bureau(skipping: House) -> AsyncIterator[Bureau]:
    number, kept = next(NUMBERS), KeptDecoders()
    queue = f"vins-{number}"
    worker = Worker(
        skipping.client,
        task_queue=queue,
        workflows=[DecodeVinWorkflow],
        activities=[kept.ask_clearvin, kept.ask_vpic],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Bureau(skipping, kept, queue, f"19XFC1F30KE{number}")


async def test_clearvin_alone_is_asked_where_it_knows(bureau: Bureau) -> None:
    assert await bureau.decoded() == VinDecoded(Told.KNOWN, Told.NOT_ASKED)
    assert bureau.kept.asked == {CLEARVIN: 1}


@pytest.mark.parametrize(
    ("clearvin", "asked", "told"),
    [
        ((Says.UNKNOWN,), 1, Told.UNKNOWN),
        ((Says.REFUSED,), 1, Told.AWAY),
        # What may have been paid for is not asked for again by itself.
        ((Says.LOST,), 1, Told.AWAY),
        ((Says.UNAVAILABLE,), 3, Told.AWAY),
    ],
)
async def test_vpic_is_asked_where_clearvin_does_not_tell(
    bureau: Bureau, clearvin: tuple[Says, ...], asked: int, told: Told
) -> None:
    bureau.kept.clearvin = clearvin
    assert await bureau.decoded() == VinDecoded(told, Told.KNOWN)
    assert bureau.kept.asked == {CLEARVIN: asked, VPIC: 1}


async def test_what_clearvin_has_certainly_not_made_is_asked_for_again(bureau: Bureau) -> None:
    bureau.kept.clearvin = (Says.UNAVAILABLE, Says.KNOWN)
    assert await bureau.decoded() == VinDecoded(Told.KNOWN, Told.NOT_ASKED)
    assert bureau.kept.asked == {CLEARVIN: 2}


@pytest.mark.parametrize(("vpic", "told"), [(Says.UNKNOWN, Told.UNKNOWN), (Says.UNAVAILABLE, Told.AWAY)])
async def test_nobody_may_tell(bureau: Bureau, vpic: Says, told: Told) -> None:
    bureau.kept.clearvin, bureau.kept.vpic = (Says.REFUSED,), (vpic,)
    assert await bureau.decoded() == VinDecoded(Told.AWAY, told)


async def test_a_slow_report_is_waited_for_and_vpic_asked_meanwhile(bureau: Bureau) -> None:
    bureau.kept.slow = asyncio.Event()
    await bureau.begin()
    await bureau.until(lambda: bureau.kept.asked[CLEARVIN] == 1)
    assert bureau.kept.asked[VPIC] == 0
    await bureau.house.pass_time(seconds=7)
    await bureau.until(lambda: bureau.kept.asked[VPIC] == 1)
    bureau.kept.slow.set()
    assert await bureau.handle.result() == VinDecoded(Told.KNOWN, Told.KNOWN)


async def test_many_who_ask_at_once_share_one_question(bureau: Bureau) -> None:
    bureau.kept.slow = asyncio.Event()
    # Waiting for a result lets time skip, which this server does for one at a time only.
    with bureau.house.env.auto_time_skipping_disabled():
        asking = [asyncio.create_task(bureau.door().decode(bureau.vin)) for _ in range(20)]
        await bureau.until(lambda: bureau.kept.asked[CLEARVIN] == 1)
        bureau.kept.slow.set()
        assert await asyncio.gather(*asking) == [True] * 20
    assert bureau.kept.asked == {CLEARVIN: 1}


async def test_who_asks_again_later_has_the_decoders_asked_again(bureau: Bureau) -> None:
    assert [await bureau.door().decode(bureau.vin) for _ in range(2)] == [True, True]
    assert bureau.kept.asked == {CLEARVIN: 2}


async def test_who_is_out_of_patience_is_told_that_it_goes_on(bureau: Bureau) -> None:
    bureau.kept.slow = asyncio.Event()
    with bureau.house.env.auto_time_skipping_disabled():
        assert await bureau.door(patience_s=0.5).decode(bureau.vin) is False
        bureau.kept.slow.set()
        assert await bureau.door().decode(bureau.vin) is True
    assert bureau.kept.asked[CLEARVIN] == 1


async def test_a_question_that_failed_is_no_error_for_who_asks(bureau: Bureau) -> None:
    bureau.kept.slow = asyncio.Event()
    with bureau.house.env.auto_time_skipping_disabled():
        asking = asyncio.create_task(bureau.door().decode(bureau.vin))
        await bureau.until(lambda: bureau.kept.asked[CLEARVIN] == 1)
        await bureau.handle.terminate()
        assert await asking is True
    bureau.kept.slow.set()
