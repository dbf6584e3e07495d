"""The market's opening: the plan is carried out over the public API, and what has been done is told."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import structlog

from temporal.demo.accounts import Accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.client import CONFLICT, MarketClient, MarketError, Sleep
from temporal.demo.habits import Bid
from temporal.demo.plan import ENDED_LENGTH, Calendar, Phase, PlannedAuction, PlannedBid, market_plan
from temporal.demo.relist import new_key, read_market, schedule, top_up

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
    accounts: Callable[[], Accounts]
    clock: Callable[[], datetime]
    sleep: Sleep
    rng: Random

    async def open_market(self, calendar: Calendar, players: Awaitable[object] | None = None) -> Seeded:
        """Schedule what the plan has and the market has not, and run the scripted auctions to their end.

        Those begin once their `players` have come. A market that has all of the plan is topped up. Raises MarketError
        when the market cannot be read, or what `players` raise.
        """
        offered = {view["vehicle"]["vin"] for view in await read_market(self.client)}
        plan = market_plan(self.clock(), catalogue(), calendar)
        missing = [planned for planned in plan if planned.offering.spec.vin not in offered]
        new = await self._schedule_all([planned for planned in missing if planned.phase is not Phase.ENDED])
        if players is not None:
            await players
        scripted = await self._schedule_all([planned for planned in missing if planned.phase is Phase.ENDED])
        if missing and not new and not scripted:
            raise MarketError(f"not one of {len(missing)} auctions could be scheduled; the API's log says why")
        await asyncio.gather(*(self._play(planned, auction_id) for planned, auction_id in scripted))
        relisted = [] if missing else await self._top_up(calendar)
        opened = [*scripted, *new]
        phases = {phase: [number for planned, number in opened if planned.phase is phase] for phase in Phase}
        return Seeded(phases, relisted)

    async def _schedule_all(self, wanted: Sequence[PlannedAuction]) -> list[tuple[PlannedAuction, int]]:
        """Those that could be scheduled, with their ids."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(planned: PlannedAuction) -> int | None:
            async with places:
                return await self._schedule(planned)

        numbers = await asyncio.gather(*map(one, wanted))
        return [(planned, number) for planned, number in zip(wanted, numbers, strict=True) if number is not None]

    async def _top_up(self, calendar: Calendar) -> list[int]:
        return await top_up(self.client, self.accounts(), now=self.clock(), rng=self.rng, calendar=calendar)

    async def _schedule(self, planned: PlannedAuction) -> int | None:
        vin = planned.offering.spec.vin
        seller = next((seller for seller in self.accounts().sellers if vin in seller.vehicles), None)
        if seller is None:
            return None
        starts_at = max(planned.starts_at, self.clock() + AHEAD)
        ends_at = starts_at + ENDED_LENGTH if planned.phase is Phase.ENDED else planned.ends_at
        key = new_key(self.rng)
        return await schedule(
            self.client,
            seller,
            planned.offering,
            starts_at=starts_at,
            ends_at=ends_at,
            key=key,
            window_s=planned.window_s,
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


def summary(seeded: Seeded) -> str:
    """One line on what was done."""
    counts = Counter({phase: len(numbers) for phase, numbers in seeded.planned.items()})
    if counts.total():
        return ", ".join(f"{count} {phase}" for phase, count in counts.items()) + " auctions"
    return f"the market stood already; {len(seeded.relisted)} auctions added"
