"""The door in bad luck: busy, stale or finished auctions, a database that is away, repeats, and limits."""

import asyncio

import pytest
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.tables import auctions, bids
from domain.bidding import Kind
from domain.errors import Code, InvalidError, NotAllowedError, RefusedError, UnavailableError
from domain.tail import KEEP_RECORDED, MOST_UNRECORDED, TRIM_STEP
from temporal.auctions import Judged
from tests.doubles.cluster import MOST_IN_FLIGHT, Fault
from tests.doubles.door import DoorStage, ladder, placed, refused_with, seqs, until
from workflows.messages import BidIn

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


@pytest.mark.parametrize("doors", [12, 40])
async def test_more_doors_than_the_server_takes_at_a_time_are_all_answered_once(stage: DoorStage, doors: int) -> None:
    lot, opened, made = stage.lot(), [stage.door(f"process-{n}") for n in range(doors)], ladder(stage, doors)
    stage.cluster.open.clear()
    placing = asyncio.gather(*(door.place(lot, bid) for door, bid in zip(opened, made, strict=True)))
    await until(lambda: stage.metric("bid_batch_retries_total", reason="RESOURCE_EXHAUSTED") == doors - MOST_IN_FLIGHT)
    stage.cluster.open.set()
    answers = await placing
    await asyncio.gather(*(door.finish() for door in opened))
    assert [answer.entry.public["bid_id"] for answer in answers] == [bid.bid_id for bid in made]
    assert sorted(answer.entry.seq for answer in answers) == list(range(2, doors + 2))
    assert (len({batch.batch_id for batch in stage.cluster.batches()}), stage.cluster.most_at_once) == (doors, 10)
    assert (seqs(stage), stage.rows_in_flight()) == (list(range(1, doors + 2)), [])


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
