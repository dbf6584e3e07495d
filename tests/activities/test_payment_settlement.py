"""What becomes of payments that were done, against a running Authorize.Net: lost at the settlement, voided, disputed,
settled after all; and a deposit that is lost while it goes back is lost once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

from activities.contracts import EndPayment, PaymentState
from activities.db import payments
from activities.db.account_tables import payments as table
from activities.db.engine import transaction
from activities.db.payments import Change, Payment
from activities.ledger import utc_now
from activities.payment_settlement import HOLDS, LOST, is_followed, settlement
from domain.payments import Kind, Purpose, State
from tests.activities.till import CHARGE, REFUND, Till, open_till
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.merchant import Config

S = State
FULL, CARD_ONLY = 2_500_000, 1_000_000
VOID = "voidTransaction"
FAILED_NIGHT = "settlementError"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
async def till(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(sandbox, tmp_path / "till.db", read_timeout_s=1.0) as opened:
        yield opened


def befall(till: Till, payment: Payment, status: str) -> None:
    till.sandbox.befall(till.row(payment).transaction_id or "", status)


async def returned(till: Till, charge: Payment, cents: int | None = None) -> Payment:
    """A return that is done, though not yet settled."""
    back = till.asked_back(charge, cents)
    assert (await till.refund(back)).state is S.DONE
    return till.row(back)


# Charges


async def test_a_charge_waits_for_its_settlement_and_then_holds(till: Till) -> None:
    charge = await till.charged()
    assert await till.look(charge) == PaymentState(S.DONE, waits=True)
    till.sandbox.settle()
    assert await till.look(charge) == PaymentState(S.DONE)
    assert (till.limit(), till.mails("deposit_reversed")) == (FULL, 0)


async def test_a_charge_that_the_settlement_fails_gives_no_power_and_is_told_once(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle(rejected=True)
    for _ in range(3):
        assert await till.look(charge) == PaymentState(S.REVERSED, FAILED_NIGHT, waits=True)
    assert (till.limit(), till.mails("deposit_reversed")) == (CARD_ONLY, 1)


async def test_a_batch_that_is_sent_again_brings_the_deposit_back_once_it_is_settled(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle(rejected=True)
    await till.look(charge)
    till.sandbox.settle(reset_first=True, rejected=True)
    assert (await till.look(charge)).state is S.REVERSED
    till.sandbox.settle(reset_first=True)
    assert await till.look(charge) == PaymentState(S.DONE)
    assert (till.limit(), till.mails("deposit_received"), len(till.kept())) == (FULL, 2, 1)


@pytest.mark.parametrize(("fate", "waits"), [("chargeback", True), ("returnedItem", False)])
async def test_a_charge_that_is_taken_back_later_is_reversed(till: Till, fate: str, waits: bool) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    await till.look(charge)
    befall(till, charge, fate)
    assert await till.look(charge) == PaymentState(S.REVERSED, fate, waits=waits)
    assert (till.limit(), till.mails("deposit_reversed")) == (CARD_ONLY, 1)


async def test_a_dispute_that_is_won_brings_the_deposit_back(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    befall(till, charge, "chargeback")
    await till.look(charge)
    befall(till, charge, "chargebackReversal")
    assert await till.look(charge) == PaymentState(S.DONE)
    assert till.limit() == FULL


async def test_what_a_person_wrote_down_is_not_undone_by_a_vendor_that_knows_nothing_of_it(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    with transaction(till.engine) as connection:
        payments.mark(connection, charge.id, Change(S.REVERSED, code="CHARGEBACK"), utc_now(), only_from=S.DONE)
    assert await till.look(charge) == PaymentState(S.REVERSED, "CHARGEBACK")


@pytest.mark.parametrize("fate", ["voided", "declined", "generalError"])
async def test_a_charge_that_somebody_else_ends_before_its_settlement_is_reversed(till: Till, fate: str) -> None:
    charge = await till.charged()
    befall(till, charge, fate)
    assert await till.look(charge) == PaymentState(S.REVERSED, fate)
    assert till.limit() == CARD_ONLY


async def test_a_charge_that_our_own_return_voided_holds_as_given_back(till: Till) -> None:
    charge = await till.charged()
    back = await returned(till, charge)
    assert await till.look(charge) == PaymentState(S.DONE)
    assert await till.look(back) == PaymentState(S.DONE)
    assert (till.limit(), till.mails("deposit_reversed"), till.mails("deposit_returned")) == (CARD_ONLY, 0, 1)


async def test_a_void_found_before_its_return_knows_of_it_is_left_to_the_return(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.fault("cut_after", containing=VOID)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    assert await till.look(charge) == PaymentState(S.DONE, waits=True)
    assert await till.look(back) == PaymentState(S.DONE)
    assert await till.look(charge) == PaymentState(S.DONE)
    assert till.mails("deposit_reversed") == 0


async def test_a_vendor_that_is_away_changes_nothing(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle(rejected=True)
    till.sandbox.fault("error_500", containing="getTransactionDetails")
    with pytest.raises(ApplicationError):
        await till.look(charge)
    assert (till.row(charge).state, till.limit()) == (S.DONE, FULL)


async def test_a_transaction_that_the_vendor_does_not_know_proves_nothing(tmp_path: Path) -> None:
    with open_sandbox(Config(data_dir=tmp_path / "one")) as sandbox:
        async with open_till(sandbox, tmp_path / "till.db") as till:
            charge = await till.charged()
            with transaction(till.engine) as connection:
                connection.execute(update(table).values(transaction_id="60299999999"))
            assert await till.look(charge) == PaymentState(S.DONE, waits=True)


async def test_workers_that_look_at_once_reverse_once(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle(rejected=True)
    attempt = await till.attempt(charge)
    async with till.sandbox.client() as vendor:
        workers = [till.work, till.worker(vendor), till.worker(vendor)]
        found = await asyncio.gather(*(each.look_up_payment(attempt) for each in workers))
    assert found == [PaymentState(S.REVERSED, FAILED_NIGHT, waits=True)] * 3
    assert (till.limit(), till.mails("deposit_reversed")) == (CARD_ONLY, 1)


async def test_a_worker_that_dies_between_the_look_and_the_writing_leaves_it_to_the_next(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle(rejected=True)
    async with till.sandbox.client() as vendor:
        shown = await vendor.transaction(charge.transaction_id or "")
    assert shown is not None
    assert shown.status == FAILED_NIGHT
    assert (till.row(charge).state, till.mails("deposit_reversed")) == (S.DONE, 0)
    assert (await till.look(charge)).state is S.REVERSED
    assert (till.limit(), till.mails("deposit_reversed")) == (CARD_ONLY, 1)


async def test_giving_up_late_undoes_nothing(till: Till) -> None:
    charge = await till.charged()
    assert (await till.work.end_payment(EndPayment(charge.id, "HELD_TOO_LONG"))).state is S.DONE


# Charges in doubt


@pytest.mark.parametrize(
    ("fate", "state"), [(FAILED_NIGHT, S.REVERSED), ("voided", S.FAILED), ("declined", S.DECLINED)]
)
async def test_a_charge_in_doubt_that_is_found_lost_counts_for_nothing(till: Till, fate: str, state: State) -> None:
    till.sandbox.fault("cut_after", containing=CHARGE)
    payment = till.asked()
    assert (await till.charge(payment)).state is S.UNKNOWN
    (kept,) = till.kept()
    till.sandbox.befall(kept["id"], fate)
    assert (await till.look(payment)).state is state
    assert till.limit() == CARD_ONLY


async def test_a_charge_in_doubt_whose_batch_failed_counts_once_it_is_settled(till: Till) -> None:
    till.sandbox.fault("cut_after", containing=CHARGE)
    payment = till.asked()
    await till.charge(payment)
    till.sandbox.settle(rejected=True)
    await till.look(payment)
    till.sandbox.settle(reset_first=True)
    assert await till.look(payment) == PaymentState(S.DONE)
    assert (till.limit(), till.mails("deposit_received")) == (FULL, 1)


# Returns


async def test_a_refund_waits_for_its_settlement_and_then_holds(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    back = await returned(till, charge)
    assert await till.look(back) == PaymentState(S.DONE, waits=True)
    till.sandbox.settle()
    assert await till.look(back) == PaymentState(S.DONE)


@pytest.mark.parametrize("fate", [FAILED_NIGHT, "declined", "voided"])
async def test_a_refund_that_does_not_arrive_is_for_a_person_and_is_not_sent_again(till: Till, fate: str) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    back = await returned(till, charge)
    befall(till, back, fate)
    for _ in range(2):
        assert (await till.look(back)).state is S.MANUAL
    assert (await till.refund(back)).state is S.MANUAL
    assert (till.row(back).code, len(till.kept(REFUND)), till.limit()) == (fate, 1, CARD_ONLY)


async def test_a_refund_whose_batch_is_settled_after_all_is_done_and_told_once(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    back = await returned(till, charge)
    till.sandbox.settle(rejected=True)
    assert await till.look(back) == PaymentState(S.MANUAL, FAILED_NIGHT, waits=True)
    till.sandbox.settle(reset_first=True)
    assert await till.look(back) == PaymentState(S.DONE)
    assert (till.limit(), till.mails("deposit_returned")) == (CARD_ONLY, 1)


async def test_a_refund_in_doubt_that_is_found_in_a_failed_batch_is_for_a_person(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    till.sandbox.fault("cut_after", containing=REFUND)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    till.sandbox.settle(rejected=True)
    assert await till.look(back) == PaymentState(S.MANUAL, FAILED_NIGHT)
    till.sandbox.settle(reset_first=True)
    assert await till.look(back) == PaymentState(S.DONE)
    assert len(till.kept(REFUND)) == 1


# A charge that is lost while it goes back


@pytest.mark.parametrize("cents", [None, 100_000])
async def test_a_return_of_a_charge_that_was_reversed_is_never_sent(till: Till, cents: int | None) -> None:
    charge = await till.charged()
    back = till.asked_back(charge, cents)
    attempt = await till.attempt(back)
    till.sandbox.settle(rejected=True)
    await till.look(charge)
    assert await till.work.refund_payment(attempt) == PaymentState(S.FAILED, "CHARGE_REVERSED")
    assert (till.limit(), till.kept(REFUND), till.mails("deposit_returned")) == (CARD_ONLY, [], 0)


@pytest.mark.parametrize("cents", [None, 100_000])
@pytest.mark.parametrize("fate", [FAILED_NIGHT, "chargeback"])
async def test_a_return_that_finds_its_charge_lost_reverses_it(till: Till, cents: int | None, fate: str) -> None:
    charge = await till.charged()
    if fate == "chargeback":
        till.sandbox.settle()
    befall(till, charge, fate)
    back = till.asked_back(charge, cents)
    assert await till.refund(back) == PaymentState(S.FAILED, "CHARGE_REVERSED")
    assert (till.row(charge).state, till.row(charge).code) == (S.REVERSED, fate)
    assert (till.limit(), till.kept(REFUND), till.mails("deposit_reversed")) == (CARD_ONLY, [], 1)


async def test_a_part_of_a_charge_that_was_voided_ends_with_it(till: Till) -> None:
    charge = await till.charged()
    back = till.asked_back(charge, 100_000)
    befall(till, charge, "voided")
    assert await till.refund(back) == PaymentState(S.FAILED, "CHARGE_REVERSED")
    assert (till.row(charge).state, till.limit()) == (S.REVERSED, CARD_ONLY)


async def test_a_void_in_doubt_of_a_charge_whose_batch_failed_ends_with_it(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.fault("error_500", containing=VOID)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    till.sandbox.settle(rejected=True)
    assert await till.look(back) == PaymentState(S.FAILED, "CHARGE_REVERSED")
    assert (till.row(charge).state, till.limit()) == (S.REVERSED, CARD_ONLY)


@pytest.mark.parametrize("sent", [True, False])
async def test_a_refund_in_doubt_of_a_disputed_charge_is_found_but_not_sent_again(till: Till, sent: bool) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    till.sandbox.fault("cut_after" if sent else "error_500", containing=REFUND)
    back = till.asked_back(charge)
    assert (await till.refund(back)).state is S.UNKNOWN
    befall(till, charge, "chargeback")
    await till.look(charge)
    looked = await till.look(back)
    assert (looked.state, looked.absent) == ((S.DONE, False) if sent else (S.UNKNOWN, True))
    assert (await till.refund(back)).state is looked.state
    assert len(till.kept(REFUND)) == int(sent)


async def test_a_return_that_was_perhaps_sent_before_the_dispute_is_for_a_person(till: Till) -> None:
    charge = await till.charged()
    till.sandbox.settle()
    till.sandbox.fault("error_500", containing=REFUND)
    back = till.asked_back(charge)
    await till.refund(back)
    befall(till, charge, "chargeback")
    assert await till.refund(back) == PaymentState(S.MANUAL, "chargeback")
    assert (till.row(charge).state, till.kept(REFUND)) == (S.REVERSED, [])


async def test_a_return_left_half_sent_when_its_charge_was_reversed_is_in_doubt(till: Till) -> None:
    charge = await till.charged()
    back = till.asked_back(charge)
    attempt = await till.attempt(back)
    with transaction(till.engine) as connection:
        payments.mark(connection, back.id, Change(S.SENDING), utc_now())
    till.sandbox.settle(rejected=True)
    await till.look(charge)
    assert (await till.work.refund_payment(attempt)).state is S.UNKNOWN
    assert await till.look(back) == PaymentState(S.FAILED, "CHARGE_REVERSED")


# Judging


def payment(kind: Kind, state: State, code: str | None = None, transaction_id: str | None = "60200000001") -> Payment:
    moment = utc_now()
    return Payment(1, 7, Purpose.DEPOSIT, kind, 100, "R" * 20, state, transaction_id, None, code, moment, moment)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.FORFEIT])
@pytest.mark.parametrize("status", [None, "capturedPendingSettlement", "couldNotVoid", "a status of tomorrow"])
def test_what_is_not_proven_changes_nothing(kind: Kind, status: str | None) -> None:
    judged = settlement(payment(kind, S.DONE), status)
    assert (judged.change, judged.waits) == (None, True)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.FORFEIT])
def test_no_status_both_proves_and_disproves(kind: Kind) -> None:
    assert not HOLDS[kind] & LOST[kind]


def test_a_void_that_was_settled_all_the_same_is_for_a_person() -> None:
    void = payment(Kind.VOID, S.DONE)
    judged = settlement(void, "settledSuccessfully")
    assert (judged.change, judged.waits) == (Change(S.MANUAL, code="settledSuccessfully"), True)
    assert settlement(replace(void, state=S.MANUAL), "settledSuccessfully").change is None
    assert settlement(replace(void, state=S.MANUAL), "voided").change == Change(S.DONE)


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        (Kind.CHARGE, S.DONE, True),
        (Kind.CHARGE, S.REVERSED, True),
        (Kind.CHARGE, S.MANUAL, False),
        (Kind.REFUND, S.MANUAL, True),
        (Kind.VOID, S.DONE, True),
        (Kind.REFUND, S.FAILED, False),
    ],
)
def test_what_was_done_once_is_followed_by_its_transaction(kind: Kind, state: State, expected: bool) -> None:
    assert is_followed(payment(kind, state)) is expected
    assert not is_followed(payment(kind, state, transaction_id=None))
