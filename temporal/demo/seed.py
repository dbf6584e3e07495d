"""`python -m temporal.demo.seed`: fills the market of the embedded profile, or tops it up where it exists already."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

import httpx
import structlog
from sqlalchemy import Engine

from activities.db.engine import make_engine
from activities.logs import configure_logs
from activities.settings import Settings, SettingsError, load_or_create_platform_key, load_settings
from temporal.demo.accounts import FILE_NAME, Accounts
from temporal.demo.catalogue import catalogue
from temporal.demo.clearing import Clearing
from temporal.demo.client import CONFLICT, TIMEOUT, MarketClient, MarketError, Sleep
from temporal.demo.habits import Bid
from temporal.demo.plan import ENDED_LENGTH, Calendar, Phase, PlannedAuction, PlannedBid, calendar_for, market_plan
from temporal.demo.relist import new_key, read_market, schedule, top_up
from temporal.demo.residents import move_in

AHEAD = timedelta(seconds=1.5)
NOT_STARTED = "NOT_STARTED"
START_TRIES = 20
START_POLL_S = 0.25
END_TRIES = 80
END_POLL_S = 0.5
FAILED, USAGE = 1, 2
SUNDAY_LINE = "It is Sunday or nearly so in Chicago: this demo runs with the Sunday rule off, so that lots can end."

log = structlog.get_logger("seed")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the seed left behind: the accounts, the new auctions by phase, and the relisted ones."""

    accounts: Accounts
    planned: dict[Phase, list[int]]
    relisted: list[int]


@dataclass(frozen=True, slots=True)
class Seeder:
    """Carries out the plan over the public API; `clock`, `sleep` and `rng` are the world's."""

    client: MarketClient
    accounts: Accounts
    clock: Callable[[], datetime]
    sleep: Sleep
    rng: Random

    async def open_market(self, calendar: Calendar) -> Seeded:
        """Schedule what the plan has and the market has not, and run the scripted auctions to their end.

        A market that has all of the plan is topped up. Raises MarketError when the market cannot be read.
        """
        offered = {view["vehicle"]["vin"] for view in await read_market(self.client)}
        plan = market_plan(self.clock(), catalogue(), calendar)
        missing = [planned for planned in plan if planned.offering.spec.vin not in offered]
        # The scripted ones last: their ten seconds start when everything else stands.
        missing.sort(key=lambda planned: planned.phase is Phase.ENDED)
        done = [(planned, await self._schedule(planned)) for planned in missing]
        new = [(planned, auction_id) for planned, auction_id in done if auction_id is not None]
        if missing and not new:
            raise MarketError(f"not one of {len(missing)} auctions could be scheduled; the API's log says why")
        await asyncio.gather(*(self._play(planned, auction_id) for planned, auction_id in new))
        relisted = [] if missing else await self._top_up(calendar)
        phases = {phase: [number for planned, number in new if planned.phase is phase] for phase in Phase}
        return Seeded(self.accounts, phases, relisted)

    async def _top_up(self, calendar: Calendar) -> list[int]:
        return await top_up(self.client, self.accounts, now=self.clock(), rng=self.rng, calendar=calendar)

    async def _schedule(self, planned: PlannedAuction) -> int | None:
        seller = next(seller for seller in self.accounts.sellers if planned.offering.spec.vin in seller.vehicles)
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
        if planned.phase is not Phase.ENDED:
            return
        await self._until(auction_id, ("live",), START_TRIES, START_POLL_S)
        waited = timedelta(0)
        for bid in planned.bids:
            await self.sleep((bid.after - waited).total_seconds())
            waited = bid.after
            await self._place(auction_id, bid)
        await self._until(auction_id, ("ended",), END_TRIES, END_POLL_S)

    async def _place(self, auction_id: int, bid: PlannedBid) -> None:
        """Bid with one key; too early by a hair is tried again, with a new key, because a key keeps its answer."""
        token = self.accounts.bidders[bid.bidder].token
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


async def seed(
    engine: Engine,
    url: str,
    data_dir: Path,
    *,
    secret: bytes,
    calendar: Calendar | None = None,
    say: Callable[[str], None],
) -> Seeded:
    """Fill or top up the market served at `url`, whose database is `engine`; idempotent.

    `calendar` None takes `calendar_for` of this moment. Writes `data_dir/demo-accounts.json` (0600) before anything
    goes on sale. Raises MarketError when the API does not answer as it should.
    """
    now = datetime.now(UTC)
    calendar = calendar or calendar_for(now)
    if calendar is Calendar.NONE:
        say(SUNDAY_LINE)
    accounts = await asyncio.to_thread(move_in, engine, data_dir / FILE_NAME, now, Clearing(secret))
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT) as http:
        client = MarketClient(http)
        seeder = Seeder(client, accounts, lambda: datetime.now(UTC), asyncio.sleep, SystemRandom())
        seeded = await seeder.open_market(calendar)
    say(summary(seeded))
    return seeded


def summary(seeded: Seeded) -> str:
    """One line on what was done."""
    counts = Counter({phase: len(numbers) for phase, numbers in seeded.planned.items()})
    if counts.total():
        return ", ".join(f"{count} {phase}" for phase, count in counts.items()) + " auctions"
    return f"the market stood already; {len(seeded.relisted)} auctions added"


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; what goes wrong is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m temporal.demo.seed", description=__doc__)
    parser.add_argument("--url", required=True, help="where the site is served")
    parser.add_argument("--calendar", choices=("auto", *Calendar), default="auto", help="the Sunday rule")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        if settings.profile != "embedded":
            return _complain("the demo's people have known passwords; they live in the embedded profile only", USAGE)
        configure_logs(settings.log_level)
        calendar = None if options.calendar == "auto" else Calendar(options.calendar)
        asyncio.run(_seed(settings, options.url, calendar))
    except SettingsError as error:
        return _complain(str(error), USAGE)
    except MarketError as error:
        return _complain(str(error), FAILED)
    return 0


async def _seed(settings: Settings, url: str, calendar: Calendar | None) -> None:
    engine = make_engine(settings.database_url)
    try:
        secret = load_or_create_platform_key(settings)
        await seed(engine, url, settings.data_dir, secret=secret, calendar=calendar, say=_say)
    finally:
        engine.dispose()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"seed: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
