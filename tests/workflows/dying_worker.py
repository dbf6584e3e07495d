"""A worker in a process of its own that never gets from the vendor's answer to ours: it says so, and waits for its end.

`python -m tests.workflows.dying_worker TEMPORAL QUEUE DATABASE BANK`
"""

import asyncio
import sys
from typing import Any

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.db.engine import make_engine
from activities.onboarding import OnboardingWork
from activities.providers.authorize_net import AuthorizeNet
from activities.providers.persona import Persona
from temporal.converter import make_converter
from tests.activities.onboarding.stage import Clock, make_work
from workflows.onboarding import OnboardingWorkflow

ANSWERED = "the vendor has answered"
SECRET = b"\x07" * 32
NOBODY = "http://127.0.0.1:9"


class NeverReturns(AuthorizeNet):
    """The client of a process that dies with the vendor's answer in its hands."""

    async def create_profile(self, *arguments: Any) -> Any:
        await super().create_profile(*arguments)
        sys.stdout.write(f"{ANSWERED}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def activities_of(work: OnboardingWork) -> list[Any]:
    """What a card needs."""
    return [work.look_at_account, work.keep_card, work.read_card, work.close_account]


async def run(target: str, queue: str, database: str, bank: str) -> None:
    """Work until killed."""
    client = await Client.connect(target, data_converter=make_converter(SECRET))
    cards = NeverReturns(bank, "sandboxLogin", "sandboxKey012345")
    work = make_work(make_engine(database), Persona(NOBODY, "none", "itmpl_none"), cards, Clock())
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[OnboardingWorkflow],
        activities=activities_of(work),
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
