"""The Listing workflow under time skipping: reviews that are late, sales that end or do not, and edits under bids."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.db import listings
from activities.db.engine import transaction
from activities.listings import ListingWork
from activities.review_contracts import ListingStep, StepTaken
from domain.auction import MATERIAL_EDIT
from domain.listings import Review, Status, Step
from temporal.converter import make_converter
from tests.workflows.conftest import SECRET, SUGGESTED_EVENTS, House
from tests.workflows.listings import DAY, HOUR, Desk, make_template, open_desk, started_with, working
from workflows.listing_messages import StepAnswer

pytestmark = pytest.mark.asyncio(loop_scope="session")

BIDDERS = ("ada", "bob")
DONE = StepAnswer("", [])


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("listings") / "template.db")


@pytest_asyncio.fixture(loop_scope="session")
async def skipping(time_skipping_server: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: what one leaves undone would hold up the time of the next."""
    env = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(time_skipping_server), data_converter=make_converter(SECRET)
    )
    async with env:
        yield env


@pytest_asyncio.fixture(loop_scope="session")
async def desk(skipping: WorkflowEnvironment, template: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(skipping, template, tmp_path) as opened, working(opened):
        yield opened


async def until(desk: Desk, what: Any) -> None:
    """Let a little of the server's time go until something is so."""
    for _ in range(50):
        if what():
            return
        await desk.pass_time(timedelta(seconds=1))
    assert what()


# The review


async def test_a_review_that_is_late_is_told_to_every_admin_once(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    await desk.pass_time(20 * HOUR)
    assert desk.mails("review_late") == []
    await desk.pass_time(5 * DAY)
    assert desk.mails("review_late") == ["alan", "amy"]
    await desk.pass_time(5 * DAY)
    assert desk.mails("review_late") == ["alan", "amy"]


async def test_a_review_in_time_is_late_for_nobody(desk: Desk) -> None:
    await desk.approved()
    await desk.pass_time(5 * DAY)
    assert desk.mails("review_late") == []


async def test_each_round_has_its_own_promise_even_for_photos_alone(desk: Desk) -> None:
    for _ in range(2):
        await desk.step(Step.SUBMIT, "sam")
        await desk.pass_time(5 * DAY)
        assert (await desk.step(Step.APPROVE)).code == ""
    assert desk.mails("review_late") == ["alan", "alan", "amy", "amy"]


async def test_an_approval_publishes_and_tells_the_seller(desk: Desk) -> None:
    await desk.approved()
    found = desk.listing()
    assert (found.status, found.review, found.public) == (Status.APPROVED, Review.NONE, found.told)
    assert desk.mails("approved") == ["sam"]
    assert desk.deeds() == ["listing_submitted", "listing_approved"]


async def test_changes_that_were_asked_for_are_sent_in_again(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    assert await desk.step(Step.REQUEST_CHANGES) == DONE
    assert desk.listing().review is Review.CHANGES_REQUESTED
    desk.edit(mileage=61_250)
    await desk.approved()
    public = desk.listing().public
    assert public is not None
    assert public.mileage == 61_250
    assert desk.mails("changes_requested") == ["sam"]


async def test_what_is_missing_is_named_and_nothing_is_written(desk: Desk) -> None:
    desk.edit(zip="", make="")
    answer = await desk.step(Step.SUBMIT, "sam")
    assert answer.code == "INCOMPLETE"
    assert [tuple(flaw)[:2] for flaw in answer.missing] == [("make", "REQUIRED"), ("zip", "REQUIRED")]
    assert desk.deeds() == []


async def test_an_approval_that_races_an_edit_is_refused(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    seen = desk.listing().version
    desk.edit(mileage=1)
    assert (await desk.step(Step.APPROVE, version=seen)).code == "LISTING_CHANGED"
    assert desk.listing().public is None


async def test_of_two_admins_at_once_both_read_the_first_ones_approval(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    seen = desk.listing().version
    answers = await asyncio.gather(*(desk.step(Step.APPROVE, by, version=seen) for by in ("amy", "alan")))
    assert answers == [DONE, DONE]
    assert (desk.deeds().count("listing_approved"), desk.mails("approved")) == (1, ["sam"])


async def test_of_two_admins_who_decide_otherwise_one_is_refused(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    seen = desk.listing().version
    steps = ((Step.APPROVE, "amy"), (Step.REJECT, "alan"))
    answers = await asyncio.gather(*(desk.step(step, by, version=seen) for step, by in steps))
    assert sorted(answer.code for answer in answers) == ["", "LISTING_STATUS"]
    assert len(desk.deeds()) == 2


async def test_the_same_update_twice_has_one_answer_and_one_deed(desk: Desk) -> None:
    seen = desk.listing().version
    answers = [await desk.step(Step.SUBMIT, "sam", version=seen, request="r-1") for _ in range(2)]
    assert answers == [DONE, DONE]
    assert desk.deeds() == ["listing_submitted"]


@pytest.mark.parametrize("by", ["withdraw", "delete"])
async def test_what_is_withdrawn_or_deleted_ends_it(desk: Desk, by: str) -> None:
    await desk.step(Step.SUBMIT, "sam")
    with transaction(desk.engine) as connection:
        found = listings.listing(connection, desk.vehicle_id)
        assert found is not None
        if by == "withdraw":
            listings.withdraw(connection, found, desk.now())
        else:
            assert listings.remove(connection, found, desk.now())
    await desk.door.tell(desk.vehicle_id)
    assert await desk.handle.result() is Status.WITHDRAWN


async def test_a_step_on_what_is_withdrawn_is_refused(desk: Desk) -> None:
    await desk.step(Step.SUBMIT, "sam")
    seen = desk.listing().version
    with transaction(desk.engine) as connection:
        listings.withdraw(connection, desk.listing(), desk.now())
    assert (await desk.step(Step.APPROVE, version=seen)).code == "LISTING_OVER"


# The sale


async def test_a_sold_listing_ends_it(desk: Desk) -> None:
    await desk.approved()
    lot = await desk.put_up()
    desk.end(lot, "sold")
    assert await desk.handle.result() is Status.SOLD
    assert desk.mails("unsold") == []


async def test_an_unsold_lot_is_told_once_and_the_next_one_again(desk: Desk) -> None:
    await desk.approved()
    for runs in (1, 2):
        lot = await desk.put_up()
        await desk.pass_time(HOUR)
        desk.end(lot, "reserve_not_met")
        await desk.pass_time(3 * DAY)
        assert desk.mails("unsold") == ["sam"] * runs


async def test_an_end_that_bids_moved_is_waited_for(desk: Desk) -> None:
    await desk.approved()
    lot = await desk.put_up()
    desk.extend(lot, 3 * HOUR)
    await desk.pass_time(3 * HOUR)
    assert desk.mails("unsold") == []
    desk.end(lot, "no_bids")
    await desk.pass_time(3 * HOUR)
    assert desk.mails("unsold") == ["sam"]


async def test_a_lot_that_is_held_past_its_end_is_looked_at_until_it_is_over(desk: Desk) -> None:
    await desk.approved()
    lot = await desk.put_up()
    await desk.pass_time(6 * HOUR)
    desk.end(lot, "no_bids")
    await desk.pass_time(2 * HOUR)
    assert desk.mails("unsold") == ["sam"]


# Edits while bids stand


async def edited(desk: Desk, mileage: int = 61_250) -> StepAnswer:
    desk.edit(mileage=mileage)
    assert await desk.step(Step.SUBMIT, "sam") == DONE
    return await desk.step(Step.APPROVE)


async def under_bids(desk: Desk) -> int:
    await desk.approved()
    return await desk.put_up(5 * DAY, bidders=BIDDERS)


async def test_a_material_edit_holds_the_lot_asks_its_bidders_once_and_lets_it_run_on_after_a_day(desk: Desk) -> None:
    lot = await under_bids(desk)
    assert await edited(desk) == DONE
    assert desk.lots.holds == [(lot, MATERIAL_EDIT)]
    assert desk.mails("edited") == ["ada", "bob"]
    await desk.pass_time(23 * HOUR)
    assert desk.lots.resumes == []
    await desk.pass_time(2 * HOUR)
    assert desk.lots.resumes == [lot]
    await desk.pass_time(2 * DAY)
    assert (desk.lots.resumes, desk.mails("edited")) == ([lot], ["ada", "bob"])


async def test_a_second_edit_during_the_hold_gives_another_day(desk: Desk) -> None:
    lot = await under_bids(desk)
    await edited(desk)
    desk.lots.refuses = True
    await desk.pass_time(20 * HOUR)
    assert await edited(desk, 71_250) == DONE
    await desk.pass_time(20 * HOUR)
    assert (desk.lots.resumes, desk.mails("edited")) == ([], ["ada", "ada", "bob", "bob"])
    await desk.pass_time(5 * HOUR)
    assert desk.lots.resumes == [lot]


async def test_an_edit_that_bidders_do_not_rely_on_holds_nothing(desk: Desk) -> None:
    await under_bids(desk)
    desk.edit(description="More words.")
    await desk.approved()
    assert (desk.lots.holds, desk.mails("edited")) == ([], [])


async def test_a_lot_that_cannot_be_held_keeps_the_edit_unpublished_until_it_can(desk: Desk) -> None:
    lot = await under_bids(desk)
    desk.lots.refuses = True
    assert (await edited(desk)).code == "LOT_NOT_HELD"
    public = desk.listing().public
    assert public is not None
    assert (public.mileage, desk.mails("edited")) == (41_250, [])
    desk.lots.refuses = False
    assert await desk.step(Step.APPROVE) == DONE
    assert desk.lots.holds == [(lot, MATERIAL_EDIT)] * 2


async def test_an_edit_between_hold_and_approval_lets_the_lot_run_on_at_once(desk: Desk) -> None:
    lot = await under_bids(desk)
    desk.lots.between = lambda: desk.edit(mileage=1)
    assert (await edited(desk)).code == "LISTING_CHANGED"
    await until(desk, lambda: desk.lots.resumes == [lot])
    assert desk.mails("edited") == []


async def test_lost_answers_of_the_lot_hold_and_resume_it_once(desk: Desk) -> None:
    lot = await under_bids(desk)
    desk.lots.lost = 2
    assert await edited(desk) == DONE
    desk.lots.lost = 2
    await desk.pass_time(26 * HOUR)
    assert (desk.lots.holds, desk.lots.resumes) == ([(lot, MATERIAL_EDIT)], [lot])


async def test_a_lot_that_an_admin_holds_meanwhile_is_not_let_go(desk: Desk) -> None:
    lot = await under_bids(desk)
    await edited(desk)
    await desk.lots.resume(lot, "by an admin")
    await desk.lots.hold(lot, "the title is in question", "by an admin too")
    await desk.pass_time(26 * HOUR)
    assert desk.lots.resumes == [lot]


# Bad luck


class LosesAnswers(ListingWork):
    """Writes, and dies with the answer in its hands, once for each step."""

    lost = 0

    @activity.defn(name="take_listing_step")
    def take_listing_step(self, work: ListingStep) -> StepTaken:
        taken = super().take_listing_step(work)
        if taken.hold_lot is None and self.lost < 3:
            self.lost += 1
            raise ConnectionError("the worker is gone")
        return taken


async def test_a_step_whose_answer_is_lost_is_done_once(
    skipping: WorkflowEnvironment, template: Path, tmp_path: Path
) -> None:
    async with open_desk(skipping, template, tmp_path) as desk:
        work = LosesAnswers(desk.engine, "https://hammertime.example", desk.lots, desk.now)
        async with working(desk, work):
            lot = await under_bids(desk)
            assert await edited(desk) == DONE
    assert work.lost == 3
    assert desk.deeds() == ["listing_submitted", "listing_approved"] * 2
    assert (desk.mails("approved"), desk.mails("edited")) == (["sam", "sam"], ["ada", "bob"])
    assert desk.lots.holds == [(lot, MATERIAL_EDIT)]


async def test_a_worker_that_is_replaced_between_steps_loses_nothing(
    skipping: WorkflowEnvironment, template: Path, tmp_path: Path
) -> None:
    async with open_desk(skipping, template, tmp_path) as desk:
        async with working(desk):
            lot = await under_bids(desk)
            desk.edit(mileage=61_250)
            await desk.step(Step.SUBMIT, "sam")
            await desk.rest()
        async with working(desk):
            assert await desk.step(Step.APPROVE) == DONE
            await desk.rest()
        async with working(desk):
            await desk.pass_time(25 * HOUR)
            await until(desk, lambda: desk.lots.resumes == [lot])
    assert desk.mails("edited") == ["ada", "bob"]


async def test_without_a_worker_the_step_is_unavailable_and_done_later(
    skipping: WorkflowEnvironment, template: Path, tmp_path: Path
) -> None:
    async with open_desk(skipping, template, tmp_path, answer_s=0.5) as desk:
        with pytest.raises(Exception, match="LISTING_UNAVAILABLE"):
            await desk.step(Step.SUBMIT, "sam")
        desk.door = replace_patience(desk)
        async with working(desk):
            assert await desk.step(Step.SUBMIT, "sam", version=1) == DONE
    assert desk.deeds() == ["listing_submitted"]


def replace_patience(desk: Desk) -> Any:
    """The same door, which waits longer."""
    return type(desk.door)(desk.client, desk.queue, 20.0)


@pytest.mark.cluster
async def test_the_next_run_knows_all_that_the_last_one_knew(real: House, template: Path, tmp_path: Path) -> None:
    async with open_desk(real.env, template, tmp_path) as desk, working(desk):
        await desk.approved()
        unsold = await desk.put_up()
        desk.end(unsold, "no_bids")
        await desk.door.tell(desk.vehicle_id)
        await until(desk, lambda: desk.mails("unsold") == ["sam"])
        lot = await desk.put_up(5 * DAY, bidders=BIDDERS)
        assert await edited(desk) == DONE
        desk.edit(mileage=71_250)
        now, desk.ahead = desk.ahead, desk.ahead - 9 * DAY
        await desk.step(Step.SUBMIT, "sam")
        desk.ahead = now
        first = (await desk.handle.describe()).run_id
        while (await desk.handle.describe()).run_id == first:
            await desk.door.tell(desk.vehicle_id)
        assert (await desk.handle.describe()).history_length < 2 * SUGGESTED_EVENTS
        start = await started_with(desk)
    assert replace(start, resume_at=None) == replace(
        start, resume_at=None, told_late=desk.listing().version, told_unsold=unsold, held_lot=lot
    )
    assert start.resume_at is not None
    assert timedelta(hours=23) < start.resume_at - desk.now() < timedelta(hours=25)
    assert desk.mails("review_late") == ["alan", "amy"]
