"""Sellers' feeds whose histories are kept: two vehicles are told of, and the endpoint is switched off; and one that
began before feeds had a task queue of their own."""

from temporal.seller_feeds import feeds_queue
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


async def moved(stage: Stage) -> str:
    """Begun on the accounts' queue, it goes on where feeds are told now, and tells of both there."""
    stage.feed.queue = feeds_queue(QUEUE)
    return await told(stage)


SCENES = {"feed_told": Scene(told, skipping), "feed_moved": Scene(moved, skipping)}
