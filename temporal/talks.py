"""The doors into negotiations and second chances, and the sweeps that heal what a crash left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.db import second_chances, talks
from activities.db.engine import reading, transaction
from activities.db.second_chances import StoredChance
from activities.db.talks import RUNNING, StoredTalks
from activities.ledger import utc_now
from domain.negotiation import NegotiationCode
from domain.second_chance import ChanceCode
from workflows.ids import negotiation_workflow_id, second_chance_workflow_id
from workflows.negotiation import NegotiationWorkflow
from workflows.negotiation_messages import (
    ChanceAct,
    ChanceAnswer,
    NegotiationStart,
    SecondChanceStart,
    TalksAct,
    TalksAnswer,
)
from workflows.second_chance import SecondChanceWorkflow

# A row that was just written belongs to who wrote it; nobody waits for these to begin.
UNSTARTED_AFTER = timedelta(seconds=1)
# A workflow that was told so often that its order was paid has heard it.
TOLD_FOR = timedelta(hours=1)
AT_ONCE = 50
ANSWER_S = 12.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Negotiations:
    """The Negotiation workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def start(self, auction_id: int) -> bool:
        """Start the workflow of a committed row; False where it ran before. Raises RPCError, RuntimeError."""
        return await _started(
            self._client.start_workflow(
                NegotiationWorkflow.run,
                NegotiationStart(auction_id),
                id=negotiation_workflow_id(auction_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        )

    async def act(self, stored: StoredTalks, update: Any, act: TalksAct) -> TalksAnswer:
        """Have one side's act judged, under its own id. Talks that are over answer so.

        Raises RPCError, TimeoutError or RuntimeError where the outcome is not known: the same act may be sent again.
        """
        handle = self._client.get_workflow_handle(negotiation_workflow_id(stored.auction_id))

        async def ask() -> TalksAnswer:
            asked = handle.execute_update(update, act, id=act.act_id, result_type=TalksAnswer)
            return await asyncio.wait_for(asked, self._answer_s)

        over = TalksAnswer(NegotiationCode.OVER.value, stored.talks)
        is_running = stored.status in RUNNING
        return await _asked(ask, lambda: self.start(stored.auction_id), over, is_running=is_running)

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and not started yet; returns how many that was."""
        found = await _read(engine, lambda c: talks.unstarted(c, utc_now() - UNSTARTED_AFTER, AT_ONCE))
        for auction_id in found:
            await self.start(auction_id)
        if found:
            await _write(engine, lambda c: talks.mark_started(c, found, utc_now()))
        return len(found)

    async def stop_overtaken(self, engine: Engine) -> int:
        """Tell talks that their vehicle is not for sale any more; returns how many were told."""
        found = await _read(engine, lambda c: talks.overtaken(c, AT_ONCE))
        names = [negotiation_workflow_id(auction_id) for auction_id in found]
        return await _tell(self._client, names, lambda handle: handle.signal(NegotiationWorkflow.lot_gone))

    async def free_strays(self, engine: Engine) -> int:
        """Let buying power follow the records; returns for how many lots."""
        return await _write(engine, lambda c: talks.free_strays(c, utc_now()))


class SecondChances:
    """The SecondChance workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._task_queue = task_queue
        self._answer_s = answer_s

    async def start(self, order_id: int) -> bool:
        """Start the workflow of a committed row; False where it ran before. Raises RPCError, RuntimeError."""
        return await _started(
            self._client.start_workflow(
                SecondChanceWorkflow.run,
                SecondChanceStart(order_id),
                id=second_chance_workflow_id(order_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        )

    async def act(self, stored: StoredChance, act: ChanceAct) -> ChanceAnswer:
        """Have one act judged, under its own id. One that is over answers so; raises as `Negotiations.act` does."""
        handle = self._client.get_workflow_handle(second_chance_workflow_id(stored.order_id))

        async def ask() -> ChanceAnswer:
            asked = handle.execute_update(SecondChanceWorkflow.act, act, id=act.act_id)
            return await asyncio.wait_for(asked, self._answer_s)

        over = ChanceAnswer(ChanceCode.OVER.value, stored.chance)
        is_running = stored.status in second_chances.RUNNING
        return await _asked(ask, lambda: self.start(stored.order_id), over, is_running=is_running)

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and not started yet; returns how many that was."""
        found = await _read(engine, lambda c: second_chances.unstarted(c, utc_now() - UNSTARTED_AFTER, AT_ONCE))
        for order_id in found:
            await self.start(order_id)
        if found:
            await _write(engine, lambda c: second_chances.mark_started(c, found, utc_now()))
        return len(found)

    async def tell_stopped(self, engine: Engine) -> int:
        """Tell those whose order was paid after all; returns how many were told."""
        found = await _read(engine, lambda c: second_chances.stopped(c, utc_now() - TOLD_FOR, AT_ONCE))
        names = [second_chance_workflow_id(order_id) for order_id in found]
        return await _tell(self._client, names, lambda handle: handle.signal(SecondChanceWorkflow.stop))

    async def free_strays(self, engine: Engine) -> int:
        """Give back buying power that no second chance binds; returns how many reservations that were."""
        return await _write(engine, lambda c: second_chances.free_strays(c, utc_now()))


async def _started(starting: Awaitable[object]) -> bool:
    """Whether it runs now: one that ran already is over, whatever its row says still."""
    try:
        await starting
    except WorkflowAlreadyStartedError:
        return False
    return True


async def _asked(
    ask: Callable[[], Awaitable[T]], start: Callable[[], Awaitable[bool]], over: T, *, is_running: bool
) -> T:
    """The answer of a workflow, which is started first where it never was."""
    try:
        return await ask()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return await ask() if is_running and await start() else over


async def _tell(
    client: Client, names: Sequence[str], signal: Callable[[WorkflowHandle[Any, Any]], Awaitable[None]]
) -> int:
    for name in names:
        try:
            await signal(client.get_workflow_handle(name))
        except RPCError as error:
            # One that was never started is started by the other sweep, and told by the next one; or it is over.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    return len(names)


async def _read(engine: Engine, query: Callable[[Connection], T]) -> T:
    def read() -> T:
        with reading(engine) as connection:
            return query(connection)

    return await asyncio.to_thread(read)


async def _write(engine: Engine, query: Callable[[Connection], T]) -> T:
    def write() -> T:
        with transaction(engine) as connection:
            return query(connection)

    return await asyncio.to_thread(write)
