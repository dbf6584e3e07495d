"""Documents whose histories are kept: one is rendered after a failure, one is not there."""

from contextlib import suppress
from dataclasses import dataclass

from temporalio import activity
from temporalio.client import WorkflowFailureError

from activities.paper_contracts import PaperActivities
from temporal.paper_worker import make_paper_worker
from temporal.papers import Papers
from temporal.worker import sandboxed
from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.paper import paper_workflow_id

NUMBER, UNKNOWN = "INV-2026-000001", "INV-2001-000001"


@dataclass
class Printer(PaperActivities):
    """Knows one document, and fails as often as a scene wants."""

    fails: int = 0

    @activity.defn(name="render_paper")
    async def render_paper(self, number: str) -> str:
        if number != NUMBER:
            raise LookupError
        if self.fails:
            self.fails -= 1
            raise OSError
        return "ab" * 32


async def rendered(stage: Stage) -> str:
    """The first attempt fails."""
    async with make_paper_worker(stage.client, QUEUE, Printer(fails=1), sandboxed()):
        await Papers(stage.client, QUEUE).start(NUMBER)
        return await stage.ended(paper_workflow_id(NUMBER))


async def not_there(stage: Stage) -> str:
    """Nobody has issued it."""
    async with make_paper_worker(stage.client, QUEUE, Printer(), sandboxed()):
        await Papers(stage.client, QUEUE).start(UNKNOWN)
        with suppress(WorkflowFailureError):
            await stage.ended(paper_workflow_id(UNKNOWN))
    return paper_workflow_id(UNKNOWN)


SCENES = {"paper_rendered": Scene(rendered, skipping), "paper_not_there": Scene(not_there, skipping)}
