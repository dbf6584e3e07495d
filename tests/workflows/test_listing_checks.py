"""The Listing workflow and the decoders: asked once for what is sent in, and again by itself when they were away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.decoding import Source
from domain.listings import Review, Step
from temporal.converter import make_converter
from tests.workflows.conftest import SECRET
from tests.workflows.listings import DAY, HOUR, Desk, make_template, open_desk, working
from tests.workflows.test_listing import DONE, until
from workflows import policies
from workflows.listing import CHECK_PAUSES, LONGEST_PAUSE

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLEARVIN_TRIES = policies.BUY_REPORT["retry_policy"].maximum_attempts


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("listings") / "template.db")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(time_skipping_server: Path, template: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """On a server of the test's own: what one leaves undone would hold up the time of the next."""
    env = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(time_skipping_server), data_converter=make_converter(SECRET)
    )
    async with env, open_desk(env, template, tmp_path) as opened, working(opened):
        yield opened


async def test_a_fresh_report_is_not_asked_for_again(desk: Desk) -> None:
    await desk.approved()
    await desk.pass_time(5 * DAY)
    assert (desk.clearvin.asked, desk.vpic.asked) == (0, 0)


async def test_what_is_sent_in_without_a_report_is_checked_at_once(desk: Desk) -> None:
    desk.forget_reports()
    await desk.step(Step.SUBMIT, "sam")
    await until(desk, lambda: Source.CLEARVIN in desk.answers())
    assert await desk.step(Step.APPROVE) == DONE
    await desk.pass_time(5 * DAY)
    assert (desk.clearvin.asked, desk.vpic.asked) == (1, 0)


async def test_a_draft_costs_no_report(desk: Desk) -> None:
    desk.forget_reports()
    await desk.door.follow(desk.vehicle_id)
    await desk.pass_time(2 * DAY)
    assert desk.clearvin.asked == 0


async def test_while_decoders_are_away_a_submission_stands_and_is_checked_later_by_itself(desk: Desk) -> None:
    desk.forget_reports()
    desk.decoders_are_away()
    assert await desk.step(Step.SUBMIT, "sam") == DONE
    await desk.pass_time(timedelta(minutes=10))
    assert (desk.listing().review, desk.answers()) == (Review.SUBMITTED, {})
    asked = desk.clearvin.asked
    assert asked > 0
    desk.decoders_are_away(away=False)
    await desk.pass_time(HOUR)
    await until(desk, lambda: Source.CLEARVIN in desk.answers())
    assert desk.clearvin.asked == asked + 1


async def test_decoders_that_stay_away_are_asked_ever_more_rarely_and_an_approval_goes_through(desk: Desk) -> None:
    desk.forget_reports()
    desk.decoders_are_away()
    await desk.approved()
    await desk.pass_time(2 * DAY)
    tries, before = CLEARVIN_TRIES, desk.clearvin.asked
    assert before <= tries * (len(CHECK_PAUSES) + 3)
    await desk.pass_time(3 * DAY)
    assert 2 * tries <= desk.clearvin.asked - before <= 4 * tries
    desk.decoders_are_away(away=False)
    await desk.pass_time(LONGEST_PAUSE + HOUR)
    assert Source.CLEARVIN in desk.answers()


async def test_where_the_catalogue_alone_answers_the_report_is_still_asked_for(desk: Desk) -> None:
    desk.forget_reports()
    desk.clearvin.is_away = True
    await desk.step(Step.SUBMIT, "sam")
    await desk.pass_time(timedelta(minutes=1))
    assert desk.answers().keys() == {Source.VPIC}
    desk.clearvin.is_away = False
    await desk.pass_time(HOUR)
    assert desk.answers().keys() == set(Source)
    assert desk.vpic.asked == 1


async def test_a_vin_that_somebody_else_asks_for_is_bought_once(desk: Desk) -> None:
    desk.forget_reports()
    await desk.door.follow(desk.vehicle_id)
    await asyncio.gather(desk.somebody_asks(), desk.step(Step.SUBMIT, "sam"))
    await desk.pass_time(HOUR)
    assert (desk.clearvin.asked, Source.CLEARVIN in desk.answers()) == (1, True)


async def test_another_submission_meanwhile_is_checked_at_once(desk: Desk) -> None:
    desk.forget_reports()
    desk.decoders_are_away()
    await desk.step(Step.SUBMIT, "sam")
    await desk.pass_time(9 * HOUR)
    desk.decoders_are_away(away=False)
    asked = desk.clearvin.asked
    desk.edit(mileage=61_250)
    await desk.step(Step.SUBMIT, "sam")
    await until(desk, lambda: desk.clearvin.asked == asked + 1)
