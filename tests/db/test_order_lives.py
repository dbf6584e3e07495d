"""Random lives of orders: whatever happens to payments, returns, defaults and payouts in whatever order, no cent is
lost, none moves twice, and the ledger says what the payments say."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from activities.db import money_ledger, order_money, order_payouts, payments
from activities.db.engine import make_engine
from activities.db.order_money import ByHand
from activities.db.payments import Change, Payment
from activities.order_contracts import GiveBack, SetPayout
from domain.business_days import day_of
from domain.money_events import Means
from domain.money_ledger import Account, Book, Kind
from domain.payments import NOT_RETURNED, State
from domain.payments import Kind as Way
from domain.payouts import PayoutStatus, Step
from migrations import schema
from tests.db.balanced import assert_balanced
from tests.db.holders import deposited
from tests.db.market import NOON
from tests.db.order_desk import OrderDesk, sold

CENTS = st.sampled_from([1, 100_00, 5_000_00, 20_000_00])
BOB, EVE = 901, 902


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    found = make_engine(f"sqlite:///{Path(tmp_path_factory.mktemp('lives')) / 'lives.db'}")
    schema.upgrade(found)
    yield found
    found.dispose()


class OrderLife(RuleBasedStateMachine):
    """One order in a transaction that is rolled back at its end."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        connection = self.stack.enter_context(self.engine.connect().execution_options(begin="IMMEDIATE"))
        self.desk: OrderDesk = sold(connection)
        deposited(connection, self.desk.ada, 1_500_00)
        self.count = 0

    def teardown(self) -> None:
        self.desk.connection.rollback()
        self.stack.close()

    def key(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def known(self, *states: State, way: Callable[[Payment], bool] = lambda _: True) -> list[Payment]:
        found = payments.of_order(self.desk.connection, self.desk.order_id)
        return [each for each in found if each.state in states and way(each)]

    @initialize(paid=st.sampled_from([True, True, False]), due=st.booleans())
    def begin(self, paid: bool, due: bool) -> None:
        """Most lives begin with the invoice paid: that is where it gets hard."""
        if paid:
            self.desk.invoice()
            self.desk.end(self.desk.ask(self.key()), transaction_id="6000")
            if due:
                self.arrange()

    @rule()
    def invoice(self) -> None:
        self.desk.invoice()

    @rule(cents=st.none() | CENTS)
    def ask(self, cents: int | None) -> None:
        order_money.ask(self.desk.connection, self.desk.locked(), self.key(), NOON, cents=cents)

    @rule(cents=CENTS)
    def wire(self, cents: int) -> None:
        told = ByHand(Means.WIRE, cents, NOON, BOB)
        order_money.record_by_hand(self.desk.connection, self.desk.locked(), told, self.key(), NOON)

    @rule(approved=st.booleans(), data=st.data())
    def decide(self, approved: bool, data: st.DataObject) -> None:
        waiting = self.known(State.HELD)
        if waiting:
            payment = data.draw(st.sampled_from(waiting))
            done = order_money.decide_by_hand(self.desk.connection, payment.id, EVE, NOON, approved=approved)
            assert isinstance(done, Payment)
            self.desk.till.follow(self.desk.connection, done, NOON)

    @rule(state=st.sampled_from([State.DONE, State.DONE, State.DECLINED, State.FAILED]), data=st.data())
    def end(self, state: State, data: st.DataObject) -> None:
        created = self.known(State.CREATED)
        if not created and self.desk.stored().invoice_number is not None:
            self.ask(None)
            created = self.known(State.CREATED)
        if created:
            payment = data.draw(st.sampled_from(created))
            charge = payments.find(self.desk.connection, payment.of_payment_id or 0)
            gone = charge is not None and charge.state is State.REVERSED
            self.desk.end(payment, State.FAILED if gone else state, f"60{payment.id}")

    @rule(code=st.sampled_from(["chargeback", "settlementError"]), data=st.data())
    def take_back(self, code: str, data: st.DataObject) -> None:
        done = self.known(State.DONE, way=lambda each: each.kind is Way.CHARGE and each.means is Means.CARD)
        if done:
            self.desk.move(data.draw(st.sampled_from(done)), Change(State.REVERSED, code=code), State.DONE)

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        lost = self.known(State.REVERSED)
        if lost:
            self.desk.move(data.draw(st.sampled_from(lost)), Change(State.DONE), State.REVERSED)

    @rule(data=st.data(), arrives=st.booleans())
    def doubt(self, data: st.DataObject, arrives: bool) -> None:
        done = self.known(State.DONE, way=lambda each: each.kind is not Way.CHARGE and each.means is Means.CARD)
        if done:
            payment, connection = data.draw(st.sampled_from(done)), self.desk.connection
            payments.mark(connection, payment.id, Change(State.MANUAL), NOON, only_from=State.DONE)
            self.desk.move(payment, Change(State.DONE if arrives else State.FAILED))

    @rule(cents=st.none() | CENTS, credited=st.booleans(), again=st.booleans())
    def give_back(self, cents: int | None, credited: bool, again: bool) -> None:
        work = GiveBack(self.desk.order_id, self.key(), "why", cents, credited)
        for _ in range(1 + again):
            self.desk.till.give_back(self.desk.connection, work, NOON)

    @rule()
    def credit(self) -> None:
        work = GiveBack(self.desk.order_id, "unwind", "why")
        self.desk.till.credit_invoice(self.desk.connection, work, NOON)

    @precondition(lambda self: self.desk.stored().invoice_number is not None)
    @rule()
    def late_fee(self) -> None:
        self.desk.till.late_fee(self.desk.connection, self.desk.order_id, NOON)

    @rule()
    def default(self) -> None:
        self.desk.till.settle_default(self.desk.connection, self.desk.order_id, NOON)

    @rule()
    def cure(self) -> None:
        self.desk.till.undo_default(self.desk.connection, self.desk.order_id, NOON)

    @precondition(lambda self: self.desk.stored().invoice_number is not None)
    @rule()
    def arrange(self) -> None:
        order_payouts.arrange(
            self.desk.connection, self.desk.locked(), SetPayout(self.desk.order_id, day_of(NOON)), NOON
        )

    @rule()
    def send(self) -> None:
        order_payouts.begin_sending(self.desk.connection, self.desk.locked(), NOON)

    @rule(step=st.sampled_from([Step.CONFIRM, Step.FAIL, Step.SETTLE, Step.RETURN, Step.CORRECT]))
    def hear(self, step: Step) -> None:
        if order_payouts.find(self.desk.connection, self.desk.order_id) is not None:
            self.desk.till.payout_moved(self.desk.connection, self.desk.order_id, step, "R03", NOON)

    @rule(cents=st.none() | CENTS)
    def claw_back(self, cents: int | None) -> None:
        order_payouts.claw_back(self.desk.connection, self.desk.locked(), cents, self.key(), NOON)

    @invariant()
    def balances(self) -> None:
        assert_balanced(self.desk.connection)

    @invariant()
    def the_ledger_says_what_the_payments_say(self) -> None:
        connection, order_id = self.desk.connection, self.desk.order_id
        held = money_ledger.balances_of_order(connection, order_id)
        tills = held.get(Account(Book.CLEARING), 0) + held.get(Account(Book.BANK), 0)
        moved = {Kind.PAYOUT_SENT, Kind.PAYOUT_RETURNED}
        told = [each for each in money_ledger.of_order(connection, order_id) if each.kind in moved]
        paid_out = sum(p.cents for each in told for p in each.postings if p.account.book is Book.BANK)
        assert tills - paid_out == order_money.paid_cents(connection, order_id)

    @invariant()
    def no_charge_gives_back_more_than_it_took(self) -> None:
        known = payments.of_order(self.desk.connection, self.desk.order_id)
        for charge in known:
            back = [each for each in known if each.of_payment_id == charge.id and each.state not in NOT_RETURNED]
            assert sum(each.amount_cents for each in back) <= charge.amount_cents

    @invariant()
    def deposits_are_what_the_ledger_says(self) -> None:
        held = payments.deposits_cents(self.desk.connection, self.desk.ada)
        assert self.desk.balance(Book.DEPOSIT, self.desk.ada) == -held

    @invariant()
    def the_seller_is_owed_or_owes_what_the_payout_says(self) -> None:
        found = order_payouts.find(self.desk.connection, self.desk.order_id)
        if found is None:
            return
        seller, payout = self.desk.balance(Book.SELLER, self.desk.sam), found.payout
        if payout.status in {PayoutStatus.DUE, PayoutStatus.RETURNED}:
            assert seller == payout.claimed_cents - payout.cents
        elif payout.status in {PayoutStatus.WAITING, PayoutStatus.CANCELLED}:
            assert seller == 0
        else:
            assert seller == payout.claimed_cents


def test_no_cent_is_lost_in_any_life_of_an_order(engine: Engine) -> None:
    life = type("Life", (OrderLife,), {"engine": engine})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        life, settings=settings(max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=checks)
    )
