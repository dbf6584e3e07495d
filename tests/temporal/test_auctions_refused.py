"""The door before a database that refuses: tried a few times, told to people, left to the sweeper; bids go on."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog.testing import capture_logs

from activities.db.engine import SqliteBusyError
from domain.errors import UnavailableError
from temporal.schedules import start_of
from temporal.sweeper import Sweeper
from temporal.trouble import Backoff, Patience, is_away
from tests.doubles.door import DoorStage, database_away, ladder, refused_with, seqs, until

SOON = (0.01, 0.02, 0.04)
REFUSALS = [
    IntegrityError("INSERT", {"private": "secret"}, ValueError("duplicate")),
    DataError("INSERT", {"private": "secret"}, ValueError("too long")),
    ProgrammingError("INSERT", {"private": "secret"}, ValueError("no such column")),
    LookupError("no such lot"),
]
each_refusal = pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)


def failures(stage: DoorStage, by: str) -> float | None:
    return stage.metric("ledger_recording_failures_total", by=by)


@each_refusal
async def test_a_recording_that_is_refused_is_tried_a_few_times_told_and_left_to_the_sweeper(
    stage: DoorStage, error: Exception
) -> None:
    lot, door = stage.lot(), stage.door(refused_pauses_s=SOON)
    stage.ledger.refuses = error
    with capture_logs() as logs:
        judged = await door.place(lot, stage.bid(stage.ada, 600_000))
        await door.finish()
    told = [entry for entry in logs if entry["event"] == "recording_failed"]
    expected = {"auction_id": lot, "error": type(error).__name__, "by": "door", "log_level": "error"}
    assert (judged.outcome, stage.ledger.records, failures(stage, "door")) == ("leading", 1 + len(SOON), 1.0)
    assert told == [{"event": "recording_failed", **expected}]
    assert "secret" not in str(logs)
    assert (seqs(stage), len(stage.rows_in_flight()), door.in_flight()) == ([], 1, [])

    stage.ledger.refuses = None
    stage.age_batches(timedelta(seconds=10))
    await Sweeper(stage.engine, stage.executor, stage.lots, door, partial(start_of, b"k" * 32)).sweep()
    assert (seqs(stage), stage.rows_in_flight()) == ([1, 2], [])


async def test_later_bids_are_answered_while_a_recording_waits_for_its_next_try(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door(refused_pauses_s=(3_600.0,))
    stage.ledger.refuses = REFUSALS[0]
    for bid in ladder(stage, 5):
        await door.place(lot, bid)
    assert (stage.auction(lot).seq, stage.ledger.records, len(door.in_flight())) == (6, 1, 5)
    stage.ledger.refuses = None
    # The hour is over.
    door._lots[lot].patience.due_at = 0.0
    await door.place(lot, stage.bid(stage.ada, 2_000_000))
    await door.finish()
    assert (seqs(stage), stage.rows_in_flight()) == ([1, 2, 3, 4, 5, 6, 7], [])


async def test_the_next_batch_brings_home_what_was_given_up(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(refused_pauses_s=()), ladder(stage, 2)
    stage.ledger.refuses = REFUSALS[0]
    await door.place(lot, made[0])
    await door.finish()
    stage.ledger.refuses = None
    await door.place(lot, made[1])
    await door.finish()
    assert (seqs(stage), len(stage.rows_in_flight()), failures(stage, "door")) == ([1, 2, 3], 1, 1.0)


async def test_a_catching_up_that_is_refused_ends_too(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door(refused_pauses_s=SOON)
    for _ in range(600):
        stage.auction(lot).unreadable(stage.auction(lot).starts_at, "operator", "typed")
    stage.ledger.refuses = REFUSALS[1]
    await door.place(lot, stage.bid(stage.ada, 600_000))
    await door.finish()
    assert (failures(stage, "door"), len(stage.rows_in_flight())) == (1.0, 1)


@each_refusal
async def test_a_batch_that_cannot_be_opened_for_good_is_answered_once_and_not_tried_again(
    stage: DoorStage, error: Exception
) -> None:
    lot, door = stage.lot(), stage.door()
    stage.ledger.refuses, stage.ledger.refuses_to_open = error, True
    with capture_logs() as logs:
        work = door.place(lot, stage.bid(stage.ada, 600_000))
        assert await refused_with(work, UnavailableError) == "UNAVAILABLE"
        await door.finish()
    assert (stage.ledger.opens, stage.cluster.updates, stage.rows_in_flight()) == (1, [], [])
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("batch_not_opened", "error")]
    assert "secret" not in str(logs)


async def test_while_the_database_is_only_away_nothing_is_given_up(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door(refused_pauses_s=())
    stage.ledger.records_to_fail = 3
    await door.place(lot, stage.bid(stage.ada, 600_000))
    await until(lambda: not door.in_flight())
    assert (seqs(stage), stage.rows_in_flight(), failures(stage, "door")) == ([1, 2], [], 0.0)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (database_away(), True),
        (InterfaceError("SELECT 1", {}, OSError("gone")), True),
        (SqliteBusyError(), True),
        (PoolTimeoutError(), True),
        (ProgrammingError("SELECT 1", {}, OSError("gone"), connection_invalidated=True), True),
        *((error, False) for error in REFUSALS),
    ],
)
def test_what_passes_by_itself_is_told_apart(error: Exception, away: bool) -> None:
    assert is_away(error) == away


def test_patience_grows_and_ends_with_refusals_and_begins_anew() -> None:
    patience, now = Patience((1.0, 2.0)), 100.0
    tries = [(patience.goes_on(REFUSALS[0], now), patience.due_at) for _ in range(4)]
    assert tries == [(True, 101.0), (True, 102.0), (False, 102.0), (True, 101.0)]


def test_rests_double_up_to_the_longest_and_end_with_the_trouble() -> None:
    now = [0.0]
    rests = Backoff(2.0, 5.0, lambda: now[0])
    waits = []
    for _ in range(4):
        rests.failed(7)
        began = now[0]
        while rests.due([7, 8]) != [7, 8]:
            now[0] += 0.5
        waits.append(now[0] - began)
    assert waits == [2.0, 4.0, 5.0, 5.0]
    assert (len(rests), rests.due([8]), len(rests)) == (1, [8], 0)
