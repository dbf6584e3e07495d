"""Listings whose histories are kept: reviewed late and in rounds, unsold, edited under bids and sold, continued, and
unchecked while the decoders are away."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from activities.db import listings
from activities.db.engine import transaction
from domain.listings import Step
from tests.replay.stage import Scene, Stage, short_runs, skipping
from tests.workflows.listings import DAY, HOUR, Desk, make_template, open_desk, working


async def sold(stage: Stage) -> str:
    """A late review that asks for changes, a lot that nobody won, an edit under bids on the next one, and its sale."""
    async with _desk(stage) as desk:
        await desk.step(Step.SUBMIT, "sam")
        await desk.pass_time(5 * DAY)
        await desk.step(Step.REQUEST_CHANGES)
        desk.edit(mileage=51_250)
        await desk.approved()
        desk.end(await desk.put_up(), "no_bids")
        await desk.pass_time(3 * HOUR)
        lot = await desk.put_up(9 * DAY, bidders=("ada", "bob"))
        desk.edit(mileage=61_250)
        await desk.approved()
        await desk.pass_time(25 * HOUR)
        desk.end(lot, "sold")
        await desk.door.tell(desk.vehicle_id)
        return await stage.ended(desk.handle.id)


async def unheld(stage: Stage) -> str:
    """A lot that cannot be held, one that is edited again while it is, a rejection, and a withdrawal."""
    async with _desk(stage) as desk:
        await desk.approved()
        lot = await desk.put_up(9 * DAY, bidders=("ada",))
        desk.edit(mileage=61_250)
        await desk.step(Step.SUBMIT, "sam")
        desk.lots.refuses = True
        await desk.step(Step.APPROVE)
        desk.lots.refuses, desk.lots.between = False, lambda: desk.edit(mileage=71_250)
        await desk.step(Step.APPROVE)
        await desk.pass_time(timedelta(minutes=1))
        await desk.step(Step.SUBMIT, "sam")
        await desk.step(Step.REJECT)
        desk.end(lot, "cancelled")
        return await _withdrawn(stage, desk)


async def continued(stage: Stage) -> str:
    """More than one run, with a lot on hold all the while."""
    async with _desk(stage) as desk:
        await desk.approved()
        await desk.put_up(9 * DAY, bidders=("ada",))
        desk.edit(mileage=61_250)
        await desk.approved()
        first = (await desk.handle.describe()).run_id
        while (await desk.handle.describe()).run_id == first:
            await desk.door.tell(desk.vehicle_id)
        return await _withdrawn(stage, desk)


async def unchecked(stage: Stage) -> str:
    """Sent in while the decoders are away, who are asked again until they answer; then somebody else asks them."""
    async with _desk(stage) as desk:
        desk.forget_reports()
        desk.decoders_are_away()
        await desk.step(Step.SUBMIT, "sam")
        await desk.pass_time(timedelta(minutes=10))
        desk.decoders_are_away(away=False)
        await desk.pass_time(HOUR)
        desk.forget_reports()
        desk.edit(mileage=51_250)
        await asyncio.gather(desk.somebody_asks(), desk.step(Step.SUBMIT, "sam"))
        await desk.pass_time(timedelta(minutes=10))
        return await _withdrawn(stage, desk)


async def _withdrawn(stage: Stage, desk: Desk) -> str:
    with transaction(desk.engine) as connection:
        listings.withdraw(connection, desk.listing(), desk.now())
    await desk.door.tell(desk.vehicle_id)
    return await stage.ended(desk.handle.id)


@asynccontextmanager
async def _desk(stage: Stage) -> AsyncIterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder) / "template.db")
        async with open_desk(stage.env, template, Path(folder)) as desk, working(desk):
            yield desk


SCENES = {
    "listing_sold": Scene(sold, skipping),
    "listing_unheld": Scene(unheld, skipping),
    "listing_continued": Scene(continued, short_runs),
    "listing_unchecked": Scene(unchecked, skipping),
}
