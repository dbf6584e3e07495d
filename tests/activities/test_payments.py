"""The payment activities against a running Authorize.Net: one charge, one return, whatever fails on the way."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.contracts import EndPayment, PaymentState
from activities.db import accounts
from activities.db.accounts import CardOnFile
from activities.db.engine import transaction
from activities.db.payments import Payment
from activities.ledger import utc_now
from domain.payments import Kind, State
from tests.activities.till import CENTS, CHARGE, REFUND, Till, open_till, store_card
from tests.sandbox.authorize_net.control import OTHER_CARD, Sandbox, open_sandbox
from tests.sandbox.authorize_net.server import API

S = State
VOID = "voidTransaction"
DEATH = -9
CardChange = Callable[[Till], Awaitable[None]]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def till(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(sandbox, tmp_path / "till.db", read_timeout_s=1.0) as opened:
        yield opened


async def kill_during(till: Till, kind: str, payment: Payment) -> None:
    """Let another process send a payment and be killed when the vendor has answered."""
    plan, config = await till.plan(payment), till.sandbox.config
    facts = [str(payment.id), plan.profile_id, plan.payment_profile_id]
    database = till.engine.url.render_as_string(hide_password=False)
    keys = [till.sandbox.url + API, config.login_id, config.transaction_key]
    command = [sys.executable, "-m", "tests.activities.dying_worker", kind, database, *keys, *facts]
    died = await asyncio.create_subprocess_exec(*command)
    assert await died.wait() == DEATH


async def forget_card(till: Till) -> None:
    """The person has removed the card."""
    card = write_card(till, card_status="none", payment_profile_id=None)
    async with till.sandbox.client() as vendor:
        await vendor.delete_payment_profile(card.profile_id or "", card.payment_profile_id or "")


async def replace_card(till: Till) -> None:
    """The person has another card now."""
    async with till.sandbox.client() as vendor:
        stored = await store_card(vendor, till.sandbox, card=OTHER_CARD)
        card = write_card(till, payment_profile_id=stored.payment_profile_id, card_last4=stored.card.last4)
        await vendor.delete_payment_profile(card.profile_id or "", card.payment_profile_id or "")


async def lose_profile(till: Till) -> None:
    """The vendor has forgotten the person."""
    card = write_card(till, card_status="none", profile_id=None, payment_profile_id=None)
    async with till.sandbox.client() as vendor:
        await vendor.delete_profile(card.profile_id or "")


def write_card(till: Till, **values: object) -> CardOnFile:
    """Let the account say so; returns the card that it had."""
    with transaction(till.engine) as connection:
        changed = accounts.change(connection, till.ada, utc_now(), lambda _: values)
    assert changed is not None
    return changed.before.card


# Charging


async def test_a_charge_takes_the_money_once_raises_the_power_and_writes_a_mail(till: Till) -> None:
    payment = till.asked()
    assert await till.charge(payment) == PaymentState(S.DONE)
    (kept,) = till.kept()
    assert (kept["amount_cents"], kept["reference"]) == (CENTS, payment.reference)
    assert till.row(payment).transaction_id == kept["id"]
    assert (till.limit(), till.mails("deposit_received")) == (2_500_000, 1)


async def test_a_charge_that_is_asked_for_again_takes_nothing_more(till: Till) -> None:
    payment = await till.charged()
    assert await till.charge(payment) == PaymentState(S.DONE)
    assert (len(till.kept()), till.mails("deposit_received")) == (1, 1)


async def test_a_declined_card_is_an_outcome_with_its_reason(till: Till) -> None:
    till.sandbox.plan("declined", containing=CHARGE)
    payment = till.asked()
    assert await till.charge(payment) == PaymentState(S.DECLINED, "2")
    assert (till.limit(), till.mails("deposit_received")) == (1_000_000, 0)


async def test_a_held_charge_is_neither_paid_nor_declined_until_somebody_decides(till: Till) -> None:
    till.sandbox.plan("held", containing=CHARGE)
    payment = till.asked()
    assert await till.charge(payment) == PaymentState(S.HELD)
    assert (await till.look(payment)).state is S.HELD
    request = {"action": "approve", "refTransId": till.row(payment).transaction_id}
    till.sandbox.ask("updateHeldTransactionRequest", heldTransactionRequest=request)
    assert await till.look(payment) == PaymentState(S.DONE)
    assert (len(till.kept()), till.limit()) == (1, 2_500_000)


@pytest.mark.parametrize("fault", ["error_500", "html", "cut_before", "slow"])
async def test_a_charge_that_was_perhaps_not_taken_is_looked_up_and_then_taken_once(till: Till, fault: str) -> None:
    till.sandbox.fault(fault, containing=CHARGE, seconds=3)
    payment = till.asked()
    assert (await till.charge(payment)).state is S.UNKNOWN
    assert (await till.look(payment)).absent
    assert await till.charge(payment) == PaymentState(S.DONE)
    assert len(till.kept()) == 1


async def test_a_charge_whose_answer_was_lost_is_found(till: Till) -> None:
    till.sandbox.fault("cut_after", containing=CHARGE)
    payment = till.asked()
    assert (await till.charge(payment)).state is S.UNKNOWN
    assert await till.look(payment) == PaymentState(S.DONE)
    assert (len(till.kept()), till.mails("deposit_received")) == (1, 1)


async def test_a_charge_that_lagging_lists_hide_is_sent_again_and_found_to_be_there(till: Till) -> None:
    till.sandbox.fault("cut_after", containing=CHARGE)
    payment = till.asked()
    await till.charge(payment)
    till.sandbox.plan("stale_list", times=2)
    assert (await till.look(payment)).absent
    assert await till.charge(payment) == PaymentState(S.DONE)
    assert len(till.kept()) == 1


async def test_a_system_error_of_the_vendor_is_looked_up(till: Till) -> None:
    till.sandbox.plan("system_error_after", containing=CHARGE)
    payment = till.asked()
    assert (await till.charge(payment)).state is S.UNKNOWN
    assert await till.look(payment) == PaymentState(S.DONE)
    assert len(till.kept()) == 1


async def test_a_vendor_that_says_it_did_nothing_is_asked_again_later(till: Till) -> None:
    till.sandbox.fault("too_many", containing=CHARGE)
    payment = till.asked()
    with pytest.raises(ApplicationError) as caught:
        await till.charge(payment)
    assert (caught.value.type, caught.value.next_retry_delay) == ("Unavailable", timedelta(seconds=1))
    assert till.row(payment).state is S.CREATED
    assert await till.charge(payment) == PaymentState(S.DONE)


async def test_a_worker_killed_after_the_vendors_answer_leaves_one_charge_that_is_found(till: Till) -> None:
    payment = till.asked()
    await kill_during(till, "charge", payment)
    assert till.row(payment).state is S.SENDING
    assert (await till.charge(payment)).state is S.UNKNOWN
    assert await till.look(payment) == PaymentState(S.DONE)
    assert (len(till.kept()), till.mails("deposit_received"), till.limit()) == (1, 1, 2_500_000)


async def test_after_the_window_nothing_is_sent_again(till: Till) -> None:
    till.sandbox.fault("error_500", containing=CHARGE)
    payment = till.asked()
    await till.charge(payment)
    late = await till.attempt(payment, resend_until=utc_now())
    assert (await till.work.charge_payment(late)).state is S.UNKNOWN
    assert till.kept() == []


async def test_a_card_that_is_gone_says_nothing_of_what_was_sent_before(till: Till) -> None:
    till.sandbox.fault("error_500", containing=CHARGE)
    payment = till.asked()
    attempt = await till.attempt(payment)
    await till.charge(payment)
    async with till.sandbox.client() as vendor:
        await vendor.delete_payment_profile(attempt.profile_id, attempt.payment_profile_id)
    assert await till.work.charge_payment(attempt) == PaymentState(S.UNKNOWN, "E00040")


async def test_a_call_that_the_vendor_does_not_understand_fails_the_payment(sandbox: Sandbox, tmp_path: Path) -> None:
    async with open_till(sandbox, tmp_path / "till.db", transaction_key="wrong") as till:
        assert await till.charge(till.asked()) == PaymentState(S.FAILED, "REJECTED")


async def test_two_charges_of_one_reference_are_for_a_person(till: Till) -> None:
    till.sandbox.fault("cut_after", containing=CHARGE)
    payment = till.asked()
    await till.charge(payment)
    till.sandbox.advance(9 * 3600)
    async with till.sandbox.client() as vendor:
        plan = await till.attempt(payment)
        card = (await store_card(vendor, till.sandbox)).ref
        assert card.payment_profile_id == plan.payment_profile_id
        await vendor.charge(card, CENTS, payment.reference, "Deposit")
    assert await till.look(payment) == PaymentState(S.MANUAL, "AMBIGUOUS")


async def test_without_a_card_a_charge_fails_before_it_is_sent(till: Till) -> None:
    payment = till.asked()
    await forget_card(till)
    plan = await till.plan(payment)
    assert (plan.state, plan.fresh, till.row(payment).code) == (S.FAILED, False, "NO_CARD")


# Giving back


async def test_all_of_an_unsettled_charge_is_voided(till: Till) -> None:
    charge = await till.charged()
    back = till.asked_back(charge)
    assert till.limit() == 1_000_000
    assert await till.refund(back) == PaymentState(S.DONE)
    assert (till.row(back).kind, [one["status"] for one in till.kept()]) == (Kind.VOID, ["voided"])
    assert (till.kept(REFUND), till.mails("deposit_returned")) == ([], 1)


async def test_a_part_of_an_unsettled_charge_waits_for_the_settlement(till: Till) -> None:
    back = till.asked_back(await till.charged(), 100_000)
    assert await till.refund(back) == PaymentState(S.CREATED, waits=True)
    till.sandbox.settle()
    assert await till.refund(back) == PaymentState(S.DONE)
    (kept,) = till.kept(REFUND)
    assert (kept["amount_cents"], kept["reference"]) == (100_000, back.reference)
    assert till.row(back).kind is Kind.REFUND


async def test_a_settled_charge_is_refunded_in_parts_and_never_beyond(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    assert (await till.refund(till.asked_back(charge, 100_000))).state is S.DONE
    assert (await till.refund(till.asked_back(charge, None, "r2"))).state is S.DONE
    assert [one["amount_cents"] for one in till.kept(REFUND)] == [100_000, 150_000]


@pytest.mark.parametrize("fault", ["error_500", "html", "cut_before", "cut_after", "slow"])
async def test_a_refund_in_doubt_gives_back_once(till: Till, fault: str) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    till.sandbox.fault(fault, containing=REFUND, seconds=3)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    looked = await till.look(back)
    ended = await till.refund(back) if looked.absent else looked
    assert ended == PaymentState(S.DONE)
    assert (len(till.kept(REFUND)), till.mails("deposit_returned")) == (1, 1)


@pytest.mark.parametrize("fault", ["error_500", "cut_before", "cut_after"])
async def test_a_void_in_doubt_voids_once_and_refunds_nothing(till: Till, fault: str) -> None:
    charge = await till.charged()
    till.sandbox.fault(fault, containing=VOID)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    looked = await till.look(back)
    ended = await till.refund(back) if looked.absent else looked
    assert ended == PaymentState(S.DONE)
    assert ([one["status"] for one in till.kept()], till.kept(REFUND)) == (["voided"], [])


@pytest.mark.parametrize("settled", [True, False])
async def test_a_worker_killed_while_giving_back_leaves_one_return_that_is_found(till: Till, settled: bool) -> None:
    charge = await till.charged()
    if settled:
        till.sandbox.settle()
    back = till.asked_back(charge)
    await kill_during(till, "refund", back)
    assert (await till.refund(back)).state is S.UNKNOWN
    assert await till.look(back) == PaymentState(S.DONE)
    assert len(till.kept(REFUND)) == int(settled)


async def test_a_return_that_the_vendor_refuses_raises_the_buying_power_again(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    till.sandbox.advance(100 * 86_400)
    back = till.asked_back(charge)
    assert till.limit() == 1_000_000
    assert await till.refund(back) == PaymentState(S.DECLINED, "not_allowed:54")
    assert (till.limit(), till.mails("deposit_returned")) == (2_500_000, 0)


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("change", [forget_card, replace_card, lose_profile])
async def test_a_return_finds_its_way_when_the_card_was_replaced_or_removed(
    till: Till, settled: bool, change: CardChange
) -> None:
    charge = await till.charged()
    if settled:
        till.sandbox.settle()
    await change(till)
    back = till.asked_back(charge)
    assert await till.refund(back) == PaymentState(S.DONE)
    assert [one["last4"] for one in till.kept(REFUND)] == ["1111"] * settled
    assert till.row(back).kind is (Kind.REFUND if settled else Kind.VOID)


async def test_a_card_that_goes_while_its_return_is_under_way_gets_the_money_all_the_same(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    back = till.asked_back(charge)
    attempt = await till.attempt(back)
    await forget_card(till)
    assert await till.work.refund_payment(attempt) == PaymentState(S.DONE)
    assert len(till.kept(REFUND)) == 1


@pytest.mark.parametrize("change", [forget_card, replace_card, lose_profile])
@pytest.mark.parametrize("fault", ["error_500", "cut_after"])
async def test_a_refund_in_doubt_without_the_card_gives_back_once(till: Till, fault: str, change: CardChange) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    await change(till)
    till.sandbox.fault(fault, containing=REFUND)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    looked = await till.look(back)
    ended = await till.refund(back) if looked.absent else looked
    assert (ended, len(till.kept(REFUND))) == (PaymentState(S.DONE), 1)


# Giving up


async def test_what_was_never_sent_fails_and_what_is_in_doubt_is_for_a_person(till: Till) -> None:
    unsent = till.asked()
    assert await till.work.end_payment(EndPayment(unsent.id, "VENDOR_AWAY")) == PaymentState(S.FAILED, "VENDOR_AWAY")
    till.sandbox.fault("error_500", containing=CHARGE)
    lost = till.asked(key="k2")
    await till.charge(lost)
    unsent_only = EndPayment(lost.id, "VENDOR_AWAY", unsent_only=True)
    assert (await till.work.end_payment(unsent_only)).state is S.UNKNOWN
    assert await till.work.end_payment(EndPayment(lost.id, "OUTCOME_UNKNOWN")) == PaymentState(
        S.MANUAL, "OUTCOME_UNKNOWN"
    )


async def test_the_account_is_told(till: Till) -> None:
    await till.work.tell_account(till.ada)
    assert till.told.people == [till.ada]
