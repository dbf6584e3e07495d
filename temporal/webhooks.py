"""Brings stored webhooks to the workflows they are about, at once and again until it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.db import webhooks
from activities.db.engine import SqliteBusyError, reading, transaction
from activities.db.webhooks import Event, State
from activities.ledger import utc_now
from domain.errors import UnavailableError

AT_ONCE = 50
EVERY_S = 5.0
# A webhook may overtake the answer of the call that caused it: for so long nothing is called unknown.
UNKNOWN_AFTER = timedelta(minutes=10)
AWAY = (SQLAlchemyError, SqliteBusyError, RPCError, UnavailableError, TimeoutError, OSError)

# Signals whoever an event is about: the id of the workflow that took it, or None where it is nobody of ours yet.
Route = Callable[[Event], Awaitable[str | None]]
T = TypeVar("T")
log = structlog.get_logger(__name__)


class Courier:
    """One process's loop over the stored events; two that bring the same event do no harm."""

    def __init__(
        self, engine: Engine, executor: Executor, routes: Mapping[str, Route], every_s: float = EVERY_S
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._routes = routes
        self._every_s = every_s
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to bring."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop in the middle of whatever it is: what is not settled is brought again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hurry(self) -> None:
        """Something was stored just now."""
        self._wake.set()

    async def bring(self) -> None:
        """Try every event that waits, once."""
        for event in await self._in_thread(self._waiting):
            state, workflow_id = await self._deliver(event, utc_now())
            await self._in_thread(self._settle, event, state, workflow_id)

    async def _run(self) -> None:
        while True:
            try:
                await self.bring()
            except AWAY as error:
                log.warning("webhooks_not_brought", error=type(error).__name__)
            except Exception as error:
                log.exception("courier_failed", error=type(error).__name__)
            try:
                await asyncio.wait_for(self._wake.wait(), self._every_s)
            except TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _deliver(self, event: Event, now: datetime) -> tuple[State, str | None]:
        route = self._routes.get(event.vendor)
        try:
            workflow_id = None if route is None else await route(event)
        except AWAY as error:
            log.warning("webhook_not_brought", vendor=event.vendor, kind=event.kind, error=type(error).__name__)
            return State.STORED, None
        except Exception as error:
            # It sinks behind the others, which must not wait for what nobody foresaw.
            log.exception("webhook_broken", vendor=event.vendor, kind=event.kind, error=type(error).__name__)
            return State.STORED, None
        if workflow_id is not None:
            return State.DELIVERED, workflow_id
        return (State.UNKNOWN if now - event.received_at >= UNKNOWN_AFTER else State.STORED), None

    def _waiting(self) -> list[Event]:
        with reading(self._engine) as connection:
            return webhooks.waiting(connection, AT_ONCE)

    def _settle(self, event: Event, state: State, workflow_id: str | None) -> None:
        with transaction(self._engine) as connection:
            webhooks.settle(connection, event.id, state, workflow_id)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
