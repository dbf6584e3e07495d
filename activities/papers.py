"""Papers: the stored data of a document is read, rendered, kept as a PDF in the object store, and noted in its row."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine
from temporalio import activity

from activities import paper_contracts
from activities.db import invoices
from activities.db.engine import reading, transaction
from activities.db.invoices import Issued
from activities.providers.s3 import NOT_KEPT, Storage
from activities.sealed_papers import SealedPapers
from domain.clock import truncate
from domain.invoices import Document

PDF = "application/pdf"

log = structlog.get_logger(__name__)


def paper_key(number: str, sha256: str) -> str:
    """Where a PDF is kept: by its document's number and its own content, without anybody's name."""
    return f"papers/{number}/{sha256}.pdf"


class PaperWork(paper_contracts.PaperActivities):
    """Renders with `to_html` and `to_pdf`, which are pure, in `threads`."""

    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        secret: bytes,
        to_html: Callable[[Document], str],
        to_pdf: Callable[[str], bytes],
        threads: Executor,
        clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC)),
    ) -> None:
        self._engine = engine
        self._storage = storage
        self._sealed = SealedPapers(secret)
        self._to_html = to_html
        self._to_pdf = to_pdf
        self._threads = threads
        self._now = clock

    @activity.defn(name="render_paper")
    async def render_paper(self, number: str) -> str:
        """Render a document, keep the file and note it; returns its SHA-256 as hex. One that is kept already stays."""
        issued = await asyncio.to_thread(self._find, number)
        if issued.pdf_sha256 is not None:
            return issued.pdf_sha256
        content = await asyncio.get_running_loop().run_in_executor(self._threads, self._render, issued)
        sha256 = hashlib.sha256(content).hexdigest()
        key = paper_key(number, sha256)
        # The file first: a row that names one is believed.
        await self._storage.put(key, content, PDF, NOT_KEPT)
        kept = await asyncio.to_thread(self._note, number, key, sha256)
        log.info("paper_rendered", number=number, kind=issued.paper.value, bytes=len(content))
        return kept.pdf_sha256 or sha256

    def _find(self, number: str) -> Issued:
        with reading(self._engine) as connection:
            found = invoices.find(connection, number)
        if found is None:
            raise LookupError(number)
        return found

    def _render(self, issued: Issued) -> bytes:
        return self._to_pdf(self._to_html(self._sealed.open(issued)))

    def _note(self, number: str, key: str, sha256: str) -> Issued:
        with transaction(self._engine) as connection:
            return invoices.keep_pdf(connection, number, key=key, sha256=sha256, now=self._now())
