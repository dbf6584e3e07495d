"""Money of one order, moved by many at the same moment: it moves once, and nobody waits for ever."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from activities.db import order_money, order_payouts, orders, payments
from activities.db.engine import reading, transaction
from activities.db.payments import Change, Payment
from activities.order_contracts import GiveBack, SetPayout
from activities.order_till import OrderTill
from domain.business_days import day_of
from domain.money_ledger import Book
from domain.order_payments import PayCode
from domain.payments import State
from domain.payouts import Payout
from tests.db.balanced import assert_balanced
from tests.db.holders import SITE
from tests.db.market import NOON
from tests.db.order_desk import SECRET, OrderDesk, sold

T = TypeVar("T")
AT_ONCE = 6


@pytest.fixture
def order_id(engine: Engine) -> Iterator[int]:
    with transaction(engine) as connection:
        desk = sold(connection)
        desk.invoice()
    yield desk.order_id
    with reading(engine) as connection:
        assert_balanced(connection)


def till() -> OrderTill:
    return OrderTill(SECRET, SITE)


def at_once(engine: Engine, work: Callable[[Connection, int], T], count: int = AT_ONCE) -> list[T]:
    """Do it in as many transactions; one that the database chose to break off is done again, as Temporal does it."""

    def run(number: int) -> T:
        while True:
            try:
                with transaction(engine) as connection:
                    return work(connection, number)
            except OperationalError as error:
                if "1213" not in str(error.orig):
                    raise

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def desk_of(connection: Connection, order_id: int) -> OrderDesk:
    stored = orders.find(connection, order_id)
    assert stored is not None
    order = stored.order
    return OrderDesk(connection, till(), order_id, order.buyer_id, order.seller_id, order.auction_id)


def test_many_tabs_make_one_payment(engine: Engine, order_id: int) -> None:
    asked = at_once(engine, lambda c, number: order_money.ask(c, orders.locked(c, order_id), f"tab {number}", NOON))
    assert sorted(str(each) for each in asked if not isinstance(each, Payment)) == [PayCode.PAYMENT_OPEN] * 5


def test_the_same_wish_at_once_is_one_payment(engine: Engine, order_id: int) -> None:
    asked = at_once(engine, lambda c, _: order_money.ask(c, orders.locked(c, order_id), "k", NOON))
    assert len({each.id for each in asked if isinstance(each, Payment)}) == 1


def test_an_end_that_many_bring_at_once_is_booked_once(engine: Engine, order_id: int) -> None:
    with transaction(engine) as connection:
        payment = desk_of(connection, order_id).ask()
        payments.mark(connection, payment.id, Change(State.SENDING), NOON)

    def end(connection: Connection, _: int) -> bool:
        done, moved = payments.mark(connection, payment.id, Change(State.DONE, "6020"), NOON)
        if moved:
            till().follow(connection, done, NOON)
        return moved

    assert sum(at_once(engine, end)) == 1
    with transaction(engine) as connection:
        assert desk_of(connection, order_id).owed() == 0


def test_a_refund_that_many_ask_for_goes_back_once(engine: Engine, order_id: int) -> None:
    with transaction(engine) as connection:
        desk_of(connection, order_id).pay()
    given = at_once(engine, lambda c, _: till().give_back(c, GiveBack(order_id, "unwind", "why"), NOON))
    assert len({tuple(each.payment_ids) for each in given}) == 1


def test_refunds_of_two_reasons_never_give_back_more_than_there_is(engine: Engine, order_id: int) -> None:
    with transaction(engine) as connection:
        total = desk_of(connection, order_id).pay().amount_cents
    at_once(engine, lambda c, n: till().give_back(c, GiveBack(order_id, f"r{n}", "why", total // 4), NOON))
    with transaction(engine) as connection:
        known = payments.of_order(connection, order_id)
        assert sum(each.amount_cents for each in known if each.of_payment_id is not None) == total


def test_a_default_that_many_settle_is_settled_once_while_a_payment_ends(engine: Engine, order_id: int) -> None:
    with transaction(engine) as connection:
        payment = desk_of(connection, order_id).ask()
        payments.mark(connection, payment.id, Change(State.SENDING), NOON)

    def both(connection: Connection, number: int) -> None:
        if number % 2:
            till().settle_default(connection, order_id, NOON)
            return
        done, moved = payments.mark(connection, payment.id, Change(State.DONE, "6020"), NOON)
        if moved:
            till().follow(connection, done, NOON)

    at_once(engine, both)
    with transaction(engine) as connection:
        desk = desk_of(connection, order_id)
        # Whoever was first: the money is the buyer's credit, or owed to them.
        assert desk.owed() + desk.balance(Book.CREDIT, desk.ada) == -payment.amount_cents
        assert desk.till.undo_default(connection, order_id, NOON)
        assert (desk.owed(), desk.balance(Book.CREDIT, desk.ada)) == (0, 0)


def test_a_payout_leaves_once_or_not_at_all_while_it_is_clawed_back(engine: Engine, order_id: int) -> None:
    with transaction(engine) as connection:
        desk_of(connection, order_id).pay()
        work = SetPayout(order_id, day_of(NOON))
        order_payouts.arrange(connection, orders.locked(connection, order_id), work, NOON)

    def leave(connection: Connection, number: int) -> bool:
        stored = orders.locked(connection, order_id)
        if number == 0:
            order_payouts.claw_back(connection, stored, None, "unwind", NOON)
            return False
        return isinstance(order_payouts.begin_sending(connection, stored, NOON + timedelta(seconds=1)), Payout)

    assert sum(at_once(engine, leave)) <= 1
    with transaction(engine) as connection:
        desk = desk_of(connection, order_id)
        # What left is the seller's debt.
        assert desk.balance(Book.SELLER, desk.sam) == -desk.balance(Book.BANK)
