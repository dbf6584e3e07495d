"""The door into Notice workflows, and the sweep that starts those which a crash left behind."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.db import notifications
from activities.db.engine import reading, transaction
from activities.ledger import utc_now
from temporal.starting import start_once, tell_running
from workflows.ids import notice_workflow_id
from workflows.notice import NoticeStart, NoticeWorkflow

UNSTARTED_AFTER = timedelta(seconds=5)
# Those that wait for their turn have so long to set out before they are taken for forgotten.
PATIENT_AFTER = timedelta(minutes=10)
AT_ONCE = 50

log = structlog.get_logger(__name__)


class Notices:
    """The Notice workflows as one process reaches them."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, outbox_id: str) -> None:
        """Start the workflow of a mail that is committed in the outbox; one that runs or ran already is left alone.

        Raises RPCError, or RuntimeError from a client that has never reached its server: `start_unsent` heals that.
        """
        workflow_id = notice_workflow_id(outbox_id)
        run, start = NoticeWorkflow.run, NoticeStart(outbox_id)
        if not await start_once(self._client, run, start, workflow_id=workflow_id, task_queue=self._task_queue):
            log.info("notice_already_started", outbox_id=outbox_id)

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on mails that were just written. Never raises: what cannot be started now, the sweep finds."""
        for outbox_id in outbox_ids:
            try:
                await self.start(outbox_id)
            except (RPCError, RuntimeError) as error:
                log.warning("notice_not_started", outbox_id=outbox_id, error=type(error).__name__)

    async def mail_event(self, outbox_id: str) -> None:
        """Tell a mail's workflow that an event was written; one that is over needs it no more."""
        await tell_running(self._client, notice_workflow_id(outbox_id), NoticeWorkflow.mail_event)

    async def start_unsent(self, engine: Engine) -> int:
        """Start what was written into the outbox and never seen to be started; returns how many that was.

        Whoever enqueues commits first and starts then: a crash in between is healed here. A mail whose start cannot be
        done now is found again by the next sweep.
        """
        started = []
        try:
            for outbox_id in await asyncio.to_thread(_unsent, engine):
                await self.start(outbox_id)
                started.append(outbox_id)
        finally:
            if started:
                await asyncio.to_thread(_mark_started, engine, started)
        return len(started)


def _unsent(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        now = utc_now()
        return notifications.unsent(connection, now - UNSTARTED_AFTER, now - PATIENT_AFTER, AT_ONCE)


def _mark_started(engine: Engine, outbox_ids: list[str]) -> None:
    with transaction(engine) as connection:
        notifications.mark_started(connection, outbox_ids, utc_now())
