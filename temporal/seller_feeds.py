"""The door into SellerFeed workflows, and the look that wakes those which nobody has told."""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities.db import seller_endpoints
from activities.db.engine import reading, transaction
from activities.db.seller_endpoints import Asleep
from activities.ledger import utc_now
from domain.clock import truncate
from workflows.ids import seller_feed_workflow_id
from workflows.seller_feed import SellerFeedStart, SellerFeedWorkflow

AT_ONCE = 100
START_LIMIT_S = 2.0

log = structlog.get_logger(__name__)


def feeds_queue(accounts_queue: str) -> str:
    """The task queue of the feeds, beside that of the accounts: an endpoint that is slow takes no slot from those."""
    return f"{accounts_queue}-feeds"


class SellerFeeds:
    """The feeds as one process reaches them."""

    def __init__(self, client: Client, accounts_queue: str) -> None:
        self._client = client
        self._task_queue = feeds_queue(accounts_queue)

    async def tell(self, endpoint_id: int) -> None:
        """Have an endpoint's workflow look, which is started where it does not run.

        Raises RPCError, or RuntimeError from a client that has never reached its server: `wake_asleep` heals that.
        """
        await self._client.start_workflow(
            SellerFeedWorkflow.run,
            SellerFeedStart(endpoint_id, self._task_queue),
            id=seller_feed_workflow_id(endpoint_id),
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="news",
        )

    async def hurry(self, endpoint_id: int) -> None:
        """The same as soon as it can be done: now, or by the next upkeep. Never raises for a server that is away."""
        try:
            await asyncio.wait_for(self.tell(endpoint_id), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("seller_feed_not_told", endpoint_id=endpoint_id, error=type(error).__name__)

    async def wake_asleep(self, engine: Engine) -> int:
        """Tell every endpoint's workflow that something is due of which it does not know; returns how many those were.

        Whoever notes an event need tell nobody: this finds it, whatever was lost.
        """
        now = truncate(utc_now())
        found = await asyncio.to_thread(_asleep, engine, now)
        for each in found:
            await self.tell(each.endpoint_id)
            await asyncio.to_thread(_mark_told, engine, each, now)
        return len(found)


def _asleep(engine: Engine, now: datetime) -> list[Asleep]:
    with reading(engine) as connection:
        return seller_endpoints.asleep(connection, now, AT_ONCE)


def _mark_told(engine: Engine, told: Asleep, now: datetime) -> None:
    with transaction(engine) as connection:
        seller_endpoints.mark_told(connection, told, now)
