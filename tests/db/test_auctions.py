"""Lists, histories and ledgers as their pages read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from activities.db import auctions, bids, history, my_lots, vehicles
from activities.db.auctions import LotFilter, LotKey
from activities.db.bids import BidKey
from activities.db.engine import transaction
from activities.db.people import Role
from activities.db.vehicles import VehicleFilter
from domain.bidding import Kind
from domain.ledger import Entry, first_break
from tests.db.market import DAY, NOON, SECOND, add_bids, add_car, add_lot, add_person, bid_id

BID, AUTO = Kind.BID, Kind.AUTO_BID
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Market:
    connection: Connection
    seller: int
    ada: int
    bob: int

    def lot(self, number: int = 1, **changes: object) -> int:
        car = {name: changes.pop(name) for name in ("make", "model", "year") if name in changes}
        return add_lot(self.connection, self.seller, add_car(self.connection, self.seller, number, **car), **changes)

    def ids(self, wanted: LotFilter, after: LotKey | None = None, limit: int = 100) -> list[int]:
        found = auctions.lot_page(self.connection, wanted, after=after, limit=limit)
        return [lot.head.id for lot in found]


@pytest.fixture
def market(engine: Engine) -> Iterator[Market]:
    with transaction(engine) as connection:
        seller = add_person(connection, "sam@example.com", role=Role.SELLER)
        ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
        yield Market(connection, seller, ada, bob)


def test_a_list_can_be_filtered_by_everything_at_once(market: Market) -> None:
    fits = market.lot(1, make="Ford", model="F-150", year=2020, price_cents=900_000)
    market.lot(2, make="Ford", model="F-150", year=2020, price_cents=900_001)
    market.lot(3, make="Ford", model="F-150", year=2018, price_cents=900_000)
    market.lot(4, make="Ford", model="F-150", year=2020, price_cents=900_000, status="held")
    market.lot(5, make="Ford", model="F-150", year=2020, price_cents=900_000, ends_at=NOON + 2 * DAY)
    market.lot(6)
    wanted = LotFilter(
        statuses=("live",),
        vehicle=VehicleFilter("ford", "f-150", 2019, 2020),
        price_from_cents=900_000,
        price_to_cents=900_000,
        closing_before=NOON + DAY + HOUR,
    )
    assert market.ids(wanted) == [fits]
    assert auctions.count_lots(market.connection, wanted) == 1


def test_a_lot_without_a_bid_is_found_by_its_start_price(market: Market) -> None:
    found = market.lot(start_cents=700_000)
    assert market.ids(LotFilter(price_from_cents=700_000, price_to_cents=700_000)) == [found]


def test_pages_by_keyset_show_every_lot_once_with_equal_ends_too(market: Market) -> None:
    made = [market.lot(number, ends_at=NOON + DAY + (number // 3) * HOUR) for number in range(7)]
    seen: list[int] = []
    after = None
    while page := auctions.lot_page(market.connection, LotFilter(), after=after, limit=2):
        seen += [lot.head.id for lot in page]
        after = LotKey(page[-1].head.ends_at, page[-1].head.id)
    assert seen == made


def test_ended_lots_are_listed_from_the_latest_back(market: Market) -> None:
    made = [market.lot(number, status="ended", ends_at=NOON + number * HOUR) for number in range(4)]
    wanted = LotFilter(statuses=("ended",))
    assert market.ids(wanted) == made[::-1]
    assert market.ids(wanted, after=LotKey(NOON + 2 * HOUR, made[2])) == [made[1], made[0]]


def test_a_page_of_lots_is_one_statement(market: Market) -> None:
    for number in range(5):
        market.lot(number)
    statements: list[str] = []
    event.listen(market.connection, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    assert len(auctions.lot_page(market.connection, LotFilter(), after=None, limit=5)) == 5
    assert len(statements) == 1


def test_heads_and_versions_of_many_lots_leave_out_the_unknown(market: Market) -> None:
    first, second = market.lot(1, version=3), market.lot(2, version=4)
    assert auctions.versions(market.connection, [first, second, 9_999_999]) == {first: 3, second: 4}
    assert set(auctions.heads(market.connection, [first, 9_999_999])) == {first}
    assert auctions.lots(market.connection, [second])[second].vehicle.title == "2019 Honda Civic EX"


def test_one_lot_carries_its_vehicle_in_full(market: Market) -> None:
    found = auctions.full_lot(market.connection, market.lot())
    assert found is not None
    assert (found.vehicle.condition_grade, found.vehicle.drivetrain) == (42, "FWD")
    assert auctions.full_lot(market.connection, 9_999_999) is None


def test_the_history_shows_only_what_everyone_could_see(market: Market) -> None:
    lot = market.lot()
    attempts = [
        (market.ada, AUTO, 900_000),
        (market.ada, AUTO, 1_000_000),
        (market.bob, BID, 100),
        (market.bob, BID, 600_000),
        (market.bob, BID, 1_100_000),
    ]
    add_bids(market.connection, lot, market.seller, attempts)
    found = history.history_page(market.connection, lot, limit=10)
    shown = [(line.version, line.bidder, line.kind, line.amount_cents, line.price_cents, line.leader) for line in found]
    assert shown == [
        (3, "Bidder 2", "bid", 1_100_000, 1_100_000, "Bidder 2"),
        (2, "Bidder 2", "bid", 600_000, 610_000, "Bidder 1"),
        (1, "Bidder 1", "auto_bid", None, 500_000, "Bidder 1"),
    ]
    assert history.count_history(market.connection, lot) == 3


def test_the_history_is_paged_in_both_directions(market: Market) -> None:
    lot = market.lot()
    attempts = [((market.ada, market.bob)[n % 2], BID, 500_000 + n * 100_000) for n in range(6)]
    add_bids(market.connection, lot, market.seller, attempts)
    older = history.history_page(market.connection, lot, before_version=4, limit=2)
    newer = history.history_page(market.connection, lot, after_version=4, limit=10)
    assert [line.version for line in older] == [3, 2]
    assert [line.version for line in newer] == [6, 5]


def test_the_ledger_comes_back_as_a_whole_chain(market: Market) -> None:
    lot = market.lot()
    add_bids(market.connection, lot, market.seller, [(market.ada, AUTO, 900_000), (market.bob, BID, 100)], end=True)
    rows = history.ledger_page(market.connection, lot, after_seq=0, limit=100)
    entries = [Entry(row.seq, row.prev_hash, row.hash, row.public, row.private, row.nonce) for row in rows]
    assert first_break(lot, entries) is None
    assert [row.seq for row in history.ledger_page(market.connection, lot, after_seq=1, limit=2)] == [2, 3]


def test_mine_is_ones_own_maximum_and_nobody_elses(market: Market) -> None:
    lot = market.lot()
    attempts = [(market.ada, AUTO, 900_000), (market.bob, BID, 600_000), (market.bob, BID, 100)]
    add_bids(market.connection, lot, market.seller, attempts)
    assert bids.mine(market.connection, lot, market.ada) == bids.Mine(900_000, bid_id(lot * 1000 + 1), "Bidder 1")
    assert bids.mine(market.connection, lot, market.bob) == bids.Mine(600_000, bid_id(lot * 1000 + 2), "Bidder 2")
    assert bids.mine(market.connection, lot, market.seller) == bids.Mine(None, None, None)


def test_a_receipt_is_found_by_its_owner_only(market: Market) -> None:
    lot = market.lot()
    add_bids(market.connection, lot, market.seller, [(market.ada, AUTO, 900_000)])
    key = bid_id(lot * 1000 + 1)
    found = bids.receipt(market.connection, key, user_id=market.ada)
    assert found is not None
    assert (found.bid.cents, found.entry.private) == (900_000, {"bidder_id": str(market.ada), "cents": 900_000})
    assert bids.receipt(market.connection, key, user_id=market.bob) is None


def test_ones_bids_come_newest_first_with_their_lots(market: Market) -> None:
    lot = market.lot()
    add_bids(market.connection, lot, market.seller, [(market.ada, BID, 500_000), (market.bob, BID, 100)])
    second = market.lot(2)
    add_bids(market.connection, second, market.seller, [(market.bob, BID, 500_000), (market.ada, BID, 600_000)])
    found = bids.bid_page(market.connection, market.ada, after=None, limit=10)
    assert [(row.bid.auction_id, row.leading) for row in found] == [(second, True), (lot, True)]
    after = BidKey(NOON + 2 * SECOND, found[0].bid.bid_id)
    assert [row.bid.auction_id for row in bids.bid_page(market.connection, market.ada, after=after, limit=10)] == [lot]
    assert bids.count_bids(market.connection, market.bob) == 2


def test_ones_lots_come_open_first_and_page_by_keyset(market: Market) -> None:
    made = [market.lot(number, ends_at=NOON + number * HOUR) for number in range(1, 5)]
    market.lot(9)
    for number, lot in enumerate(made):
        add_bids(market.connection, lot, market.seller, [(market.ada, BID, 500_000)], end=number < 2)
    seen, after = [], None
    while page := my_lots.my_lot_page(market.connection, market.ada, after=after, limit=1):
        head = page[-1].head
        seen.append((head.id, head.status))
        after = my_lots.MyLotKey(head.status == "ended", head.ends_at, head.id)
    expected = [(made[3], "live"), (made[2], "live"), (made[1], "ended"), (made[0], "ended")]
    assert seen == expected


def test_ones_newest_attempts_in_many_lots_are_one_query(market: Market) -> None:
    first, second = market.lot(1), market.lot(2)
    for lot in (first, second):
        attempts = [(market.ada, BID, 500_000), (market.ada, BID, 600_000), (market.ada, AUTO, 700_000)]
        add_bids(market.connection, lot, market.seller, attempts)
    found = my_lots.newest_bids_in(market.connection, market.ada, [first, second], each=2)
    assert {lot: [made.seq for made in attempts] for lot, attempts in found.items()} == {first: [4, 3], second: [4, 3]}


def test_what_one_has_in_many_lots_leaves_out_the_others(market: Market) -> None:
    first, second = market.lot(1), market.lot(2)
    add_bids(market.connection, first, market.seller, [(market.ada, AUTO, 900_000)])
    add_bids(market.connection, second, market.seller, [(market.bob, AUTO, 900_000)])
    assert set(bids.mine_in(market.connection, [first, second], market.ada)) == {first}


def test_a_vehicle_knows_its_auctions_newest_first(market: Market) -> None:
    car = add_car(market.connection, market.seller, 1)
    made = [add_lot(market.connection, market.seller, car) for _ in range(2)]
    found = auctions.lots_of_vehicle(market.connection, car, limit=10)
    assert [lot.head.id for lot in found] == made[::-1]
    assert vehicles.makes(market.connection) == ["Honda"]
