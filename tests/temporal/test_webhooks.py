"""The courier brings each stored webhook to its workflow, whatever fails on the way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.db import webhooks
from activities.db.engine import make_engine, reading, transaction
from activities.db.webhooks import Event, NewEvent, State
from activities.ledger import utc_now
from domain.errors import UnavailableError
from migrations import schema
from temporal.webhooks import UNKNOWN_AFTER, Courier, Route

DEADLINE_S = 10.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


def store(engine: Engine, number: int, *, received_at: datetime | None = None) -> None:
    event = NewEvent(f"evt_{number}", "inquiry.approved", f"inq_{number}", None)
    with transaction(engine) as connection:
        webhooks.store(connection, "persona", [event], received_at or utc_now())


def states(engine: Engine) -> list[tuple[str, State, str | None]]:
    with reading(engine) as connection:
        found = webhooks.listing(connection, state=None, before=None, limit=10)
    return [(event.event_id, event.state, event.workflow_id) for event in reversed(found)]


async def bring(engine: Engine, route: Route) -> None:
    with ThreadPoolExecutor(1) as threads:
        await Courier(engine, threads, {"persona": route}).bring()


@asynccontextmanager
async def running(engine: Engine, route: Route) -> AsyncIterator[Courier]:
    with ThreadPoolExecutor(1) as threads:
        courier = Courier(engine, threads, {"persona": route}, every_s=0.05)
        courier.start()
        try:
            yield courier
        finally:
            await courier.stop()


async def to_its_account(event: Event) -> str | None:
    return f"account of {event.thing}"


async def to_nobody(_event: Event) -> str | None:
    return None


async def to_a_dead_server(_event: Event) -> str | None:
    raise UnavailableError("UNAVAILABLE", "away")


async def test_an_event_is_brought_to_whom_it_is_about(engine: Engine) -> None:
    store(engine, 1)
    await bring(engine, to_its_account)
    assert states(engine) == [("evt_1", State.DELIVERED, "account of inq_1")]


async def test_an_event_waits_while_its_workflow_cannot_be_reached(engine: Engine) -> None:
    store(engine, 1)
    await bring(engine, to_a_dead_server)
    assert states(engine) == [("evt_1", State.STORED, None)]
    await bring(engine, to_its_account)
    assert states(engine) == [("evt_1", State.DELIVERED, "account of inq_1")]


async def test_an_event_that_overtook_its_cause_waits_for_it(engine: Engine) -> None:
    store(engine, 1)
    await bring(engine, to_nobody)
    assert states(engine) == [("evt_1", State.STORED, None)]


async def test_an_event_about_nothing_of_ours_is_kept_as_unknown(engine: Engine) -> None:
    store(engine, 1, received_at=utc_now() - UNKNOWN_AFTER - timedelta(seconds=1))
    await bring(engine, to_nobody)
    assert states(engine) == [("evt_1", State.UNKNOWN, None)]


async def test_an_event_that_breaks_its_way_holds_up_no_other(engine: Engine) -> None:
    async def only_the_second(event: Event) -> str | None:
        if event.event_id == "evt_1":
            raise ZeroDivisionError
        return "account-7"

    store(engine, 1)
    store(engine, 2)
    await bring(engine, only_the_second)
    assert states(engine) == [("evt_1", State.STORED, None), ("evt_2", State.DELIVERED, "account-7")]


async def test_the_loop_brings_what_is_stored_while_it_runs_and_survives_a_mistake(engine: Engine) -> None:
    brought = asyncio.Event()
    tries = []

    async def second_time(event: Event) -> str | None:
        tries.append(event.id)
        if len(tries) == 1:
            raise ZeroDivisionError
        brought.set()
        return "account-7"

    async with running(engine, second_time) as courier:
        store(engine, 1)
        courier.hurry()
        await asyncio.wait_for(brought.wait(), DEADLINE_S)
    assert len(tries) == 2
