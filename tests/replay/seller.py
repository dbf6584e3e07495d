"""Dealers whose histories are kept: told of the licence's end, renewed in between, and renewed over and over."""

from datetime import date, timedelta

from domain.sellers import day_in_chicago
from temporal.sellers import SellerWatch
from tests.replay.stage import QUEUE, Scene, Stage, short_runs, skipping
from workflows.ids import seller_workflow_id

USER = 42


async def lapsed(stage: Stage) -> str:
    """Told thirty days ahead and on the last day, and over."""
    await _approve(stage, await _day(stage, 90))
    return await stage.ended(seller_workflow_id(USER))


async def renewed(stage: Stage) -> str:
    """Told ahead, then another licence takes the place of that one; the same one again changes nothing."""
    await _approve(stage, await _day(stage, 60))
    await stage.house.pass_time(days=45)
    new = await _day(stage, 100)
    await _approve(stage, new)
    await _approve(stage, new)
    return await stage.ended(seller_workflow_id(USER))


async def continued(stage: Stage) -> str:
    """More than one run, and the last one watches a licence that is over."""
    handle, day = stage.client.get_workflow_handle(seller_workflow_id(USER)), await _day(stage, 1_000)
    await _approve(stage, day)
    first = (await handle.describe()).run_id
    while (await handle.describe()).run_id == first:
        day += timedelta(days=1)
        await _approve(stage, day)
    await _approve(stage, await _day(stage, -1))
    return await stage.ended(handle.id)


async def _day(stage: Stage, days: int) -> date:
    """The day in Chicago that is so many days ahead of the server's now."""
    return day_in_chicago(await stage.env.get_current_time()) + timedelta(days=days)


async def _approve(stage: Stage, expires_on: date) -> None:
    await SellerWatch(stage.client, QUEUE).licence(USER, expires_on)


SCENES = {
    "seller_lapsed": Scene(lapsed, skipping),
    "seller_renewed": Scene(renewed, skipping),
    "seller_continued": Scene(continued, short_runs),
}
