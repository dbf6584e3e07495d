"""An offer's workflow under time skipping: figures in turn, 48 hours each, thresholds, and the auction's last word."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.worker import Worker

from domain.clock import truncate
from domain.offers import MOST_OFFERS, Offer, OfferStatus, Thresholds, opened
from temporal.worker import sandboxed
from tests.workflows.conftest import SUGGESTED_EVENTS, House
from tests.workflows.kept_offers import KeptOffer, KeptOffers
from workflows.ids import offer_workflow_id
from workflows.offer import OfferWorkflow
from workflows.offer_messages import OfferAct, OfferAnswer, OfferOutcome, OfferStart

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "offers-of-tests"
BUYER, SELLER = 2, 1
HOUR = timedelta(hours=1)
S, W = OfferStatus, OfferWorkflow
NO_LIMITS = Thresholds()


@dataclass
class Talk:
    """One offer in the hands of a test."""

    handle: WorkflowHandle[OfferWorkflow, OfferOutcome]
    kept: KeptOffer

    async def say(self, update: Any, by: int, *, step: int = 0, cents: int = 0, act_id: str = "") -> OfferAnswer:
        """Answer the offer as it stands, or as it stood at a step."""
        seen = step or (await self.offer()).step
        act = OfferAct(act_id or str(uuid4()), by, seen, cents)
        answer: OfferAnswer = await self.handle.execute_update(update, act, result_type=OfferAnswer)
        return answer

    async def offer(self) -> Offer:
        return await self.handle.query(OfferWorkflow.state)

    async def until(self, act: str) -> None:
        async with asyncio.timeout(15):
            while act not in self.kept.acts():
                await asyncio.sleep(0.01)


@dataclass
class Parlour:
    """A worker of offers on a server whose time can be skipped."""

    house: House
    kept: KeptOffers

    async def talk(
        self, cents: int = 8_000_00, *, made: int = 1, thresholds: Thresholds = NO_LIMITS, says: tuple[str, ...] = ()
    ) -> Talk:
        now: datetime = truncate(await self.house.env.get_current_time())
        offer_id, offer = str(uuid4()), opened(cents, now, made=made)
        assert isinstance(offer, Offer)
        kept = self.kept.of(offer_id)
        kept.says = list(says)
        handle = await self.house.client.start_workflow(
            OfferWorkflow.run,
            OfferStart(offer_id, 7, BUYER, SELLER, offer, thresholds, now),
            id=offer_workflow_id(offer_id),
            task_queue=QUEUE,
        )
        return Talk(handle, kept)


async def open_parlour(house: House) -> AsyncIterator[Parlour]:
    kept = KeptOffers()
    worker = Worker(
        house.client,
        task_queue=QUEUE,
        workflows=[OfferWorkflow],
        activities=[kept.record_offer, kept.ask_auction],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Parlour(house, kept)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parlour(skipping: House) -> AsyncIterator[Parlour]:
    async for found in open_parlour(skipping):
        yield found


async def test_an_offer_that_the_seller_accepts_sells_the_vehicle(parlour: Parlour) -> None:
    talk = await parlour.talk()
    answer = await talk.say(W.accept, SELLER)
    outcome = await talk.handle.result()

    assert (answer.code, answer.offer.status, outcome) == ("", S.ACCEPTED, OfferOutcome(S.ACCEPTED))
    assert talk.kept.acts() == ["offer", "accept", "sell"]
    assert [(asked.auction_id, asked.buyer_id, asked.cents) for asked in talk.kept.asked] == [(7, BUYER, 8_000_00)]


async def test_both_sides_counter_until_the_buyer_agrees(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.say(W.counter, SELLER, cents=9_500_00)
    await talk.say(W.counter, BUYER, cents=8_500_00)
    await talk.say(W.counter, SELLER, cents=9_000_00)
    answer = await talk.say(W.accept, BUYER)

    assert (await talk.handle.result()).status is S.ACCEPTED
    assert (answer.offer.cents, talk.kept.asked[0].cents) == (9_000_00, 9_000_00)
    assert talk.kept.acts() == ["offer", "counter", "counter", "counter", "accept", "sell"]


@pytest.mark.parametrize(
    ("update", "by", "status"), [(W.decline, SELLER, S.DECLINED), (W.withdraw, BUYER, S.WITHDRAWN)]
)
async def test_an_offer_is_declined_or_withdrawn(parlour: Parlour, update: Any, by: int, status: OfferStatus) -> None:
    talk = await parlour.talk()
    assert (await talk.say(update, by)).offer.status is status
    assert (await talk.handle.result()).status is status


async def test_what_the_rules_refuse_is_an_answer_and_changes_nothing(parlour: Parlour) -> None:
    talk = await parlour.talk(made=MOST_OFFERS)
    await talk.until("offer")
    codes = [
        (await talk.say(W.accept, BUYER)).code,
        (await talk.say(W.counter, SELLER, cents=8_000_00)).code,
        (await talk.say(W.decline, SELLER, step=9)).code,
    ]
    await talk.say(W.counter, SELLER, cents=9_000_00)
    codes.append((await talk.say(W.counter, BUYER, cents=8_500_00)).code)

    assert codes == ["NOT_YOUR_TURN", "COUNTER_TOO_LOW", "OFFER_CHANGED", "TOO_MANY_OFFERS"]
    assert talk.kept.acts() == ["offer", "counter"]
    await talk.say(W.decline, BUYER)


async def test_an_act_that_is_repeated_has_its_first_answer(parlour: Parlour) -> None:
    talk = await parlour.talk()
    first = await talk.say(W.counter, SELLER, cents=9_000_00, act_id="one")
    again = await talk.say(W.counter, SELLER, step=1, cents=9_000_00, act_id="one")

    assert again == first
    await talk.say(W.decline, BUYER)


async def test_after_48_hours_without_an_answer_it_is_over_and_a_counter_has_48_of_its_own(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.until("offer")
    await parlour.house.pass_time(hours=47)
    await talk.say(W.counter, SELLER, cents=9_000_00)
    await parlour.house.pass_time(hours=47)
    standing = await talk.offer()
    await parlour.house.pass_time(hours=2)

    assert (standing.status, (await talk.handle.result()).status) == (S.OPEN, S.EXPIRED)
    assert talk.kept.acts() == ["offer", "counter", "expire"]


@pytest.mark.parametrize(("cents", "status"), [(9_000_00, S.ACCEPTED), (4_999_00, S.DECLINED)])
async def test_thresholds_answer_for_the_seller(parlour: Parlour, cents: int, status: OfferStatus) -> None:
    talk = await parlour.talk(cents, thresholds=Thresholds(9_000_00, 5_000_00))
    assert (await talk.handle.result()).status is status


async def test_a_threshold_meets_a_counter_of_the_buyers_too(parlour: Parlour) -> None:
    talk = await parlour.talk(thresholds=Thresholds(8_500_00, None))
    await talk.until("offer")
    await talk.say(W.counter, SELLER, cents=9_000_00)
    await talk.say(W.counter, BUYER, cents=8_600_00)
    assert (await talk.handle.result()).status is S.ACCEPTED


async def test_when_the_auction_says_no_the_offer_lapses_with_the_reason(parlour: Parlour) -> None:
    bid, closed = await parlour.talk(says=("OFFERS_NOT_OPEN",)), await parlour.talk(says=("OWN_VEHICLE",))
    answers = [(await talk.say(W.accept, SELLER)).code for talk in (bid, closed)]

    assert answers == ["OFFERS_NOT_OPEN", "OWN_VEHICLE"]
    assert await bid.handle.result() == OfferOutcome(S.LAPSED, "bid")
    assert await closed.handle.result() == OfferOutcome(S.LAPSED, "OWN_VEHICLE")


async def test_when_the_auction_says_not_now_the_offer_stands_and_may_be_accepted_again(parlour: Parlour) -> None:
    talk = await parlour.talk(says=("RESERVED",))
    first = await talk.say(W.accept, SELLER)
    second = await talk.say(W.accept, SELLER)

    assert (first.code, first.offer.status, second.offer.status) == ("RESERVED", S.OPEN, S.ACCEPTED)
    assert len({asked.acceptance_id for asked in talk.kept.asked}) == 2
    await talk.handle.result()


async def test_a_threshold_asks_again_by_itself_when_the_auction_said_not_now(parlour: Parlour) -> None:
    talk = await parlour.talk(thresholds=Thresholds(8_000_00, None), says=("RESERVED", "NOT_ON_SUNDAY"))
    await talk.until("wait")
    await parlour.house.pass_time(hours=36)

    assert (await talk.handle.result()).status is S.ACCEPTED
    assert talk.kept.acts() == ["offer", *["accept", "wait"] * 2, "accept", "sell"]


async def test_while_the_auction_is_asked_nobody_can_do_anything_else(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.until("offer")
    talk.kept.open.clear()
    accepting = asyncio.create_task(talk.say(W.accept, SELLER))
    await talk.until("accept")
    busy = await talk.say(W.withdraw, BUYER)
    await talk.handle.signal(W.lot_closed, "bid")
    talk.kept.open.set()

    assert (busy.code, (await accepting).code) == ("OFFER_BUSY", "")
    assert (await talk.handle.result()).status is S.ACCEPTED


async def test_a_lot_that_takes_no_offers_any_more_ends_them(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.handle.signal(W.lot_closed, "bid")
    assert await talk.handle.result() == OfferOutcome(S.LAPSED, "bid")


async def test_a_database_that_is_away_does_not_keep_an_answer_from_its_asker(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.until("offer")
    talk.kept.away = True
    answering = asyncio.create_task(talk.say(W.counter, SELLER, cents=9_000_00))
    await parlour.house.pass_time(seconds=5)
    assert (await answering).offer.cents == 9_000_00
    talk.kept.away = False
    await talk.say(W.decline, BUYER)
    await talk.handle.result()
    assert talk.kept.acts() == ["offer", "counter", "decline"]


@pytest.mark.parametrize("act", [OfferAct("one", 3, 1), OfferAct("", SELLER, 1), OfferAct("x", SELLER, 1, 10**15)])
@pytest.mark.parametrize("update", [W.accept, W.counter, W.decline, W.withdraw])
async def test_a_stranger_and_what_cannot_be_read_are_refused(parlour: Parlour, update: Any, act: OfferAct) -> None:
    talk = await parlour.talk()
    with pytest.raises(WorkflowUpdateFailedError):
        await talk.handle.execute_update(update, act)
    await talk.say(W.withdraw, BUYER)


@pytest.mark.cluster
async def test_an_offer_that_is_asked_over_and_over_continues_as_new(real: House) -> None:
    async for parlour in open_parlour(real):
        talk = await parlour.talk()
        await talk.say(W.counter, SELLER, cents=9_000_00, act_id="one")
        first = (await talk.handle.describe()).run_id
        latest = real.client.get_workflow_handle_for(OfferWorkflow.run, talk.handle.id)
        again = Talk(latest, talk.kept)
        for _ in range(SUGGESTED_EVENTS // 5):
            await again.say(W.accept, SELLER)
        async with asyncio.timeout(15):
            while (await latest.describe()).run_id == first:
                await asyncio.sleep(0.02)
        repeated = await again.say(W.counter, SELLER, cents=9_000_00, act_id="one")
        assert repeated.offer.cents == 9_000_00
        await again.say(W.decline, BUYER)
        assert (await latest.result()).status is S.DECLINED
        assert talk.kept.acts() == ["offer", "counter", "decline"]
