"""The queries of the live streams, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from activities.db import ledger, streams
from activities.db.bids import Mine
from domain.auction import Auction
from domain.bidding import Kind
from domain.steering import retract
from tests.db.market import NOON, SECOND, add_bids, add_car, add_lot, add_person

AUTO, BID = Kind.AUTO_BID, Kind.BID


class Market:
    """One seller, two buyers and a lot with three versions, a refusal and a silent raise."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seller, self.ada, self.bob = (
            add_person(connection, f"{name}@streams.example.com") for name in ("sam", "ada", "bob")
        )
        self.car = add_car(connection, self.seller, 900_001)
        self.lot = add_lot(connection, self.seller, self.car)
        attempts = [(self.ada, BID, 500_000), (self.bob, BID, 100), (self.ada, AUTO, 900_000), (self.bob, BID, 600_000)]
        self.auction: Auction = add_bids(connection, self.lot, self.seller, [*attempts, (self.bob, BID, 950_000)])

    def record(self) -> None:
        ledger.record(self.connection, self.lot, self.auction.tail.entries)


@pytest.fixture
def market(engine: Engine) -> Iterator[Market]:
    """A market that is gone after the test."""
    with engine.connect() as connection, connection.begin() as begun:
        yield Market(connection)
        begun.rollback()


def versions(found: list[dict[str, object]] | None) -> list[object]:
    assert found is not None
    return [(entry["kind"], entry["version"], entry["retracted"]) for entry in found]


def test_what_made_versions_comes_back_in_order_with_the_start(market: Market) -> None:
    found = streams.entries_between(market.connection, market.lot, after=0, through=3, most=10)

    assert versions(found) == [("started", 0, False), ("bid", 1, False), ("bid", 2, False), ("bid", 3, False)]


def test_only_the_versions_asked_for_come_back(market: Market) -> None:
    found = streams.entries_between(market.connection, market.lot, after=1, through=2, most=10)

    assert versions(found) == [("bid", 2, False)]


def test_more_than_asked_for_is_nothing(market: Market) -> None:
    assert streams.entries_between(market.connection, market.lot, after=1, through=3, most=1) is None


def test_a_retracted_bid_says_so(market: Market) -> None:
    seq = market.auction.rows[-1].seq
    retract(market.auction, seq, NOON + 60 * SECOND, "admin", "an error")
    market.record()
    found = streams.missed(market.connection, market.lot, after_version=2, most=10, lines=2)

    assert found is not None
    assert versions(found.entries) == [("bid", 3, True), ("retracted", 4, False)]
    assert (
        found.recorded.lot.head.version,
        [(line.version, line.retracted) for line in found.recorded.history],
    ) == (4, [(3, True), (2, False)])


def test_an_unknown_lot_missed_nothing_and_has_no_mark(market: Market) -> None:
    assert streams.missed(market.connection, 0, after_version=0, most=1, lines=1) is None
    assert streams.marks(market.connection, [0]) == []
    assert streams.recorded_lots(market.connection, [0], lines=1) == {}


def test_marks_say_how_far_lots_are(market: Market) -> None:
    other = add_lot(market.connection, market.seller, market.car, status="scheduled")

    found = {mark.id: mark for mark in streams.marks(market.connection, [market.lot, other])}

    assert found == {
        market.lot: streams.Mark(market.lot, 3, "live", 6, 3),
        other: streams.Mark(other, 0, "scheduled", 0, 0),
    }


def test_positions_are_ones_own_and_leave_out_who_never_bid(market: Market) -> None:
    nobody = add_person(market.connection, "eve@streams.example.com")

    heads, mines = streams.heads_and_positions(market.connection, [market.lot], [market.ada, market.bob, nobody])

    assert market.bob == heads[market.lot].leader_id
    assert mines == {
        (market.lot, market.ada): Mine(900_000, None, "Bidder 1"),
        (market.lot, market.bob): Mine(950_000, None, "Bidder 2"),
    }


def test_a_retracted_maximum_is_nobodys(market: Market) -> None:
    for row in market.auction.rows[1:2]:
        retract(market.auction, row.seq, NOON + 60 * SECOND, "admin", "an error")
    market.record()

    _, mines = streams.heads_and_positions(market.connection, [market.lot], [market.ada])

    assert {(market.lot, market.ada): Mine(500_000, None, "Bidder 1")} == mines
