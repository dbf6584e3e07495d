"""A negotiation under time skipping: figures in turn, 24 hours each and 72 in all, Sundays, consent, and races."""

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
from domain.negotiation import Candidate, Ending, Negotiation, Status
from domain.selling_hours import hours_later, is_sunday
from temporal.worker import sandboxed
from tests.workflows.conftest import SUGGESTED_EVENTS, House
from tests.workflows.kept_talks import SELLER, KeptNegotiations, KeptTalks
from workflows.ids import negotiation_workflow_id
from workflows.negotiation import NegotiationWorkflow
from workflows.negotiation_messages import NegotiationOutcome, NegotiationStart, TalksAct, TalksAnswer

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUEUE = "talks-of-tests"
ADA, BOB = 2, 3
HOUR = timedelta(hours=1)
S, W = Status, NegotiationWorkflow
LEADER = Candidate(str(ADA), 8_000_00)
NEXT = Candidate(str(BOB), 7_500_00, is_bound=False)


@dataclass
class Talk:
    """One negotiation in the hands of a test."""

    house: House
    handle: WorkflowHandle[NegotiationWorkflow, NegotiationOutcome]
    kept: KeptTalks

    async def say(
        self, update: Any, by: int, *, step: int = 0, cents: int = 0, act_id: str = "", at: datetime | None = None
    ) -> TalksAnswer:
        """Answer the figure on the table, or the one that was there at a step."""
        received_at = at or await self.now()
        act = TalksAct(act_id or str(uuid4()), by, step or (await self.talks()).step, received_at, cents)
        try:
            answer: TalksAnswer = await self.handle.execute_update(update, act, result_type=TalksAnswer)
        except RPCError as error:
            # Who comes after the end is told so by the door.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return TalksAnswer("NEGOTIATION_OVER", None)
        return answer

    async def talks(self) -> Negotiation:
        await self.until("open")
        found = await self.handle.query(NegotiationWorkflow.state)
        assert found is not None
        return found

    async def now(self) -> datetime:
        return truncate(await self.house.env.get_current_time())

    async def until(self, act: str) -> None:
        async with asyncio.timeout(15):
            while act not in self.kept.acts():
                await asyncio.sleep(0.01)

    async def pass_until(self, moment: datetime) -> None:
        await self.house.env.sleep(max(moment - await self.now(), timedelta(0)))


@dataclass
class Parlour:
    """A worker of negotiations on a server whose time can be skipped."""

    house: House
    kept: KeptNegotiations

    async def talk(self, *candidates: Candidate, **facts: Any) -> Talk:
        kept = KeptTalks(candidates or (LEADER,), **facts)
        auction_id = self.kept.keep(kept)
        handle = await self.house.client.start_workflow(
            NegotiationWorkflow.run,
            NegotiationStart(auction_id),
            id=negotiation_workflow_id(auction_id),
            task_queue=QUEUE,
        )
        return Talk(self.house, handle, kept)

    async def go_to_a_weekday(self, *, hour: int = 12) -> None:
        """Let it be noon in Chicago on a Monday, from where 72 hours pass no Sunday."""
        now = (await self.house.env.get_current_time()).astimezone(CHICAGO)
        monday = (now + timedelta(days=7 - now.weekday())).replace(hour=hour, minute=0, second=0, microsecond=0)
        await self.house.env.sleep(monday - now)


async def open_parlour(house: House) -> AsyncIterator[Parlour]:
    kept = KeptNegotiations()
    worker = Worker(
        house.client,
        task_queue=QUEUE,
        workflows=[NegotiationWorkflow],
        activities=[kept.open_talks, kept.record_talks],
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
        await parlour.go_to_a_weekday()


async def test_a_leaders_price_that_the_seller_accepts_is_a_sale(parlour: Parlour) -> None:
    talk = await parlour.talk()
    answer = await talk.say(W.accept, SELLER)
    outcome = await talk.handle.result()

    assert answer.code == ""
    assert (outcome.status, outcome.order_id is not None) == (S.SOLD, True)
    assert talk.kept.acts() == ["open", "accept"]


async def test_both_sides_counter_until_they_agree(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.say(W.counter, SELLER, cents=9_500_00)
    await talk.say(W.counter, ADA, cents=8_500_00)
    await talk.say(W.counter, SELLER, cents=9_000_00)
    answer = await talk.say(W.accept, ADA)

    assert answer.talks is not None
    assert (answer.talks.figure.cents, (await talk.handle.result()).status) == (9_000_00, S.SOLD)


async def test_a_side_has_three_counters(parlour: Parlour) -> None:
    talk = await parlour.talk()
    for number in range(3):
        await talk.say(W.counter, SELLER, cents=9_900_00 - number * 100_00)
        await talk.say(W.counter, ADA, cents=8_100_00 + number * 100_00)
    assert (await talk.say(W.counter, SELLER, cents=9_000_00)).code == "NEGOTIATION_TOO_MANY_COUNTERS"
    await talk.say(W.decline, SELLER)
    assert (await talk.handle.result()).status is S.OVER


async def test_what_the_rules_refuse_is_an_answer_and_changes_nothing(parlour: Parlour) -> None:
    talk = await parlour.talk()
    codes = [
        (await talk.say(W.accept, ADA)).code,
        (await talk.say(W.accept, BOB)).code,
        (await talk.say(W.counter, SELLER, cents=10_100_00)).code,
        (await talk.say(W.decline, SELLER, step=9)).code,
        (await talk.say(W.stop, ADA)).code,
    ]
    assert codes == [
        "NEGOTIATION_NOT_YOUR_TURN",
        "NEGOTIATION_NOT_YOURS",
        "NEGOTIATION_ABOVE_RESERVE",
        "NEGOTIATION_CHANGED",
        "NEGOTIATION_NOT_YOUR_TURN",
    ]
    assert talk.kept.acts() == ["open"]
    await talk.say(W.stop, SELLER)
    assert talk.kept.acts() == ["open", "stop"]


async def test_an_act_that_is_repeated_has_its_first_answer(parlour: Parlour) -> None:
    talk = await parlour.talk()
    first = await talk.say(W.counter, SELLER, cents=9_000_00, act_id="one")
    again = await talk.say(W.counter, SELLER, step=1, cents=9_000_00, act_id="one")
    assert again == first
    await talk.say(W.decline, ADA)


async def test_each_step_has_24_hours_and_then_the_next_bidder_is_asked(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT)
    await talk.until("open")
    await parlour.house.pass_time(hours=23)
    await talk.say(W.counter, SELLER, cents=9_000_00)
    await parlour.house.pass_time(hours=23)
    still = await talk.talks()
    await parlour.house.pass_time(hours=2)
    await talk.until("expire")
    after = await talk.talks()

    assert (still.candidate, after.candidate, after.endings) == (LEADER, NEXT, (Ending.EXPIRED,))
    await talk.say(W.stop, SELLER)
    assert (await talk.handle.result()).status is S.OVER


async def test_who_is_not_bound_is_asked_when_the_seller_says_yes(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT)
    await talk.say(W.decline, SELLER)
    asked = await talk.say(W.accept, SELLER)
    answer = await talk.say(W.accept, BOB)

    assert asked.talks is not None
    assert (asked.talks.status, answer.code) == (S.OPEN, "")
    assert (await talk.handle.result()).status is S.SOLD
    assert talk.kept.steps[-1].talks.figure.cents == 7_500_00


async def test_the_leader_has_no_part_in_the_talks_with_the_next(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT)
    await talk.say(W.decline, SELLER)
    assert (await talk.say(W.counter, ADA, cents=9_000_00)).code == "NEGOTIATION_NOT_YOURS"
    await talk.say(W.stop, SELLER)


async def test_after_72_hours_all_is_over_whoever_would_come_next(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT)
    for by, cents in ((SELLER, 9_900_00), (ADA, 8_100_00), (SELLER, 9_800_00)):
        await talk.say(W.counter, by, cents=cents)
        await parlour.house.pass_time(hours=20)
    begun = talk.kept.steps[0].at
    await parlour.house.pass_time(hours=13)

    assert (await talk.handle.result()).status is S.OVER
    assert talk.kept.steps[-1].at - begun <= 72 * HOUR + timedelta(seconds=6)
    assert talk.kept.acts()[-1] == "expire"


async def test_the_clock_stands_still_on_a_sunday_and_nothing_is_sold_on_it(parlour: Parlour) -> None:
    now = await parlour.house.env.get_current_time()
    saturday = (now.astimezone(CHICAGO) + timedelta(days=5)).replace(hour=12)
    await parlour.house.env.sleep(saturday - now)
    talk = await parlour.talk()
    begun = (await talk.talks()).expires_at
    await parlour.house.pass_time(hours=20)
    assert is_sunday(await talk.now())
    sunday = await talk.say(W.accept, SELLER)
    countered = await talk.say(W.counter, SELLER, cents=9_000_00)
    await parlour.house.pass_time(hours=26)
    monday = await talk.say(W.accept, ADA)

    assert begun == hours_later(talk.kept.steps[0].at, 24 * HOUR)
    assert (sunday.code, countered.code, monday.code) == ("NOT_ON_SUNDAY", "", "")
    assert (await talk.handle.result()).status is S.SOLD


async def test_an_answer_that_was_received_in_time_counts_though_it_comes_as_the_time_is_over(parlour: Parlour) -> None:
    talk = await parlour.talk()
    expires_at = (await talk.talks()).expires_at
    await talk.pass_until(expires_at + timedelta(seconds=2))
    late = await talk.say(W.accept, SELLER, at=expires_at)
    answer = await talk.say(W.accept, SELLER, at=expires_at - timedelta(milliseconds=1))

    assert (late.code, answer.code) == ("NEGOTIATION_STEP_EXPIRED", "")
    assert (await talk.handle.result()).status is S.SOLD


async def test_when_both_answer_at_once_the_first_is_done_and_the_other_reads_what_there_is(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.say(W.counter, SELLER, cents=9_000_00)
    both = await asyncio.gather(
        talk.say(W.accept, ADA, step=2), talk.say(W.decline, ADA, step=2), talk.say(W.stop, SELLER, step=2)
    )
    done = [answer.code for answer in both if not answer.code]
    outcome = await talk.handle.result()
    assert len(done) == 1
    assert outcome.status is (S.SOLD if not both[0].code else S.OVER)


async def test_while_a_sale_is_made_everybody_else_waits(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.until("open")
    talk.kept.open.clear()
    accepting = asyncio.create_task(talk.say(W.accept, SELLER, step=1))
    async with asyncio.timeout(15):
        await talk.kept.selling.wait()
    declining = asyncio.create_task(talk.say(W.decline, SELLER, step=1))
    await talk.handle.signal(W.lot_gone)
    talk.kept.open.set()

    assert ((await accepting).code, (await declining).code) == ("", "NEGOTIATION_OVER")
    assert (await talk.handle.result()).status is S.SOLD


async def test_what_is_not_for_sale_any_more_is_not_sold_and_ends_the_talks(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT, gone=True)
    answer = await talk.say(W.accept, SELLER)

    assert (answer.code, await talk.handle.result()) == ("LISTING_OVER", NegotiationOutcome(S.OVER))
    assert talk.kept.acts() == ["open", "stop"]


async def test_a_lot_that_is_gone_ends_the_talks(parlour: Parlour) -> None:
    talk = await parlour.talk(LEADER, NEXT)
    await talk.until("open")
    await talk.handle.signal(W.lot_gone)
    assert (await talk.handle.result()).status is S.OVER


async def test_where_nobody_agreed_to_be_asked_there_is_nothing_to_talk_about(parlour: Parlour) -> None:
    kept = KeptTalks(())
    auction_id = parlour.kept.keep(kept)
    handle = await parlour.house.client.start_workflow(
        W.run, NegotiationStart(auction_id), id=negotiation_workflow_id(auction_id), task_queue=QUEUE
    )
    assert await handle.result() == NegotiationOutcome(S.OVER)
    assert kept.acts() == []


async def test_a_workflow_that_was_lost_goes_on_from_the_record(parlour: Parlour) -> None:
    first = await parlour.talk()
    countered = await first.say(W.counter, SELLER, cents=9_000_00)
    await first.handle.terminate()
    again = await parlour.talk(recorded=countered.talks, steps=list(first.kept.steps))
    answer = await again.say(W.accept, ADA, step=2)

    assert answer.code == ""
    assert again.kept.acts() == ["open", "counter", "accept"]
    await again.handle.result()


async def test_a_database_that_is_away_does_not_keep_an_answer_from_its_asker(parlour: Parlour) -> None:
    talk = await parlour.talk()
    await talk.until("open")
    talk.kept.away = True
    answering = asyncio.create_task(talk.say(W.counter, SELLER, cents=9_000_00))
    await parlour.house.pass_time(seconds=5)
    assert (await answering).code == ""
    talk.kept.away = False
    await talk.say(W.decline, ADA)
    await talk.handle.result()
    assert talk.kept.acts() == ["open", "counter", "decline"]


@pytest.mark.parametrize("update", [W.accept, W.counter, W.decline, W.stop])
async def test_what_cannot_be_read_is_refused(parlour: Parlour, update: Any) -> None:
    talk = await parlour.talk()
    now = await talk.now()
    for act in (TalksAct("", SELLER, 1, now), TalksAct("x", SELLER, 1, now, 10**15)):
        with pytest.raises(WorkflowUpdateFailedError):
            await talk.handle.execute_update(update, act)
    await talk.say(W.stop, SELLER)


@pytest.mark.cluster
async def test_talks_that_are_asked_over_and_over_continue_as_new(real: House) -> None:
    async for parlour in open_parlour(real):
        talk = await parlour.talk(sunday_rule=False)
        await talk.say(W.counter, SELLER, cents=9_000_00, act_id="one")
        first = (await talk.handle.describe()).run_id
        latest = real.client.get_workflow_handle_for(NegotiationWorkflow.run, talk.handle.id)
        again = Talk(real, latest, talk.kept)
        for _ in range(SUGGESTED_EVENTS // 5):
            await again.say(W.accept, SELLER)
        async with asyncio.timeout(15):
            while (await latest.describe()).run_id == first:
                await asyncio.sleep(0.02)
        repeated = await again.say(W.counter, SELLER, cents=9_000_00, act_id="one")
        assert repeated.code == ""
        await again.say(W.decline, ADA)
        assert (await latest.result()).status is S.OVER
        assert talk.kept.acts() == ["open", "counter", "decline"]
