"""The SellerFeed workflow: one endpoint of a seller's own system, told of everything in the order of each vehicle."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.seller_feed_contracts import DeliverEvent, Due, FeedSeen, LookAtFeed, SellerFeedActivities
    from workflows import policies

# So many vehicles of an endpoint are told of side by side: a slow endpoint is nobody else's trouble.
PARALLEL = 4


@dataclass(frozen=True, slots=True)
class SellerFeedStart:
    """The endpoint by its id: where it is and what it is told stays in the database. `queue` is the task queue of the
    run; nothing in those that began before feeds had a queue of their own."""

    endpoint_id: int
    queue: str = ""


@workflow.defn(name="SellerFeed")
class SellerFeedWorkflow:
    """It holds nothing of its own: the database knows what is due and when, so a run may begin anew at any time, and on
    another task queue as soon as a look says that feeds are told there."""

    @workflow.init
    def __init__(self, start: SellerFeedStart) -> None:
        self._endpoint_id = start.endpoint_id
        self._has_news = False
        # The vehicles of which something is on its way; None is what is about no vehicle.
        self._busy: set[int | None] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @workflow.run
    async def run(self, start: SellerFeedStart) -> None:
        """Look what is due, send it, and wait for news or for the next try; until the endpoint is switched off."""
        while True:
            self._has_news = False
            seen = await self._look()
            if not seen.is_open:
                break
            if seen.queue not in {"", start.queue}:
                await self._all_sent()
                workflow.continue_as_new(replace(start, queue=seen.queue), task_queue=seen.queue)
            for due in seen.due:
                await self._begin(due)
            await self._rest(seen.next_at)
            if workflow.info().is_continue_as_new_suggested():
                await self._all_sent()
                workflow.continue_as_new(start)
        await self._all_sent()

    @workflow.signal
    def news(self) -> None:
        """Something happened that the endpoint may want to be told of."""
        self._has_news = True

    async def _look(self) -> FeedSeen:
        return await workflow.execute_activity_method(
            SellerFeedActivities.look_at_feed, LookAtFeed(self._endpoint_id, workflow.now()), **policies.LOOK_AT_FEED
        )

    async def _begin(self, due: Due) -> None:
        await workflow.wait_condition(lambda: len(self._busy) < PARALLEL)
        if due.vehicle_id in self._busy:
            return
        self._busy.add(due.vehicle_id)
        task = asyncio.create_task(self._deliver(due))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, due: Due) -> None:
        work = DeliverEvent(self._endpoint_id, due.event_id, due.replays, workflow.now())
        try:
            await workflow.execute_activity_method(SellerFeedActivities.deliver_event, work, **policies.DELIVER_EVENT)
        finally:
            self._busy.discard(due.vehicle_id)
            # The vehicle's next event may be due now.
            self._has_news = True

    async def _rest(self, next_at: datetime | None) -> None:
        timeout = None if next_at is None else max(next_at - workflow.now(), timedelta(0))
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._has_news, timeout=timeout)

    async def _all_sent(self) -> None:
        await workflow.wait_condition(lambda: not self._busy)
