"""The market's keeper: what the opening left for later comes up, and then there is always enough on sale."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

import structlog

from temporal.demo.client import MarketClient, MarketError, Sleep
from temporal.demo.garage import Garage
from temporal.demo.opening import Seeder
from temporal.demo.plan import Calendar, calendar_for
from temporal.demo.relist import top_up

KEEP_EVERY_S = (15.0, 45.0)
# So many cars have been on the site soon after its opening, and so many always wait for their first auction.
LISTED_LEAST, SPARE_LEAST = 48, 8

log = structlog.get_logger("market")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Lists and schedules as the demo's sellers; `calendar` None is that of the moment, `sleep` how it waits."""

    client: MarketClient
    garage: Garage
    seeder: Seeder
    calendar: Calendar | None
    clock: Callable[[], datetime]
    rng: Random
    sleep: Sleep = asyncio.sleep

    async def run(self) -> None:
        """Keep the market until cancelled; what cannot be done now is tried again."""
        await self._try(self._fill)
        while True:
            await self._try(self._keep)
            await self._try(self.stock_up)
            await self.sleep(self.rng.uniform(*KEEP_EVERY_S))

    async def stock_up(self) -> None:
        """List cars, one after the other, until enough are there. Raises MarketError."""
        await self.garage.look()
        while self.garage.listed < LISTED_LEAST or self.garage.spare < SPARE_LEAST:
            if await self.garage.bring_next() is None:
                return

    async def _fill(self) -> None:
        await self.seeder.carry_out(self._calendar())

    async def _keep(self) -> None:
        new = await top_up(self.client, self.garage, now=self.clock(), rng=self.rng, calendar=self._calendar())
        if new:
            log.info("lots_added", auction_ids=new)

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except MarketError as error:
            log.warning("market_not_kept", reason=str(error))

    def _calendar(self) -> Calendar:
        return self.calendar or calendar_for(self.clock())
