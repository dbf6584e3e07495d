"""Calls into auctions: an outcome is asked for until it is known, and what came back is recorded."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.db.engine import transaction
from activities.db.tables import auction_ledger, auctions
from domain.auction import Terms
from domain.errors import UnavailableError
from domain.tail import MOST_UNRECORDED
from temporal.lots import AuctionOverError
from tests.doubles.cluster import Fault, utc_now
from tests.doubles.door import DoorStage
from workflows import messages
from workflows.auction import AuctionWorkflow

NONCE = "ab" * 32
HOLD = messages.Hold("admin")


def batch(stage: DoorStage, *cents: int) -> messages.BidBatch:
    return messages.BidBatch("batch-1", 0, [stage.bid(stage.ada, amount) for amount in cents])


def start_of(auction_id: int) -> messages.AuctionStart:
    moment = utc_now()
    terms = Terms(auction_id, ("1",), 500_000, None, moment, moment + timedelta(days=1))
    return messages.AuctionStart(terms, NONCE, "2019 Honda Civic EX")


def recorded(stage: DoorStage) -> list[int]:
    return [int(seq) for seq in stage.column(auction_ledger.c.seq)]


async def test_a_scheduled_auction_is_started_once(stage: DoorStage) -> None:
    for _ in range(2):
        await stage.lots.start(start_of(700))
    assert [start.terms.auction_id for start in stage.cluster.starts] == [700]


async def test_a_start_that_does_not_arrive_is_told(stage: DoorStage) -> None:
    stage.cluster.faults.append(Fault.AWAY)
    with pytest.raises(RPCError):
        await stage.lots.start(start_of(700))


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.LAZY, Fault.LOST, Fault.CUT, Fault.MISSING, Fault.REFUSED])
async def test_a_batch_is_sent_under_its_own_id_until_its_outcome_is_known(stage: DoorStage, fault: Fault) -> None:
    lot = stage.lot()
    stage.cluster.faults.extend([fault, fault])
    answer = await stage.lots.place_bids(lot, batch(stage, 600_000))
    assert [reply.outcome for reply in answer.replies] == ["leading"]
    assert [call.id for call in stage.cluster.updates] == ["batch-1"] * 3
    assert stage.auction(lot).seq == 2


async def test_what_is_retried_is_counted_by_reason(stage: DoorStage) -> None:
    stage.cluster.faults.extend([Fault.AWAY, Fault.AWAY, Fault.LOST])
    await stage.lots.place_bids(stage.lot(), batch(stage, 600_000))
    counted = {
        reason: stage.metric("bid_batch_retries_total", reason=reason)
        for reason in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    }
    assert counted == {"UNAVAILABLE": 2.0, "DEADLINE_EXCEEDED": 1.0}


async def test_an_update_that_keeps_being_refused_is_given_up(stage: DoorStage) -> None:
    stage.cluster.faults.extend([Fault.REFUSED] * 5)
    with pytest.raises(WorkflowUpdateFailedError):
        await stage.lots.place_bids(stage.lot(), batch(stage, 600_000))
    assert len(stage.cluster.updates) == 3


async def test_a_workflow_that_has_completed_is_over(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.auction(lot).close(stage.auction(lot).ends_at)
    with pytest.raises(AuctionOverError):
        await stage.lots.place_bids(lot, batch(stage, 600_000))


async def test_a_command_is_carried_out_once_under_its_id_and_recorded(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.cluster.faults.append(Fault.LOST)
    answers = [await stage.lots.command(lot, AuctionWorkflow.hold, HOLD, command_id="hold-1") for _ in range(2)]
    assert [answer.outcome for answer in answers] == ["done", "done"]
    assert (recorded(stage), stage.column(auctions.c.hold_reason)) == ([1, 2], ["admin"])


async def test_a_command_to_a_lot_that_is_over_says_so(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.auction(lot).close(stage.auction(lot).ends_at)
    with pytest.raises(AuctionOverError):
        await stage.lots.command(lot, AuctionWorkflow.hold, HOLD, command_id="hold-1")


async def test_a_command_that_finds_a_gap_catches_up(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.auction(lot).tail.confirm(1)
    await stage.lots.command(lot, AuctionWorkflow.hold, HOLD, command_id="hold-1")
    assert [call.name for call in stage.cluster.updates] == ["hold", "unrecorded"]


@pytest.mark.parametrize("way", ["command", "catch_up"])
async def test_a_fork_that_is_found_on_the_way_holds_the_lot_too(stage: DoorStage, way: str) -> None:
    lot = stage.lot()
    await stage.lots.catch_up(lot)
    with transaction(stage.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == lot).values(hash="f" * 64))
    stage.auction(lot).unreadable(utc_now(), "operator", "typed")
    if way == "command":
        await stage.lots.command(lot, AuctionWorkflow.hold, HOLD, command_id="hold-1")
    else:
        await stage.lots.catch_up(lot)
    assert f"fork-{lot}-1" in {call.id for call in stage.cluster.updates}
    assert stage.column(auctions.c.hold_reason) == ["fork"]
    assert stage.metric("ledger_forks_total") == 1.0


async def test_catching_up_takes_as_many_answers_as_it_needs(stage: DoorStage) -> None:
    lot = stage.lot()
    for _ in range(600):
        stage.auction(lot).unreadable(utc_now(), "operator", "typed")
    assert await stage.lots.catch_up(lot) == 601
    assert await stage.lots.catch_up(lot) == 0
    assert (len(recorded(stage)), stage.metric("ledger_caught_up_total")) == (601, 601.0)
    assert stage.auction(lot).tail.unrecorded_count < MOST_UNRECORDED


async def test_catching_up_with_a_lot_that_is_over_finds_nothing_to_do(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.auction(lot).close(stage.auction(lot).ends_at)
    assert await stage.lots.catch_up(lot) == 0


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.REFUSED, Fault.CUT])
async def test_a_fork_that_cannot_be_reported_now_is_reported_by_whoever_finds_it_next(
    stage: DoorStage, fault: Fault
) -> None:
    lot = stage.lot()
    stage.cluster.faults.append(fault)
    await stage.lots.hold_forked(lot, 1)
    await stage.lots.hold_forked(lot, 1)
    assert stage.auction(lot).hold_reason == "fork"


async def test_an_outage_is_reported_by_signal(stage: DoorStage) -> None:
    lot, moment = stage.lot(), utc_now()
    await stage.lots.report_outage(lot, moment)
    assert [(call.name, call.argument) for call in stage.cluster.signals] == [
        ("report_outage", messages.Outage(moment))
    ]


async def test_an_auction_that_is_over_needs_no_report(stage: DoorStage) -> None:
    lot = stage.lot()
    stage.auction(lot).close(stage.auction(lot).ends_at)
    await stage.lots.report_outage(lot, utc_now())
    assert stage.cluster.signals == []


async def test_a_report_that_does_not_arrive_is_told(stage: DoorStage) -> None:
    stage.cluster.faults.append(Fault.AWAY)
    with pytest.raises(RPCError):
        await stage.lots.report_outage(stage.lot(), utc_now())


async def test_a_signal_to_an_auction_that_nobody_knows_is_away(stage: DoorStage) -> None:
    with pytest.raises(UnavailableError):
        await stage.lots.signal_bids(999_999, batch(stage, 600_000))
