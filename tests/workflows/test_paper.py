"""Rendering under time skipping: once for each document, whoever asks, and for as long as it takes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Engine, insert
from temporalio import activity
from temporalio.client import WorkflowFailureError

from activities import paper_contracts
from activities.db import invoices
from activities.db.engine import make_engine, transaction
from activities.db.invoices import NewPaper, Written
from activities.db.order_money_tables import invoice_counters
from domain.invoices import Paper
from migrations import schema
from temporal.paper_worker import make_paper_worker
from temporal.papers import Papers
from temporal.worker import sandboxed
from tests.db.market import NOON
from tests.workflows.conftest import House
from workflows.paper import paper_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = count(1)
SHA256 = "ab" * 32


@dataclass
class KeptPapers(paper_contracts.PaperActivities):
    """Notes that a document was rendered, after as many failures as a test wants."""

    engine: Engine
    fails: int = 0
    asked: list[str] = field(default_factory=list)
    busy: int = 0
    most: int = 0

    @activity.defn(name="render_paper")
    async def render_paper(self, number: str) -> str:
        self.asked.append(number)
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            if len(self.asked) <= self.fails:
                raise OSError
            return self._note(number)
        finally:
            self.busy -= 1

    def _note(self, number: str) -> str:
        with transaction(self.engine) as connection:
            invoices.keep_pdf(connection, number, key=f"papers/{number}.pdf", sha256=SHA256, now=NOON)
        return SHA256


@dataclass
class Desk:
    """A worker that renders, its door, and a database with documents."""

    house: House
    kept: KeptPapers
    door: Papers
    queue: str

    def issue(self, how_many: int = 1) -> list[str]:
        def write(number: str) -> Written:
            return Written(f"sealed {number}", SHA256, "invoice-1", 5)

        with transaction(self.kept.engine) as connection:
            wanted = [NewPaper(Paper.INVOICE, order, f"invoice {next(NUMBERS)}") for order in range(how_many)]
            return [invoices.issue(connection, each, write, NOON).number for each in wanted]

    async def rendered(self, number: str) -> str:
        found: str = await self.house.client.get_workflow_handle(paper_workflow_id(number), result_type=str).result()
        return found

    def missing(self) -> list[str]:
        with transaction(self.kept.engine) as connection:
            return invoices.without_pdf(connection, NOON.replace(year=NOON.year + 1), 100)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(skipping: House, tmp_path: Path) -> AsyncIterator[Desk]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    # A year of its own for each test, for the server remembers the numbers of the others.
    queue, kept = f"accounts-{next(NUMBERS)}", KeptPapers(engine)
    with transaction(engine) as connection:
        taken = 1_000 * next(NUMBERS)
        connection.execute(insert(invoice_counters).values(kind="invoice", year=NOON.year, last=taken))
    async with make_paper_worker(skipping.client, queue, kept, sandboxed()):
        yield Desk(skipping, kept, Papers(skipping.client, queue), queue)
    engine.dispose()


async def test_a_document_is_rendered_once_whoever_asks(desk: Desk) -> None:
    (number,) = desk.issue()
    await desk.door.begin(number)
    await Papers(desk.house.client, desk.queue).begin(number)
    assert await desk.rendered(number) == SHA256
    await Papers(desk.house.client, desk.queue).start(number)
    assert desk.kept.asked == [number]


async def test_what_fails_is_tried_until_it_is_done(desk: Desk) -> None:
    desk.kept.fails = 3
    (number,) = desk.issue()
    await desk.door.start(number)
    assert await desk.rendered(number) == SHA256
    assert len(desk.kept.asked) == 4


async def test_a_document_that_is_not_there_is_not_waited_for(desk: Desk) -> None:
    await desk.door.start("INV-2001-000001")
    with pytest.raises(WorkflowFailureError):
        await desk.rendered("INV-2001-000001")
    assert len(desk.kept.asked) == 1
    await Papers(desk.house.client, desk.queue).start("INV-2001-000001")
    with pytest.raises(WorkflowFailureError):
        await desk.rendered("INV-2001-000001")
    assert len(desk.kept.asked) == 2


async def test_the_sweep_has_everything_rendered_one_at_a_time(desk: Desk) -> None:
    numbers = desk.issue(12)
    assert await desk.door.start_missing(desk.kept.engine) == 12
    assert await desk.door.start_missing(desk.kept.engine) == 0
    for number in numbers:
        await desk.rendered(number)
    assert (sorted(desk.kept.asked), desk.missing(), desk.kept.most) == (numbers, [], 1)
