"""The door into Order workflows, and the sweep that starts those whose sale was written down and never begun."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from temporalio.client import Client, WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.db import orders
from activities.db.engine import reading, transaction
from activities.ledger import utc_now
from domain.orders import OrderCode, OrderStatus
from workflows.ids import DISPUTE_OPEN, ORDER_STATUS, order_workflow_id
from workflows.order import OrderWorkflow
from workflows.order_messages import Happened, OrderAnswer, OrderOutcome, OrderStart

# Who wrote the row starts its order a moment later; after that the sweep does.
UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
START_LIMIT_S = 5.0
ANSWER_S = 12.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Orders:
    """The Order workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def begin(self, order_id: int) -> None:
        """Start a committed order as soon as that can be done: now, or by the sweep. Never raises for a server that is
        away."""
        try:
            await asyncio.wait_for(self.start(order_id), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("order_not_started", order_id=order_id, error=type(error).__name__)

    async def start(self, order_id: int) -> bool:
        """Start the workflow of an order; False where it ran to its end before. One that runs is left alone.

        Raises RPCError, or RuntimeError from a client that has never reached its server.
        """
        try:
            await self._client.start_workflow(
                OrderWorkflow.run,
                OrderStart(order_id),
                id=order_workflow_id(order_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(ORDER_STATUS, OrderStatus.PENDING_PAYMENT.value),
                        SearchAttributePair(DISPUTE_OPEN, value=False),
                    ]
                ),
                static_summary=f"Order {order_id}",
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and perhaps never started; returns how many that was."""
        before = utc_now() - UNSTARTED_AFTER
        waiting = await asyncio.to_thread(_read, engine, lambda c: orders.unstarted(c, before, AT_ONCE))
        for order_id in waiting:
            await self.start(order_id)
        if waiting:
            await asyncio.to_thread(_write, engine, lambda c: orders.mark_started(c, waiting, utc_now()))
        return len(waiting)

    async def payment_news(self, order_id: int) -> None:
        """Something happened to a payment of this order: its workflow looks at the money."""
        await self._tell(order_id, "payment_news")

    async def happened(self, order_id: int, news: Happened) -> None:
        """Something happened to the title or the vehicle of this order."""
        await self._tell(order_id, "happened", news)

    async def act(self, order_id: int, update: Any, message: object | None, command_id: str) -> OrderAnswer:
        """Have one act judged, under its own id; `message` is None for `accept_delivery`. One that is over says so.

        Raises RPCError, TimeoutError or RuntimeError where the outcome is not known: the same act may be sent again.
        """
        handle = self._handle(order_id)

        async def ask() -> OrderAnswer:
            args = [] if message is None else [message]
            answer: OrderAnswer = await handle.execute_update(update, args=args, id=command_id, result_type=OrderAnswer)
            return answer

        try:
            return await self._known(ask())
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        if await self.start(order_id):
            return await self._known(ask())
        return await self._known(self._over(handle))

    async def _over(self, handle: WorkflowHandle[OrderWorkflow, OrderOutcome]) -> OrderAnswer:
        """The answer of an order whose workflow has ended, which is still asked how it ended."""
        state = await handle.query(OrderWorkflow.state)
        if state is None:
            raise LookupError("this order was never read")
        return OrderAnswer(OrderCode.OVER.value, state.order)

    async def _tell(self, order_id: int, name: str, *arguments: object) -> None:
        """Signal an order. One that never began is started first; one that is over needs no news.

        Raises RPCError, or RuntimeError from a client that has never reached its server.
        """
        for _ in range(2):
            try:
                await self._handle(order_id).signal(name, args=list(arguments))
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            else:
                return
            if not await self.start(order_id):
                break
        log.info("order_over_untold", order_id=order_id, news=name)

    def _handle(self, order_id: int) -> WorkflowHandle[OrderWorkflow, OrderOutcome]:
        return self._client.get_workflow_handle_for(OrderWorkflow.run, order_workflow_id(order_id))

    async def _known(self, answer: Awaitable[OrderAnswer]) -> OrderAnswer:
        return await asyncio.wait_for(answer, self._answer_s)


def _read(engine: Engine, query: Callable[[Connection], T]) -> T:
    with reading(engine) as connection:
        return query(connection)


def _write(engine: Engine, query: Callable[[Connection], T]) -> T:
    with transaction(engine) as connection:
        return query(connection)
