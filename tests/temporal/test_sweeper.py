"""The sweeper: what a crash leaves behind is found and repaired by whoever is left, one part and one lot at a time."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from activities.db import batches
from activities.db.batches import InFlight
from activities.db.engine import reading, transaction
from activities.db.tables import auction_ledger, auctions, bid_batches, missed_bids
from temporal.auctions import AuctionDoor
from temporal.schedules import start_of
from temporal.sweeper import AT_ONCE, Rhythm, Sweeper
from tests.db.market import add_car, add_lot, bid_id
from tests.doubles.cluster import Fault, utc_now
from tests.doubles.door import HOUR, DoorStage
from workflows.messages import BidBatch

MINUTE = timedelta(minutes=1)
LONG_AGO = timedelta(seconds=10)
SECRET = b"k" * 32


def sweeper(stage: DoorStage, door: AuctionDoor | None = None, **rhythm: float) -> Sweeper:
    starts = partial(start_of, SECRET)
    return Sweeper(stage.engine, stage.executor, stage.lots, door or stage.door(), starts, Rhythm(**rhythm))


def recorded(stage: DoorStage) -> list[int]:
    return [int(seq) for seq in stage.column(auction_ledger.c.seq)]


def leave_behind(stage: DoorStage, lot: int, number: int = 1) -> None:
    """A door died between the auction's answer and the recording."""
    with transaction(stage.engine) as connection:
        row = InFlight(bid_id(lot * 100 + number), lot, "dead", utc_now())
        batches.open_batch(connection, row, utc_now() - LONG_AGO)


def missed(stage: DoorStage) -> list[tuple[int, bool]]:
    with reading(stage.engine) as connection:
        rows = connection.execute(select(missed_bids.c.auction_id, missed_bids.c.handled).order_by(missed_bids.c.id))
        return [(lot, handled) for lot, handled in rows]


def unstarted(stage: DoorStage, number: int, created_at: datetime) -> int:
    with transaction(stage.engine) as connection:
        car = add_car(connection, stage.sam, 300_000 + number)
        times = {"starts_at": utc_now() + HOUR, "ends_at": utc_now() + 2 * HOUR, "created_at": created_at}
        return add_lot(connection, stage.sam, car, status="scheduled", **times)


# Abandoned batches


async def test_what_a_dead_door_left_is_recorded_and_its_row_removed(stage: DoorStage) -> None:
    lot = stage.lot()
    await stage.lots.place_bids(lot, BidBatch("dead-1", 0, [stage.bid(stage.ada, 600_000)]))
    leave_behind(stage, lot)
    await sweeper(stage).sweep()
    assert (recorded(stage), stage.rows_in_flight()) == ([1, 2], [])
    assert stage.column(auctions.c.price_cents) == [600_000]


async def test_a_batch_that_somebody_works_on_is_left_alone(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.open.clear()
    waiting = asyncio.create_task(door.place(lot, stage.bid(stage.ada, 600_000)))
    async with asyncio.timeout(10):
        while not stage.cluster.updates:
            await asyncio.sleep(0.005)
    old = stage.age_batches(LONG_AGO)
    mine, other = sweeper(stage, door), sweeper(stage)
    await mine.touch()
    await other.sweep()
    assert stage.column(bid_batches.c.seen_at)[0] > old
    assert (len(stage.rows_in_flight()), [call.name for call in stage.cluster.updates]) == (1, ["place_bids"])
    stage.cluster.open.set()
    await waiting
    await door.finish()


async def test_a_bid_by_signal_is_seen_home_and_its_row_goes_then(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.limit(stage.ada, 1_000_000)
    await door.hand_over(lot, stage.bid(stage.ada, 600_000))
    await door.finish()
    await sweeper(stage, door).sweep()
    assert len(stage.rows_in_flight()) == 1
    stage.age_batches(LONG_AGO)
    await sweeper(stage, door).sweep()
    assert (recorded(stage), stage.rows_in_flight(), stage.reserved()) == ([1, 2], [], [600_000])


async def test_many_batches_of_one_lot_are_one_question(stage: DoorStage) -> None:
    lot = stage.lot()
    for number in range(70):
        leave_behind(stage, lot, number)
    await sweeper(stage).sweep()
    assert stage.rows_in_flight() == []
    assert len(stage.cluster.updates) == 2


async def test_a_lot_that_cannot_be_reached_does_not_keep_the_others_waiting(
    stage: DoorStage,
) -> None:
    stuck, well = stage.lot(), stage.lot()
    for lot in (stuck, well):
        leave_behind(stage, lot)
    stage.cluster.faults_of[stuck] = Fault.AWAY
    late = unstarted(stage, 1, utc_now() - MINUTE)
    await sweeper(stage, recover_s=0.2).sweep()
    assert stage.column(bid_batches.c.auction_id) == [stuck]
    assert [start.terms.auction_id for start in stage.cluster.starts] == [late]


async def test_a_lot_without_a_row_or_with_a_refusing_workflow_does_not_stop_the_sweep(stage: DoorStage) -> None:
    refusing = stage.lot()
    stage.cluster.faults_of[refusing] = Fault.REFUSED
    leave_behind(stage, refusing)
    leave_behind(stage, 888_888)
    late = unstarted(stage, 1, utc_now() - MINUTE)
    await sweeper(stage).sweep()
    assert [start.terms.auction_id for start in stage.cluster.starts] == [late]


REFUSED = IntegrityError("INSERT", {"private": "secret"}, ValueError("duplicate"))


def failures(stage: DoorStage) -> float | None:
    return stage.metric("ledger_recording_failures_total", by="sweeper")


async def test_a_lot_whose_entries_are_refused_is_counted_and_left_alone_for_a_while(stage: DoorStage) -> None:
    refused, sweeps = stage.lot(), sweeper(stage)
    leave_behind(stage, refused)
    stage.ledger.refuses = REFUSED
    with capture_logs() as logs:
        for _ in range(3):
            await sweeps.sweep()
    expected = {"auction_id": refused, "error": "IntegrityError", "by": "sweeper", "log_level": "error"}
    assert logs == [{"event": "recording_failed", **expected}]
    assert (failures(stage), len(stage.rows_in_flight())) == (1.0, 1)


async def test_a_lot_whose_entries_were_refused_is_recorded_once_they_are_not(stage: DoorStage) -> None:
    lot, sweeps = stage.lot(), sweeper(stage, rest_s=0.0)
    leave_behind(stage, lot)
    stage.ledger.refuses = REFUSED
    for _ in range(2):
        await sweeps.sweep()
    stage.ledger.refuses = None
    await sweeps.sweep()
    assert (failures(stage), recorded(stage), stage.rows_in_flight()) == (2.0, [1], [])


async def test_many_lots_that_rest_do_not_hide_the_one_that_can_be_helped(stage: DoorStage) -> None:
    for number in range(AT_ONCE):
        leave_behind(stage, 800_000 + number)
    lot, sweeps = stage.lot(), sweeper(stage, rest_s=3_600.0)
    leave_behind(stage, lot)
    for _ in range(2):
        await sweeps.sweep()
    assert (recorded(stage), failures(stage), len(stage.rows_in_flight())) == ([1], float(AT_ONCE), AT_ONCE)


# Bids that were turned away


async def test_a_503_in_the_last_ten_minutes_is_written_reported_and_handled_once(stage: DoorStage) -> None:
    lot, sweeps = stage.lot(ends_at=utc_now() + 9 * MINUTE), sweeper(stage)
    moment = utc_now()
    await sweeps.note_missed(lot, moment)
    assert missed(stage) == [(lot, False)]
    for _ in range(2):
        await sweeps.sweep()
    assert [(call.name, call.auction_id, call.argument.at) for call in stage.cluster.signals] == [
        ("report_outage", lot, moment)
    ]
    assert missed(stage) == [(lot, True)]


@pytest.mark.parametrize("left", [timedelta(minutes=10, seconds=5), timedelta(seconds=-1)])
async def test_a_503_earlier_or_after_the_end_is_none(stage: DoorStage, left: timedelta) -> None:
    await sweeper(stage).note_missed(stage.lot(ends_at=utc_now() + left), utc_now())
    assert missed(stage) == []


async def test_hundreds_of_503_at_once_are_each_written_once(stage: DoorStage) -> None:
    lot, sweeps = stage.lot(ends_at=utc_now() + MINUTE), sweeper(stage)
    await asyncio.gather(*(sweeps.note_missed(lot, utc_now()) for _ in range(300)))
    assert missed(stage) == [(lot, False)] * 300


async def test_many_missed_bids_of_one_lot_are_one_report_of_the_newest(stage: DoorStage) -> None:
    lot, sweeps = stage.lot(ends_at=utc_now() + MINUTE), sweeper(stage)
    moments = [utc_now() - timedelta(seconds=seconds) for seconds in (1, 0, 2)]
    for moment in moments:
        await sweeps.note_missed(lot, moment)
    await sweeps.sweep()
    assert [call.argument.at for call in stage.cluster.signals] == [moments[1]]
    assert missed(stage) == [(lot, True)] * 3


async def test_one_lot_that_cannot_be_told_is_told_later_and_the_others_now(stage: DoorStage) -> None:
    away, well = (stage.lot(ends_at=utc_now() + MINUTE) for _ in range(2))
    sweeps = sweeper(stage)
    for lot in (away, well):
        await sweeps.note_missed(lot, utc_now())
    stage.cluster.faults_of[away] = Fault.AWAY
    await sweeps.sweep()
    assert missed(stage) == [(away, False), (well, True)]
    stage.cluster.faults_of.clear()
    await sweeps.sweep()
    assert missed(stage) == [(away, True), (well, True)]


async def test_without_the_database_a_missed_bid_is_remembered_and_written_later(
    stage: DoorStage,
) -> None:
    lot, sweeps = stage.lot(ends_at=utc_now() + MINUTE), sweeper(stage, write_s=0.1)
    lock = stage.engine.get_execution_options()["write_lock"]
    with lock:
        await sweeps.note_missed(lot, utc_now())
        assert missed(stage) == []
    async with asyncio.timeout(10):
        while not missed(stage):
            await sweeps.sweep()
    assert {row[0] for row in missed(stage)} == {lot}


# Schedules that never started


async def test_a_schedule_whose_workflow_never_started_is_started_with_its_own_terms(stage: DoorStage) -> None:
    lot = unstarted(stage, 1, utc_now() - MINUTE)
    fresh = unstarted(stage, 2, utc_now())
    await sweeper(stage).sweep()
    assert [start.terms.auction_id for start in stage.cluster.starts] == [lot]
    assert (stage.cluster.starts[0].terms.barred, fresh > lot) == ((str(stage.sam),), True)


async def test_a_start_that_fails_does_not_stop_the_next(stage: DoorStage) -> None:
    first, second = (unstarted(stage, number, utc_now() - MINUTE) for number in (1, 2))
    stage.cluster.faults_of[first] = Fault.AWAY
    await sweeper(stage).sweep()
    assert [start.terms.auction_id for start in stage.cluster.starts] == [second]


# The sweeper itself


async def test_it_sweeps_until_it_is_stopped(stage: DoorStage) -> None:
    lot, sweeps = stage.lot(), sweeper(stage, every_s=0.01)
    leave_behind(stage, lot)
    sweeps.start()
    async with asyncio.timeout(10):
        while stage.rows_in_flight():
            await asyncio.sleep(0.01)
    await sweeps.stop()
    assert all(task.done() for task in sweeps._tasks)


async def test_one_that_never_started_can_be_stopped(stage: DoorStage) -> None:
    await sweeper(stage).stop()
    assert stage.rows_in_flight() == []
