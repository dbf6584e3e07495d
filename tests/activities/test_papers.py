"""Rendering a document with a real database, a store and the layout engine: kept once, under a key without names."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, update
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities.db import invoices
from activities.db.engine import make_engine, reading, transaction
from activities.db.invoices import Issued, NewPaper
from activities.db.order_money_tables import invoices as invoices_table
from activities.ledger import utc_now
from activities.paper_pdf import pdf_of
from activities.papers import PaperWork, paper_key
from activities.providers.failures import UnavailableError
from activities.providers.s3 import Storage
from activities.sealed_papers import SealedPapers
from domain.invoices import Document, Paper
from migrations import schema
from tests.db.market import NOON
from tests.domain.test_invoices import HEAD, INVOICE
from tests.sandbox.s3.stage import Stage, stage
from web.papers import PaperPages

SECRET = b"k" * 32
SEALED = SealedPapers(SECRET)


@dataclass
class Desk:
    """A database with documents, and a store."""

    engine: Engine
    sandbox: Stage
    threads: ThreadPoolExecutor
    rendered: int = 0

    def issue(self, order_id: int = 41) -> Issued:
        def write(number: str) -> invoices.Written:
            return SEALED.written(replace(INVOICE, head=replace(HEAD, number=number, order_id=order_id)))

        with transaction(self.engine) as connection:
            return invoices.issue(connection, NewPaper(Paper.INVOICE, order_id, f"invoice {order_id}"), write, NOON)

    def found(self, number: str) -> Issued:
        with reading(self.engine) as connection:
            found = invoices.find(connection, number)
        assert found is not None
        return found

    def html(self, document: Document) -> str:
        self.rendered += 1
        return PaperPages().render(document)

    async def render(self, number: str, secret: bytes = SECRET) -> str:
        async with Storage(self.sandbox.bucket, read_timeout_s=2.0) as storage:
            work = PaperWork(self.engine, storage, secret, self.html, pdf_of, self.threads, lambda: NOON)
            return await ActivityEnvironment().run(work.render_paper, number)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
        stack.callback(engine.dispose)
        schema.upgrade(engine)
        threads = stack.enter_context(ThreadPoolExecutor(1))
        yield Desk(engine, stack.enter_context(stage()), threads)


async def test_a_document_becomes_a_file_that_its_row_names(desk: Desk) -> None:
    issued = desk.issue()
    sha256 = await desk.render(issued.number)
    kept = desk.found(issued.number)
    assert (kept.pdf_key, kept.pdf_sha256) == (paper_key(issued.number, sha256), sha256)
    assert desk.sandbox.keys == [kept.pdf_key]
    content = desk.sandbox.http.get(
        desk.sandbox.links.link(kept.pdf_key or "", utc_now(), timedelta(minutes=1))
    ).content
    assert content[:5] == b"%PDF-"
    assert hashlib.sha256(content).hexdigest() == sha256


async def test_one_that_is_kept_is_not_rendered_again(desk: Desk) -> None:
    number = desk.issue().number
    assert await desk.render(number) == await desk.render(number)
    assert (desk.rendered, len(desk.sandbox.keys)) == (1, 1)


async def test_a_worker_that_died_before_its_note_leaves_one_file(desk: Desk) -> None:
    number = desk.issue().number
    first = await desk.render(number)
    with transaction(desk.engine) as connection:
        connection.execute(update(invoices_table).values(pdf_key=None, pdf_sha256=None))
    assert await desk.render(number) == first
    assert len(desk.sandbox.keys) == 1


async def test_a_store_that_is_away_is_tried_again(desk: Desk) -> None:
    number = desk.issue().number
    desk.sandbox.control("faults", mode="error_500")
    with pytest.raises(UnavailableError):
        await desk.render(number)
    assert desk.found(number).pdf_key is None
    await desk.render(number)
    assert desk.found(number).pdf_key is not None


async def test_a_document_that_is_not_there_is_an_error(desk: Desk) -> None:
    with pytest.raises(LookupError):
        await desk.render("INV-2026-000099")


async def test_a_document_that_somebody_changed_is_never_rendered(desk: Desk) -> None:
    first, second = desk.issue(41).number, desk.issue(42).number
    with transaction(desk.engine) as connection:
        swapped = desk.found(first).written.sealed
        mine = invoices_table.c.number == second
        connection.execute(update(invoices_table).where(mine).values(document_sealed=swapped))
    with pytest.raises(InvalidTag):
        await desk.render(second)
    with transaction(desk.engine) as connection:
        connection.execute(
            update(invoices_table).where(invoices_table.c.number == first).values(document_sha256="0" * 64)
        )
    with pytest.raises(ValueError, match="not as it was issued"):
        await desk.render(first)
    assert desk.sandbox.keys == []


async def test_another_secret_opens_nothing(desk: Desk) -> None:
    with pytest.raises(InvalidTag):
        await desk.render(desk.issue().number, b"x" * 32)


async def test_neither_key_nor_log_nor_row_names_anybody(desk: Desk) -> None:
    issued = desk.issue()
    with capture_logs() as logs:
        await desk.render(issued.number)
    told = f"{logs} {desk.sandbox.keys} {issued}"
    assert [name for name in ("Nystr", "Loon", "Elm", HEAD.vehicle.vin) if name in told] == []
    assert [line["event"] for line in logs] == ["paper_rendered"]
