"""The worker's side of uploads: what really arrived, what is kept of it, and that nothing else stays behind."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import photo_contracts as contracts
from activities.db import uploads
from activities.db.engine import reading, transaction
from activities.db.uploads import Standing
from activities.ledger import utc_now
from activities.photo_contracts import Outcome, Upload, UploadChecked
from activities.picture_headers import is_whole_pdf, type_of
from activities.pictures import Picture, picture_of
from activities.providers.failures import RejectedError, UnavailableError
from activities.providers.s3 import FOR_A_YEAR, NOT_KEPT, Storage
from domain.clock import truncate
from domain.photos import (
    DOCUMENT_BYTES,
    DOCUMENT_WIDTH,
    JPEG,
    PDF,
    PHOTO_BYTES,
    WEBP,
    WIDTHS,
    Flaw,
    Kind,
    State,
    document_key,
    kept_prefix,
    picture_key,
    upload_key,
)

# Files in memory at once, whatever the number of activities; how many are decoded at once, the executor says.
IN_MEMORY = 4
MOST_BYTES = {Kind.PHOTO: PHOTO_BYTES, Kind.DOCUMENT: DOCUMENT_BYTES, Kind.LICENCE: DOCUMENT_BYTES}
OVER = {State.READY: Outcome.READY, State.REFUSED: Outcome.REFUSED, State.REMOVED: Outcome.GONE}

T = TypeVar("T")
log = structlog.get_logger(__name__)


class PhotoWork(contracts.PhotoActivities):
    """Uploads of one database and one bucket. `decoders` is a small pool: each takes a processor and much memory."""

    def __init__(self, engine: Engine, storage: Storage, decoders: Executor) -> None:
        self._engine = engine
        self._storage = storage
        self._decoders = decoders
        self._in_memory = asyncio.Semaphore(IN_MEMORY)

    @activity.defn(name="check_upload")
    async def check_upload(self, upload: Upload) -> UploadChecked:
        """Look whether the file is there and what it really is, keep what may be shown, and mark its row."""
        standing = await self._read(partial(uploads.find, kind=upload.kind, upload_id=upload.upload_id))
        if standing is None:
            return UploadChecked(Outcome.GONE)
        if standing.state in OVER:
            return UploadChecked(OVER[standing.state])
        with storing():
            return UploadChecked(await self._check(standing))

    @activity.defn(name="drop_upload")
    async def drop_upload(self, upload: Upload) -> None:
        """Delete the file as it was sent; what was made of it stays."""
        with storing():
            await self._storage.delete([upload_key(upload.kind, upload.vehicle_id, upload.upload_id)])

    @activity.defn(name="forget_upload")
    async def forget_upload(self, upload: Upload) -> None:
        """Delete the file, all that was made of it, and last its row."""
        with storing():
            kept = await self._storage.keys_below(kept_prefix(upload.kind, upload.vehicle_id, upload.upload_id))
            await self._storage.delete([upload_key(upload.kind, upload.vehicle_id, upload.upload_id), *kept])
        await self._write(partial(uploads.forget, kind=upload.kind, upload_id=upload.upload_id))

    async def _check(self, upload: Standing) -> Outcome:
        key = upload_key(upload.kind, upload.vehicle_id, upload.upload_id)
        facts = await self._storage.head(key)
        if facts is None:
            return Outcome.MISSING
        at = truncate(utc_now())
        begin = partial(uploads.begin_check, kind=upload.kind, upload_id=upload.upload_id, at=at)
        if not await self._write(begin):
            return Outcome.GONE
        most = MOST_BYTES[upload.kind]
        # The form says both already; S3 is asked what it really took.
        if facts.size > most:
            return await self._refuse(upload, Flaw.TOO_LARGE)
        if facts.content_type != upload.content_type:
            return await self._refuse(upload, Flaw.OTHER_TYPE)
        async with self._in_memory:
            content = await self._storage.get(key, most)
            if content is None:
                return Outcome.MISSING
            if len(content) > most:
                return await self._refuse(upload, Flaw.TOO_LARGE)
            return await self._keep(upload, content)

    async def _keep(self, upload: Standing, content: bytes) -> Outcome:
        """Judge the bytes that were read; whatever comes under the same key later counts for nothing."""
        if upload.kind is not Kind.PHOTO and type_of(content) == PDF:
            return await self._keep_pdf(upload, content)
        widths, form = (WIDTHS, "WEBP") if upload.kind is Kind.PHOTO else ((DOCUMENT_WIDTH,), "JPEG")
        judged = await asyncio.get_running_loop().run_in_executor(
            self._decoders, picture_of, content, upload.content_type, widths, form
        )
        if isinstance(judged, Flaw):
            wrong = Flaw.NOT_A_DOCUMENT if upload.kind is not Kind.PHOTO and judged is Flaw.NOT_A_PHOTO else judged
            return await self._refuse(upload, wrong)
        if await self._read(partial(uploads.has_twin, upload=upload, sha256=judged.sha256)):
            return await self._refuse(upload, Flaw.DUPLICATE)
        if upload.kind is not Kind.PHOTO:
            return await self._keep_scan(upload, judged)
        for made in judged.made:
            key = picture_key(upload.vehicle_id, upload.upload_id, made.width)
            await self._storage.put(key, made.content, WEBP, FOR_A_YEAR)
        width, height = judged.largest.width, judged.largest.height
        return await self._finish(upload, judged.sha256, width=width, height=height)

    async def _keep_pdf(self, upload: Standing, content: bytes) -> Outcome:
        if upload.content_type != PDF:
            return await self._refuse(upload, Flaw.OTHER_TYPE)
        if not is_whole_pdf(content):
            return await self._refuse(upload, Flaw.DAMAGED)
        sha256 = hashlib.sha256(content).hexdigest()
        if await self._read(partial(uploads.has_twin, upload=upload, sha256=sha256)):
            return await self._refuse(upload, Flaw.DUPLICATE)
        key = document_key(upload.vehicle_id, upload.upload_id, PDF, upload.kind)
        await self._storage.put(key, content, PDF, NOT_KEPT)
        return await self._finish(upload, sha256, bytes=len(content), content_type=PDF)

    async def _keep_scan(self, upload: Standing, picture: Picture) -> Outcome:
        content = picture.largest.content
        key = document_key(upload.vehicle_id, upload.upload_id, JPEG, upload.kind)
        await self._storage.put(key, content, JPEG, NOT_KEPT)
        return await self._finish(upload, picture.sha256, bytes=len(content), content_type=JPEG)

    async def _finish(self, upload: Standing, sha256: str, **facts: Any) -> Outcome:
        finish = partial(
            uploads.finish,
            kind=upload.kind,
            upload_id=upload.upload_id,
            sha256=sha256,
            at=truncate(utc_now()),
            **facts,
        )
        try:
            return Outcome.READY if await self._write(finish) else Outcome.GONE
        except IntegrityError:
            # Its twin was faster.
            kept = await self._storage.keys_below(kept_prefix(upload.kind, upload.vehicle_id, upload.upload_id))
            await self._storage.delete(kept)
            return await self._refuse(upload, Flaw.DUPLICATE)

    async def _refuse(self, upload: Standing, flaw: Flaw) -> Outcome:
        at = truncate(utc_now())
        refuse = partial(uploads.refuse, kind=upload.kind, upload_id=upload.upload_id, flaw=flaw, at=at)
        log.info("upload_refused", kind=upload.kind, upload_id=upload.upload_id, flaw=flaw)
        return Outcome.REFUSED if await self._write(refuse) else Outcome.GONE

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(_reading, self._engine, query)

    async def _write(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(_writing, self._engine, query)


@contextmanager
def storing() -> Iterator[None]:
    """Have everything tried again: all of it may be repeated, and what the settings have wrong will be put right."""
    try:
        yield
    except UnavailableError as error:
        raise ApplicationError(str(error), type="Unavailable") from None
    except RejectedError as error:
        log.exception("vendor_rejected", vendor=error.vendor, reason=error.reason)
        raise ApplicationError(str(error), type="Rejected") from None


def _reading(engine: Engine, query: Callable[[Connection], T]) -> T:
    with reading(engine) as connection:
        return query(connection)


def _writing(engine: Engine, query: Callable[[Connection], T]) -> T:
    with transaction(engine) as connection:
        return query(connection)
