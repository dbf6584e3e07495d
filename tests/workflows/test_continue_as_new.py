"""On the real server: many runs of one lot, what operators see of it, and what Temporal stores."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from temporalio.client import WorkflowHistory

from activities.ledger import Ledger
from domain.ledger import first_break
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from tests.workflows.conftest import House
from tests.workflows.lots import QUEUE, Lot, bid
from workflows import messages
from workflows.auction import AuctionWorkflow
from workflows.ids import AUCTION_CLOSES_AT, AUCTION_STATUS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.cluster]

BIDS = 10_000
PER_BATCH = 50


async def all_runs(lot: Lot) -> list[WorkflowHistory]:
    """Histories of a lot's runs, newest first."""
    histories, run_id = [], (await lot.handle.describe()).run_id
    while run_id:
        history = await lot.client.get_workflow_handle(lot.handle.id, run_id=run_id).fetch_history()
        histories.append(history)
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return histories


async def pour(lot: Lot, doors: int) -> None:
    """`BIDS` rising bids through several doors at once, each door recording what it brings back."""
    with ThreadPoolExecutor(1) as threads:
        auctions = AuctionLots(lot.client, QUEUE, cast("Ledger", None), threads, DoorMetrics(CollectorRegistry()))
        numbers = iter(range(BIDS))

        async def door() -> None:
            while chunk := list(islice(numbers, PER_BATCH)):
                bids = [bid(2 + n % 5, 200_000 + 1_000 * n, lot.terms.starts_at, bid_id=f"b{n}") for n in chunk]
                answer = messages.BatchAnswer([], [], stale=True)
                while answer.stale:
                    batch = messages.BidBatch(str(uuid.uuid4()), len(lot.kept.entries), bids)
                    answer = await auctions.place_bids(lot.terms.auction_id, batch)
                assert not answer.busy
                lot.ledger.record(lot.terms.auction_id, answer.entries)

        await asyncio.gather(*(door() for _ in range(doors)))


async def test_ten_thousand_bids_over_several_runs_are_all_there_once(real: House) -> None:
    lot = await real.lot()
    await pour(lot, doors=3)
    outcome = await lot.end()
    runs = await all_runs(lot)
    ids = [entry.public["bid_id"] for entry in lot.kept.entries if "bid_id" in entry.public]

    assert len(runs) >= 3
    assert sorted(ids) == sorted(f"b{number}" for number in range(BIDS))
    assert first_break(lot.terms.auction_id, lot.kept.entries) is None
    assert (outcome.seq, outcome.hash) == (len(lot.kept.entries), lot.kept.entries[-1].hash)


async def test_an_id_of_an_earlier_run_gets_its_first_answer(real: House) -> None:
    lot = await real.lot()
    first = await lot.place(bid(2, 600, lot.terms.starts_at, bid_id="early"))
    run_id = (await lot.handle.describe()).run_id
    while (await lot.handle.describe()).run_id == run_id:
        await asyncio.gather(*(lot.place(bid(3, 1, lot.terms.starts_at)) for _ in range(8)))
    again = await lot.place(bid(2, 600, lot.terms.starts_at, bid_id="early"))
    other = await lot.place(bid(2, 700, lot.terms.starts_at, bid_id="early"))

    assert (again.replies[0].repeated, again.replies[0].entry) == (True, first.entries[-1])
    assert other.replies[0].code == "ID_REUSED"
    await lot.end()


async def test_what_was_not_recorded_when_a_run_ended_is_recorded_by_the_next(real: House) -> None:
    lot = await real.lot()
    lot.kept.away = True
    run_id = (await lot.handle.describe()).run_id
    while (await lot.handle.describe()).run_id == run_id:
        await lot.signal({"bidder": "3", "kind": "bid", "cents": 100})
        await asyncio.gather(*(lot.place(bid(3, 1, lot.terms.starts_at)) for _ in range(8)))
    seq = (await lot.state())["seq"]
    lot.kept.away = False
    await lot.until(lambda: len(lot.kept.entries) >= seq)

    assert (await lot.end()).seq == len(lot.kept.entries)


async def test_an_operator_finds_the_lot_by_its_status_and_its_end_and_can_read_it(real: House) -> None:
    lot = await real.lot()
    await lot.place(bid(2, 600, lot.terms.starts_at))
    described = await lot.handle.describe()
    metadata = await lot.handle.query("__temporal_workflow_metadata")
    await lot.end()
    ended = await lot.handle.describe()

    assert described.typed_search_attributes[AUCTION_STATUS] == "live"
    assert described.typed_search_attributes[AUCTION_CLOSES_AT] == lot.terms.ends_at
    assert ended.typed_search_attributes[AUCTION_STATUS] == "ended"
    assert await described.static_summary() == "2019 Honda Civic EX"
    assert "$600, Bidder 1 leads; 1 bids by 1 bidders; reserve none" in json.dumps(_plain(metadata))


def _plain(value: Any) -> Any:
    return value if isinstance(value, (dict, list, str)) else str(value)


async def test_nothing_that_temporal_stores_holds_a_maximum_a_bidder_or_a_nonce_in_plain_text(real: House) -> None:
    lot = await real.lot(reserve_cents=7_654_300)
    await lot.place(bid(987_654_321, 43_210, lot.terms.starts_at, kind="auto_bid", bid_id="secret-bid-id"))
    await lot.command(AuctionWorkflow.lower_reserve, messages.LowerReserve(7_000_000, "7b" * 32))
    await lot.end()
    stored = json.dumps((await lot.handle.fetch_history()).to_json_dict())
    raw = b"".join(event.SerializeToString() for event in (await lot.handle.fetch_history()).events)

    for secret in (b"4321000", b"987654321", b"7654300", b"7000000", b"7b7b7b7b", b"secret-bid-id"):
        assert secret not in raw
        assert secret.decode() not in stored
