"""The doors into negotiations and second chances: started once whatever is lost, told when there is nothing to sell."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, Engine, update
from temporalio.worker import Worker

from activities.db import order_tables, orders, second_chances
from activities.db import talks as talks_db
from activities.db.engine import reading, transaction
from activities.db.orders import Sold
from activities.db.second_chances import StoredChance
from activities.db.tables import auctions, users
from activities.db.talks import StoredTalks
from activities.ledger import utc_now
from activities.talks import NegotiationWork, SecondChanceWork
from domain.negotiation import Status
from domain.orders import HowSold
from domain.second_chance import Act
from domain.second_chance import Status as ChanceStatus
from temporal.talks import Negotiations, SecondChances
from temporal.worker import sandboxed
from tests.db.for_sale import fresh
from tests.db.market import add_car, add_lot, add_person
from tests.db.missed import END, RESERVE, Closed, closed, sold
from tests.workflows.conftest import House
from workflows.ids import negotiation_workflow_id, second_chance_workflow_id
from workflows.negotiation import NegotiationWorkflow
from workflows.negotiation_messages import ChanceAct, NegotiationOutcome, TalksAct
from workflows.second_chance import SecondChanceWorkflow

LOOK_S, PATIENCE_S = 0.01, 20.0

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "talks-of-the-door"
SITE = "https://market.example"


@dataclass
class Street:
    """A database, the worker of talks with the real activities, and the doors."""

    house: House
    engine: Engine
    talks: Negotiations
    chances: SecondChances

    def missed(self) -> Closed:
        with transaction(self.engine) as connection:
            lot = closed(connection, reserve_cents=RESERVE)
            connection.execute(update(auctions).values(sunday_rule=False))
            return lot

    def unpaid(self) -> tuple[Closed, int]:
        with transaction(self.engine) as connection:
            lot = closed(connection, reserve_cents=None)
            connection.execute(update(auctions).values(sunday_rule=False))
            order_id = sold(connection, lot)
            second_chances.open(connection, order_id, END)
            return lot, order_id

    def row(self, lot: Closed) -> StoredTalks:
        with reading(self.engine) as connection:
            found = talks_db.find(connection, lot.lot)
        assert found is not None
        return found

    def chance(self, order_id: int) -> StoredChance:
        with reading(self.engine) as connection:
            found = second_chances.find(connection, order_id)
        assert found is not None
        return found

    async def act(self, lot: Closed, update: object, by: int, act_id: str, step: int = 1) -> str:
        now = await self.house.env.get_current_time()
        return (await self.talks.act(self.row(lot), update, TalksAct(act_id, by, step, now))).code

    async def act_when_open(self, lot: Closed) -> str:
        """The leader's own figure is on the table, which is not theirs to accept."""
        return await self.act(lot, NegotiationWorkflow.accept, lot.ada, "not mine")

    async def outcome(self, lot: Closed) -> NegotiationOutcome:
        name = negotiation_workflow_id(lot.lot)
        return await self.house.client.get_workflow_handle_for(NegotiationWorkflow.run, name).result()


NUMBERS = count(1_000, 1_000)


def count_from(connection: Connection, number: int) -> None:
    """The server has the lots of all of these tests: each test's lots and orders have numbers of their own."""
    seller = add_person(connection, "somebody@example.com")
    car = add_car(connection, seller, 900)
    add_lot(connection, seller, car, id=number, status="ended")
    first = orders.add(connection, Sold(number, car, seller, seller, 1, HowSold.HAMMER, END))
    connection.execute(update(order_tables.orders).where(order_tables.orders.c.id == first).values(id=number))


@pytest_asyncio.fixture(loop_scope="session")
async def street(skipping: House, tmp_path: Path) -> AsyncIterator[Street]:
    engine = fresh(f"sqlite:///{tmp_path / 'market.db'}")
    with transaction(engine) as connection:
        count_from(connection, next(NUMBERS))
    talks, chances = NegotiationWork(engine, SITE), SecondChanceWork(engine, SITE)
    queue = f"{QUEUE} {tmp_path.name}"
    worker = Worker(
        skipping.client,
        task_queue=queue,
        workflows=[NegotiationWorkflow, SecondChanceWorkflow],
        activities=[
            talks.open_talks,
            talks.record_talks,
            chances.open_chance,
            chances.record_chance,
            chances.relist_lot,
        ],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Street(skipping, engine, Negotiations(skipping.client, queue), SecondChances(skipping.client, queue))
    engine.dispose()


async def test_a_missed_reserve_is_talked_about_from_the_sweep_to_the_order(street: Street) -> None:
    lot = street.missed()
    counts = [await street.talks.start_unstarted(street.engine) for _ in range(2)]
    code = await street.act(lot, NegotiationWorkflow.accept, lot.sam, "one")
    outcome = await street.outcome(lot)
    with reading(street.engine) as connection:
        found = orders.find(connection, outcome.order_id or 0)

    assert (counts, code, outcome.status) == ([1, 0], "", Status.SOLD)
    assert found is not None
    assert (found.order.how, found.order.buyer_id) == (HowSold.NEGOTIATED, lot.ada)
    assert await street.act(lot, NegotiationWorkflow.accept, lot.sam, "two") == "NEGOTIATION_OVER"
    assert not await street.talks.start(lot.lot)


async def test_what_was_put_up_again_is_told_to_the_talks(street: Street) -> None:
    lot = street.missed()
    await street.talks.start_unstarted(street.engine)
    assert await street.act_when_open(lot) == "NEGOTIATION_NOT_YOUR_TURN"
    with transaction(street.engine) as connection:
        add_lot(connection, lot.sam, lot.vehicle, status="scheduled")

    async with asyncio.timeout(PATIENCE_S):
        # The row may follow the answer by a moment; the sweep looks at rows.
        while await street.talks.stop_overtaken(street.engine) == 0:
            await asyncio.sleep(LOOK_S)
    assert (await street.outcome(lot)).status is Status.OVER
    assert (street.row(lot).status, await street.talks.free_strays(street.engine)) == ("over", 0)


async def test_a_default_is_offered_to_the_next_and_taken(street: Street) -> None:
    lot, order_id = street.unpaid()
    assert await street.chances.start_unstarted(street.engine) == 1
    now = await street.house.env.get_current_time()
    answer = await street.chances.act(street.chance(order_id), ChanceAct("one", lot.bob, Act.TAKE, 1, now))
    name = second_chance_workflow_id(order_id)
    outcome = await street.house.client.get_workflow_handle_for(SecondChanceWorkflow.run, name).result()

    assert (answer.code, outcome.status) == ("", ChanceStatus.TAKEN)
    assert street.chance(order_id).new_order_id == outcome.order_id
    late = await street.chances.act(street.chance(order_id), ChanceAct("two", lot.bob, Act.TAKE, 1, now))
    assert late.code == "SECOND_CHANCE_OVER"
    assert not await street.chances.start(order_id)


async def test_one_that_nobody_takes_is_relisted(street: Street) -> None:
    lot, order_id = street.unpaid()
    with transaction(street.engine) as connection:
        connection.execute(update(users).where(users.c.id.in_([lot.bob, lot.cy])).values(can_bid=False))
    await street.chances.start_unstarted(street.engine)
    name = second_chance_workflow_id(order_id)
    outcome = await street.house.client.get_workflow_handle_for(SecondChanceWorkflow.run, name).result()
    assert (outcome.status, outcome.relisted_as) == (ChanceStatus.OVER, street.chance(order_id).relisted_as)
    assert outcome.relisted_as is not None


async def test_one_that_is_stopped_is_told_so_and_never_started(street: Street) -> None:
    _, order_id = street.unpaid()
    with transaction(street.engine) as connection:
        assert second_chances.stop(connection, order_id, utc_now())
    counts = (
        await street.chances.tell_stopped(street.engine),
        await street.chances.start_unstarted(street.engine),
        await street.chances.free_strays(street.engine),
    )
    assert counts == (1, 0, 0)
