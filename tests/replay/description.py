"""Drafts whose histories are kept: by the model, and by the template after a failure."""

from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.description import DescriptionStart, DescriptionWorkflow, description_workflow_id

VEHICLE, VERSION, ASKER = 12, 3, 7


async def drafted(stage: Stage) -> str:
    """The model writes it."""
    return await stage.ended(await _begun(stage))


async def drafted_by_template(stage: Stage) -> str:
    """The model's activity fails, and the database is away once after that."""
    stage.drafts.is_broken, stage.drafts.fails = True, 1
    return await stage.ended(await _begun(stage))


async def _begun(stage: Stage) -> str:
    workflow_id = description_workflow_id(VEHICLE, VERSION)
    start = DescriptionStart(VEHICLE, ASKER)
    await stage.client.start_workflow(DescriptionWorkflow.run, start, id=workflow_id, task_queue=QUEUE)
    return workflow_id


SCENES = {
    "description_drafted": Scene(drafted, skipping),
    "description_by_template": Scene(drafted_by_template, skipping),
}
