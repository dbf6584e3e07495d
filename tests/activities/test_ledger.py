"""The recorder: what a door and the worker do with entries, and what the public hears of them."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update
from temporalio.testing import ActivityEnvironment

from activities.contracts import AwaitBids, BidsAwaited, RecordLedger
from activities.db import batches
from activities.db.batches import InFlight
from activities.db.engine import make_engine, transaction
from activities.db.ledger import FACTS
from activities.db.reservations import Reservation
from activities.db.tables import auctions, bid_batches
from activities.ledger import CLOSING_LEAST, CLOSING_MOST, NEWEST_BIDS, Ledger, LedgerWork, Opened, Opening, utc_now
from domain import steering
from domain.bidding import Kind
from domain.clock import truncate
from migrations import schema
from tests.db.desk import Desk
from tests.db.market import NOON, bid_id
from tests.doubles.auctions import NewsKept


class Room:
    """A desk whose rows are committed, with a recorder and a worker on the same database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.news = NewsKept()
        self.ledger = Ledger(engine, self.news)
        self.work = LedgerWork(engine, self.news)
        with transaction(engine) as connection:
            self.desk = Desk(connection, reserve_cents=2_000_000)

    @property
    def lot(self) -> int:
        return self.desk.lot

    def open(self, number: int, *bids: tuple[int, int, int]) -> Opened:
        """Open the nth batch of bids `(number of the id, user, cents)`."""
        batch = InFlight(bid_id(9_000 + number), self.lot, "one", NOON)
        wanted = [Reservation(bid_id(self.lot * 1_000 + key), user, self.lot, cents) for key, user, cents in bids]
        return self.ledger.open(Opening(batch, wanted))

    def in_flight(self) -> int:
        with transaction(self.engine) as connection:
            return len(connection.execute(bid_batches.select()).all())

    def limit(self, cents: int) -> None:
        with transaction(self.engine) as connection:
            self.desk.connection = connection
            self.desk.limit(self.desk.ada, cents)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield Room(engine)
    engine.dispose()


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


# Before a batch is sent


def test_opening_tells_how_far_the_database_is_and_writes_the_row(room: Room) -> None:
    room.ledger.record(room.lot, room.desk.entries)
    opened = room.open(1, (1, room.desk.ada, 600_000))
    assert (opened.recorded_through, opened.known, opened.over_limit, opened.in_flight) == (1, {}, {}, True)
    assert room.in_flight() == 1


def test_a_bid_that_was_answered_comes_back_with_its_entry_and_needs_no_row(room: Room) -> None:
    answer = room.desk.bid(room.desk.ada, 600_000)
    room.ledger.record(room.lot, room.desk.entries)
    opened = room.open(1, (1, room.desk.ada, 600_000))
    (receipt,) = opened.known.values()
    assert (receipt.entry.hash, receipt.bid.outcome, opened.in_flight) == (answer.entry.hash, "leading", False)
    assert room.in_flight() == 0


def test_a_batch_with_nothing_to_send_has_no_row(room: Room) -> None:
    room.limit(100_000)
    opened = room.open(1, (1, room.desk.ada, 600_000), (1, room.desk.ada, 600_000))
    assert (set(opened.over_limit), opened.in_flight, room.in_flight()) == ({bid_id(room.lot * 1_000 + 1)}, False, 0)


def test_an_auction_without_a_row_cannot_be_opened(room: Room) -> None:
    with pytest.raises(LookupError):
        room.ledger.open(Opening(InFlight(bid_id(1), 999_999, "one", NOON), []))
    assert room.in_flight() == 0


# On the way back


def test_a_batch_that_is_home_has_no_row_any_more(room: Room) -> None:
    room.open(1, (1, room.desk.ada, 600_000))
    room.desk.bid(room.desk.ada, 600_000)
    recorded = room.ledger.bring_home(room.lot, room.desk.entries, {bid_id(9_001): 2})
    assert (recorded.through, room.in_flight()) == (2, 0)


def test_a_batch_of_which_something_is_missing_keeps_its_row(room: Room) -> None:
    room.open(1, (1, room.desk.ada, 600_000))
    room.desk.bid(room.desk.ada, 600_000)
    recorded = room.ledger.bring_home(room.lot, room.desk.entries[:1], {bid_id(9_001): 2})
    assert (recorded.through, room.in_flight()) == (1, 1)


def test_a_gap_keeps_the_row_too(room: Room) -> None:
    room.open(1, (1, room.desk.ada, 600_000))
    room.desk.bid(room.desk.ada, 600_000)
    recorded = room.ledger.bring_home(room.lot, room.desk.entries[1:], {bid_id(9_001): 2})
    assert (recorded.gap, room.in_flight(), room.news.news) == (True, 1, [])


def test_recording_again_is_no_news(room: Room) -> None:
    for _ in range(2):
        room.ledger.record(room.lot, room.desk.entries)
    assert len(room.news.news) == 1


# News


def test_the_public_hears_what_changed_the_version_and_nothing_private(room: Room) -> None:
    desk = room.desk
    for user_id, cents, kind in (
        (desk.ada, 900_000, Kind.AUTO_BID),
        (desk.bob, 100, Kind.BID),
        (desk.bob, 600_000, Kind.BID),
        (desk.ada, 1_234_500, Kind.AUTO_BID),
    ):
        desk.bid(user_id, cents, kind)
    room.ledger.record(room.lot, desk.entries)
    (news,) = room.news.news
    assert kinds(news.events) == ["started", "auto_bid", "bid"]
    assert [event.get("amount_cents") for event in news.events] == [None, None, 600_000]
    text = json.dumps([news.facts, news.events])
    assert not any(secret in text for secret in ("900000", "1234500", "2000000", "bidder_id", "nonce"))


def test_the_state_says_nothing_of_the_attempt_it_follows(room: Room) -> None:
    desk = room.desk
    desk.bid(desk.ada, 900_000, Kind.AUTO_BID)
    desk.bid(desk.ada, 1_000_000, Kind.AUTO_BID)
    room.ledger.record(room.lot, desk.entries)
    (news,) = room.news.news
    assert (set(news.facts), news.facts["seq"]) == (set(FACTS), 3)


def test_a_refusal_and_a_silent_raise_are_no_event(room: Room) -> None:
    desk = room.desk
    desk.bid(desk.ada, 900_000, Kind.AUTO_BID)
    room.ledger.record(room.lot, desk.entries)
    desk.bid(desk.ada, 1_000_000, Kind.AUTO_BID)
    desk.bid(desk.bob, 100)
    room.ledger.record(room.lot, desk.entries)
    assert room.news.news[-1].events == []


def test_those_whose_position_may_have_moved_are_named_to_the_house(room: Room) -> None:
    desk = room.desk
    desk.bid(desk.ada, 600_000)
    room.ledger.record(room.lot, desk.entries)
    desk.bid(desk.bob, 700_000)
    room.ledger.record(room.lot, desk.entries)
    assert [set(news.users) for news in room.news.news] == [{desk.ada}, {desk.ada, desk.bob}]


def test_of_hundreds_of_bids_the_newest_are_told_and_every_other_event(room: Room) -> None:
    desk = room.desk
    for number in range(60):
        desk.bid((desk.ada, desk.bob)[number % 2], 600_000 + number * 100_000)
        if number == 3:
            desk.auction.hold(desk.now(), "admin")
            desk.auction.resume(desk.now())
    room.ledger.record(room.lot, desk.entries)
    events = room.news.news[0].events
    assert kinds(events) == ["started", "held", "resumed"] + ["bid"] * NEWEST_BIDS
    assert events[-1]["seq"] == desk.entries[-1].seq


def test_a_retraction_is_public_with_its_reason(room: Room) -> None:
    desk = room.desk
    desk.bid(desk.ada, 600_000)
    room.ledger.record(room.lot, desk.entries)
    steering.retract(desk.auction, 2, desk.now(), "admin", "a slip")
    room.ledger.record(room.lot, desk.entries)
    (event,) = room.news.news[-1].events
    assert (event["kind"], event["bid_seq"], event["reason"], event["price_cents"]) == ("retracted", 2, "a slip", None)


# The worker's side


async def test_the_worker_records_and_says_how_far_it_is(room: Room) -> None:
    room.desk.bid(room.desk.ada, 600_000)
    work = RecordLedger(room.lot, list(room.desk.entries))
    answers = [await asyncio.to_thread(ActivityEnvironment().run, room.work.record_ledger, work) for _ in range(2)]
    assert [(each.through, each.hash, each.count, each.forked) for each in answers] == [
        (2, room.desk.auction.hash, 2, False)
    ] * 2


async def test_the_worker_reports_a_fork(room: Room) -> None:
    room.ledger.record(room.lot, room.desk.entries)
    with transaction(room.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == room.lot).values(hash="f" * 64))
    room.desk.bid(room.desk.ada, 600_000)
    work = RecordLedger(room.lot, list(room.desk.entries))
    answer = await asyncio.to_thread(ActivityEnvironment().run, room.work.record_ledger, work)
    assert (answer.forked, answer.through) == (True, 1)


def test_nonces_are_thirty_two_bytes_and_never_the_same(room: Room) -> None:
    nonces = ActivityEnvironment().run(room.work.make_nonces, 100)
    assert (len(set(nonces)), {len(bytes.fromhex(nonce)) for nonce in nonces}) == (100, {32})


# The close


def ending(room: Room, ends_at: datetime) -> AwaitBids:
    """A recorded lot whose end is there."""
    ends_at = truncate(ends_at)
    room.ledger.record(room.lot, room.desk.entries)
    with transaction(room.engine) as connection:
        connection.execute(update(auctions).where(auctions.c.id == room.lot).values(ends_at=ends_at))
    room.news.news.clear()
    return AwaitBids(room.lot, ends_at)


def send(room: Room, received_at: datetime) -> None:
    with transaction(room.engine) as connection:
        batches.open_batch(connection, InFlight(bid_id(9_001), room.lot, "two", received_at), received_at)


async def awaited(room: Room, work: AwaitBids) -> tuple[BidsAwaited, timedelta]:
    """The activity's answer, and how long it took."""
    started = utc_now()
    answer = await ActivityEnvironment().run(room.work.await_bids_in_flight, work)
    return answer, utc_now() - started


async def test_the_close_waits_half_a_second_also_when_it_comes_late(room: Room) -> None:
    answer, took = await awaited(room, ending(room, utc_now() - timedelta(seconds=1)))
    assert (answer.missed_at, took >= CLOSING_LEAST) == ([], True)


async def test_closing_is_shown_and_told_once(room: Room) -> None:
    work = ending(room, utc_now())
    for _ in range(2):
        await awaited(room, work)
    (news,) = room.news.news
    assert (kinds(news.events), news.facts["status"], set(news.facts)) == (["closing"], "closing", {*FACTS, "kind"})


async def test_the_close_waits_for_a_bid_on_its_way_until_it_is_home(room: Room) -> None:
    work = ending(room, utc_now())
    send(room, work.ends_at - timedelta(milliseconds=1))
    waiting = asyncio.create_task(awaited(room, work))
    done, _ = await asyncio.wait({waiting}, timeout=CLOSING_LEAST.total_seconds() * 1.6)
    assert done == set()
    with transaction(room.engine) as connection:
        batches.close_batches(connection, [bid_id(9_001)])
    assert (await waiting)[0].missed_at == []


async def test_the_close_waits_five_seconds_at_most(room: Room) -> None:
    work = ending(room, utc_now() - CLOSING_MOST)
    send(room, work.ends_at - timedelta(milliseconds=1))
    _, took = await awaited(room, work)
    assert took < CLOSING_MOST


async def test_a_bid_received_after_the_end_is_not_waited_for(room: Room) -> None:
    work = ending(room, utc_now() - timedelta(seconds=1))
    send(room, work.ends_at)
    _, took = await awaited(room, work)
    assert took < CLOSING_MOST


async def test_missed_bids_of_the_last_minutes_are_reported_to_the_close(room: Room) -> None:
    work = ending(room, utc_now())
    inside, before = work.ends_at - timedelta(minutes=9), work.ends_at - timedelta(minutes=11)
    with transaction(room.engine) as connection:
        for at in (before, inside):
            batches.add_missed(connection, room.lot, at, "a bid was answered 503")
    answer, _ = await awaited(room, work)
    assert answer.missed_at == [inside]
