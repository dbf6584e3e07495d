"""The door into offers: started once whatever is lost, told when their lot is closed, answered when they are over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import Engine, update
from temporalio.worker import Worker

from activities.db import offers as offers_db
from activities.db.engine import reading, transaction
from activities.db.offers import Stored
from activities.db.tables import auctions
from activities.offer_contracts import AskAuction
from activities.offers import OfferWork
from domain.auction import Terms
from domain.clock import truncate
from domain.ledger import genesis
from domain.offers import STANDS_FOR, Offer, OfferStatus, Thresholds
from domain.steering import cancel
from temporal.offers import LotAuctioneer, Offers
from temporal.worker import sandboxed
from tests.db.for_sale import fresh, put_up
from tests.db.market import add_car, add_lot, add_person
from tests.doubles.auctions import LotsDouble
from tests.workflows.conftest import House
from workflows.ids import offer_workflow_id
from workflows.messages import AuctionStart
from workflows.offer import OfferWorkflow
from workflows.offer_messages import OfferAct, OfferOutcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "offers-of-the-door"
CENTS = 700_000
DAY = timedelta(days=1)


@dataclass
class Street:
    """A lot of sam's that takes offers, ada, a database, and the worker of offers."""

    house: House
    engine: Engine
    lots: LotsDouble
    door: Offers
    lot: int
    vehicle: int
    sam: int
    ada: int

    async def offer(self) -> Stored:
        now = truncate(await self.house.env.get_current_time())
        offer = Offer(CENTS, now + STANDS_FOR, 1)
        made = Stored(
            str(uuid4()), self.vehicle, self.lot, self.ada, self.sam, offer, CENTS, Thresholds(), now - DAY, now
        )
        with transaction(self.engine) as connection:
            assert offers_db.add(connection, made) is None
        return made

    def row(self, stored: Stored) -> Offer:
        with reading(self.engine) as connection:
            found = offers_db.find(connection, stored.offer_id)
        assert found is not None
        return found.offer

    async def outcome(self, stored: Stored) -> OfferOutcome:
        handle = self.house.client.get_workflow_handle_for(OfferWorkflow.run, offer_workflow_id(stored.offer_id))
        return await handle.result()


@pytest_asyncio.fixture(loop_scope="session")
async def street(skipping: House, tmp_path: Path) -> AsyncIterator[Street]:
    engine = fresh(f"sqlite:///{tmp_path / 'market.db'}")
    lots = LotsDouble(engine)
    with transaction(engine) as connection:
        sam, ada = (add_person(connection, f"{name}@door.example.com") for name in ("sam", "ada"))
        vehicle = add_car(connection, sam, 1)
        begins = lots.now()
        lot = add_lot(connection, sam, vehicle, starts_at=begins, ends_at=begins + DAY)
        put_up(connection, lot, offers_open=True)
    terms = Terms(lot, (str(sam),), 500_000, None, begins, begins + DAY, sunday_rule=False, offers_open=True)
    with transaction(engine) as connection:
        connection.execute(update(auctions).values(hash=genesis(lot), status="scheduled"))
    await lots.start(AuctionStart(terms, "ab" * 32))
    work = OfferWork(engine, LotAuctioneer(lots, engine), "https://market.example")
    worker = Worker(
        skipping.client,
        task_queue=QUEUE,
        workflows=[OfferWorkflow],
        activities=[work.record_offer, work.ask_auction],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Street(skipping, engine, lots, Offers(skipping.client, QUEUE), lot, vehicle, sam, ada)
    engine.dispose()


async def test_an_offer_whose_start_was_lost_is_started_by_the_sweep_once(street: Street) -> None:
    stored = await street.offer()
    counts = [await street.door.start_unstarted(street.engine) for _ in range(2)]
    await street.door.begin(stored)
    answer = await street.door.act(stored, OfferWorkflow.decline, OfferAct("one", street.sam, 1))

    assert (counts, answer.offer.status) == ([1, 0], OfferStatus.DECLINED)
    await street.outcome(stored)
    await street.door.begin(stored)
    assert street.row(stored).status is OfferStatus.DECLINED


async def test_an_answer_to_an_offer_that_was_never_started_starts_it_first(street: Street) -> None:
    stored = await street.offer()
    answer = await street.door.act(stored, OfferWorkflow.accept, OfferAct("one", street.sam, 1))

    assert (answer.code, answer.offer.status) == ("", OfferStatus.ACCEPTED)
    assert (await street.outcome(stored)).status is OfferStatus.ACCEPTED


async def test_an_offer_that_is_over_answers_so(street: Street) -> None:
    stored = await street.offer()
    await street.door.act(stored, OfferWorkflow.withdraw, OfferAct("one", street.ada, 1))
    await street.outcome(stored)
    late = await street.door.act(stored, OfferWorkflow.accept, OfferAct("two", street.sam, 1))
    known = replace(stored, offer=street.row(stored), offer_id=str(uuid4()))
    later = await street.door.act(known, OfferWorkflow.accept, OfferAct("three", street.sam, 2))

    assert (late.code, later.code) == ("OFFER_OVER", "OFFER_OVER")


async def test_standing_offers_are_told_when_their_lot_is_closed_to_them(street: Street) -> None:
    stored, unstarted = await street.offer(), await street.offer()
    await street.door.begin(stored)
    with transaction(street.engine) as connection:
        connection.execute(update(auctions).values(bidder_count=1))
    assert await street.door.lapse_overtaken(street.engine) == 2
    assert await street.outcome(stored) == OfferOutcome(OfferStatus.LAPSED, "bid")
    assert street.row(unstarted).stands


async def test_strays_are_set_free(street: Street) -> None:
    assert await street.door.free_strays(street.engine) == 0


@pytest.mark.parametrize("ends", ["sold", "cancelled", "sold to another"])
async def test_what_a_lot_that_is_over_has_made_of_an_acceptance_its_ledger_says(street: Street, ends: str) -> None:
    auctioneer = LotAuctioneer(street.lots, street.engine)
    asked = AskAuction("a-2", "an offer", street.lot, street.ada, CENTS)
    if ends == "cancelled":
        cancel(street.lots.auctions[street.lot], street.lots.now(), "admin", "stolen")
        street.lots.tick(street.lot)
    else:
        assert (
            await auctioneer.accept_offer(replace(asked, offer_id="other" if "another" in ends else "an offer")) == ""
        )
    street.lots.forget_commands()

    expected = {"sold": "", "cancelled": "CLOSED", "sold to another": "TOO_LATE"}
    assert await auctioneer.accept_offer(asked) == expected[ends]
