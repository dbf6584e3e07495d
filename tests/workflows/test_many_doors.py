"""More doors on one lot than the server takes updates at a time: what it turns away is sent again, and nothing is lost.

The real server, the real database and the real worker; only Redis is left out.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.service import RetryConfig

from activities.db.tables import bids
from activities.ledger import LedgerWork
from temporal.lots import AuctionLots
from temporal.worker import ACTIVITIES, make_worker, sandboxed
from tests.doubles.cluster import MOST_IN_FLIGHT
from tests.doubles.door import DoorStage, door_stage, ladder, seqs, until
from tests.workflows.conftest import House
from tests.workflows.lots import NONCE
from workflows import messages

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.cluster]

QUEUE = "auctions-of-many-doors"
DOORS = MOST_IN_FLIGHT + 2


@pytest_asyncio.fixture(loop_scope="session")
async def stage(real: House, tmp_path: Path) -> AsyncIterator[DoorStage]:
    """Doors that lead to the real server; their client leaves the trying again to us."""
    client = await Client.connect(
        real.client.service_client.config.target_host,
        namespace=real.client.namespace,
        data_converter=real.client.data_converter,
        retry_config=RetryConfig(max_retries=1, max_elapsed_time_millis=1),
    )
    with door_stage(tmp_path / "hammertime.db") as made:
        made.lots = AuctionLots(client, QUEUE, made.ledger, made.executor, made.metrics)
        yield made


async def test_twelve_doors_on_one_lot_at_once_lose_nothing(real: House, stage: DoorStage) -> None:
    lot = stage.lot()
    await stage.lots.start(messages.AuctionStart(stage.auction(lot).terms, NONCE, "2019 Honda Civic EX"))
    doors = [stage.door(f"process-{number}") for number in range(DOORS)]
    made = ladder(stage, DOORS)
    placing = asyncio.gather(*(door.place(lot, bid) for door, bid in zip(doors, made, strict=True)))
    # No worker runs yet, so that all of them are in flight together until the server has turned some away.
    await until(lambda: bool(stage.metric("bid_batch_retries_total", reason="RESOURCE_EXHAUSTED")))
    with ThreadPoolExecutor(ACTIVITIES) as threads:
        work = LedgerWork(stage.engine, stage.news)
        async with make_worker(real.client, QUEUE, work, threads, sandboxed()):
            answers = await placing
            await asyncio.gather(*(door.finish() for door in doors))

    assert {answer.repeated for answer in answers} == {False}
    assert [answer.entry.public["bid_id"] for answer in answers] == [bid.bid_id for bid in made]
    assert sorted(bid.bid_id for bid in made) == stage.column(bids.c.bid_id)
    found = sorted(answer.entry.seq for answer in answers)
    assert (found, seqs(stage)) == (stage.column(bids.c.seq), list(range(1, found[-1] + 1)))
    assert stage.rows_in_flight() == []
