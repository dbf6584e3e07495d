"""The door into Seller workflows: whoever approves a dealer has the licence watched."""

from datetime import date

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from workflows.ids import seller_workflow_id
from workflows.seller import SellerStart, SellerWorkflow


class SellerWatch:
    """The Seller workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def licence(self, user_id: int, expires_on: date) -> None:
        """Have the seller's licence watched, instead of any other; done twice, it is watched once.

        Raises RPCError, or RuntimeError from a client that has never reached its server.
        """
        await self._client.start_workflow(
            SellerWorkflow.run,
            SellerStart(user_id, expires_on),
            id=seller_workflow_id(user_id),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal="licence",
            start_signal_args=[expires_on],
        )
