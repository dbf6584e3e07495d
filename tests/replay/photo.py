"""Uploads whose histories are kept: one that was kept, one that was removed, and one that never came."""

from datetime import timedelta

from activities.photo_contracts import Outcome
from domain.photos import Kind
from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.photo import PhotoStart, PhotoWorkflow, photo_workflow_id

VEHICLE, UPLOAD = 12, "5e0c4f0e-6f7c-4b6a-9d0e-0d5ad0a1e1c7"
FORM = timedelta(minutes=15)


async def kept(stage: Stage) -> str:
    """It came, was checked, and what was sent is deleted twice."""
    workflow_id = await _begun(stage)
    await stage.client.get_workflow_handle(workflow_id).signal(PhotoWorkflow.uploaded)
    await stage.until(lambda: "drop" in stage.uploads.done)
    return await stage.ended(workflow_id)


async def removed(stage: Stage) -> str:
    """Its seller does not want it any more."""
    workflow_id = await _begun(stage)
    handle = stage.client.get_workflow_handle(workflow_id)
    await handle.signal(PhotoWorkflow.uploaded)
    await stage.until(lambda: "drop" in stage.uploads.done)
    await handle.signal(PhotoWorkflow.removed)
    return await stage.ended(workflow_id)


async def never_came(stage: Stage) -> str:
    """Nobody sent it."""
    stage.uploads.outcome = Outcome.MISSING
    return await stage.ended(await _begun(stage))


async def _begun(stage: Stage) -> str:
    workflow_id = photo_workflow_id(Kind.PHOTO, UPLOAD)
    start = PhotoStart(Kind.PHOTO, VEHICLE, UPLOAD, await stage.env.get_current_time() + FORM)
    await stage.client.start_workflow(PhotoWorkflow.run, start, id=workflow_id, task_queue=QUEUE)
    return workflow_id


SCENES = {
    "photo_kept": Scene(kept, skipping),
    "photo_removed": Scene(removed, skipping),
    "photo_never_came": Scene(never_came, skipping),
}
