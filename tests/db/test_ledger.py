"""Recording on both engines: once by auction and `seq`, whole or not at all, and never over a fork."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from activities.db import ledger
from activities.db.engine import transaction
from activities.db.tables import auction_ledger, auctions, bids
from domain import steering
from domain.auction import OUTAGE_EXTENSION, Status
from domain.bidding import Kind
from tests.db.desk import Desk
from tests.db.market import DAY, NOON, SECOND

NONCE = "ab" * 32
PRIVATE = {"cents", "max_cents", "bidder_id", "private", "nonce", "reserve_cents"}


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        yield Desk(connection)


@pytest.fixture
def reserved(engine: Engine) -> Iterator[Desk]:
    with transaction(engine) as connection:
        yield Desk(connection, reserve_cents=900_000)


def marks(desk: Desk) -> list[tuple[int, bool]]:
    rows = desk.connection.execute(select(bids.c.seq, bids.c.retracted).order_by(bids.c.seq))
    return [(seq, retracted) for seq, retracted in rows]


def test_what_was_judged_is_in_the_ledger_the_bids_and_the_head(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    recorded = desk.record()
    assert (recorded.through, recorded.hash, len(recorded.written)) == (2, desk.auction.hash, 2)
    assert (desk.count(auction_ledger), desk.count(bids)) == (2, 1)
    expected = (2, desk.auction.hash, "live", 600_000, 610_000, desk.ada, "Bidder 1", 1, 1, 1)
    assert expected == desk.head(
        "seq",
        "hash",
        "status",
        "price_cents",
        "minimum_next_cents",
        "leader_id",
        "leader_alias",
        "version",
        "bid_count",
        "bidder_count",
    )


def test_the_same_entries_again_change_nothing(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    first, second = desk.record(), desk.record()
    assert (second.through, second.hash, list(second.written)) == (first.through, first.hash, [])
    assert (desk.count(auction_ledger), desk.count(bids)) == (2, 1)


def test_of_entries_that_overlap_only_the_new_ones_are_written(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.record()
    desk.bid(desk.bob, 700_000)
    desk.bid(desk.ada, 100)
    recorded = desk.record(desk.entries[1:])
    assert [entry.seq for entry in recorded.written] == [3, 4]
    assert recorded.version_before == 1


def test_what_two_batches_brought_may_overlap(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    first = list(desk.entries)
    desk.bid(desk.bob, 700_000)
    recorded = desk.record([*first, *desk.entries])
    assert [entry.seq for entry in recorded.written] == [1, 2, 3]


def test_batches_that_contradict_each_other_are_a_fork(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    recorded = desk.record([*desk.entries, replace(desk.entries[1], hash="f" * 64)])
    assert (recorded.forked, desk.count(auction_ledger)) == (True, 0)


def test_entries_with_a_hole_write_nothing(desk: Desk) -> None:
    for cents in (600_000, 100, 200):
        desk.bid(desk.ada, cents)
    recorded = desk.record([*desk.entries[:2], desk.entries[3]])
    assert (recorded.gap, recorded.through, desk.count(auction_ledger)) == (True, 0, 0)


def test_older_entries_alone_are_known_and_the_answer_is_the_head(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.record()
    assert desk.record(desk.entries[:1]).through == 2


def test_nothing_to_record_says_how_far_the_database_is(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.record()
    assert desk.record([]) == ledger.Recorded(2, desk.auction.hash)


def test_a_gap_writes_nothing(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    recorded = desk.record(desk.entries[1:])
    assert (recorded.gap, recorded.through, desk.count(auction_ledger)) == (True, 0, 0)


def test_another_hash_at_a_known_seq_is_a_fork_that_holds_the_row_and_alerts(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.record()
    desk.bid(desk.bob, 700_000)
    forged = replace(desk.entries[1], hash="f" * 64)
    recorded = desk.record([forged, desk.entries[2]])
    assert (recorded.forked, recorded.through, desk.count(auction_ledger)) == (True, 2, 2)
    assert desk.head("status", "hold_reason", "alert") == ("held", "fork", ledger.FORK_ALERT)


def test_an_entry_that_does_not_follow_from_the_head_is_a_fork(desk: Desk) -> None:
    desk.record()
    desk.bid(desk.ada, 600_000)
    recorded = desk.record([replace(desk.entries[1], prev_hash="0" * 64)])
    assert (recorded.forked, recorded.through, desk.count(auction_ledger)) == (True, 1, 1)


def test_an_auction_without_a_row_cannot_be_recorded(desk: Desk) -> None:
    with pytest.raises(LookupError, match="999999999"):
        ledger.record(desk.connection, 999_999_999, desk.entries)


def test_a_refused_bid_is_kept_and_moves_neither_price_nor_version(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.bid(desk.bob, 100)
    desk.record()
    assert desk.head("seq", "price_cents", "version", "bid_count") == (3, 600_000, 1, 1)
    outcome = desk.connection.execute(select(bids.c.outcome, bids.c.code).where(bids.c.seq == 3)).one()
    assert tuple(outcome) == ("refused", "BELOW_MINIMUM")


def test_a_reused_id_is_in_the_ledger_and_leaves_the_first_bid_alone(desk: Desk) -> None:
    first = desk.bid(desk.ada, 600_000)
    desk.bid(desk.ada, 700_000, bid_id=first.entry.public["bid_id"])
    desk.record()
    assert (desk.count(auction_ledger), desk.count(bids)) == (3, 1)
    assert desk.connection.execute(select(bids.c.cents)).scalar_one() == 600_000


def test_a_retraction_marks_the_bid_and_gives_the_lead_back_to_whoever_had_it(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.bid(desk.bob, 2_000_000)
    desk.record()
    assert desk.head("leader_id") == (desk.bob,)
    steering.retract(desk.auction, 3, desk.now(), "admin", "a slip")
    recorded = desk.record()
    assert marks(desk) == [(2, False), (3, True)]
    assert desk.head("leader_id", "leader_alias", "price_cents") == (desk.ada, "Bidder 1", 600_000)
    assert set(recorded.users) == {desk.ada, desk.bob}


def test_removing_a_bidder_marks_all_of_their_bids(desk: Desk) -> None:
    for user_id, cents in ((desk.bob, 600_000), (desk.ada, 700_000), (desk.bob, 800_000)):
        desk.bid(user_id, cents)
    steering.remove_bidder(desk.auction, str(desk.bob), desk.now(), "admin", "a fraud")
    desk.record()
    assert marks(desk) == [(2, True), (3, False), (4, True)]
    assert desk.head("leader_id", "leader_alias") == (desk.ada, "Bidder 2")


def test_a_retraction_that_was_refused_marks_nothing(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    steering.retract(desk.auction, 2, desk.now(), str(desk.ada), "second thoughts")
    desk.record()
    assert marks(desk) == [(2, False)]


def test_without_bids_left_nobody_leads(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    steering.retract(desk.auction, 2, desk.now(), "admin", "a slip")
    desk.record()
    assert desk.head("leader_id", "leader_alias", "price_cents", "bid_count") == (None, None, None, 0)


def test_a_lower_reserve_is_kept_for_the_house_only(reserved: Desk) -> None:
    reserved.bid(reserved.ada, 600_000)
    steering.change_reserve(reserved.auction, 600_000, reserved.now(), NONCE)
    reserved.record()
    assert reserved.head("reserve_cents", "reserve_state") == (600_000, "met")
    texts = reserved.connection.execute(select(auction_ledger.c.public)).scalars()
    assert not any(f'"{name}"' in text for text in texts for name in PRIVATE)


def test_a_waived_reserve_is_none(reserved: Desk) -> None:
    steering.change_reserve(reserved.auction, None, reserved.now(), NONCE)
    reserved.record()
    assert reserved.head("reserve_cents", "reserve_state") == (None, "none")


def test_hold_and_resume_move_the_reason_and_the_end(desk: Desk) -> None:
    desk.auction.hold(NOON + SECOND, "admin")
    desk.record()
    assert desk.head("status", "hold_reason") == ("held", "admin")
    desk.auction.resume(NOON + 61 * SECOND)
    desk.record()
    assert desk.head("status", "hold_reason", "ends_at") == ("live", None, NOON + DAY + timedelta(seconds=60))


def test_the_result_and_its_time_are_kept(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.auction.close(NOON + DAY)
    desk.record()
    assert desk.head("status", "result", "ended_at") == ("ended", "sold", NOON + DAY)


def test_a_cancellation_keeps_its_public_reason(desk: Desk) -> None:
    steering.cancel(desk.auction, desk.now(), "admin", "the title is not clear")
    desk.record()
    assert desk.head("status", "result", "public_reason") == ("ended", "cancelled", "the title is not clear")


def test_a_lot_whose_end_has_come_is_shown_as_closing_with_nothing_but_its_state(desk: Desk) -> None:
    desk.bid(desk.ada, 600_000)
    desk.bid(desk.ada, 900_000, Kind.AUTO_BID)
    desk.record()
    facts = ledger.mark_closing(desk.connection, desk.lot, NOON + DAY)
    assert desk.head("status") == ("closing",)
    assert facts == {name: desk.entries[-1].public[name] for name in ledger.FACTS}
    assert set(desk.auction.facts(NOON)) == set(ledger.FACTS)


def test_a_lot_that_moved_on_is_not_shown_as_closing(desk: Desk) -> None:
    desk.record()
    desk.auction.outage(NOON + DAY, since=NOON + DAY)
    desk.record()
    assert ledger.mark_closing(desk.connection, desk.lot, NOON + DAY) is None
    assert desk.head("status", "ends_at") == (Status.LIVE, NOON + DAY + OUTAGE_EXTENSION)


def test_a_record_of_hundreds_is_counted(desk: Desk) -> None:
    for _ in range(300):
        desk.bid(desk.ada, 100)
    desk.record()
    assert ledger.count_entries(desk.connection, desk.lot) == 301


def test_a_transaction_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    def broken(connection: Connection) -> None:
        desk = Desk(connection)
        desk.bid(desk.ada, 600_000)
        desk.record()
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction(engine) as connection:
        broken(connection)
    with transaction(engine) as connection:
        left = [connection.execute(select(table.c.seq)).all() for table in (auction_ledger, bids, auctions)]
    assert left == [[], [], []]
