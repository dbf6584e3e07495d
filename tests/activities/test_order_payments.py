"""Payments of orders against a running Authorize.Net: one charge whatever is killed when, one return, and the news."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from activities.contracts import PaymentState
from activities.db import money_ledger, order_money, orders
from activities.db.account_tables import payments as table
from activities.db.payments import Payment
from activities.ledger import utc_now
from activities.order_contracts import GiveBack, OrderKey
from domain.business_days import day_of
from domain.money_ledger import Account, Book
from domain.order_payments import PayCode
from domain.payments import State
from tests.activities.order_counter import Counter, SlammedError, open_counter
from tests.db.holders import mails
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.server import API

CHARGE, REFUND, VOID = "authCaptureTransaction", "refundTransaction", "voidTransaction"
S = State
DEATH = -9


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def counter(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(sandbox, tmp_path / "orders.db") as opened:
        await opened.work.issue_invoice(opened.order_id)
        yield opened


async def asked(counter: Counter, key: str = "c1") -> int:
    found = await counter.work.charge_order(OrderKey(counter.order_id, key))
    assert found.payment_id is not None
    return found.payment_id


async def paid(counter: Counter) -> int:
    payment_id = await asked(counter)
    assert (await counter.charge(payment_id)).state is S.DONE
    return payment_id


async def given_back(counter: Counter, key: str = "unwind", cents: int | None = None) -> int:
    given = await counter.work.give_back(GiveBack(counter.order_id, key, "why", cents))
    return given.payment_ids[0]


def owed(counter: Counter) -> int:
    return counter.read(lambda c: money_ledger.owed(c, counter.order_id, counter.ada))


def clearing(counter: Counter) -> int:
    return counter.read(lambda c: money_ledger.balances(c).get(Account(Book.CLEARING), 0))


async def kill_during(counter: Counter, kind: str, payment_id: int) -> None:
    """Let another process send a payment and be killed when the vendor has answered."""
    plan, config = await counter.pays.open_payment(payment_id), counter.sandbox.config
    facts = [str(payment_id), plan.profile_id, plan.payment_profile_id]
    database = counter.engine.url.render_as_string(hide_password=False)
    keys = [counter.sandbox.url + API, config.login_id, config.transaction_key]
    command = [sys.executable, "-m", "tests.activities.dying_worker", kind, database, *keys, *facts]
    died = await asyncio.create_subprocess_exec(*command)
    assert await died.wait() == DEATH


async def test_an_order_is_paid_by_one_charge_with_its_mail_and_its_news(counter: Counter) -> None:
    payment_id = await paid(counter)
    assert await counter.charge(payment_id) == PaymentState(S.DONE)
    (kept,) = counter.kept(CHARGE)
    assert (kept["amount_cents"], kept["reference"]) == (
        counter.stored().total_cents,
        counter.row(payment_id).reference,
    )
    assert (owed(counter), clearing(counter)) == (0, kept["amount_cents"])
    assert counter.read(lambda c: mails(c, "order_payment_received")) == 1
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.pays.tell_account(counter.ada)
    await counter.pays.tell_account(counter.ada)
    assert counter.world.news == [counter.order_id]


async def test_a_charge_whose_worker_was_killed_after_the_vendors_answer_is_found_and_booked_once(
    counter: Counter,
) -> None:
    payment_id = await asked(counter)
    await kill_during(counter, "charge", payment_id)
    assert owed(counter) == counter.stored().total_cents
    assert (await order_money_in_doubt(counter)) == [counter.stored().total_cents]
    assert await counter.look(payment_id) == PaymentState(S.DONE)
    assert await counter.look(payment_id) == PaymentState(S.DONE, waits=True)
    assert (len(counter.kept(CHARGE)), owed(counter)) == (1, 0)


async def order_money_in_doubt(counter: Counter) -> list[int]:
    money = await counter.work.money_of_order(counter.order_id)
    return [each.cents for each in money.payments if each.outcome.value == "in_doubt"]


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "error_500"])
async def test_a_charge_in_doubt_lets_no_other_one_begin(counter: Counter, fault: str) -> None:
    counter.sandbox.fault(fault, containing=CHARGE)
    payment_id = await asked(counter)
    assert (await counter.charge(payment_id)).state is S.UNKNOWN
    assert await asked(counter, "c2") == payment_id
    found = await counter.look(payment_id)
    if found.absent:
        await counter.charge(payment_id)
    assert (len(counter.kept(CHARGE)), owed(counter)) == (1, 0)


async def test_a_declined_card_leaves_the_order_as_it_was(counter: Counter) -> None:
    counter.sandbox.plan("declined", containing=CHARGE)
    assert (await counter.charge(await asked(counter))).state is S.DECLINED
    assert (owed(counter), clearing(counter)) == (counter.stored().total_cents, 0)
    assert await asked(counter, "c2") != await asked(counter, "c1")


async def test_a_payment_that_is_not_settled_is_voided_and_one_that_is_is_refunded(counter: Counter) -> None:
    await paid(counter)
    first = await given_back(counter)
    assert (await counter.refund(first)).state is S.DONE
    assert (owed(counter), clearing(counter), len(counter.kept(REFUND))) == (0, 0, 0)


async def test_a_part_of_a_settled_payment_is_refunded_once_though_the_worker_was_killed(counter: Counter) -> None:
    await paid(counter)
    counter.sandbox.settle()
    back = await given_back(counter, "dispute", 300_00)
    await kill_during(counter, "refund", back)
    assert (await counter.look(back)).state is S.DONE
    assert [each["amount_cents"] for each in counter.kept(REFUND)] == [300_00]
    assert (owed(counter), clearing(counter)) == (0, (counter.stored().total_cents or 0) - 300_00)


async def test_a_part_waits_for_the_settlement_and_counts_as_gone_meanwhile(counter: Counter) -> None:
    await paid(counter)
    back = await given_back(counter, "dispute", 300_00)
    assert (await counter.refund(back)).waits
    rest = await given_back(counter)
    assert counter.row(rest).amount_cents == (counter.stored().total_cents or 0) - 300_00
    counter.sandbox.settle()
    assert [(await counter.refund(each)).state for each in (back, rest)] == [S.DONE] * 2
    assert (owed(counter), clearing(counter)) == (0, 0)


async def test_funds_are_clear_once_the_vendor_has_settled_them_and_the_order_hears_of_it(counter: Counter) -> None:
    payment_id = await paid(counter)
    assert (await counter.look(payment_id)).waits
    assert (await counter.work.money_of_order(counter.order_id)).cleared_on is None
    counter.sandbox.settle()
    counter.world.slams = 1
    with pytest.raises(SlammedError):
        await counter.look(payment_id)
    assert not (await counter.look(payment_id)).waits
    assert counter.world.news == [counter.order_id]
    assert (await counter.work.money_of_order(counter.order_id)).cleared_on == day_of(utc_now())


async def test_a_chargeback_takes_the_money_and_nobody_is_charged_for_it_again(counter: Counter) -> None:
    payment_id = await paid(counter)
    counter.sandbox.settle()
    counter.sandbox.befall(counter.row(payment_id).transaction_id or "", "chargeback")
    assert (await counter.look(payment_id)).state is S.REVERSED
    assert clearing(counter) == 0
    assert (await counter.work.charge_order(OrderKey(counter.order_id, "c2"))).code == PayCode.NOTHING_DUE


async def test_two_tabs_pay_once(counter: Counter) -> None:
    def ask(key: str) -> Payment | PayCode:
        return counter.write(lambda c: order_money.ask(c, orders.locked(c, counter.order_id), key, utc_now()))

    tabs = await asyncio.gather(*(asyncio.to_thread(ask, f"tab-{number}") for number in range(4)))
    assert sorted(isinstance(each, Payment) for each in tabs) == [False, False, False, True]
    assert {each for each in tabs if not isinstance(each, Payment)} == {PayCode.PAYMENT_OPEN}


async def test_old_news_are_not_told_again(counter: Counter) -> None:
    await paid(counter)
    counter.run(update(table).values(updated_at=utc_now() - timedelta(days=1)))
    await counter.pays.tell_account(counter.ada)
    assert counter.world.news == []
