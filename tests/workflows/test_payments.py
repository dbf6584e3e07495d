"""A payment's workflow under time skipping: sent once, looked up while in doubt, watched, and handed to a person."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from domain.payments import DUPLICATE_WINDOW, Kind, State, taken_back
from temporal.worker import sandboxed
from tests.workflows.conftest import House
from tests.workflows.kept_payments import USER, Case, KeptPayments, Step
from workflows.ids import payment_workflow_id
from workflows.payment import (
    FOLLOW_FOR,
    LOOKS_BEFORE_RESEND,
    MOST_LOOKS,
    SETTLED_AFTER,
    PaymentOutcome,
    PaymentStart,
    PaymentWorkflow,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "payments"
S, T = State, Step
DAY = timedelta(days=1)


@dataclass
class Office:
    """A worker of payments on a server whose time can be skipped."""

    house: House
    kept: KeptPayments

    async def begin(self, case: Case) -> WorkflowHandle[PaymentWorkflow, PaymentOutcome]:
        payment_id = self.kept.add(case)
        return await self.house.client.start_workflow(
            PaymentWorkflow.run, PaymentStart(payment_id), id=payment_workflow_id(payment_id), task_queue=QUEUE
        )

    async def carry_out(self, *steps: Step, **facts: object) -> tuple[PaymentOutcome, Case]:
        case = Case(list(steps), **facts)  # type: ignore[arg-type]
        return await (await self.begin(case)).result(), case


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(skipping: House) -> AsyncIterator[Office]:
    kept = KeptPayments()
    work: list[Callable[..., Any]] = [
        kept.open_payment,
        kept.charge_payment,
        kept.refund_payment,
        kept.look_up_payment,
        kept.end_payment,
        kept.tell_account,
    ]
    worker = Worker(
        skipping.client, task_queue=QUEUE, workflows=[PaymentWorkflow], activities=work, workflow_runner=sandboxed()
    )
    async with worker:
        yield Office(skipping, kept)


async def test_a_payment_is_sent_and_done_and_the_account_is_told(office: Office) -> None:
    before = len(office.kept.told)
    outcome, case = await office.carry_out(T.DONE)
    assert (outcome, case.taken, len(case.sent_at), case.looked_at) == (PaymentOutcome(S.DONE), 1, 1, [])
    assert office.kept.told[before:] == [USER]


async def test_a_declined_payment_is_over(office: Office) -> None:
    outcome, case = await office.carry_out(T.DECLINED)
    assert (outcome.state, case.taken, len(case.sent_at)) == (S.DECLINED, 0, 1)


async def test_a_vendor_that_is_away_for_a_while_is_asked_again(office: Office) -> None:
    outcome, case = await office.carry_out(T.AWAY, T.AWAY, T.AWAY)
    assert (outcome.state, case.taken, len(case.sent_at)) == (S.DONE, 1, 4)


async def test_a_charge_that_nobody_could_send_within_an_hour_has_failed(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.AWAY] * 99)
    assert (outcome, case.taken) == (PaymentOutcome(S.FAILED, "VENDOR_AWAY"), 0)
    assert case.sent_at[-1] - case.sent_at[0] <= timedelta(hours=1)


@pytest.mark.parametrize("step", [T.LOST_AFTER, T.DEATH])
async def test_a_charge_whose_answer_was_lost_is_found_and_never_sent_again(office: Office, step: Step) -> None:
    outcome, case = await office.carry_out(step)
    assert (outcome.state, case.taken, len(case.sent_at), len(case.looked_at)) == (S.DONE, 1, 1, 1)


async def test_a_charge_that_never_arrived_is_sent_again_after_looks_that_find_nothing(office: Office) -> None:
    outcome, case = await office.carry_out(T.LOST_BEFORE)
    assert (outcome.state, case.taken, len(case.sent_at)) == (S.DONE, 1, 2)
    assert len(case.looked_at) == LOOKS_BEFORE_RESEND
    assert case.looked_at[-1] <= case.sent_at[-1]


async def test_what_lists_hide_for_long_is_sent_again_under_its_reference_and_taken_once(office: Office) -> None:
    outcome, case = await office.carry_out(T.LOST_AFTER, T.LOST_AFTER, T.LOST_AFTER, lags=6)
    assert (outcome.state, case.taken) == (S.DONE, 1)


async def test_nothing_is_sent_again_after_the_window_and_then_it_is_for_a_person(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.LOST_BEFORE] * 99)
    assert (outcome, case.taken) == (PaymentOutcome(S.MANUAL, "OUTCOME_UNKNOWN"), 0)
    assert timedelta(hours=7) < case.sent_at[-1] - case.sent_at[0] < DUPLICATE_WINDOW


async def test_a_look_up_that_does_not_answer_proves_nothing_and_ends_with_a_person(office: Office) -> None:
    outcome, case = await office.carry_out(T.LOST_AFTER, lookup_is_away=True)
    assert (outcome.state, outcome.code, len(case.sent_at)) == (S.MANUAL, "OUTCOME_UNKNOWN", 1)


async def test_a_payment_in_a_persons_hands_is_found_by_the_news_of_it(office: Office) -> None:
    case = Case([T.LOST_AFTER], lookup_is_away=True)
    handle = await office.begin(case)
    await office.house.env.sleep(DUPLICATE_WINDOW + timedelta(hours=1))
    await case.until(S.MANUAL)
    case.lookup_is_away = False
    await handle.signal(PaymentWorkflow.payment_event)
    assert await handle.result() == PaymentOutcome(S.DONE)


async def test_a_held_payment_waits_for_the_vendors_news(office: Office) -> None:
    case = Case([T.HELD])
    handle = await office.begin(case)
    await case.until(S.HELD)
    case.decision = S.DECLINED
    await handle.signal(PaymentWorkflow.payment_event)
    assert await handle.result() == PaymentOutcome(S.DECLINED)
    assert len(case.looked_at) == 1


async def test_a_held_payment_is_looked_at_every_day_without_any_news(office: Office) -> None:
    case = Case([T.HELD])
    handle = await office.begin(case)
    await case.until(S.HELD)
    await office.house.env.sleep(3 * DAY + timedelta(hours=1))
    assert len(case.looked_at) == 3
    case.decision = S.DONE
    assert await handle.result() == PaymentOutcome(S.DONE)


async def test_a_payment_held_for_a_month_is_for_a_person(office: Office) -> None:
    outcome, case = await office.carry_out(T.HELD)
    assert (outcome, case.state) == (PaymentOutcome(S.MANUAL, "HELD_TOO_LONG"), S.MANUAL)


async def test_a_return_that_waits_for_the_settlement_is_tried_every_hour(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.WAITS] * 20, kind=Kind.REFUND)
    assert (outcome.state, case.taken, len(case.sent_at)) == (S.DONE, 1, 21)
    assert timedelta(hours=19) < case.sent_at[-1] - case.sent_at[0] < timedelta(hours=21)


async def test_a_return_that_waited_long_before_it_got_lost_is_sent_again(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.WAITS] * 20, T.LOST_BEFORE, kind=Kind.REFUND)
    assert (outcome.state, case.taken, len(case.sent_at)) == (S.DONE, 1, 22)


async def test_a_return_of_what_never_settles_has_failed_after_days(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.WAITS] * 200, kind=Kind.REFUND)
    assert (outcome, case.taken) == (PaymentOutcome(S.FAILED, "UNSETTLED"), 0)


async def test_a_return_waits_for_a_vendor_longer_than_a_charge(office: Office) -> None:
    outcome, case = await office.carry_out(*[T.AWAY] * 100, kind=Kind.REFUND)
    assert (outcome.state, case.taken) == (S.DONE, 1)


@pytest.mark.parametrize("state", [S.SENDING, S.UNKNOWN])
async def test_what_another_run_has_sent_is_looked_up_and_never_sent(office: Office, state: State) -> None:
    outcome, case = await office.carry_out(state=state)
    assert (outcome.state, case.sent_at) == (S.MANUAL, [])


async def test_what_is_over_stays_as_it_is(office: Office) -> None:
    outcome, case = await office.carry_out(state=S.FAILED)
    assert (outcome.state, case.sent_at, case.looked_at) == (S.FAILED, [], [])


# After it was done


async def test_what_is_done_is_looked_at_once_more_after_its_settlement(office: Office) -> None:
    outcome, case = await office.carry_out(T.DONE)
    (followed,) = case.followed_at
    assert (outcome.state, case.looked_at) == (S.DONE, [])
    assert timedelta(0) <= followed - case.sent_at[0] - SETTLED_AFTER < timedelta(hours=1)


@pytest.mark.parametrize(("kind", "state"), [(Kind.CHARGE, S.REVERSED), (Kind.REFUND, S.MANUAL)])
async def test_what_is_lost_at_the_settlement_is_followed_for_as_long_as_it_may_come_back(
    office: Office, kind: Kind, state: State
) -> None:
    before = len(office.kept.told)
    outcome, case = await office.carry_out(T.DONE, kind=kind, lost=True)
    assert (outcome, case.state) == (PaymentOutcome(state, "lost"), state)
    assert FOLLOW_FOR - DAY <= case.followed_at[-1] - case.sent_at[0] <= FOLLOW_FOR + DAY
    assert office.kept.told[before:] == [USER, USER]


@pytest.mark.parametrize("kind", [Kind.CHARGE, Kind.REFUND])
async def test_a_batch_that_is_settled_after_all_brings_back_what_was_lost(office: Office, kind: Kind) -> None:
    before, case = len(office.kept.told), Case([T.DONE], kind=kind, lost=True)
    handle = await office.begin(case)
    await case.until(S.DONE)
    await office.house.env.sleep(SETTLED_AFTER + timedelta(hours=1))
    await case.until(taken_back(kind))
    case.lost = False
    assert await handle.result() == PaymentOutcome(S.DONE)
    assert office.kept.told[before:] == [USER] * 3


async def test_a_settlement_that_takes_longer_is_looked_at_every_day(office: Office) -> None:
    case = Case([T.DONE], settled=False)
    handle = await office.begin(case)
    await case.until(S.DONE)
    await office.house.env.sleep(SETTLED_AFTER + 2 * DAY + timedelta(hours=1))
    assert len(case.followed_at) == 3
    case.settled = True
    assert await handle.result() == PaymentOutcome(S.DONE)
    assert len(case.followed_at) == 4


async def test_a_vendor_that_is_away_after_the_settlement_is_asked_another_day(office: Office) -> None:
    case = Case([T.DONE], follow_is_away=True, lost=True)
    handle = await office.begin(case)
    await case.until(S.DONE)
    await office.house.env.sleep(SETTLED_AFTER + timedelta(hours=2))
    assert (case.state, case.followed_at) == (S.DONE, [])
    case.follow_is_away = False
    await office.house.env.sleep(DAY)
    await case.until(S.REVERSED)
    case.lost = False
    assert await handle.result() == PaymentOutcome(S.DONE)


async def test_news_of_what_is_done_are_looked_up_at_once_and_again_the_next_day(office: Office) -> None:
    case = Case([T.DONE])
    handle = await office.begin(case)
    await case.until(S.DONE)
    await handle.signal(PaymentWorkflow.payment_event)
    assert await handle.result() == PaymentOutcome(S.DONE)
    at_once, later = case.followed_at
    assert at_once - case.sent_at[0] < timedelta(hours=1)
    assert DAY <= later - at_once < DAY + timedelta(hours=1)


async def test_news_without_end_do_not_make_a_history_without_end(office: Office) -> None:
    case = Case([T.DONE], settled=False)
    handle = await office.begin(case)
    await case.until(S.DONE)
    while len(case.followed_at) < MOST_LOOKS:
        await handle.signal(PaymentWorkflow.payment_event)
    assert await handle.result() == PaymentOutcome(S.DONE)
    assert len(case.followed_at) == MOST_LOOKS


@pytest.mark.parametrize("state", [S.DONE, S.REVERSED])
async def test_another_run_of_what_is_over_sends_nothing_and_looks_again(office: Office, state: State) -> None:
    outcome, case = await office.carry_out(state=state, was_done=True)
    assert (outcome.state, case.sent_at, len(case.followed_at)) == (S.DONE, [], 1)
