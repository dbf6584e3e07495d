"""The door: what travels together, what is answered when, and what bad luck does to it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.tables import auction_ledger, auctions, bids
from domain.bidding import Kind
from domain.errors import Code, DomainError, InvalidError, NotAllowedError, RefusedError, TooManyError, UnavailableError
from domain.ledger import Entry, first_break
from domain.tail import KEEP_RECORDED, MOST_UNRECORDED, TRIM_STEP
from temporal.auctions import AuctionDoor, Judged
from tests.doubles.cluster import Fault
from tests.doubles.door import HOUR, DoorStage
from workflows.messages import MOST_BIDS_IN_BATCH, BidIn

T = TypeVar("T")
PATIENCE_S = 10.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def placed(door: AuctionDoor, lot: int, made: Sequence[BidIn]) -> list[Judged]:
    """The answers to bids that are brought at the same moment, once everything is recorded."""
    answers = await asyncio.gather(*(door.place(lot, bid) for bid in made))
    await door.finish()
    return list(answers)


async def refused_with(work: Awaitable[object], kind: type[DomainError]) -> str:
    with pytest.raises(kind) as caught:
        await work
    return str(caught.value.code)


def ladder(stage: DoorStage, count: int, start: int = 500_000) -> list[BidIn]:
    """Bids by turns, each $1,000 above the one before."""
    return [stage.bid((stage.ada, stage.bob)[n % 2], start + n * 100_000) for n in range(count)]


def seqs(stage: DoorStage) -> list[int]:
    return [int(seq) for seq in stage.column(auction_ledger.c.seq)]


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


# The auction's own answers


async def test_a_stale_batch_is_looked_up_again_and_judged(stage: DoorStage) -> None:
    lot, door, made = stage.lot(), stage.door(), ladder(stage, 3)
    stage.cluster.faults.append(Fault.STALE)
    answers = await placed(door, lot, made)
    first, second = stage.cluster.batches()
    assert [answer.entry.seq for answer in answers] == [2, 3, 4]
    assert [bid.bid_id for bid in first.bids] == [bid.bid_id for bid in second.bids]
    assert first.batch_id != second.batch_id
    assert stage.rows_in_flight() == []


async def test_a_door_that_looked_too_long_ago_finds_the_first_answer_in_the_database(stage: DoorStage) -> None:
    lot, bid, other = stage.lot(), stage.bid(stage.ada, 600_000), stage.door("two")
    stage.cluster.open.clear()
    stage.cluster.faults.extend([Fault.AWAY])
    late = asyncio.create_task(stage.door("one").place(lot, bid))
    await until(lambda: len(stage.cluster.batches()) == 1)
    auction = stage.auction(lot)
    stage.cluster.open.set()
    await other.place(lot, bid)
    await placed(other, lot, [stage.bid(stage.bob, 100) for _ in range(KEEP_RECORDED + TRIM_STEP + 300)])
    judged = await late
    assert (judged.outcome, judged.entry.seq) == ("leading", 2)
    assert [seq for seq, row in enumerate(auction.rows) if row.cents == 600_000] == [0]


async def test_a_stale_batch_drops_those_who_gave_up_meanwhile(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door(answer_s=0.1)
    stage.cluster.open.clear()
    stage.cluster.faults.append(Fault.STALE)
    await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), UnavailableError)
    stage.cluster.open.set()
    await door.finish()
    assert (len(stage.cluster.batches()), stage.auction(lot).seq) == (1, 1)


async def test_a_busy_auction_means_503_with_a_time_to_come_back(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.faults.append(Fault.BUSY)
    with pytest.raises(UnavailableError) as caught:
        await door.place(lot, stage.bid(stage.ada, 600_000))
    await door.finish()
    assert caught.value.data["retry_after_s"] == 2
    assert (stage.auction(lot).seq, stage.rows_in_flight()) == (1, [])


async def test_an_auction_that_is_over_says_so(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    auction = stage.auction(lot)
    auction.close(auction.ends_at)
    assert await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), RefusedError) == Code.TOO_LATE
    await door.finish()
    assert stage.rows_in_flight() == []


async def test_an_auction_that_is_not_found_and_not_over_is_asked_again(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.cluster.faults.extend([Fault.MISSING, Fault.MISSING])
    assert (await placed(door, lot, [stage.bid(stage.ada, 600_000)]))[0].outcome == "leading"


async def test_a_long_backlog_is_answered_from_the_reply_itself(stage: DoorStage) -> None:
    lot = stage.lot()
    auction = stage.auction(lot)
    for _ in range(600):
        auction.unreadable(auction.starts_at, "operator", "typed")
    judged = await stage.door().place(lot, stage.bid(stage.ada, 600_000))
    assert (judged.entry.seq, judged.outcome) == (602, "leading")
    assert auction.tail.unrecorded_count < MOST_UNRECORDED


# The database


async def test_without_the_database_nothing_is_sent_and_bidders_get_503(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.ledger.opens_to_fail = 1
    assert await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), UnavailableError) == "UNAVAILABLE"
    await door.finish()
    assert stage.cluster.updates == []
    assert (await placed(door, lot, [stage.bid(stage.ada, 600_000)]))[0].outcome == "leading"


async def test_a_gap_in_the_database_is_caught_up(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    auction = stage.auction(lot)
    auction.tail.confirm(1)
    judged = await door.place(lot, stage.bid(stage.ada, 600_000))
    await door.finish()
    assert judged.entry.seq == 2
    assert "unrecorded" in {call.name for call in stage.cluster.updates}


async def test_a_fork_holds_the_lot_and_is_reported_once(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    await placed(door, lot, [stage.bid(stage.ada, 600_000)])
    with transaction(stage.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == lot).values(hash="f" * 64))
    await placed(door, lot, [stage.bid(stage.bob, 700_000)])
    after = (await placed(door, lot, [stage.bid(stage.ada, 800_000)]))[0]
    holds = {call.id for call in stage.cluster.updates if call.name == "hold"}
    held = [entry for entry in stage.auction(lot).tail.entries if entry.public["kind"] == "held"]
    assert (holds, len(held), held[0].public["reason"]) == ({f"fork-{lot}-2"}, 1, "fork")
    assert (after.outcome, after.code) == ("refused", "ON_HOLD")
    assert stage.column(auctions.c.status) == ["held"]
    assert seqs(stage) == [1, 2]


# Repeats


async def test_a_repeated_id_is_answered_from_the_database_with_the_first_answer(stage: DoorStage) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    first = (await placed(door, lot, [bid]))[0]
    await placed(door, lot, [stage.bid(stage.bob, 700_000)])
    sent = len(stage.cluster.updates)
    again = (await placed(door, lot, [bid]))[0]
    assert (again.outcome, again.code, again.repeated) == (first.outcome, first.code, True)
    assert again.entry == first.entry
    assert (len(stage.cluster.updates), stage.rows_in_flight()) == (sent, [])


async def test_a_refusal_is_repeated_as_it_was(stage: DoorStage) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 100)
    first, again = [(await placed(door, lot, [bid]))[0] for _ in range(2)]
    assert (again.code, again.entry) == ("BELOW_MINIMUM", first.entry)


async def test_after_the_close_the_first_answer_stays_the_same(stage: DoorStage) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    first = (await placed(door, lot, [bid]))[0]
    auction = stage.auction(lot)
    auction.close(auction.ends_at)
    again = (await placed(door, lot, [bid]))[0]
    assert (again.outcome, again.entry, again.repeated) == ("leading", first.entry, True)


async def test_one_bid_sent_twice_at_once_is_judged_once(stage: DoorStage) -> None:
    lot, bid = stage.lot(), stage.bid(stage.ada, 600_000)
    stage.limit(stage.ada, 1_000_000)
    answers = await placed(stage.door(), lot, [bid, bid])
    assert [(answer.outcome, answer.entry.seq, answer.repeated) for answer in answers] == [
        ("leading", 2, False),
        ("leading", 2, True),
    ]
    assert seqs(stage) == [1, 2]


@pytest.mark.parametrize("changes", [{"cents": 700_000}, {"kind": Kind.AUTO_BID.value}, {"bidder": "99"}])
async def test_a_recorded_id_with_another_body_is_refused(stage: DoorStage, changes: dict[str, object]) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    await placed(door, lot, [bid])
    facts = {name: getattr(bid, name) for name in ("bid_id", "bidder", "kind", "cents", "received_at", "nonce")}
    assert await refused_with(door.place(lot, BidIn(**{**facts, **changes})), InvalidError) == Code.ID_REUSED
    assert stage.auction(lot).seq == 2


async def test_an_id_with_another_body_in_the_same_batch_is_refused_by_the_auction(stage: DoorStage) -> None:
    lot, bid = stage.lot(), stage.bid(stage.ada, 600_000)
    answers = await placed(stage.door(), lot, [bid, stage.bid(stage.ada, 700_000, bid_id=bid.bid_id)])
    assert [(answer.outcome, answer.code) for answer in answers] == [("leading", None), ("refused", "ID_REUSED")]
    assert stage.column(bids.c.cents) == [600_000]


# Buying power


async def test_a_limit_is_kept_over_lots_and_processes(stage: DoorStage) -> None:
    stage.limit(stage.ada, 1_000_000)
    doors, lots = [stage.door("one"), stage.door("two")], [stage.lot() for _ in range(4)]
    answers = await asyncio.gather(
        *(doors[n % 2].place(lot, stage.bid(stage.ada, 500_000)) for n, lot in enumerate(lots)), return_exceptions=True
    )
    await asyncio.gather(*(door.finish() for door in doors))
    codes = sorted(answer.code if isinstance(answer, NotAllowedError) else "" for answer in answers)
    assert codes == ["", "", "BUYING_POWER", "BUYING_POWER"]
    assert stage.reserved() == [500_000, 500_000]


async def test_power_comes_back_when_one_is_outbid_or_refused(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.limit(stage.ada, 1_000_000)
    await placed(door, lot, [stage.bid(stage.ada, 600_000), stage.bid(stage.ada, 100)])
    assert stage.reserved() == [600_000]
    await placed(door, lot, [stage.bid(stage.bob, 700_000)])
    assert stage.reserved() == []


async def test_the_others_of_a_batch_go_on_without_the_one_beyond_its_limit(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.limit(stage.ada, 500_000)
    answers = await asyncio.gather(
        door.place(lot, stage.bid(stage.ada, 600_000)),
        door.place(lot, stage.bid(stage.bob, 600_000)),
        return_exceptions=True,
    )
    await door.finish()
    assert isinstance(answers[0], NotAllowedError)
    assert isinstance(answers[1], Judged)
    assert stage.auction(lot).seq == 2


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.STALE])
async def test_a_bid_with_a_reservation_can_be_sent_again(stage: DoorStage, fault: Fault) -> None:
    lot, door, bid = stage.lot(), stage.door(), stage.bid(stage.ada, 600_000)
    stage.limit(stage.ada, 1_000_000)
    stage.cluster.faults.append(fault)
    first = await asyncio.gather(door.place(lot, bid), return_exceptions=True)
    again = (await placed(door, lot, [bid]))[0]
    assert isinstance(first[0], UnavailableError) == (fault is Fault.BUSY)
    assert (again.outcome, stage.reserved(), stage.auction(lot).seq) == ("leading", [600_000], 2)


async def test_a_bid_that_was_never_judged_holds_no_power(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.limit(stage.ada, 1_000_000)
    stage.cluster.faults.append(Fault.BUSY)
    await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), UnavailableError)
    await door.finish()
    assert stage.reserved() == []


async def test_a_bid_on_a_lot_that_is_over_holds_no_power(stage: DoorStage) -> None:
    lot, door = stage.lot(), stage.door()
    stage.limit(stage.ada, 1_000_000)
    stage.auction(lot).close(stage.auction(lot).ends_at)
    await refused_with(door.place(lot, stage.bid(stage.ada, 600_000)), RefusedError)
    await door.finish()
    assert stage.reserved() == []


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
