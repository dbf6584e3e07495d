"""Second chances under time skipping: one after the other, the seller's word, 24 hours each, then the relisting."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from domain.clock import CHICAGO, truncate
from domain.second_chance import Act, Candidate, Chance, Status
from temporal.worker import sandboxed
from tests.workflows.conftest import SUGGESTED_EVENTS, House
from tests.workflows.kept_talks import SELLER, KeptChance, KeptChances
from workflows.ids import second_chance_workflow_id
from workflows.negotiation_messages import ChanceAct, ChanceAnswer, SecondChanceOutcome, SecondChanceStart
from workflows.second_chance import SecondChanceWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "chances-of-tests"
BOB, CY, DEE = 3, 4, 5
S = Status
FIRST, SECOND, THIRD = (Candidate(str(who), 8_000_00, needs_word=False) for who in (BOB, CY, DEE))
LOW = Candidate(str(BOB), 7_000_00, needs_word=True)


@dataclass
class Ask:
    """One second chance in the hands of a test."""

    house: House
    handle: WorkflowHandle[SecondChanceWorkflow, SecondChanceOutcome]
    kept: KeptChance

    async def say(
        self, act: Act, by: int, *, step: int = 0, act_id: str = "", at: datetime | None = None
    ) -> ChanceAnswer:
        said = ChanceAct(act_id or str(uuid4()), by, act, step or (await self.chance()).step, at or await self.now())
        try:
            return await self.handle.execute_update(SecondChanceWorkflow.act, said)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return ChanceAnswer("SECOND_CHANCE_OVER", None)

    async def chance(self) -> Chance:
        async with asyncio.timeout(15):
            while not self.kept.steps:
                await asyncio.sleep(0.01)
        found = await self.handle.query(SecondChanceWorkflow.state)
        assert found is not None
        return found

    async def now(self) -> datetime:
        return truncate(await self.house.env.get_current_time())

    async def until(self, act: str) -> None:
        async with asyncio.timeout(15):
            while act not in self.kept.acts():
                await asyncio.sleep(0.01)


@dataclass
class Parlour:
    """A worker of second chances on a server whose time can be skipped."""

    house: House
    kept: KeptChances

    async def ask(self, *candidates: Candidate, **facts: Any) -> Ask:
        kept = KeptChance(candidates, **facts)
        order_id = self.kept.keep(kept)
        handle = await self.house.client.start_workflow(
            SecondChanceWorkflow.run,
            SecondChanceStart(order_id),
            id=second_chance_workflow_id(order_id),
            task_queue=QUEUE,
        )
        return Ask(self.house, handle, kept)


async def open_parlour(house: House) -> AsyncIterator[Parlour]:
    kept = KeptChances()
    worker = Worker(
        house.client,
        task_queue=QUEUE,
        workflows=[SecondChanceWorkflow],
        activities=[kept.open_chance, kept.record_chance, kept.relist_lot],
        workflow_runner=sandboxed(),
    )
    async with worker:
        yield Parlour(house, kept)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parlour(skipping: House) -> AsyncIterator[Parlour]:
    async for found in open_parlour(skipping):
        yield found


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def monday(parlour: Parlour, request: pytest.FixtureRequest) -> None:
    if "cluster" not in request.keywords:
        now = (await parlour.house.env.get_current_time()).astimezone(CHICAGO)
        noon = (now + timedelta(days=7 - now.weekday())).replace(hour=12, minute=0, second=0, microsecond=0)
        await parlour.house.env.sleep(noon - now)


async def test_who_takes_it_has_bought_it_and_nothing_is_relisted(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST, SECOND)
    answer = await ask.say(Act.TAKE, BOB)
    outcome = await ask.handle.result()

    assert answer.code == ""
    assert (outcome.status, outcome.order_id is not None, outcome.relisted_as) == (S.TAKEN, True, None)
    assert (ask.kept.acts(), ask.kept.relisted) == (["open", "take"], 0)


async def test_they_are_asked_one_after_the_other_24_hours_each_and_then_the_lot_is_relisted(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST, SECOND, THIRD)
    await ask.say(Act.DECLINE, BOB)
    await parlour.house.pass_time(hours=23)
    waits = await ask.chance()
    await parlour.house.pass_time(hours=2)
    await ask.until("expire")
    late = await ask.say(Act.TAKE, CY)
    third = await ask.chance()
    await parlour.house.pass_time(hours=25)
    outcome = await ask.handle.result()

    assert (waits.candidate, third.candidate, late.code) == (SECOND, THIRD, "SECOND_CHANCE_NOT_YOURS")
    assert (outcome.status, outcome.relisted_as is not None, ask.kept.relisted) == (S.OVER, True, 1)


async def test_a_price_below_the_reserve_needs_the_sellers_word(parlour: Parlour) -> None:
    ask = await parlour.ask(LOW, SECOND)
    before = await ask.say(Act.TAKE, BOB)
    await ask.say(Act.ALLOW, SELLER)
    answer = await ask.say(Act.TAKE, BOB)

    assert (before.code, answer.code) == ("SECOND_CHANCE_NOT_OPEN", "")
    assert (await ask.handle.result()).status is S.TAKEN


async def test_a_price_that_the_seller_has_agreed_to_before_needs_no_word(parlour: Parlour) -> None:
    ask = await parlour.ask(LOW, allowed_cents=7_000_00)
    assert (await ask.chance()).status is S.OFFERED
    await ask.say(Act.DECLINE, BOB)
    await ask.handle.result()


@pytest.mark.parametrize("says_no", [True, False])
async def test_without_the_sellers_word_the_lot_is_relisted(parlour: Parlour, says_no: bool) -> None:
    ask = await parlour.ask(LOW)
    await ask.chance()
    if says_no:
        await ask.say(Act.REFUSE, SELLER)
    else:
        await parlour.house.pass_time(hours=25)
    assert (await ask.handle.result()).status is S.OVER
    assert ask.kept.relisted == 1


async def test_with_nobody_to_ask_the_lot_is_relisted_at_once(parlour: Parlour) -> None:
    ask = await parlour.ask()
    outcome = await ask.handle.result()
    assert (outcome.status, ask.kept.relisted, ask.kept.acts()) == (S.OVER, 1, [])


@pytest.mark.parametrize("when", ["before", "while offered", "as it is taken"])
async def test_an_order_that_is_paid_after_all_ends_it_without_a_relisting(parlour: Parlour, when: str) -> None:
    ask = await parlour.ask(FIRST, stopped=when == "before", gone=when == "as it is taken")
    if when == "while offered":
        await ask.chance()
        await ask.handle.signal(SecondChanceWorkflow.stop)
    elif when == "as it is taken":
        assert (await ask.say(Act.TAKE, BOB)).code == "SECOND_CHANCE_OVER"
    assert await ask.handle.result() == SecondChanceOutcome(S.OVER)
    assert ask.kept.relisted == 0


async def test_nothing_is_taken_on_a_sunday_and_the_clock_stands_still_on_it(parlour: Parlour) -> None:
    await parlour.house.pass_time(days=5)
    ask = await parlour.ask(FIRST)
    await ask.chance()
    await parlour.house.pass_time(hours=20)
    sunday = await ask.say(Act.TAKE, BOB)
    await parlour.house.pass_time(hours=26)
    monday = await ask.say(Act.TAKE, BOB)

    assert (sunday.code, monday.code) == ("NOT_ON_SUNDAY", "")
    await ask.handle.result()


async def test_a_yes_that_was_received_in_time_counts_though_it_comes_as_the_time_is_over(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST)
    expires_at = (await ask.chance()).expires_at
    await parlour.house.env.sleep(expires_at + timedelta(seconds=2) - await ask.now())
    late = await ask.say(Act.TAKE, BOB, at=expires_at)
    answer = await ask.say(Act.TAKE, BOB, at=expires_at - timedelta(milliseconds=1))
    assert (late.code, answer.code) == ("SECOND_CHANCE_EXPIRED", "")


async def test_two_answers_at_once_are_one_sale_at_most(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST, SECOND)
    await ask.chance()
    answers = await asyncio.gather(ask.say(Act.TAKE, BOB, step=1), ask.say(Act.DECLINE, BOB, step=1))
    assert len([answer for answer in answers if not answer.code]) == 1
    if answers[0].code:
        await ask.say(Act.DECLINE, CY)
    await ask.handle.result()


async def test_nobody_acts_for_another_and_a_repeated_act_has_its_first_answer(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST, SECOND)
    codes = [
        (await ask.say(Act.TAKE, CY)).code,
        (await ask.say(Act.TAKE, SELLER)).code,
        (await ask.say(Act.ALLOW, BOB)).code,
        (await ask.say(Act.ALLOW, SELLER)).code,
    ]
    first = await ask.say(Act.DECLINE, BOB, act_id="one")
    again = await ask.say(Act.DECLINE, BOB, step=1, act_id="one")
    other = await ask.say(Act.DECLINE, BOB, step=1)

    assert codes == [*["SECOND_CHANCE_NOT_YOURS"] * 3, "SECOND_CHANCE_NOT_OPEN"]
    assert (again, other.code) == (first, "SECOND_CHANCE_NOT_YOURS")
    await ask.say(Act.DECLINE, CY)


async def test_what_cannot_be_read_is_refused(parlour: Parlour) -> None:
    ask = await parlour.ask(FIRST)
    now = await ask.now()
    for said in (ChanceAct("", BOB, Act.TAKE, 1, now), ChanceAct("x", BOB, Act.STOP, 1, now)):
        with pytest.raises(WorkflowUpdateFailedError):
            await ask.handle.execute_update(SecondChanceWorkflow.act, said)
    await ask.say(Act.DECLINE, BOB)


@pytest.mark.cluster
async def test_one_that_is_asked_over_and_over_continues_as_new(real: House) -> None:
    async for parlour in open_parlour(real):
        ask = await parlour.ask(FIRST, SECOND)
        await ask.say(Act.DECLINE, BOB, act_id="one")
        first = (await ask.handle.describe()).run_id
        latest = real.client.get_workflow_handle_for(SecondChanceWorkflow.run, ask.handle.id)
        again = Ask(real, latest, ask.kept)
        for _ in range(SUGGESTED_EVENTS // 5):
            await again.say(Act.TAKE, BOB)
        async with asyncio.timeout(15):
            while (await latest.describe()).run_id == first:
                await asyncio.sleep(0.02)
        assert (await again.say(Act.DECLINE, BOB, step=1, act_id="one")).code == ""
        await again.say(Act.DECLINE, CY)
        assert (await latest.result()).status is S.OVER
        assert ask.kept.acts() == ["open", "decline", "decline"]
