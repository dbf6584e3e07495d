"""Bids in flight and bids turned away, as the close and the sweeper read them."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, select

from activities.db import batches
from activities.db.batches import InFlight
from activities.db.engine import transaction
from activities.db.tables import bid_batches
from tests.db.desk import Desk
from tests.db.market import DAY, NOON, SECOND, bid_id


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def send(connection: Connection, number: int, lot: int, at: datetime = NOON) -> str:
    """The nth batch, sent when its first bid was received."""
    batches.open_batch(connection, InFlight(bid_id(number), lot, "one", at), at)
    return bid_id(number)


def left(connection: Connection) -> set[str]:
    return set(connection.execute(select(bid_batches.c.batch_id)).scalars())


def test_a_batch_nobody_touched_is_abandoned_and_a_touched_one_is_not(connection: Connection) -> None:
    send(connection, 1, lot=7)
    batches.touch_batches(connection, [send(connection, 2, lot=8)], NOON + 3 * SECOND)
    assert batches.abandoned(connection, NOON + SECOND, 10) == [7]


def test_lots_come_longest_abandoned_first_each_once_and_up_to_the_limit(connection: Connection) -> None:
    for number, lot in enumerate((9, 8, 9, 7)):
        send(connection, number, lot, NOON + number * SECOND)
    assert batches.abandoned(connection, NOON + DAY, 10) == [9, 8, 7]
    assert batches.abandoned(connection, NOON + DAY, 2) == [9, 8]


def test_closing_the_abandoned_leaves_newer_batches_and_other_lots(connection: Connection) -> None:
    send(connection, 1, lot=7)
    send(connection, 2, lot=7)
    stay = {send(connection, 3, lot=7, at=NOON + 5 * SECOND), send(connection, 4, lot=8)}
    assert batches.close_abandoned(connection, 7, NOON + SECOND) == 2
    assert left(connection) == stay


def test_a_recorded_batch_is_forgotten(connection: Connection) -> None:
    first, second = send(connection, 1, lot=7), send(connection, 2, lot=7)
    batches.close_batches(connection, [first])
    assert left(connection) == {second}


def test_the_close_waits_for_bids_received_before_the_end_only(connection: Connection) -> None:
    send(connection, 1, lot=7, at=NOON)
    send(connection, 2, lot=7, at=NOON + SECOND)
    send(connection, 3, lot=8, at=NOON)
    assert batches.count_in_flight(connection, 7, NOON + SECOND) == 1


def test_missed_bids_are_read_oldest_first_until_they_are_handled(connection: Connection) -> None:
    for lot in (7, 8, 7):
        batches.add_missed(connection, lot, NOON + lot * SECOND, "a bid was answered 503")
    found = batches.missed(connection, 2)
    assert [(each.auction_id, each.at) for each in found] == [(7, NOON + 7 * SECOND), (8, NOON + 8 * SECOND)]
    batches.mark_missed_handled(connection, [each.id for each in found])
    assert [each.auction_id for each in batches.missed(connection, 9)] == [7]


def test_the_close_hears_of_missed_bids_also_when_they_are_handled(connection: Connection) -> None:
    for seconds in (3, 1, 2):
        batches.add_missed(connection, 7, NOON + seconds * SECOND, "a bid was answered 503")
    batches.mark_missed_handled(connection, [each.id for each in batches.missed(connection, 9)])
    assert batches.missed_since(connection, 7, NOON + 2 * SECOND) == [NOON + 2 * SECOND, NOON + 3 * SECOND]


def test_an_auction_that_is_over_has_no_end_to_miss(connection: Connection) -> None:
    desk = Desk(connection)
    assert batches.ends_at(connection, desk.lot) == NOON + DAY
    desk.auction.close(NOON + DAY)
    desk.record()
    assert batches.ends_at(connection, desk.lot) is None
    assert batches.ends_at(connection, 999_999_999) is None
