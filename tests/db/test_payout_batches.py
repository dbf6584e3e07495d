"""Payouts on their way to banks: queued once, in one batch, numbered on, and decided once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from activities.db import payout_batches
from activities.db.engine import reading, transaction
from activities.db.payout_batches import Batch, BatchState, Entry, EntryReusedError, EntryState, Way
from tests.db.market import NOON

DAY = timedelta(days=1)
STAFF = 7


def queue(engine: Engine, number: int, cents: int = 1_000, seller_id: int = 9) -> Entry:
    with transaction(engine) as connection:
        return payout_batches.queue(
            connection, f"P{number}-1", order_id=number, seller_id=seller_id, cents=cents, now=NOON
        )


def cut(engine: Engine, *, sellers: list[int] | None = None, days: int = 0, limit: int = 100) -> Batch | None:
    with transaction(engine) as connection:
        return payout_batches.cut(connection, Way.ACH, sellers, NOON + days * DAY, limit)


def made(engine: Engine, *numbers: int) -> Batch:
    for number in numbers:
        queue(engine, number)
    batch = cut(engine)
    assert batch is not None
    return batch


def states(engine: Engine, *numbers: int) -> list[EntryState]:
    with reading(engine) as connection:
        found = [payout_batches.find(connection, f"P{number}-1") for number in numbers]
    return [entry.state for entry in found if entry is not None]


def test_a_payout_is_queued_once_by_its_key(engine: Engine) -> None:
    assert queue(engine, 1) == queue(engine, 1)
    with pytest.raises(EntryReusedError):
        queue(engine, 1, cents=999)
    with reading(engine) as connection:
        assert payout_batches.count_queued(connection) == 1


def test_what_waits_goes_into_one_batch_and_never_into_a_second(engine: Engine) -> None:
    batch = made(engine, 1, 2)
    assert (batch.way, batch.state, batch.modifier, batch.first_entry) == (Way.ACH, BatchState.MADE, "A", 1)
    with reading(engine) as connection:
        assert [entry.key for entry in payout_batches.of_batch(connection, batch.id)] == ["P1-1", "P2-1"]
        assert payout_batches.made(connection, 9) == [batch]
    assert states(engine, 1, 2) == [EntryState.BATCHED] * 2
    assert cut(engine) is None


def test_the_files_of_a_day_have_letters_and_the_entries_of_all_are_numbered_on(engine: Engine) -> None:
    first, second = made(engine, 1, 2), made(engine, 3)
    queue(engine, 4)
    third = cut(engine, days=1)
    assert third is not None
    assert [each.modifier for each in (first, second, third)] == ["A", "B", "A"]
    assert [each.first_entry for each in (first, second, third)] == [1, 3, 4]
    # NOON is a Tuesday in May.
    assert [each.effective_on for each in (first, third)] == [date(2026, 5, 6), date(2026, 5, 7)]


def test_only_those_go_who_can_be_paid_and_no_more_than_fit(engine: Engine) -> None:
    queue(engine, 1, seller_id=9)
    queue(engine, 2, seller_id=10)
    queue(engine, 3, seller_id=10)
    with transaction(engine) as connection:
        payout_batches.keep_bank(connection, 10, "sealed", "6789", NOON)
        payout_batches.keep_bank(connection, 10, "sealed again", "4321", NOON)
        assert payout_batches.sealed_banks(connection, [9, 10]) == {10: "sealed again"}
        assert payout_batches.payable_sellers(connection, needs_account=False) is None
        payable = payout_batches.payable_sellers(connection, needs_account=True)
    assert payable == [10]
    assert cut(engine, sellers=payable, limit=1) is not None
    assert states(engine, 1, 2, 3) == [EntryState.QUEUED, EntryState.BATCHED, EntryState.QUEUED]
    assert cut(engine, sellers=[]) is None


def test_a_batch_without_its_file_is_found_until_it_has_one(engine: Engine) -> None:
    batch = made(engine, 1)
    with transaction(engine) as connection:
        assert payout_batches.unhanded(connection, Way.ACH) == batch
        assert payout_batches.unhanded(connection, Way.MANUAL) is None
        payout_batches.keep_file(connection, batch.id, key="a", sha256="b" * 64, traces={"P1-1": "091000010000001"})
        payout_batches.keep_file(connection, batch.id, key="c", sha256="d" * 64, traces={"P1-1": "0"})
        assert payout_batches.unhanded(connection, Way.ACH) is None
        kept = payout_batches.batch(connection, batch.id)
        entry = payout_batches.by_trace(connection, "091000010000001")
    assert kept is not None
    assert (kept.file_key, kept.file_sha256) == ("a", "b" * 64)
    assert entry is not None
    assert entry.key == "P1-1"


@pytest.mark.parametrize(
    ("state", "after"), [(BatchState.TAKEN, EntryState.SENT), (BatchState.REFUSED, EntryState.FAILED)]
)
def test_a_batch_is_decided_once(engine: Engine, state: BatchState, after: EntryState) -> None:
    batch = made(engine, 1, 2)
    with transaction(engine) as connection:
        assert [each.state for each in payout_batches.decide(connection, batch.id, state, STAFF, NOON)] == [after] * 2
        for again in BatchState:
            assert payout_batches.decide(connection, batch.id, again, STAFF, NOON) == []
        with pytest.raises(LookupError):
            payout_batches.decide(connection, 404, state, STAFF, NOON)
    assert states(engine, 1, 2) == [after] * 2


def test_an_entry_comes_back_once_and_only_where_it_may_have_left(engine: Engine) -> None:
    queue(engine, 1)
    with transaction(engine) as connection:
        assert payout_batches.end(connection, "P1-1", EntryState.RETURNED, "R03", NOON) is None
    batch = made(engine, 2)
    with transaction(engine) as connection:
        payout_batches.decide(connection, batch.id, BatchState.TAKEN, STAFF, NOON)
        assert payout_batches.end(connection, "P2-1", EntryState.FAILED, "", NOON) is None
        ended = payout_batches.end(connection, "P2-1", EntryState.RETURNED, "R03", NOON)
        assert payout_batches.end(connection, "P2-1", EntryState.RETURNED, "R03", NOON) is None
        assert payout_batches.end(connection, "P9-1", EntryState.RETURNED, "R03", NOON) is None
        assert payout_batches.end(connection, "P2-1", EntryState.SENT, "", NOON) is None
    assert ended is not None
    assert ended.state is EntryState.RETURNED


def test_a_day_without_letters_left_waits_for_the_next_one(engine: Engine) -> None:
    for number in range(36):
        made(engine, number)
    queue(engine, 99)
    assert cut(engine) is None
    assert cut(engine, days=1) is not None
