"""Asking the decoders, with running sandboxes and a real database: one credit for a VIN, and what it buys is kept."""

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.db import vin_reports
from activities.db.engine import make_engine, reading
from activities.db.vin_tables import vin_reports as table
from activities.listing_contracts import AskDecoder, DecoderAsked
from activities.providers.clearvin import ClearVin
from activities.providers.vpic import Vpic
from activities.vin_reports import VinWork
from domain.clock import truncate
from domain.decoding import Answers, Source
from migrations import schema
from tests.sandbox.clearvin import stage as paid_stage
from tests.sandbox.clearvin.stage import EMAIL, PASSWORD
from tests.sandbox.vpic import stage as free_stage

CIVIC = "19XFC1F30KE902117"
UNKNOWN = "1HGCM82633A000001"
GOOD_FOR = timedelta(days=30)


@dataclass
class Watch:
    """A clock that can be put forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return truncate(datetime.now(UTC) + self.ahead)


@dataclass
class Desk:
    """The activities on a database of their own, before both sandboxes."""

    work: VinWork
    engine: Engine
    clearvin: paid_stage.Stage
    vpic: free_stage.Stage
    path: Path
    watch: Watch

    async def ask_clearvin(self, vin: str = CIVIC) -> DecoderAsked:
        return await ActivityEnvironment().run(self.work.ask_clearvin, AskDecoder(vin))

    async def ask_vpic(self, vin: str = CIVIC) -> DecoderAsked:
        return await ActivityEnvironment().run(self.work.ask_vpic, AskDecoder(vin))

    def kept(self, vin: str = CIVIC) -> Answers:
        with reading(self.engine) as connection:
            return vin_reports.answers(connection, vin)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def desk(engine: Engine, tmp_path: Path) -> AsyncIterator[Desk]:
    with paid_stage.stage() as paid, free_stage.stage() as free:
        async with ClearVin(paid.api_url, EMAIL, PASSWORD) as first, Vpic(free.api_url) as second:
            watch = Watch()
            work = VinWork(engine, first, second, GOOD_FOR, watch.now)
            yield Desk(work, engine, paid, free, tmp_path / "hammertime.db", watch)


async def test_a_report_is_bought_once_and_kept_with_its_source_and_time(desk: Desk) -> None:
    before = desk.watch.now()
    assert [await desk.ask_clearvin() for _ in range(3)] == [DecoderAsked(known=True)] * 3
    assert desk.clearvin.spent == {CIVIC: 1}
    answer = desk.kept()[Source.CLEARVIN]
    assert answer.decoded is not None
    assert answer.decoded.source is Source.CLEARVIN
    assert before <= answer.decoded.fetched_at <= answer.fetched_at <= desk.watch.now()


async def test_the_catalogue_is_asked_once(desk: Desk) -> None:
    assert [await desk.ask_vpic() for _ in range(2)] == [DecoderAsked(known=True)] * 2
    assert (desk.vpic.calls, desk.clearvin.spent) == (1, {})


async def test_an_old_report_is_bought_anew(desk: Desk) -> None:
    await desk.ask_clearvin()
    desk.watch.ahead = GOOD_FOR - timedelta(minutes=1)
    await desk.ask_clearvin()
    assert desk.clearvin.spent == {CIVIC: 1}
    desk.watch.ahead = GOOD_FOR
    await desk.ask_clearvin()
    assert desk.clearvin.spent == {CIVIC: 2}


async def test_that_nothing_is_known_is_kept_for_a_day(desk: Desk) -> None:
    sold = [await desk.ask_clearvin(UNKNOWN), await desk.ask_vpic(UNKNOWN), await desk.ask_vpic(UNKNOWN)]
    assert sold == [DecoderAsked(known=False)] * 3
    assert desk.vpic.calls == 1
    desk.watch.ahead = timedelta(days=1)
    await desk.ask_vpic(UNKNOWN)
    assert desk.vpic.calls == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("error_500", "OutcomeUnknown"), ("too_many", "Unavailable"), ("cut_after", "OutcomeUnknown")],
)
async def test_a_failure_is_told_by_its_kind_and_nothing_is_kept(desk: Desk, fault: str, kind: str) -> None:
    desk.clearvin.control("faults", mode=fault, path="/rest/vendor/report")
    with pytest.raises(ApplicationError) as caught:
        await desk.ask_clearvin()
    assert (caught.value.type, caught.value.non_retryable) == (kind, False)
    assert desk.kept() == {}


async def test_without_credits_it_is_not_tried_again(desk: Desk) -> None:
    desk.clearvin.control("credits", left=0)
    with pytest.raises(ApplicationError) as caught:
        await desk.ask_clearvin()
    assert (caught.value.type, caught.value.non_retryable, caught.value.message) == (
        "Rejected",
        True,
        "clearvin: no_credits",
    )


async def test_nothing_is_bought_while_the_database_is_away(desk: Desk) -> None:
    table.drop(desk.engine)
    with pytest.raises(Exception, match="vin_reports"):
        await desk.ask_clearvin()
    assert desk.clearvin.spent == {}


async def test_what_was_bought_is_kept_as_soon_as_the_database_lets_it(desk: Desk) -> None:
    """Another process holds the database, and this one does not wait for it."""
    desk.engine.dispose()
    event.listen(desk.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 0"))
    other = sqlite3.connect(desk.path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.7, other.execute, ("COMMIT",))
    timer.start()
    assert await desk.ask_clearvin() == DecoderAsked(known=True)
    timer.join()
    other.close()
    assert (desk.clearvin.spent, list(desk.kept())) == ({CIVIC: 1}, [Source.CLEARVIN])
