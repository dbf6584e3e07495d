"""The jobs that heal what a crash left behind."""

import asyncio

from domain.errors import UnavailableError
from temporal.upkeep import Upkeep

DEADLINE_S = 10.0


async def test_a_job_that_fails_stops_no_other_and_is_tried_again() -> None:
    done: list[str] = []

    async def away() -> None:
        done.append("away")
        raise UnavailableError("UNAVAILABLE", "away")

    async def broken() -> None:
        done.append("broken")
        raise ZeroDivisionError

    async def well() -> None:
        done.append("well")

    upkeep = Upkeep({"away": away, "broken": broken, "well": well})
    await upkeep.once()
    await upkeep.once()
    assert done == ["away", "broken", "well"] * 2


async def test_the_jobs_run_until_they_are_stopped() -> None:
    again = asyncio.Event()
    runs: list[int] = []

    async def job() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            again.set()

    upkeep = Upkeep({"job": job}, every_s=0.01)
    upkeep.start()
    await asyncio.wait_for(again.wait(), DEADLINE_S)
    await upkeep.stop()
    count = len(runs)
    await asyncio.sleep(0)
    assert len(runs) == count


async def test_what_never_ran_can_be_stopped() -> None:
    await Upkeep({}).stop()
