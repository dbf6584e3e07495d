"""Orders in the database: one for each sale, from the transaction that records it, and as its workflow last told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from activities.db import accounts, orders
from activities.db.engine import transaction
from activities.db.order_tables import orders as table
from activities.db.orders import Sold, Stored
from activities.db.reservations import Kind, Reservation, at_stake, settle
from activities.order_contracts import OrderEvent, RecordOrder
from domain.orders import HowSold, OrderStatus, Party, Step, moved
from domain.promises import Code, begun
from domain.purchases import Acceptance, Wish, accept, reserve
from domain.purchases import settle as settle_purchase
from tests.db.desk import Desk
from tests.db.for_sale import put_up
from tests.db.market import DAY, NOON, SECOND, add_car, add_lot, add_person

PRICE = 900_000
ONE = "11111111-1111-5111-8111-111111111111"
TERMS = {"buy_now_cents": PRICE, "offers_open": True}


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def sold(connection: Connection, number: int = 1, run_no: int = 1) -> int:
    people = (add_person(connection, f"{name}{number}@example.com") for name in ("sam", "ada"))
    seller, buyer = people
    car = add_car(connection, seller, 800_000 + number)
    lot = add_lot(connection, seller, car)
    return orders.add(connection, Sold(lot, car, seller, buyer, PRICE, HowSold.HAMMER, NOON, run_no))


def found(connection: Connection, order_id: int) -> Stored:
    stored = orders.find(connection, order_id)
    assert stored is not None
    return stored


def of_lot(connection: Connection, lot: int) -> Stored:
    order_id = orders.of_run(connection, lot)
    assert order_id is not None
    return found(connection, order_id)


def count(connection: Connection) -> int:
    return len(connection.execute(select(table.c.id)).all())


def test_the_hammer_writes_the_order_once_however_often_its_entries_come(connection: Connection) -> None:
    desk = Desk(connection)
    desk.limit(desk.ada, 1_000_000)
    desk.bid(desk.ada, 600_000)
    desk.auction.close(NOON + DAY)
    desk.record()
    desk.record()
    order = of_lot(connection, desk.lot).order
    assert (order.buyer_id, order.seller_id, order.price_cents) == (desk.ada, desk.seller, 600_000)
    assert (order.how, order.sold_at, order.stage) == (HowSold.HAMMER, NOON + DAY, OrderStatus.PENDING_PAYMENT)
    assert count(connection) == 1


def test_a_lot_below_its_reserve_or_without_bids_or_cancelled_has_no_order(connection: Connection) -> None:
    desk = Desk(connection, reserve_cents=PRICE)
    desk.bid(desk.ada, 600_000)
    desk.auction.close(NOON + DAY)
    desk.record()
    desk.lot, desk.auction = desk.another()
    desk.auction.close(NOON + DAY)
    desk.record()
    assert count(connection) == 0


def test_a_bought_lot_and_an_accepted_offer_are_orders_at_their_own_price(connection: Connection) -> None:
    desk = Desk(connection, **TERMS)
    put_up(connection, desk.lot, **TERMS)
    reserve(desk.auction, Wish(ONE, str(desk.ada), PRICE, "ab" * 32), NOON + SECOND)
    desk.record()
    assert count(connection) == 0
    settle_purchase(desk.auction, ONE, NOON + 2 * SECOND, paid=True)
    desk.record()
    order = of_lot(connection, desk.lot).order
    assert (order.buyer_id, order.price_cents, order.how) == (desk.ada, PRICE, HowSold.BUY_NOW)
    desk.lot, desk.auction = desk.another()
    put_up(connection, desk.lot, **TERMS)
    accept(desk.auction, Acceptance(ONE, "o", str(desk.bob), 700_000, "ab" * 32), NOON + SECOND)
    desk.record()
    order = of_lot(connection, desk.lot).order
    assert (order.buyer_id, order.price_cents, order.how) == (desk.bob, 700_000, HowSold.OFFER)


def test_a_sale_of_another_run_is_another_order(connection: Connection) -> None:
    first = found(connection, sold(connection)).order
    again = Sold(first.auction_id, first.vehicle_id, first.seller_id, first.seller_id, 1, HowSold.SECOND_CHANCE, NOON)
    assert orders.add(connection, again) == first.id
    assert orders.next_run(connection, first.auction_id) == 2
    assert not orders.is_resold(connection, first)


def test_who_agreed_is_charged_and_nobody_else(connection: Connection) -> None:
    assert not found(connection, sold(connection)).charge_agreed
    order = found(connection, sold(connection, 2)).order
    accounts.change(connection, order.buyer_id, NOON, lambda _: {"charge_agreed_at": NOON})
    again = Sold(order.auction_id, order.vehicle_id, order.seller_id, order.buyer_id, 1, HowSold.SECOND_CHANCE, NOON, 2)
    assert found(connection, orders.add(connection, again)).charge_agreed


def test_orders_are_started_once_oldest_first(connection: Connection) -> None:
    ids = [sold(connection, number) for number in range(3)]
    assert orders.unstarted(connection, NOON, 9) == []
    assert orders.unstarted(connection, NOON + SECOND, 2) == ids[:2]
    orders.mark_started(connection, ids[:2], NOON)
    assert orders.unstarted(connection, NOON + SECOND, 9) == ids[2:]


def test_a_person_pages_through_their_own_orders_on_each_side(connection: Connection) -> None:
    first = found(connection, sold(connection)).order
    ids = [
        orders.add(connection, Sold(n, first.vehicle_id, first.seller_id, first.buyer_id, 1, HowSold.HAMMER, NOON))
        for n in range(90, 93)
    ]
    page = orders.of_user(connection, first.buyer_id, Party.BUYER, limit=2)
    assert [each.stored.order.id for each in page] == ids[:0:-1]
    rest = orders.of_user(connection, first.buyer_id, Party.BUYER, before=ids[1], limit=9)
    assert [each.stored.order.id for each in rest] == [ids[0], first.id]
    assert rest[0].vehicle.title.startswith("2019 Honda Civic")
    assert orders.count_of_user(connection, first.seller_id, Party.SELLER) == 4
    assert orders.of_user(connection, first.seller_id, Party.BUYER, limit=9) == []
    assert page[0].stored.side_of(first.seller_id) is Party.SELLER
    assert page[0].stored.side_of(-1) is None


def told(stored: Stored, version: int, events: list[OrderEvent], first: int = 0, **moves: Step) -> RecordOrder:
    order = stored.order
    for step in moves.values():
        after = moved(order, step)
        assert not isinstance(after, str)
        order = after
    return RecordOrder(version, order, begun(NOON, with_carrier=True), [], first, events)


def test_an_order_comes_back_as_it_was_told_and_an_older_version_changes_nothing(connection: Connection) -> None:
    order_id = sold(connection)
    stored = found(connection, order_id)
    lines = [OrderEvent(NOON + n * SECOND, f"event-{n}", Party.HOUSE, n, f"line {n}") for n in range(4)]
    assert orders.record(connection, told(stored, 1, lines[:2]), NOON + SECOND) is not None
    after = orders.record(connection, told(stored, 2, lines[1:], 1, pay=Step.PAY), NOON + 2 * SECOND)
    assert after is not None
    assert orders.record(connection, told(stored, 2, lines), NOON) is None
    assert orders.record(connection, told(stored, 1, lines), NOON) is None
    assert (after.order.stage, after.version, after.timeline) == (OrderStatus.PAID, 2, begun(NOON, with_carrier=True))
    assert after.default_at == next(each.due_at for each in after.timeline if each.code is Code.LAST_PAYMENT)
    assert orders.events(connection, order_id) == lines
    assert found(connection, order_id) == after


def test_an_unpaid_win_is_on_hold_until_the_order_waits_for_no_payment(connection: Connection) -> None:
    order = found(connection, sold(connection)).order
    desk = Desk(connection)
    desk.limit(order.buyer_id, 2_000_000)
    settle(connection, Reservation(ONE, order.buyer_id, order.auction_id, PRICE, Kind.WIN), NOON)
    stored = found(connection, order.id)
    orders.record(connection, told(stored, 1, []), NOON)
    assert at_stake(connection, order.buyer_id) == {order.auction_id: PRICE}
    orders.record(connection, told(stored, 2, [], cancel=Step.CANCEL), NOON)
    assert at_stake(connection, order.buyer_id) == {}


def test_a_vehicle_that_is_up_for_sale_again_or_sold_counts_as_resold(connection: Connection) -> None:
    order = found(connection, sold(connection)).order
    lot = add_lot(connection, order.seller_id, order.vehicle_id, ends_at=NOON + timedelta(days=9))
    assert orders.is_resold(connection, order)
    put_up(connection, lot, status="ended")
    assert not orders.is_resold(connection, order)
    next_sale = Sold(lot, order.vehicle_id, order.seller_id, order.seller_id, 1, HowSold.HAMMER, NOON)
    orders.add(connection, next_sale)
    assert orders.is_resold(connection, order)


def test_an_order_that_is_not_there_cannot_be_told_of(connection: Connection) -> None:
    with pytest.raises(LookupError):
        orders.locked(connection, 99)


def test_who_was_erased_is_not_written_to(connection: Connection) -> None:
    order = found(connection, sold(connection)).order
    assert set(orders.sides(connection, order)) == {Party.BUYER, Party.SELLER}
    assert orders.title_of(connection, order).startswith("2019 Honda")


def test_two_orders_of_one_run_are_refused_by_the_database(engine: Engine) -> None:
    with transaction(engine) as connection:
        row = dict(connection.execute(select(table).where(table.c.id == sold(connection))).mappings().one())
    row.pop("id")
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        connection.execute(insert(table).values(row))
