"""VINs whose histories are kept: told by ClearVIN at once, by vPIC in its place, and slowly by both."""

import asyncio

from tests.doubles.vins import CLEARVIN, VPIC, Says
from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.decode_vin import DecodeVinStart, DecodeVinWorkflow
from workflows.ids import vin_workflow_id

VIN = "19XFC1F30KE902117"


async def told(stage: Stage) -> str:
    """ClearVIN knows it."""
    return await stage.ended(await _begun(stage))


async def told_by_vpic(stage: Stage) -> str:
    """ClearVIN's answer is lost, which is not repeated; vPIC is away once, and knows it then."""
    stage.decoders.clearvin, stage.decoders.vpic = (Says.LOST,), (Says.UNAVAILABLE, Says.KNOWN)
    return await stage.ended(await _begun(stage))


async def told_slowly(stage: Stage) -> str:
    """ClearVIN is silent for long, vPIC is asked meanwhile, and the report comes all the same."""
    stage.decoders.slow = asyncio.Event()
    workflow_id = await _begun(stage)
    await stage.until(lambda: stage.decoders.asked[CLEARVIN] == 1)
    await stage.house.pass_time(seconds=7)
    await stage.until(lambda: stage.decoders.asked[VPIC] == 1)
    stage.decoders.slow.set()
    return await stage.ended(workflow_id)


async def _begun(stage: Stage) -> str:
    workflow_id = vin_workflow_id(VIN)
    await stage.client.start_workflow(DecodeVinWorkflow.run, DecodeVinStart(VIN), id=workflow_id, task_queue=QUEUE)
    return workflow_id


SCENES = {
    "vin_told": Scene(told, skipping),
    "vin_told_by_vpic": Scene(told_by_vpic, skipping),
    "vin_told_slowly": Scene(told_slowly, skipping),
}
