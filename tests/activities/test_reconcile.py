"""The reconcile with a running sandbox of Authorize.Net and a real database: silent while all agree, and a case for
each kind of difference, opened once."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update
from structlog.testing import capture_logs
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.db import money_ledger, orders, reconcile_cases
from activities.db.account_tables import payments as payments_table
from activities.db.engine import reading, transaction
from activities.db.order_money_tables import invoice_counters, money_postings, money_transfers
from activities.db.order_tables import orders as orders_table
from activities.db.orders import Sold
from activities.db.payments import Payment
from activities.db.reconcile_cases import Opened
from activities.ledger import utc_now
from activities.reconcile import ReconcileWork
from activities.reconcile_contracts import Reconcile, Reconciled
from domain import money_events
from domain.clock import truncate
from domain.money_events import Means
from domain.money_ledger import Event
from domain.orders import HowSold
from domain.reconcile import Case, Difference
from tests.activities.till import CENTS, Till, open_till, store_card
from tests.db.market import NOON, add_car, add_lot, add_person
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox

D = Difference
DAY = timedelta(days=1)


@dataclass
class Desk:
    """A till with its reconcile."""

    till: Till
    page_size: int = 2

    async def compare(self) -> Reconciled:
        now = truncate(utc_now())
        async with self.till.sandbox.client(page_size=self.page_size, read_timeout_s=2.0) as vendor:
            work = ReconcileWork(self.till.engine, vendor)
            return await ActivityEnvironment().run(
                work.reconcile_money, Reconcile(now - 3 * DAY, now + timedelta(seconds=1))
            )

    def cases(self) -> list[Opened]:
        with reading(self.till.engine) as connection:
            return reconcile_cases.waiting(connection, 100)

    async def found(self) -> list[Case]:
        await self.compare()
        return [opened.case for opened in self.cases()]

    def change(self, payment: Payment, **values: object) -> None:
        mine = payments_table.c.id == payment.id
        with transaction(self.till.engine) as connection:
            connection.execute(update(payments_table).where(mine).values(**values))

    def forget(self, transfer_id: str) -> None:
        with transaction(self.till.engine) as connection:
            connection.execute(delete(money_postings).where(money_postings.c.transfer_id == transfer_id))
            connection.execute(delete(money_transfers).where(money_transfers.c.id == transfer_id))

    def order(self) -> int:
        with transaction(self.till.engine) as connection:
            seller = add_person(connection, "sam@example.com")
            car = add_car(connection, seller, 1)
            lot = add_lot(connection, seller, car)
            order_id = orders.add(connection, Sold(lot, car, seller, self.till.ada, CENTS, HowSold.HAMMER, NOON))
            orders.change(connection, order_id, updated_at=truncate(utc_now()))
        return order_id


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def desk(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_till(sandbox, tmp_path / "till.db") as till:
        yield Desk(till)


async def charge(desk: Desk, cents: int = CENTS, key: str = "k1") -> Payment:
    payment = desk.till.asked(cents, key)
    await desk.till.charge(payment)
    return desk.till.row(payment)


async def test_while_everything_agrees_nothing_is_opened_before_and_after_the_settlement(desk: Desk) -> None:
    made = [await charge(desk, CENTS + number * 50_000, f"k{number}") for number in range(3)]
    back = desk.till.asked_back(made[0])
    await desk.till.refund(back)
    assert (await desk.compare()).transactions >= 3
    desk.till.sandbox.settle()
    partly = desk.till.asked_back(made[1], 5_000, "r2")
    await desk.till.refund(partly)
    done = await desk.compare()
    assert (done.payments, done.differences, desk.cases()) == (5, 0, [])
    desk.till.sandbox.settle()
    assert (await desk.compare()).differences == 0


async def test_a_charge_of_ours_that_the_processor_does_not_know(desk: Desk) -> None:
    payment = await charge(desk)
    desk.change(payment, transaction_id="60299999999", reference="A" * 20)
    found = await desk.found()
    assert Case(D.NOT_AT_PROCESSOR, "60299999999", CENTS, 0) in found
    # What stands there under the old names is nobody's now.
    assert Case(D.NOT_OURS, payment.transaction_id or "", 0, CENTS) in found


async def test_a_charge_that_the_processor_undid(desk: Desk) -> None:
    payment = await charge(desk)
    desk.till.sandbox.befall(payment.transaction_id or "", "voided")
    assert await desk.found() == [Case(D.PROCESSOR_DIFFERS, payment.transaction_id or "", CENTS, 0)]


async def test_a_charge_of_another_sum(desk: Desk) -> None:
    payment = await charge(desk)
    desk.change(payment, amount_cents=CENTS - 1)
    assert await desk.found() == [
        Case(D.PROCESSOR_DIFFERS, payment.transaction_id or "", CENTS - 1, CENTS),
        Case(D.LEDGER_DIFFERS, str(payment.id), CENTS - 1, CENTS),
    ]


async def test_money_that_somebody_took_past_us(desk: Desk) -> None:
    async with desk.till.sandbox.client() as vendor:
        stored = await store_card(vendor, desk.till.sandbox)
        charged = await vendor.charge(stored.ref, 7_700, "STRAY000000000000001", "By hand")
    desk.till.sandbox.settle()
    (case,) = await desk.found()
    assert (case.difference, case.theirs_cents) == (D.NOT_OURS, 7_700)
    assert case.subject == charged.transaction_id  # type: ignore[union-attr]


async def test_a_payment_that_the_ledger_does_not_tell_of(desk: Desk) -> None:
    payment = await charge(desk)
    desk.forget(f"deposit_received:{payment.id}-1")
    assert await desk.found() == [Case(D.NOT_IN_LEDGER, str(payment.id), CENTS, 0)]


async def test_a_transfer_of_a_payment_that_never_was(desk: Desk) -> None:
    told = money_events.payment_received(Event("404-1", truncate(utc_now()), 41), 1, 500, Means.WIRE, owed_cents=0)
    with transaction(desk.till.engine) as connection:
        money_ledger.record(connection, told, utc_now())
    assert await desk.found() == [Case(D.LEDGER_WITHOUT_PAYMENT, "payment_received:404-1")]


async def test_a_transfer_that_does_not_balance_and_a_number_that_is_missing(desk: Desk) -> None:
    payment = await charge(desk)
    transfer_id = f"deposit_received:{payment.id}-1"
    with transaction(desk.till.engine) as connection:
        connection.execute(insert(money_postings).values(transfer_id=transfer_id, account="tax_payable", cents=1))
        connection.execute(insert(invoice_counters).values(kind="invoice", year=2026, last=3))
    assert await desk.found() == [Case(D.LEDGER_UNBALANCED, transfer_id), Case(D.NUMBER_MISSING, "invoice 2026")]


async def test_an_order_that_shows_other_sums_than_the_ledger(desk: Desk) -> None:
    order_id = desk.order()
    assert await desk.found() == []
    with transaction(desk.till.engine) as connection:
        connection.execute(update(orders_table).values(total_cents=900, paid_cents=100))
    assert await desk.found() == [
        Case(D.ORDER_PAID_DIFFERS, str(order_id), 100, 0),
        Case(D.ORDER_TOTAL_DIFFERS, str(order_id), 900, 0),
    ]


async def test_a_case_is_opened_once_seen_each_day_and_stays_closed(desk: Desk) -> None:
    payment = await charge(desk)
    desk.till.sandbox.befall(payment.transaction_id or "", "voided")
    with capture_logs() as logs:
        first = await desk.compare()
        (case,) = desk.cases()
        second = await desk.compare()
    assert [(each.differences, each.opened) for each in (first, second)] == [(1, 1), (1, 0)]
    assert [line["kind"] for line in logs if line["event"] == "money_differs"] == ["processor_differs"]
    (again,) = desk.cases()
    assert (again.id, again.opened_at) == (case.id, case.opened_at)
    assert again.seen_at >= case.seen_at
    with transaction(desk.till.engine) as connection:
        closed = reconcile_cases.close(connection, case.id, 7, "The customer called the bank.", utc_now())
        other = reconcile_cases.close(connection, case.id, 8, "Me too.", utc_now())
        assert reconcile_cases.close(connection, 404, 8, "What?", utc_now()) is None
    assert closed == other
    assert (await desk.compare()).opened == 0
    assert desk.cases() == []


async def test_a_payment_that_moves_just_now_is_left_for_tomorrow(desk: Desk) -> None:
    payment = await charge(desk)
    desk.till.sandbox.befall(payment.transaction_id or "", "voided")
    desk.change(payment, updated_at=utc_now() + DAY)
    assert await desk.found() == []


async def test_a_list_that_lags_is_made_up_for_by_the_transactions_themselves(desk: Desk) -> None:
    await charge(desk)
    desk.till.sandbox.plan("stale_list", times=2)
    assert await desk.found() == []


async def test_a_processor_that_is_away_is_asked_again_and_opens_nothing(desk: Desk) -> None:
    await charge(desk)
    desk.till.sandbox.plan("maintenance")
    with pytest.raises(ApplicationError) as caught:
        await desk.compare()
    assert (caught.value.type, caught.value.non_retryable) == ("Unavailable", False)
    assert desk.cases() == []
    assert (await desk.compare()).differences == 0
