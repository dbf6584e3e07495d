"""A seller's feed whose history is kept: two vehicles are told of, and the endpoint is switched off."""

from tests.replay.stage import QUEUE, Scene, Stage, skipping
from workflows.ids import seller_feed_workflow_id
from workflows.seller_feed import SellerFeedStart, SellerFeedWorkflow

ENDPOINT = 4


async def told(stage: Stage) -> str:
    """Both are told of; then there is news, and the endpoint is gone."""
    workflow_id = seller_feed_workflow_id(ENDPOINT)
    await stage.client.start_workflow(
        SellerFeedWorkflow.run, SellerFeedStart(ENDPOINT), id=workflow_id, task_queue=QUEUE
    )
    await stage.until(lambda: len(stage.feed.told) == len((1, 2)))
    stage.feed.is_open = False
    await stage.client.get_workflow_handle(workflow_id).signal(SellerFeedWorkflow.news)
    return await stage.ended(workflow_id)


SCENES = {"feed_told": Scene(told, skipping)}
