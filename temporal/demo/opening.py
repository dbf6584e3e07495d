"""The plan carried out over the public API: the opening first, the rest while the market is open."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from types import MappingProxyType

import structlog

from temporal.demo.accounts import Accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.client import CONFLICT, MarketClient, MarketError, Sleep
from temporal.demo.garage import Car, Garage
from temporal.demo.habits import Bid
from temporal.demo.plan import ENDED_LENGTH, Calendar, Phase, PlannedAuction, PlannedBid, market_plan
from temporal.demo.relist import new_key, read_market, schedule, top_up

# So many of each phase are what a newcomer sees first, those that take longest to begin with; the rest comes while
# they look around.
OPENING: Mapping[Phase, int] = MappingProxyType({Phase.ENDED: 2, Phase.LIVE: 19, Phase.SCHEDULED: 2})
EVERYTHING: Mapping[Phase, int] = MappingProxyType(dict.fromkeys(Phase, 99))
AHEAD = timedelta(seconds=1.5)
NOT_STARTED = "NOT_STARTED"
AT_ONCE = 4
START_TRIES = 20
START_POLL_S = 0.25
END_TRIES = 80
END_POLL_S = 0.5

log = structlog.get_logger("seed")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the seed left behind: the new auctions by phase, and the relisted ones."""

    planned: dict[Phase, list[int]]
    relisted: list[int]


@dataclass(frozen=True, slots=True)
class Seeder:
    """Carries out the plan over the public API; `accounts` are those of this moment, the rest is the world's."""

    client: MarketClient
    garage: Garage
    accounts: Callable[[], Accounts]
    clock: Callable[[], datetime]
    sleep: Sleep
    rng: Random

    async def open_market(self, calendar: Calendar, players: Awaitable[object] | None = None) -> Seeded:
        """List and schedule the first part of the plan, or top up a market that has it.

        Scripted auctions wait until their `players` have come. Raises MarketError when the market cannot be read, or
        stays empty, or what `players` raise.
        """
        done = await self.carry_out(calendar, OPENING, players)
        relisted = await top_up(
            self.client, self.garage, now=self.clock(), rng=self.rng, calendar=calendar, upcoming_target=0
        )
        if not (done.planned or relisted or await read_market(self.client)):
            raise MarketError("not one auction could be scheduled; the API's log says why")
        return Seeded(done.planned, relisted)

    async def carry_out(
        self, calendar: Calendar, most: Mapping[Phase, int] = EVERYTHING, players: Awaitable[object] | None = None
    ) -> Seeded:
        """Schedule what the plan has, up to so `most` of each phase, and the market has not; scripts run to their end.

        Raises MarketError when the market cannot be read, or what `players` raise.
        """
        offered = {view["vehicle"]["vin"] for view in await read_market(self.client)}
        plan = market_plan(self.clock(), catalogue(), calendar)
        wanted = _first(most, plan)
        missing = [one for one in wanted if one.offering.spec.vin not in offered]
        places = asyncio.Semaphore(AT_ONCE)
        numbers = await asyncio.gather(*(self._run(planned, places, players) for planned in missing))
        done: dict[Phase, list[int]] = {}
        for planned, number in zip(missing, numbers, strict=True):
            if number is not None:
                done.setdefault(planned.phase, []).append(number)
        return Seeded(done, [])

    async def _run(
        self, planned: PlannedAuction, places: asyncio.Semaphore, players: Awaitable[object] | None
    ) -> int | None:
        async with places:
            car = await self.garage.bring(planned.offering)
        if car is None:
            return None
        if planned.phase is not Phase.ENDED:
            return await self._schedule(planned, car)
        if players is not None:
            await players
        auction_id = await self._schedule(planned, car)
        if auction_id is not None:
            await self._play(planned, auction_id)
        return auction_id

    async def _schedule(self, planned: PlannedAuction, car: Car) -> int | None:
        starts_at = max(planned.starts_at, self.clock() + AHEAD)
        ends_at = starts_at + ENDED_LENGTH if planned.phase is Phase.ENDED else planned.ends_at
        key, window_s = new_key(self.rng), planned.window_s
        return await schedule(
            self.client, self.garage, car, starts_at=starts_at, ends_at=ends_at, key=key, window_s=window_s
        )

    async def _play(self, planned: PlannedAuction, auction_id: int) -> None:
        """Place the bids of a scripted auction, and see it end."""
        await self._until(auction_id, ("live",), START_TRIES, START_POLL_S)
        waited = timedelta(0)
        for bid in planned.bids:
            await self.sleep((bid.after - waited).total_seconds())
            waited = bid.after
            await self._place(auction_id, bid)
        await self._until(auction_id, ("ended",), END_TRIES, END_POLL_S)

    async def _place(self, auction_id: int, bid: PlannedBid) -> None:
        """Bid with one key; too early by a hair is tried again, with a new key, because a key keeps its answer."""
        token = self.accounts().bidders[bid.bidder].token
        for _ in range(START_TRIES):
            answer = await self.client.bid(token, auction_id, Bid(bid.kind, bid.cents), new_key(self.rng))
            if not (answer.status == CONFLICT and answer.code == NOT_STARTED):
                break
            await self.sleep(START_POLL_S)
        if not answer.accepted:
            log.warning("scripted_bid_refused", auction_id=auction_id, code=answer.code)

    async def _until(self, auction_id: int, statuses: tuple[str, ...], tries: int, pause_s: float) -> None:
        for _ in range(tries):
            view = await self.client.auction(auction_id)
            if view["status"] in (*statuses, "ended"):
                return
            await self.sleep(pause_s)
        log.warning("auction_is_late", auction_id=auction_id, waited_for=statuses)


def _first(most: Mapping[Phase, int], plan: Sequence[PlannedAuction]) -> list[PlannedAuction]:
    """The first auctions of each phase, the phases in their order."""
    return [one for phase, count in most.items() for one in islice((one for one in plan if one.phase is phase), count)]


def summary(seeded: Seeded) -> str:
    """One line on what was done."""
    if seeded.planned:
        return ", ".join(f"{len(numbers)} {phase}" for phase, numbers in seeded.planned.items()) + " auctions"
    return f"the market stood already; {len(seeded.relisted)} auctions added"
