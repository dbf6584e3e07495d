"""The door into payments: started once, begun whoever is away, told the vendor's news, and swept up after a crash."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.contracts import PaymentActivities
from activities.db import payments
from activities.db.engine import make_engine, transaction
from activities.db.payments import Change, Payment
from activities.ledger import utc_now
from domain.payments import State
from migrations import schema
from temporal.payments import Payments
from temporal.worker import sandboxed
from tests.activities.till import CHARGE, REFUND, Till, open_till
from tests.db.holders import add_holder, asked
from tests.sandbox.authorize_net.control import open_sandbox
from tests.workflows.kept_payments import Case, KeptPayments, Step
from workflows.ids import payment_workflow_id
from workflows.payment import PaymentOutcome, PaymentWorkflow

QUEUE = "payments"
PATIENCE_S = 60.0


@dataclass
class Counter:
    """A server with a worker of payments, and the door into it."""

    client: Client
    kept: KeptPayments
    door: Payments

    async def outcome(self, payment_id: int) -> PaymentOutcome:
        """How the latest run ended."""
        handle = self.client.get_workflow_handle_for(PaymentWorkflow.run, payment_workflow_id(payment_id))
        async with self.skipping():
            return await handle.result()

    @asynccontextmanager
    async def skipping(self) -> AsyncIterator[None]:
        """Time passes while the block waits."""
        await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        try:
            yield
        finally:
            await self.client.test_service.lock_time_skipping(LockTimeSkippingRequest())


@pytest_asyncio.fixture
async def counter(time_skipping_server: Path) -> AsyncIterator[Counter]:
    kept = KeptPayments()
    env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(time_skipping_server))
    async with env, make_worker(env.client, QUEUE, kept):
        yield Counter(env.client, kept, Payments(env.client, QUEUE))


def make_worker(client: Client, queue: str, work: PaymentActivities) -> Worker:
    activities: list[Callable[..., Any]] = [
        work.open_payment,
        work.charge_payment,
        work.refund_payment,
        work.look_up_payment,
        work.end_payment,
        work.tell_account,
    ]
    return Worker(
        client, task_queue=queue, workflows=[PaymentWorkflow], activities=activities, workflow_runner=sandboxed()
    )


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest_asyncio.fixture
async def nowhere() -> Payments:
    """A door to a server that is not there."""
    return Payments(await Client.connect("127.0.0.1:9", lazy=True), QUEUE)


async def test_a_payment_is_started_once(counter: Counter) -> None:
    case = Case()
    payment_id = counter.kept.add(case)
    await counter.door.start(payment_id)
    await counter.door.start(payment_id)
    assert await counter.outcome(payment_id) == PaymentOutcome(State.DONE)
    await counter.door.start(payment_id)
    assert len(case.sent_at) == 1


async def test_a_payment_hears_of_the_vendors_news(counter: Counter) -> None:
    case = Case([Step.HELD])
    payment_id = counter.kept.add(case)
    await counter.door.begin(payment_id)
    await case.until(State.HELD)
    case.decision = State.DONE
    await counter.door.payment_event(payment_id)
    assert await counter.outcome(payment_id) == PaymentOutcome(State.DONE)


async def test_news_of_a_payment_that_is_over_begin_another_run_that_looks_again(counter: Counter) -> None:
    case = Case()
    payment_id = counter.kept.add(case)
    await counter.door.begin(payment_id)
    await counter.outcome(payment_id)
    case.lost = True
    await counter.door.payment_event(payment_id)
    await case.until(State.REVERSED)
    case.lost = False
    assert await counter.outcome(payment_id) == PaymentOutcome(State.DONE)
    assert (case.taken, len(case.sent_at)) == (1, 1)


async def test_repeated_news_of_a_payment_are_heard_by_one_run(counter: Counter) -> None:
    case = Case(lost=True)
    payment_id = counter.kept.add(case)
    await asyncio.gather(*(counter.door.payment_event(payment_id) for _ in range(5)))
    await case.until(State.REVERSED)
    case.lost = False
    assert await counter.outcome(payment_id) == PaymentOutcome(State.DONE)
    assert (case.taken, len(case.sent_at)) == (1, 1)


async def test_a_server_that_is_away_is_no_error_for_who_begins(nowhere: Payments) -> None:
    await nowhere.begin(1)


async def test_the_sweep_starts_what_a_crash_left_and_does_so_once(counter: Counter, engine: Engine) -> None:
    with transaction(engine) as connection:
        waiting = asked(connection, add_holder(connection))
        sent = asked(connection, add_holder(connection, "bob@example.com"))
        payments.mark(connection, sent.id, Change(State.SENDING), utc_now())
    case = Case()
    assert counter.kept.add(case) == waiting.id
    assert await counter.door.start_unstarted(engine) == 1
    assert await counter.outcome(waiting.id) == PaymentOutcome(State.DONE)
    assert await counter.door.start_unstarted(engine) == 0


async def test_what_the_sweep_could_not_start_is_found_again(
    counter: Counter, nowhere: Payments, engine: Engine
) -> None:
    with transaction(engine) as connection:
        waiting = asked(connection, add_holder(connection))
    counter.kept.add(Case())
    with pytest.raises((RPCError, RuntimeError)):
        await nowhere.start_unstarted(engine)
    assert await counter.door.start_unstarted(engine) == 1
    assert await counter.outcome(waiting.id) == PaymentOutcome(State.DONE)


async def until_done(counter: Counter, till: Till, payment: Payment) -> None:
    """Its workflow goes on after that, to its settlement."""
    async with asyncio.timeout(PATIENCE_S), counter.skipping():
        while till.row(payment).state is not State.DONE:
            await asyncio.sleep(0.05)


async def test_without_any_webhook_a_deposit_that_failed_at_its_settlement_counts_no_more(
    counter: Counter, tmp_path: Path
) -> None:
    with open_sandbox() as sandbox:
        async with open_till(sandbox, tmp_path / "till.db") as till, make_worker(counter.client, "till", till.work):
            charge = till.asked()
            await Payments(counter.client, "till").begin(charge.id)
            await until_done(counter, till, charge)
            sandbox.settle(rejected=True)
            assert await counter.outcome(charge.id) == PaymentOutcome(State.REVERSED, "settlementError")
            assert (till.limit(), till.mails("deposit_reversed"), till.told.people) == (1_000_000, 1, [till.ada] * 2)


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
async def test_a_deposit_comes_in_and_goes_back_whatever_breaks(counter: Counter, tmp_path: Path, fault: str) -> None:
    """All of it together: the real activities, a database, and the vendor's sandbox."""
    with open_sandbox() as sandbox:
        async with open_till(sandbox, tmp_path / "till.db") as till, make_worker(counter.client, "till", till.work):
            door = Payments(counter.client, "till")
            sandbox.fault(fault, containing=CHARGE)
            charge = till.asked()
            await door.begin(charge.id)
            await until_done(counter, till, charge)
            assert (len(till.kept()), till.limit()) == (1, 2_500_000)
            sandbox.settle()
            assert await counter.outcome(charge.id) == PaymentOutcome(State.DONE)
            assert till.told.people == [till.ada]
            sandbox.fault(fault, containing=REFUND)
            back = till.asked_back(charge)
            await door.begin(back.id)
            await until_done(counter, till, back)
            sandbox.settle()
            assert await counter.outcome(back.id) == PaymentOutcome(State.DONE)
            assert (len(till.kept(REFUND)), till.limit(), till.mails("deposit_returned")) == (1, 1_000_000, 1)
