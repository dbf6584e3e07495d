"""One person's account as a test holds it: the door, the double of the activities, and the workflow's history."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.accounts import TERMS_VERSION, Identity
from temporal.accounts import Accounts
from temporal.worker import sandboxed
from tests.doubles.onboarding import Kept, KeptAccounts
from workflows.ids import account_workflow_id
from workflows.onboarding import OnboardingWorkflow

NUMBERS = count(1)
LOOK_S = 0.01
PATIENCE_S = 20.0


@dataclass
class Person:
    """`kept` is what database and vendors know; `door` the way in."""

    env: WorkflowEnvironment
    door: Accounts
    accounts: KeptAccounts
    user_id: int

    @property
    def kept(self) -> Kept:
        return self.accounts.of(self.user_id)

    @property
    def client(self) -> Client:
        return self.env.client

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(account_workflow_id(self.user_id))

    async def pass_time(self, **duration: float) -> None:
        await self.env.sleep(timedelta(**duration))

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.handle.query("state")
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the workflow does by itself."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(LOOK_S)

    async def until_state(self, **wanted: Any) -> None:
        """Wait for what the workflow knows."""
        async with asyncio.timeout(PATIENCE_S):
            while not wanted.items() <= (await self.state()).items():
                await asyncio.sleep(LOOK_S)

    async def event(self, inquiry_id: str | None = None) -> None:
        """A webhook about the identity check."""
        await self.handle.signal("identity_event", {"inquiry_id": inquiry_id or self.kept.inquiry_id or ""})

    async def card(self, nonce: str) -> str:
        return (await self.door.store_card(self.user_id, nonce, f"print of {nonce}")).outcome

    async def cleared(self) -> None:
        """Go all the way."""
        await self.door.give_details(self.user_id, "sealed")
        await self.door.begin_identity(self.user_id)
        self.kept.inquiries[self.kept.inquiry_id or ""] = Identity.APPROVED
        await self.event()
        await self.card(f"nonce of {self.user_id}")
        await self.door.accept_terms(self.user_id, TERMS_VERSION)
        await self.until_state(cleared=True)

    async def events(self) -> list[str]:
        """The kinds of this run's events."""
        history = await self.handle.fetch_history()
        return [str(event.WhichOneof("attributes")).removesuffix("_event_attributes") for event in history.events]


@asynccontextmanager
async def open_person(
    env: WorkflowEnvironment, answer_s: float = 20.0, kind: type = OnboardingWorkflow
) -> AsyncIterator[Person]:
    """Somebody whose account nobody follows yet, and a worker that would."""
    queue, accounts = f"accounts-{uuid4()}", KeptAccounts()
    worker = Worker(
        env.client,
        task_queue=queue,
        workflows=[kind],
        activities=accounts.all(),
        workflow_runner=sandboxed(),
    )
    async with worker:
        person = Person(env, Accounts(env.client, queue, answer_s), accounts, next(NUMBERS))
        yield person
        # What nobody works for any more would hold up the time of the tests that follow.
        accounts.let_go()
        with contextlib.suppress(RPCError):
            await person.handle.signal("close")
        with contextlib.suppress(RPCError):
            await person.handle.result()
