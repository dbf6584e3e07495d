"""A default in the database: what its buyer loses, what nobody owes, and how a payment in time undoes it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from activities.db import accounts, order_defaults, orders, payment_book, payments, relists, second_chances
from activities.db.account_tables import payments as payments_table
from activities.db.engine import transaction
from activities.db.order_defaults import ON_HOLD
from activities.db.orders import Sold
from activities.db.payments import Change, Payment
from activities.db.reservations import at_stake
from activities.db.tables import auctions
from domain.money_ledger import Book
from domain.orders import HowSold
from domain.payments import Kind, State
from tests.db.balanced import assert_balanced
from tests.db.holders import asked, deposited, end, limit_of, mails
from tests.db.market import NOON, add_car, add_lot
from tests.db.order_desk import PRICE, OrderDesk, sold

DEPOSIT = 2_500_00


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found
        assert_balanced(found)


@pytest.fixture
def desk(connection: Connection) -> OrderDesk:
    made = sold(connection)
    made.invoice()
    return made


def default(desk: OrderDesk) -> None:
    desk.till.settle_default(desk.connection, desk.order_id, desk.now)


def cure(desk: OrderDesk) -> bool:
    return desk.till.undo_default(desk.connection, desk.order_id, desk.now)


def test_a_default_takes_what_backed_the_sale_and_the_right_to_bid_once(desk: OrderDesk) -> None:
    deposited(desk.connection, desk.ada, DEPOSIT)
    desk.till.late_fee(desk.connection, desk.order_id, NOON)
    for _ in range(2):
        default(desk)
    assert (desk.balance(Book.FORFEITS), desk.balance(Book.DEPOSIT, desk.ada)) == (-900_00, 900_00 - DEPOSIT)
    assert payments.deposits_cents(desk.connection, desk.ada) == DEPOSIT - 900_00
    account = accounts.find(desk.connection, desk.ada)
    assert account is not None
    assert (account.on_hold_reason, account.cleared, limit_of(desk.connection, desk.ada)) == (ON_HOLD, False, (0, 0))
    assert order_defaults.count_strikes(desk.connection, desk.ada) == 1
    assert (desk.owed(), desk.balance(Book.LATE_FEES), desk.balance(Book.PROCEEDS)) == (0, 0, 0)
    assert at_stake(desk.connection, desk.ada) == {}
    assert second_chances.find(desk.connection, desk.order_id) is not None
    assert mails(desk.connection, "order_defaulted") == 2


def test_of_small_deposits_all_is_forfeited_the_oldest_first(desk: OrderDesk) -> None:
    first = deposited(desk.connection, desk.ada, 500_00)
    second = deposited(desk.connection, desk.ada, 600_00, "k2")
    default(desk)
    assert payments.returned_cents(desk.connection, first.id) == 500_00
    assert payments.returned_cents(desk.connection, second.id) == 400_00
    assert payments.unreturned(desk.connection, desk.ada) == [second.id]


def test_without_a_deposit_nothing_is_forfeited(desk: OrderDesk) -> None:
    default(desk)
    assert desk.balance(Book.FORFEITS) == 0


def test_who_is_on_hold_for_something_else_stays_so(desk: OrderDesk) -> None:
    accounts.change(desk.connection, desk.ada, NOON, lambda _: {"on_hold_reason": "Under review."})
    default(desk)
    assert cure(desk)
    account = accounts.find(desk.connection, desk.ada)
    assert account is not None
    assert account.on_hold_reason == "Under review."


def test_the_other_lots_that_a_defaulter_leads_are_found_and_no_others(desk: OrderDesk) -> None:
    lots = [add_lot(desk.connection, desk.sam, add_car(desk.connection, desk.sam, 820_000 + n)) for n in range(3)]
    leads = auctions.c.id.in_([*lots[:2], desk.lot])
    desk.connection.execute(update(auctions).where(leads).values(leader_id=desk.ada))
    desk.connection.execute(update(auctions).where(auctions.c.id == lots[1]).values(status="ended"))
    assert order_defaults.leading(desk.connection, desk.stored().order) == lots[:1]


def test_a_payment_made_in_time_takes_the_default_back(desk: OrderDesk) -> None:
    deposited(desk.connection, desk.ada, DEPOSIT)
    before = limit_of(desk.connection, desk.ada)
    payment = desk.ask()
    default(desk)
    desk.end(payment)
    assert (desk.owed(), desk.balance(Book.CREDIT, desk.ada)) == (0, -payment.amount_cents)
    for _ in range(2):
        assert cure(desk)
    assert (desk.owed(), desk.balance(Book.CREDIT, desk.ada), desk.balance(Book.PROCEEDS)) == (0, 0, -PRICE)
    assert (desk.balance(Book.FORFEITS), desk.balance(Book.DEPOSIT, desk.ada)) == (0, -DEPOSIT)
    assert payments.deposits_cents(desk.connection, desk.ada) == DEPOSIT
    assert limit_of(desk.connection, desk.ada) == before
    assert order_defaults.count_strikes(desk.connection, desk.ada) == 0
    found = second_chances.find(desk.connection, desk.order_id)
    assert found is not None
    assert found.status == second_chances.STOPPED


def test_with_another_unpaid_win_the_hold_stays(desk: OrderDesk) -> None:
    order = desk.stored().order
    default(desk)
    car = add_car(desk.connection, desk.sam, 830_000)
    lot = add_lot(desk.connection, desk.sam, car, status="ended")
    other = orders.add(desk.connection, Sold(lot, car, desk.sam, desk.ada, PRICE, HowSold.HAMMER, NOON))
    desk.till.settle_default(desk.connection, other, NOON)
    assert order_defaults.count_strikes(desk.connection, desk.ada) == 2
    order_defaults.unstrike(desk.connection, order, NOON)
    account = accounts.find(desk.connection, desk.ada)
    assert account is not None
    assert account.on_hold_reason == ON_HOLD
    order_defaults.strike(desk.connection, order, NOON)
    assert order_defaults.count_strikes(desk.connection, desk.ada) == 2


def test_a_default_stays_where_the_vehicle_is_with_somebody_else(desk: OrderDesk) -> None:
    order = desk.stored().order
    default(desk)
    again = Sold(order.auction_id, order.vehicle_id, desk.sam, desk.sam, PRICE, HowSold.SECOND_CHANCE, NOON, 2)
    orders.add(desk.connection, again)
    for _ in range(2):
        assert not cure(desk)
    assert order_defaults.count_strikes(desk.connection, desk.ada) == 1


def test_a_vehicle_whose_sale_is_undone_is_its_sellers_again(desk: OrderDesk) -> None:
    order = desk.stored().order
    assert desk.till.release_vehicle(desk.connection, desk.order_id, NOON) == relists.reopen(
        desk.connection, order.vehicle_id, NOON
    )
    add_lot(desk.connection, desk.sam, order.vehicle_id, ends_at=NOON + timedelta(days=9))
    assert not desk.till.release_vehicle(desk.connection, desk.order_id, NOON)


# Deposits in the money ledger


def unrecorded(desk: OrderDesk, cents: int = DEPOSIT, key: str = "old") -> Payment:
    """A deposit that was charged before there was a ledger."""
    made = asked(desk.connection, desk.ada, cents, key)
    own = payments_table.c.id == made.id
    desk.connection.execute(update(payments_table).where(own).values(state="done", transaction_id="6001"))
    found = payments.find(desk.connection, made.id)
    assert found is not None
    return found


def returned(desk: OrderDesk, charge: Payment, cents: int, key: str) -> Payment:
    wanted = payments.NewPayment(desk.ada, charge.purpose, Kind.REFUND, cents, key * 8, charge.id)
    return payments.create(desk.connection, wanted, NOON)


def test_a_deposit_has_its_two_sides_from_its_end_to_its_return(desk: OrderDesk) -> None:
    charge = deposited(desk.connection, desk.ada, DEPOSIT)
    assert (desk.balance(Book.DEPOSIT, desk.ada), desk.balance(Book.CLEARING)) == (-DEPOSIT, DEPOSIT)
    end(desk.connection, returned(desk, charge, 1_000_00, "r1"), State.DONE, "6002")
    end(desk.connection, returned(desk, charge, 500_00, "r2"), State.FAILED)
    assert (desk.balance(Book.DEPOSIT, desk.ada), desk.balance(Book.CLEARING)) == (1_000_00 - DEPOSIT, 1_500_00)


def test_a_deposit_from_before_the_ledger_is_opened_as_it_next_moves(desk: OrderDesk) -> None:
    charge = unrecorded(desk)
    old = returned(desk, charge, 300_00, "r0")
    own = payments_table.c.id == old.id
    desk.connection.execute(update(payments_table).where(own).values(state="done"))
    assert desk.balance(Book.DEPOSIT, desk.ada) == 0
    end(desk.connection, returned(desk, charge, 200_00, "r1"), State.DONE, "6002")
    assert desk.balance(Book.DEPOSIT, desk.ada) == 500_00 - DEPOSIT
    payment_book.open_deposit(desk.connection, charge, NOON)
    default(desk)
    assert desk.balance(Book.DEPOSIT, desk.ada) == 500_00 + 900_00 - DEPOSIT


def test_a_deposit_that_is_taken_back_from_us_is_nobodys_and_may_come_back(desk: OrderDesk) -> None:
    charge = deposited(desk.connection, desk.ada, DEPOSIT)
    for state, expected in ((State.REVERSED, 0), (State.DONE, DEPOSIT), (State.REVERSED, 0)):
        before = State.REVERSED if state is State.DONE else State.DONE
        change = Change(state, code="settlementError")
        moved, has = payments.mark(desk.connection, charge.id, change, NOON, only_from=before)
        assert has
        payment_book.deposit(desk.connection, moved, NOON)
        assert (desk.balance(Book.DEPOSIT, desk.ada), desk.balance(Book.CLEARING)) == (-expected, expected)


def test_a_return_that_did_not_arrive_is_its_owners_again(desk: OrderDesk) -> None:
    charge = deposited(desk.connection, desk.ada, DEPOSIT)
    back = end(desk.connection, returned(desk, charge, 1_000_00, "r1"), State.DONE, "6002")
    payments.mark(desk.connection, back.id, Change(State.MANUAL), NOON, only_from=State.DONE)
    failed, _ = payments.mark(desk.connection, back.id, Change(State.FAILED), NOON)
    payment_book.deposit(desk.connection, failed, NOON)
    assert desk.balance(Book.DEPOSIT, desk.ada) == -DEPOSIT
