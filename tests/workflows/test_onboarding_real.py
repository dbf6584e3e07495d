"""On the real server: a worker killed between the vendor's answer and ours, many runs of one account, and its size."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import Engine
from temporalio.worker import Worker

from activities.db import accounts
from activities.db.engine import make_engine, reading, transaction
from activities.providers.persona import Persona
from activities.sealed_forms import CardForm
from domain.accounts import Card
from migrations import schema
from temporal.accounts import Accounts
from temporal.worker import sandboxed
from tests.activities.onboarding.stage import FORMS, Clock, make_work
from tests.db.market import add_person
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.server import API
from tests.workflows.accounts import Person, open_person
from tests.workflows.conftest import House
from tests.workflows.dying_worker import ANSWERED, NOBODY, activities_of
from workflows import account_messages as messages
from workflows.onboarding import OnboardingWorkflow

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.cluster]

HISTORY_MOST = 8_000
STATE_MOST = 1_000


@pytest_asyncio.fixture(loop_scope="session")
async def person(real: House) -> AsyncIterator[Person]:
    async with open_person(real.env) as found:
        yield found


def new_person(folder: Path) -> tuple[str, Engine, int]:
    """A migrated database with somebody in it."""
    url = f"sqlite:///{folder / 'hammertime.db'}"
    engine = make_engine(url)
    schema.upgrade(engine)
    with transaction(engine) as connection:
        # Another test's account of the same number would be another workflow of the same id.
        for number in range(100):
            add_person(connection, f"person-{number}@example.com")
        return url, engine, add_person(connection, "ada@example.com", can_bid=False)


@asynccontextmanager
async def doomed_worker(
    real: House, queue: str, database: str, bank: Sandbox
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process that hangs once the vendor has answered."""
    target = real.client.service_client.config.target_host
    arguments = (target, queue, database, bank.url + API)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workflows.dying_worker", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.slow
async def test_a_worker_killed_between_the_vendors_answer_and_ours_leaves_one_profile(
    real: House, tmp_path: Path
) -> None:
    database, engine, user_id = new_person(tmp_path)
    queue = f"accounts-{uuid4()}"
    with open_sandbox() as bank:
        door = Accounts(real.client, queue, answer_s=60.0)
        form = CardForm(*vars_of(bank), "Ada", "Byron", "1 Main St", "Duluth", "MN", "55801")
        async with doomed_worker(real, queue, database, bank) as process:
            storing = asyncio.create_task(door.store_card(user_id, FORMS.seal(user_id, form), form.fingerprint))
            assert process.stdout is not None
            said = await asyncio.wait_for(process.stdout.readline(), 30)
            process.send_signal(signal.SIGKILL)
        async with bank.client() as cards, Persona(NOBODY, "none", "itmpl_none") as persona:
            work = make_work(engine, persona, cards, Clock())
            async with Worker(
                real.client,
                task_queue=queue,
                workflows=[OnboardingWorkflow],
                activities=activities_of(work),
                workflow_runner=sandboxed(),
            ):
                result = await storing
        with reading(engine) as connection:
            account = accounts.find(connection, user_id)
        kept = [profile["cards"] for profile in bank.profiles()]
    engine.dispose()

    assert said.decode().strip() == ANSWERED
    assert result.outcome == "stored"
    assert account is not None
    assert account.facts.card is Card.STORED
    assert kept == [[account.card.payment_profile_id]]


def vars_of(bank: Sandbox) -> tuple[str, str]:
    """A fresh nonce as the two texts of a form."""
    nonce = bank.nonce()
    return nonce.descriptor, nonce.value


async def test_an_account_goes_on_over_many_runs_and_forgets_no_nonce(person: Person) -> None:
    await person.card("first")
    first = (await person.handle.describe()).run_id
    while (await person.handle.describe()).run_id == first:
        await person.door.look_again(person.user_id)
    link = await person.door.begin_identity(person.user_id)

    assert await person.card("first") == "stored"
    assert person.accounts.calls["keep_card"] == 1
    assert link.outcome == "link"


async def test_ten_thousand_waiting_accounts_are_cheap(person: Person) -> None:
    """What one of them costs: a handful of events of a few kilobytes, no timer, and a small state."""
    await person.door.start(person.user_id)
    await person.until(lambda: person.accounts.calls["look_at_account"] == 1)
    await person.until_state(
        busy=0, missing=["IDENTITY_UNVERIFIED", "CARD_MISSING", "DETAILS_MISSING", "TERMS_MISSING"]
    )
    history = await person.handle.fetch_history()
    largest = messages.AccountState(
        begun=["i" * 26] * 5,
        card_answers=[messages.CardAnswer("f" * 32, messages.CardResult("declined", "27"))] * 3,
        missing=["IDENTITY_IN_REVIEW"] * 5,
    )

    assert len(history.events) <= 10
    assert sum(event.ByteSize() for event in history.events) < HISTORY_MOST
    assert len(msgspec.json.encode(largest)) < STATE_MOST
