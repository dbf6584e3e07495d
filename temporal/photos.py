"""The door into Photo workflows, and the sweep that starts those which a crash left behind."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.db import uploads
from activities.db.engine import reading
from activities.db.uploads import Standing
from activities.ledger import utc_now
from domain.errors import UnavailableError
from domain.photos import Kind, State
from workflows.photo import PhotoStart, PhotoWorkflow, photo_workflow_id

UNSTARTED_AFTER = timedelta(seconds=5)
AT_ONCE = 50
STARTS_AT_ONCE = 8
START_LIMIT_S = 5.0
RETRY_S = 2

log = structlog.get_logger(__name__)


class Photos:
    """The Photo workflows as one process reaches them, those of documents among them."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._started: set[tuple[str, State]] = set()

    async def begin(self, awaited: Iterable[Standing]) -> None:
        """Follow uploads that are committed. Never raises: what cannot be started now, the sweep finds."""
        slots = asyncio.Semaphore(STARTS_AT_ONCE)

        async def start(upload: Standing) -> None:
            async with slots:
                await self._attempt(upload)

        await asyncio.gather(*(start(upload) for upload in awaited))

    async def uploaded(self, upload: Standing) -> None:
        """The file of an upload is said to be there. Raises UnavailableError; without this call it is found later."""
        try:
            await asyncio.wait_for(self._start(upload, start_signal="uploaded"), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("upload_not_told", upload_id=upload.upload_id, error=type(error).__name__)
            raise UnavailableError(
                "PHOTOS_UNAVAILABLE",
                "The file is there, and will be looked at. Say so again in a moment to have it looked at sooner.",
                retry_after_s=RETRY_S,
            ) from None

    async def removed(self, upload: Standing) -> None:
        """An upload is marked as removed: what is stored of it goes too. Never raises; the sweep sees to it."""
        await self._attempt(upload, start_signal="removed")

    async def start_unstarted(self, engine: Engine) -> int:
        """Start what was written down and perhaps never started; returns how many that was.

        What waits because its workflow waits is started in vain, once per process.
        """
        waiting = await asyncio.to_thread(_unfinished, engine, AT_ONCE + len(self._started))
        self._started.intersection_update((upload.upload_id, upload.state) for upload in waiting)
        fresh = [upload for upload in waiting if (upload.upload_id, upload.state) not in self._started][:AT_ONCE]
        for upload in fresh:
            signal = {"start_signal": "removed"} if upload.state is State.REMOVED else {}
            await self._start(upload, **signal)
            self._started.add((upload.upload_id, upload.state))
        return len(fresh)

    async def _attempt(self, upload: Standing, **signal: Any) -> None:
        try:
            await asyncio.wait_for(self._start(upload, **signal), START_LIMIT_S)
        except (RPCError, RuntimeError, TimeoutError) as error:
            # A client that could not connect yet raises a bare RuntimeError.
            log.warning("upload_not_started", upload_id=upload.upload_id, error=type(error).__name__)

    async def _start(self, upload: Standing, **signal: Any) -> None:
        """One that runs goes on; one that is over runs once more, which is how a photo of last year is removed."""
        with suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                PhotoWorkflow.run,
                PhotoStart(upload.kind, upload.vehicle_id, upload.upload_id, upload.expires_at),
                id=photo_workflow_id(upload.kind, upload.upload_id),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                **signal,
            )


def _unfinished(engine: Engine, limit: int) -> list[Standing]:
    before = utc_now() - UNSTARTED_AFTER
    with reading(engine) as connection:
        return [each for kind in Kind for each in uploads.unfinished(connection, kind, before, limit)]
