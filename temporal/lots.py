"""Calls into Auction workflows over Temporal: updates under stable ids, with unknown outcomes asked for again."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any, TypeVar

import structlog
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import Ledger
from domain.errors import UnavailableError
from temporal.metrics import DoorMetrics
from workflows import messages
from workflows.auction import AuctionWorkflow
from workflows.ids import AUCTION_CLOSES_AT, AUCTION_STATUS, auction_workflow_id

ATTEMPT_S = 12.0
PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1.0)
FAILURES = 3
COMMAND_S = 10.0

T = TypeVar("T")

log = structlog.get_logger(__name__)

OVER = frozenset(
    {
        WorkflowExecutionStatus.COMPLETED,
        WorkflowExecutionStatus.TERMINATED,
        WorkflowExecutionStatus.CANCELED,
        WorkflowExecutionStatus.FAILED,
        WorkflowExecutionStatus.TIMED_OUT,
    }
)


class AuctionOverError(Exception):
    """The auction's workflow has completed; what it decided is in the database."""


class AuctionLots:
    """The Auction workflows as one process reaches them."""

    def __init__(
        self, client: Client, task_queue: str, ledger: Ledger, executor: Executor, metrics: DoorMetrics
    ) -> None:
        self._client = client
        self._task_queue = task_queue
        self._ledger = ledger
        self._executor = executor
        self._metrics = metrics

    async def start(self, start: messages.AuctionStart) -> None:
        """Start the workflow of a scheduled auction; one that runs or ran already is left alone."""
        terms = start.terms
        try:
            await self._client.start_workflow(
                AuctionWorkflow.run,
                start,
                id=auction_workflow_id(terms.auction_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(AUCTION_STATUS, "scheduled"),
                        SearchAttributePair(AUCTION_CLOSES_AT, terms.ends_at),
                    ]
                ),
                static_summary=start.vehicle,
                static_details=f"Auction {terms.auction_id}, planned until {terms.ends_at:%Y-%m-%d %H:%M} UTC",
            )
        except WorkflowAlreadyStartedError:
            log.info("auction_already_started", auction_id=terms.auction_id)

    async def place_bids(self, auction_id: int, batch: messages.BidBatch) -> messages.BatchAnswer:
        """Have a batch judged. It is sent until its outcome is known, always under its own id.

        Raises AuctionOverError where the workflow has completed.
        """
        return await self._until_known(
            auction_id,
            lambda handle: handle.execute_update(AuctionWorkflow.place_bids, batch, id=batch.batch_id),
        )

    async def signal_bids(self, auction_id: int, batch: messages.BidBatch) -> None:
        """Hand a batch over by signal: durable when this returns, judged later."""
        handle = self._handle(auction_id)
        try:
            await handle.signal("place_bids", batch)
        except RPCError as error:
            raise await self._over_or_away(handle, error) from error
        except RuntimeError as error:
            raise away() from error

    async def command(
        self, auction_id: int, update: Any, argument: object, *, command_id: str
    ) -> messages.CommandAnswer:
        """Carry out one command (an update of AuctionWorkflow) under a stable id, and record what it did.

        Raises AuctionOverError, or UnavailableError where the outcome is not known in time: the same id may be sent
        again.
        """
        send = self._until_known(auction_id, lambda handle: handle.execute_update(update, argument, id=command_id))
        try:
            answer: messages.CommandAnswer = await asyncio.wait_for(send, COMMAND_S)
        except TimeoutError:
            raise away() from None
        recorded = await self._in_thread(self._ledger.record, auction_id, answer.entries)
        if recorded.forked:
            await self.hold_forked(auction_id, recorded.through)
        elif recorded.gap:
            await self.catch_up(auction_id)
        return answer

    async def catch_up(self, auction_id: int) -> int:
        """Fetch and record what the database lacks of an auction; returns how many entries that was."""
        total, through = 0, (await self._in_thread(self._ledger.record, auction_id, [])).through
        while True:
            try:
                answer = await self._unrecorded(auction_id, messages.Unrecorded(through))
            except AuctionOverError:
                return total
            recorded = await self._in_thread(self._ledger.record, auction_id, answer.entries)
            total += len(recorded.written)
            self._metrics.caught_up.inc(len(recorded.written))
            if recorded.forked:
                await self.hold_forked(auction_id, recorded.through)
            if recorded.forked or recorded.gap or not recorded.written:
                return total
            through = recorded.through

    async def _unrecorded(self, auction_id: int, question: messages.Unrecorded) -> messages.BatchAnswer:
        question_id = str(uuid.uuid4())
        return await self._until_known(
            auction_id, lambda handle: handle.execute_update(AuctionWorkflow.unrecorded, question, id=question_id)
        )

    async def hold_forked(self, auction_id: int, seq: int) -> None:
        """Hold a lot whose database contradicts its history; asked twice for the same place, it is done once."""
        self._metrics.forks.inc()
        handle = self._handle(auction_id)
        try:
            await asyncio.wait_for(
                handle.execute_update(AuctionWorkflow.hold, messages.Hold("fork"), id=f"fork-{auction_id}-{seq}"),
                COMMAND_S,
            )
        except (RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as error:
            log.warning("fork_hold_failed", auction_id=auction_id, error=type(error).__name__)

    def recording_failed(self, auction_id: int, error: BaseException, *, by: str) -> None:
        """Tell people, by log and metric, that what an auction decided is not getting into the database."""
        self._metrics.recording_failures.labels(by).inc()
        log.error("recording_failed", auction_id=auction_id, error=type(error).__name__, by=by)

    async def report_outage(self, auction_id: int, at: datetime) -> None:
        """Tell an auction that a bid of its last minutes was turned away; one that is over needs it no more."""
        handle = self._handle(auction_id)
        try:
            await handle.signal("report_outage", messages.Outage(at))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _until_known(self, auction_id: int, call: Callable[[WorkflowHandle[Any, Any]], Awaitable[T]]) -> T:
        handle = self._handle(auction_id)
        attempt = failures = 0
        while True:
            try:
                return await asyncio.wait_for(call(handle), ATTEMPT_S)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND and await self._is_over(handle):
                    raise AuctionOverError from error
                reason = error.status.name
            except WorkflowUpdateFailedError as error:
                failures += 1
                if failures >= FAILURES:
                    raise
                reason = type(error.cause).__name__
            except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RuntimeError) as error:
                # A client that has never reached its server says so by a bare RuntimeError.
                reason = type(error).__name__
            self._metrics.retries.labels(reason).inc()
            log.warning("update_outcome_unknown", auction_id=auction_id, reason=reason, attempt=attempt)
            await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    async def _is_over(self, handle: WorkflowHandle[Any, Any]) -> bool:
        try:
            return (await handle.describe()).status in OVER
        except RPCError:
            return False

    async def _over_or_away(self, handle: WorkflowHandle[Any, Any], error: RPCError) -> Exception:
        over = error.status is RPCStatusCode.NOT_FOUND and await self._is_over(handle)
        return AuctionOverError() if over else away()

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*arguments))

    def _handle(self, auction_id: int) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(auction_workflow_id(auction_id), result_type=messages.AuctionOutcome)


def away() -> UnavailableError:
    """Temporal or its worker is away; the same request may be sent again."""
    return UnavailableError(
        "UNAVAILABLE", "The auction cannot be reached. Send the same request with the same key again.", retry_after_s=2
    )
