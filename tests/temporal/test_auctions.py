"""The door: what travels together, and what is answered when."""

import asyncio
from datetime import timedelta

import pytest

from activities.db.tables import auction_ledger, bids
from domain.errors import Code, RefusedError, TooManyError, UnavailableError
from domain.ledger import Entry, first_break
from tests.doubles.cluster import Fault
from tests.doubles.door import HOUR, DoorStage, ladder, placed, refused_with, seqs, until
from workflows.messages import MOST_BIDS_IN_BATCH

# Group commit


async def test_bids_that_wait_together_travel_as_one_batch_in_order(stage: DoorStage) -> None:
    lot, made = stage.lot(), ladder(stage, 40)
    answers = await placed(stage.door(), lot, made)
    assert [answer.entry.public["bid_id"] for answer in answers] == [bid.bid_id for bid in made]
    assert [answer.entry.seq for answer in answers] == list(range(2, 42))
    assert [[bid.bid_id for bid in batch.bids] for batch in stage.cluster.batches()] == [[bid.bid_id for bid in made]]


async def test_what_arrives_while_a_batch_is_on_its_way_is_the_next_batch(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(), ladder(stage, 5)
    stage.cluster.open.clear()
    first = asyncio.create_task(door.place(lot, made[0]))
    await until(lambda: len(stage.cluster.batches()) == 1)
    rest = [asyncio.create_task(door.place(lot, bid)) for bid in made[1:]]
    await asyncio.sleep(0)
    stage.cluster.open.set()
    await asyncio.gather(first, *rest)
    await door.finish()
    assert [len(batch.bids) for batch in stage.cluster.batches()] == [1, 4]
    assert stage.cluster.most_at_once == 1


async def test_those_who_were_just_answered_bid_again_in_one_batch(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(), ladder(stage, 9)
    stage.cluster.open.clear()
    first = [asyncio.create_task(door.place(lot, bid)) for bid in made[:3]]
    await until(lambda: len(stage.cluster.batches()) == 1)
    early = asyncio.create_task(door.place(lot, made[3]))
    await asyncio.sleep(0)
    stage.cluster.open.set()
    await asyncio.gather(*first)
    await asyncio.gather(early, *(door.place(lot, bid) for bid in made[4:]))
    assert [len(batch.bids) for batch in stage.cluster.batches()] == [3, 6]


async def test_a_batch_holds_no_more_than_it_may(stage: DoorStage) -> None:
    lot = stage.lot()
    await placed(stage.door(batch_max=3), lot, ladder(stage, 8))
    assert [len(batch.bids) for batch in stage.cluster.batches()] == [3, 3, 2]
    assert first_break(lot, stage.auction(lot).tail.entries) is None


async def test_a_batch_never_holds_more_than_an_auction_takes(stage: DoorStage) -> None:
    made = [stage.bid(stage.ada, 100) for _ in range(MOST_BIDS_IN_BATCH + 1)]
    await placed(stage.door(batch_max=1_000), stage.lot(), made)
    assert [len(batch.bids) for batch in stage.cluster.batches()] == [MOST_BIDS_IN_BATCH, 1]


async def test_a_full_queue_turns_bids_away_and_says_when_to_come_back(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(queue_max=2), ladder(stage, 4)
    stage.cluster.open.clear()
    waiting = [asyncio.create_task(door.place(lot, made[0]))]
    await until(lambda: len(stage.cluster.batches()) == 1)
    waiting += [asyncio.create_task(door.place(lot, bid)) for bid in made[1:3]]
    await asyncio.sleep(0)
    with pytest.raises(TooManyError) as caught:
        await door.place(lot, made[3])
    stage.cluster.open.set()
    await asyncio.gather(*waiting)
    await door.finish()
    assert (caught.value.code, caught.value.data["retry_after_s"]) == ("BUSY_LOT", 1)
    assert stage.auction(lot).seq == 4


async def test_lots_do_not_wait_for_each_other(stage: DoorStage) -> None:
    slow, quick, door = stage.lot(), stage.lot(), stage.door()
    stage.cluster.open.clear()
    late = asyncio.create_task(door.place(slow, stage.bid(stage.ada, 600_000)))
    await until(lambda: len(stage.cluster.batches()) == 1)
    other = asyncio.create_task(door.place(quick, stage.bid(stage.ada, 600_000)))
    await until(lambda: len(stage.cluster.batches()) == 2)
    stage.cluster.open.set()
    assert {(await late).outcome, (await other).outcome} == {"leading"}
    await door.finish()


async def test_five_hundred_equal_bids_at_once_have_one_winner_and_one_chain(stage: DoorStage) -> None:
    lot = stage.lot()
    made = [stage.bid(10_000 + n, 600_000) for n in range(500)]
    answers = await placed(stage.door(), lot, made)
    assert [answer.outcome for answer in answers] == ["leading"] + ["refused"] * 499
    assert {answer.code for answer in answers[1:]} == {"BELOW_MINIMUM"}
    assert seqs(stage) == list(range(1, 502))
    assert stage.rows_in_flight() == []


async def test_two_processes_on_one_lot_write_one_chain_between_them(stage: DoorStage) -> None:
    lot, doors = stage.lot(), [stage.door("one", batch_max=4), stage.door("two", batch_max=4)]
    made = ladder(stage, 40)
    answers = await asyncio.gather(*(doors[n % 2].place(lot, bid) for n, bid in enumerate(made)))
    await asyncio.gather(*(door.finish() for door in doors))
    assert sorted(answer.entry.seq for answer in answers) == list(range(2, 42))
    assert seqs(stage) == list(range(1, 42))
    assert stage.rows_in_flight() == []


# Answers


async def test_nobody_is_answered_before_the_auction_has_it(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.open.clear()
    answer = asyncio.create_task(door.place(lot, stage.bid(stage.ada, 600_000)))
    await until(lambda: len(stage.cluster.batches()) == 1)
    assert not answer.done()
    assert len(stage.rows_in_flight()) == len(door.in_flight()) == 1
    stage.cluster.open.set()
    assert (await answer).outcome == "leading"
    await door.finish()
    assert stage.rows_in_flight() == door.in_flight() == []


async def test_a_bidder_is_answered_while_the_database_cannot_record(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.ledger.records_to_fail = 2
    judged = await door.place(lot, stage.bid(stage.ada, 600_000))
    assert (judged.outcome, stage.column(bids.c.bid_id)) == ("leading", [])
    assert len(stage.rows_in_flight()) == len(door.in_flight()) == 1
    await door.finish()
    assert stage.column(bids.c.bid_id) == [judged.entry.public["bid_id"]]
    assert stage.rows_in_flight() == []


async def test_what_could_not_be_recorded_goes_in_with_later_batches_in_order(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.ledger.records_to_fail = 2
    for bid in ladder(stage, 4):
        await door.place(lot, bid)
    await door.finish()
    assert seqs(stage) == [1, 2, 3, 4, 5]
    assert stage.rows_in_flight() == []


async def test_an_unknown_outcome_is_asked_for_under_the_same_id_and_answered_once(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.faults.extend([Fault.AWAY, Fault.LOST, Fault.CUT])
    judged = await door.place(lot, stage.bid(stage.ada, 600_000))
    await door.finish()
    ids = {batch.batch_id for batch in stage.cluster.batches()}
    assert (judged.outcome, judged.repeated, len(ids), len(stage.cluster.batches())) == ("leading", False, 1, 4)
    assert (stage.auction(lot).seq, seqs(stage)) == (2, [1, 2])


async def test_who_gave_up_before_being_sent_is_never_sent(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(answer_s=0.1), ladder(stage, 2)
    stage.cluster.open.clear()
    answers = await asyncio.gather(door.place(lot, made[0]), return_exceptions=True)
    assert isinstance(answers[0], UnavailableError)
    assert await refused_with(door.place(lot, made[1]), UnavailableError) == "UNAVAILABLE"
    stage.cluster.open.set()
    await door.finish()
    assert [[bid.bid_id for bid in batch.bids] for batch in stage.cluster.batches()] == [[made[0].bid_id]]
    assert stage.rows_in_flight() == []


async def test_who_gave_up_after_being_sent_gets_the_first_answer_on_asking_again(stage: DoorStage) -> None:
    lot, door, bid = stage.lot(), stage.door(answer_s=0.1), stage.bid(stage.ada, 600_000)
    stage.cluster.open.clear()
    await refused_with(door.place(lot, bid), UnavailableError)
    stage.cluster.open.set()
    await door.finish()
    again = await stage.door().place(lot, bid)
    assert (again.outcome, again.repeated, again.entry.seq, stage.auction(lot).seq) == ("leading", True, 2, 2)


async def test_a_request_that_is_cut_off_while_waiting_is_not_sent(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(), ladder(stage, 2)
    stage.cluster.open.clear()
    first = asyncio.create_task(door.place(lot, made[0]))
    await until(lambda: len(stage.cluster.batches()) == 1)
    second = asyncio.create_task(door.place(lot, made[1]))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    stage.cluster.open.set()
    await first
    await door.finish()
    assert stage.auction(lot).seq == 2


async def test_an_auction_refusing_a_batch_for_good_gives_503_and_the_door_goes_on(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.faults.extend([Fault.REFUSED] * 3)
    assert await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), UnavailableError) == "UNAVAILABLE"
    await door.finish()
    assert (await placed(door, lot, [stage.bid(stage.ada, 600_000)]))[0].outcome == "leading"
    assert seqs(stage) == [1, 2]


async def test_a_batch_that_fails_does_not_lose_what_is_being_recorded(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(), ladder(stage, 3)
    stage.ledger.records_to_fail = 1
    stage.cluster.faults.extend([Fault.LOST, Fault.LOST])
    await door.place(lot, made[0])
    stage.cluster.faults.extend([Fault.REFUSED] * 3)
    await refused_with(door.place(lot, made[1]), UnavailableError)
    await door.place(lot, made[2])
    await door.finish()
    assert stage.auction(lot).seq == 3
    assert seqs(stage) == [1, 2, 3]


# By signal


async def test_a_bid_by_signal_is_durable_when_handed_over_and_has_its_row_until_it_is_recorded(
    stage: DoorStage,
) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    stage.cluster.delays_signals = True
    assert await door.hand_over(lot, bid) is None
    await door.finish()
    assert [call.argument.bids for call in stage.cluster.signals] == [[bid]]
    assert (stage.cluster.batches(), len(stage.rows_in_flight())) == ([], 1)


async def test_the_next_batch_brings_home_what_was_signalled(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    await door.hand_over(lot, stage.bid(stage.ada, 600_000))
    judged = (await placed(door, lot, [stage.bid(stage.bob, 700_000)]))[0]
    assert (judged.entry.seq, seqs(stage)) == (3, [1, 2, 3])


async def test_signalled_and_waiting_bids_of_one_batch_keep_to_one_chain(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    handed, judged = await asyncio.gather(
        door.hand_over(lot, stage.bid(stage.ada, 600_000)), door.place(lot, stage.bid(stage.bob, 700_000))
    )
    await door.finish()
    assert (handed, judged.outcome, seqs(stage), stage.rows_in_flight()) == (None, "leading", [1, 2, 3], [])


async def test_a_repeated_id_by_signal_gets_the_first_answer_at_once(stage: DoorStage) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    await placed(door, lot, [bid])
    again = await door.hand_over(lot, bid)
    assert again is not None
    assert (again.outcome, again.repeated, stage.cluster.signals) == ("leading", True, [])


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.LAZY])
async def test_a_signal_that_does_not_arrive_means_503(stage: DoorStage, fault: Fault) -> None:
    stage.cluster.faults.append(fault)
    door = stage.door()
    work = door.hand_over(stage.lot(), stage.bid(stage.ada, 600_000))
    assert await refused_with(work, UnavailableError) == "UNAVAILABLE"
    await door.finish()


async def test_a_signal_to_a_lot_that_is_over_is_refused(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.auction(lot).close(stage.auction(lot).ends_at)
    assert await refused_with(door.hand_over(lot, stage.bid(stage.ada, 600_000)), RefusedError) == Code.TOO_LATE
    await door.finish()


# Time


@pytest.mark.parametrize(("early_ms", "outcome"), [(1, "leading"), (0, "refused")])
async def test_a_bid_counts_until_one_millisecond_before_the_end(stage: DoorStage, early_ms: int, outcome: str) -> None:
    lot, door = stage.lot(), stage.door()
    auction = stage.auction(lot)
    auction.ends_at = auction.starts_at + HOUR - timedelta(seconds=1)
    received = auction.ends_at - timedelta(milliseconds=early_ms)
    judged = (await placed(door, lot, [stage.bid(stage.ada, 600_000, received_at=received)]))[0]
    assert judged.outcome == outcome


async def test_a_clock_that_is_ahead_gains_nothing(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    bid = stage.bid(stage.ada, 600_000)
    ahead = stage.bid(stage.bob, 700_000, received_at=bid.received_at + HOUR / 2)
    first, second = await placed(door, lot, [bid, ahead])
    assert second.entry.public["received_at"] == second.entry.public["at"]
    assert first.entry.seq < second.entry.seq


async def test_what_every_bidder_was_told_is_in_the_ledger_once(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door(batch_max=7)
    stage.cluster.faults.extend([Fault.LOST, Fault.STALE, Fault.AWAY, Fault.CUT, Fault.LOST])
    stage.ledger.records_to_fail = 2
    answers = await placed(door, lot, ladder(stage, 60))
    entries: list[Entry] = stage.auction(lot).tail.entries
    assert [answer.entry for answer in answers] == entries[1:]
    assert seqs(stage) == list(range(1, 62))
    assert stage.column(auction_ledger.c.hash) == sorted(entry.hash for entry in entries)
