"""The door into listings: steps are updates of their Listing workflow, started where it is missing."""

import asyncio
import contextlib
from typing import Any

import structlog
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import UnavailableError
from workflows import messages
from workflows.auction import AuctionWorkflow
from workflows.ids import auction_workflow_id, listing_workflow_id
from workflows.listing import ListingWorkflow
from workflows.listing_messages import ListingStart, StepAnswer, TakeStep

ANSWER_S = 10.0
RETRY_S = 2
AWAY = "The listing cannot be reached right now; what you wrote is saved. Send the same step again."
A_DAY_S = 86_400

log = structlog.get_logger(__name__)


class Listings:
    """The Listing workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def take_step(self, vehicle_id: int, wish: TakeStep) -> StepAnswer:
        """Take one step; the same one of the same version again has the first answer. Raises UnavailableError."""
        key = f"{wish.step} {wish.version} {wish.actor_id} {wish.request_id}"

        async def call() -> StepAnswer:
            await self._start(vehicle_id)
            handle = self._client.get_workflow_handle(listing_workflow_id(vehicle_id))
            answer: StepAnswer = await handle.execute_update(ListingWorkflow.take_step, wish, id=key)
            return answer

        try:
            return await asyncio.wait_for(call(), self._answer_s)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("listing_unavailable", vehicle_id=vehicle_id, error=type(error).__name__)
        except (WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError) as error:
            log.warning("listing_step_unknown", vehicle_id=vehicle_id, error=type(error).__name__)
        raise UnavailableError("LISTING_UNAVAILABLE", AWAY, retry_after_s=RETRY_S)

    async def follow(self, vehicle_id: int) -> None:
        """Follow a listing, and have its workflow look at what is new in the database.

        Never raises: its next step starts what could not be started now.
        """
        with contextlib.suppress(RPCError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self._start(vehicle_id, start_signal="listing_event"), self._answer_s)

    async def tell(self, vehicle_id: int) -> None:
        """A listing came to its end in the database: its workflow, where it has one, looks, and ends. Never raises."""
        handle = self._client.get_workflow_handle(listing_workflow_id(vehicle_id))
        with contextlib.suppress(RPCError, RuntimeError, TimeoutError):
            await asyncio.wait_for(handle.signal(ListingWorkflow.listing_event), self._answer_s)

    async def _start(self, vehicle_id: int, **options: Any) -> None:
        await self._client.start_workflow(
            ListingWorkflow.run,
            ListingStart(vehicle_id),
            id=listing_workflow_id(vehicle_id),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **options,
        )


class EditedLots:
    """Holds and resumes lots for edits of their listings, from the worker; the lot itself records what it decides."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def hold(self, auction_id: int, reason: str, command_id: str) -> bool:
        """Stop the clock; False where the lot is over, or held already. Raises RPCError while it is not known."""
        return await self._command(auction_id, AuctionWorkflow.hold, messages.Hold(reason), command_id)

    async def resume(self, auction_id: int, command_id: str) -> None:
        """Let it run on with at least a day left; a lot that is over, or runs, is left alone."""
        await self._command(auction_id, AuctionWorkflow.resume, messages.Resume(A_DAY_S), command_id)

    async def _command(self, auction_id: int, update: Any, argument: object, command_id: str) -> bool:
        handle = self._client.get_workflow_handle(auction_workflow_id(auction_id))
        try:
            answer: messages.CommandAnswer = await handle.execute_update(update, argument, id=command_id)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return answer.code is None
