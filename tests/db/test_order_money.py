"""The money of orders in the database: each cent moves once, has two sides, and is somebody's at every moment."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import invoices, operator_tasks, order_money, payments
from activities.db.engine import transaction
from activities.db.order_money import ByHand
from activities.db.payments import Change, Payment
from activities.db.reservations import at_stake
from activities.order_contracts import GiveBack
from domain.business_days import day_of
from domain.invoices import Paper
from domain.money_events import Means
from domain.money_ledger import Book
from domain.order_deadlines import Outcome, paid_in_full_at
from domain.order_payments import PayCode
from domain.payments import Kind, State
from tests.db.balanced import assert_balanced
from tests.db.holders import mails
from tests.db.market import NOON
from tests.db.order_desk import PRICE, OrderDesk, sold

TOTAL = PRICE + 450_00 + 125_00 + 618_75 + 8_25 + 2_25 + 3_50 + 10_00 + 12_00
BOB, EVE = 901, 902


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found
        assert_balanced(found)


@pytest.fixture
def desk(connection: Connection) -> OrderDesk:
    return sold(connection)


def wire(desk: OrderDesk, cents: int, key: str = "w1", by: int = BOB) -> Payment | PayCode:
    told = ByHand(Means.WIRE, cents, desk.now - timedelta(hours=1), by)
    return order_money.record_by_hand(desk.connection, desk.locked(), told, key, desk.now)


def wired(desk: OrderDesk, cents: int, key: str = "w1") -> Payment:
    told = wire(desk, cents, key)
    assert isinstance(told, Payment)
    return approved(desk, told)


def approved(desk: OrderDesk, payment: Payment, by: int = EVE, *, yes: bool = True) -> Payment:
    done = order_money.decide_by_hand(desk.connection, payment.id, by, desk.now, approved=yes)
    assert isinstance(done, Payment)
    desk.till.follow(desk.connection, done, desk.now)
    return done


def back(desk: OrderDesk, key: str, cents: int | None = None, *, credited: bool = True) -> list[Payment]:
    given = desk.till.give_back(desk.connection, GiveBack(desk.order_id, key, "why", cents, credited), desk.now)
    found = (payments.find(desk.connection, payment_id) for payment_id in given.payment_ids)
    return [each for each in found if each is not None]


# The invoice


def test_the_invoice_is_issued_once_with_its_number_its_transfer_and_its_mail(desk: OrderDesk) -> None:
    assert desk.invoice() == TOTAL
    desk.later(days=1)
    assert desk.invoice() == TOTAL
    stored = desk.stored()
    assert (stored.invoice_number, stored.total_cents, stored.invoiced_at) == ("INV-2026-000001", TOTAL, NOON)
    assert stored.charges is not None
    assert stored.charges.total_cents == TOTAL
    assert (desk.owed(), desk.balance(Book.PROCEEDS), desk.balance(Book.TAX)) == (TOTAL, -PRICE, -618_75)
    assert mails(desk.connection, "order_invoiced") == 1


def test_the_invoice_names_both_sides_and_reveals_them_to_nobody_who_reads_the_table(desk: OrderDesk) -> None:
    desk.invoice()
    issued = invoices.of_order(desk.connection, desk.order_id)[0]
    assert "Lovelace" not in issued.written.sealed
    document = desk.till.invoices._sealed.open(issued)
    assert (document.head.buyer.name, document.head.buyer.address) == (
        "Ada Lovelace",
        ("1 Main St", "Saint Paul, MN 55101"),
    )
    assert document.head.seller.name == "Sam1"
    assert document.head.vehicle.title == "2019 Honda Civic EX"


# Paying


def test_a_payment_is_asked_for_once_for_its_key_and_never_beside_another(desk: OrderDesk) -> None:
    assert order_money.ask(desk.connection, desk.locked(), "k0", NOON) is PayCode.NOT_INVOICED
    desk.invoice()
    first = desk.ask()
    assert (first.amount_cents, first.state, first.order_id) == (TOTAL, State.CREATED, desk.order_id)
    assert desk.ask() == first
    assert order_money.ask(desk.connection, desk.locked(), "k1", NOON, cents=5) is PayCode.ID_REUSED
    assert order_money.ask(desk.connection, desk.locked(), "k2", NOON) is PayCode.PAYMENT_OPEN
    desk.end(first, State.DECLINED)
    second = desk.pay("k2")
    assert (second.id, desk.owed()) == (first.id + 1, 0)
    assert order_money.ask(desk.connection, desk.locked(), "k3", NOON) is PayCode.NOTHING_DUE


def test_without_a_card_on_file_nothing_is_asked(connection: Connection) -> None:
    desk = sold(connection, 2, card_status="none")
    desk.invoice()
    assert order_money.ask(desk.connection, desk.locked(), "k1", NOON) is PayCode.CARD_MISSING


def test_a_payment_pays_the_order_frees_the_win_and_is_receipted_once(desk: OrderDesk) -> None:
    desk.invoice()
    assert at_stake(desk.connection, desk.ada) == {desk.lot: PRICE}
    payment = desk.pay()
    desk.till.follow(desk.connection, payment, desk.now)
    assert (desk.owed(), desk.balance(Book.CLEARING), desk.stored().paid_cents) == (0, TOTAL, TOTAL)
    assert at_stake(desk.connection, desk.ada) == {}
    papers = [each.paper for each in invoices.of_order(desk.connection, desk.order_id)]
    assert sorted(papers) == sorted([Paper.INVOICE, Paper.RECEIPT, Paper.BILL_OF_SALE])
    assert mails(desk.connection, "order_payment_received") == 1


def test_part_payments_add_up_and_the_last_one_frees_the_win(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay("k1", 1_000_00)
    money = order_money.money_of(desk.connection, desk.stored())
    assert (money.owed_cents, money.due_cents, len(money.payments)) == (TOTAL, TOTAL - 1_000_00, 1)
    assert at_stake(desk.connection, desk.ada) == {desk.lot: PRICE}
    desk.later(hours=1)
    desk.pay("k2")
    money = order_money.money_of(desk.connection, desk.stored())
    assert paid_in_full_at(money.payments, money.owed_cents) == NOON + timedelta(hours=1)
    assert at_stake(desk.connection, desk.ada) == {}


def test_a_payment_in_doubt_is_told_as_such_and_one_that_failed_too(desk: OrderDesk) -> None:
    desk.invoice()
    first = desk.ask()
    assert [each.outcome for each in order_money.money_of(desk.connection, desk.stored()).payments] == [
        Outcome.IN_DOUBT
    ]
    desk.end(first, State.FAILED)
    assert [each.outcome for each in order_money.money_of(desk.connection, desk.stored()).payments] == [Outcome.FAILED]


def test_funds_are_cleared_on_the_day_on_which_all_of_them_are(desk: OrderDesk) -> None:
    desk.invoice()
    first, second = desk.pay("k1", 1_000_00), desk.pay("k2")
    payments.note_cleared(desk.connection, first.id, NOON + timedelta(days=1))
    assert order_money.money_of(desk.connection, desk.stored()).cleared_on is None
    payments.note_cleared(desk.connection, second.id, NOON + timedelta(days=2))
    payments.note_cleared(desk.connection, second.id, NOON + timedelta(days=9))
    assert order_money.money_of(desk.connection, desk.stored()).cleared_on == day_of(NOON + timedelta(days=2))


# Past the card


def test_a_wire_counts_once_another_of_the_staff_has_approved_it(desk: OrderDesk) -> None:
    assert wire(desk, TOTAL) is PayCode.NOT_INVOICED
    desk.invoice()
    told = wire(desk, TOTAL)
    assert isinstance(told, Payment)
    assert wire(desk, TOTAL) == told
    assert wire(desk, TOTAL - 1) is PayCode.ID_REUSED
    assert (told.state, desk.owed()) == (State.HELD, TOTAL)
    assert payments.unsent(desk.connection, NOON + timedelta(days=1), 9) == []
    assert order_money.decide_by_hand(desk.connection, told.id, BOB, NOON, approved=True) is PayCode.SAME_PERSON
    done = approved(desk, told)
    assert (done.state, done.approved_by, done.made_at) == (State.DONE, EVE, NOON - timedelta(hours=1))
    assert order_money.decide_by_hand(desk.connection, told.id, EVE, NOON, approved=True) is PayCode.NOT_WAITING
    assert (desk.owed(), desk.balance(Book.BANK)) == (0, TOTAL)
    assert order_money.money_of(desk.connection, desk.stored()).cleared_on == day_of(NOON)


def test_a_wire_that_is_rejected_never_was(desk: OrderDesk) -> None:
    desk.invoice()
    told = wire(desk, TOTAL)
    assert isinstance(told, Payment)
    approved(desk, told, yes=False)
    assert (desk.owed(), desk.stored().paid_cents) == (TOTAL, 0)


@pytest.mark.parametrize(
    ("means", "cents", "hours", "expected"),
    [
        (Means.CARD, 100, -1, PayCode.BAD_AMOUNT),
        (Means.CHEQUE, 0, -1, PayCode.BAD_AMOUNT),
        (Means.CHEQUE, 100, 1, PayCode.IN_FUTURE),
    ],
)
def test_what_cannot_have_come_is_not_written_down(
    desk: OrderDesk, means: Means, cents: int, hours: int, expected: PayCode
) -> None:
    desk.invoice()
    told = ByHand(means, cents, NOON + timedelta(hours=hours), BOB)
    assert order_money.record_by_hand(desk.connection, desk.locked(), told, "w1", NOON) is expected


def test_a_card_payment_is_not_approved_by_hand(desk: OrderDesk) -> None:
    desk.invoice()
    payment = desk.ask()
    assert order_money.decide_by_hand(desk.connection, payment.id, EVE, NOON, approved=True) is PayCode.NOT_WAITING


def test_too_much_is_the_buyers_credit_and_goes_back_by_the_way_it_came(desk: OrderDesk) -> None:
    desk.invoice()
    wired(desk, TOTAL + 500_00)
    assert (desk.owed(), desk.balance(Book.CREDIT, desk.ada)) == (0, -500_00)
    assert back(desk, "excess", 500_00, credited=False) == []
    held = [each for each in payments.of_order(desk.connection, desk.order_id) if each.kind is Kind.REFUND]
    assert [(each.amount_cents, each.state, each.means) for each in held] == [(500_00, State.HELD, Means.WIRE)]
    approved(desk, held[0])
    assert (desk.balance(Book.CREDIT, desk.ada), desk.balance(Book.BANK), desk.owed()) == (0, TOTAL, 0)


# Giving back


def test_all_goes_back_once_and_nothing_is_owed_by_anybody(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay("k1", 1_000_00)
    desk.pay("k2")
    first = back(desk, "unwind")
    assert [each.amount_cents for each in first] == [TOTAL - 1_000_00, 1_000_00]
    assert back(desk, "unwind") == first
    assert desk.owed() == -TOTAL
    for number, each in enumerate(first):
        desk.end(each, transaction_id=f"70{number}")
    assert (desk.owed(), desk.balance(Book.CLEARING), desk.balance(Book.PROCEEDS)) == (0, 0, 0)
    assert desk.stored().paid_cents == 0
    assert len(invoices.of_order(desk.connection, desk.order_id, Paper.REFUND_NOTE)) == 1
    assert mails(desk.connection, "order_refunded") == 2
    assert back(desk, "again") == []


def test_a_part_goes_back_off_the_price(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay()
    desk.end(back(desk, "dispute", 300_00)[0], transaction_id="701")
    assert (desk.owed(), desk.balance(Book.PROCEEDS)) == (0, 300_00 - PRICE)
    desk.end(back(desk, "unwind")[0], transaction_id="702")
    assert (desk.owed(), desk.balance(Book.PROCEEDS), desk.balance(Book.CLEARING)) == (0, 0, 0)


def test_an_order_that_ends_unpaid_owes_nothing_and_what_was_paid_in_part_goes_back(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay("k1", 1_000_00)
    desk.till.late_fee(desk.connection, desk.order_id, NOON)
    returns = back(desk, "unwind", credited=False)
    desk.till.credit_invoice(desk.connection, GiveBack(desk.order_id, "unwind", "cancelled"), NOON)
    desk.till.credit_invoice(desk.connection, GiveBack(desk.order_id, "unwind", "cancelled"), NOON)
    desk.end(returns[0], transaction_id="701")
    assert (desk.owed(), desk.balance(Book.LATE_FEES), desk.balance(Book.BUYER_FEES)) == (0, 0, 0)
    assert at_stake(desk.connection, desk.ada) == {}


def test_before_the_invoice_there_is_nothing_to_credit_or_give_back(desk: OrderDesk) -> None:
    desk.till.credit_invoice(desk.connection, GiveBack(desk.order_id, "unwind", "cancelled"), NOON)
    assert back(desk, "unwind") == []
    assert desk.owed() == 0


def test_a_return_that_did_not_leave_is_still_owed_and_a_person_is_called(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay()
    desk.end(back(desk, "unwind")[0], State.FAILED)
    assert desk.owed() == -TOTAL
    assert [task.step for task in operator_tasks.waiting(desk.connection, 9)] == ["refund"]
    desk.end(back(desk, "by staff", credited=False)[0], transaction_id="701")
    assert desk.owed() == 0


def test_a_return_that_was_done_and_turns_out_otherwise_is_owed_again_and_told_once(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay()
    done = desk.end(back(desk, "unwind")[0], transaction_id="701")
    payments.mark(desk.connection, done.id, Change(State.MANUAL, code="settlementError"), NOON, only_from=State.DONE)
    desk.move(done, Change(State.DONE))
    assert desk.owed() == 0
    payments.mark(desk.connection, done.id, Change(State.MANUAL, code="settlementError"), NOON, only_from=State.DONE)
    desk.move(done, Change(State.FAILED))
    assert (desk.owed(), desk.balance(Book.CLEARING)) == (-TOTAL, TOTAL)


# Taken back from us


def test_a_payment_whose_batch_failed_is_owed_again_and_may_come_back(desk: OrderDesk) -> None:
    desk.invoice()
    payment = desk.pay()
    desk.move(payment, Change(State.REVERSED, code="settlementError"), State.DONE)
    assert (desk.owed(), desk.balance(Book.CLEARING), desk.stored().paid_cents) == (TOTAL, 0, 0)
    assert order_money.money_of(desk.connection, desk.stored()).payments[0].outcome is Outcome.FAILED
    desk.move(payment, Change(State.DONE), State.REVERSED)
    assert (desk.owed(), desk.balance(Book.CLEARING)) == (0, TOTAL)
    assert [task.step for task in operator_tasks.waiting(desk.connection, 9)] == ["payment_taken_back"]


@pytest.mark.parametrize("code", ["chargeback", "CHARGEBACK"])
def test_a_chargeback_is_nobodys_until_it_is_decided(desk: OrderDesk, code: str) -> None:
    desk.invoice()
    payment = desk.pay()
    for _ in range(2):
        desk.move(payment, Change(State.REVERSED, code=code), State.DONE)
        assert (desk.owed(), desk.balance(Book.CHARGEBACKS), desk.balance(Book.CLEARING)) == (0, TOTAL, 0)
        desk.move(payment, Change(State.DONE), State.REVERSED)
        assert (desk.owed(), desk.balance(Book.CHARGEBACKS), desk.balance(Book.CLEARING)) == (0, 0, TOTAL)


# Late


def test_the_late_fee_is_added_once_and_is_due_with_the_rest(desk: OrderDesk) -> None:
    desk.invoice()
    assert desk.till.late_fee(desk.connection, desk.order_id, NOON)[0] == 100_00
    assert desk.till.late_fee(desk.connection, desk.order_id, NOON)[0] == 100_00
    money = order_money.money_of(desk.connection, desk.stored())
    assert (money.owed_cents, money.due_cents) == (TOTAL, TOTAL + 100_00)
    assert mails(desk.connection, "order_late_fee") == 1
    desk.pay()
    assert desk.owed() == 0


def test_orders_with_news_are_those_whose_payments_moved(desk: OrderDesk) -> None:
    desk.invoice()
    desk.pay()
    assert order_money.with_news(desk.connection, desk.ada, NOON) == [desk.order_id]
    assert order_money.with_news(desk.connection, desk.ada, NOON + timedelta(seconds=1)) == []
    assert order_money.with_news(desk.connection, desk.sam, NOON) == []
