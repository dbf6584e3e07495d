"""`python -m temporal.demo.seed`: brings the demo's first people in and fills their market, or tops it up.

The people come by the product's own doors, as anybody does; whoever has come already is left alone.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import SystemRandom

import httpx
from sqlalchemy import Engine

from activities.db.engine import make_engine
from activities.db.people import Role
from activities.logs import configure_logs
from activities.settings import Settings, SettingsError, load_settings
from activities.vendor_settings import VendorSettings, load_vendor_settings
from domain.clock import truncate
from temporal.demo.accounts import FILE_NAME, Accounts, Book, read_accounts
from temporal.demo.arrivals import Arrivals, LeftOut, check_book, entrance
from temporal.demo.client import TIMEOUT, MarketClient, MarketError, quiet_requests
from temporal.demo.garage import Garage
from temporal.demo.listing import Lister
from temporal.demo.opening import Seeder, summary
from temporal.demo.people import ADMIN, BIDDERS, NEWCOMERS, SELLERS, STAFF, DemoPerson
from temporal.demo.plan import PLAYERS, Calendar, calendar_for
from temporal.demo.vendors import are_sandboxes
from temporal.staff import appoint, operator_name

AT_ONCE = 3
PLAYERS_OF_ONE_SHOW = 3
FAILED, USAGE = 1, 2
SUNDAY_LINE = "It is Sunday or nearly so in Chicago: this demo runs with the Sunday rule off, so that lots can end."


@dataclass(frozen=True, slots=True)
class Cast:
    """Who comes in: those who put lots up with the admin who approves them, those who play, and those who come last."""

    sellers: tuple[DemoPerson, ...]
    players: tuple[DemoPerson, ...]
    later: tuple[DemoPerson, ...] = ()
    opens_market: bool = False


MARKET = Cast(
    sellers=SELLERS,
    players=BIDDERS[:PLAYERS],
    later=(*NEWCOMERS, *(person for person in STAFF if person is not ADMIN)),
    opens_market=True,
)
ONE_SHOW = Cast(sellers=SELLERS[:1], players=BIDDERS[:PLAYERS_OF_ONE_SHOW])


class Seed:
    """One run of the seed on one site; `say` tells what was done."""

    def __init__(self, book: Book, client: MarketClient, cast: Cast, say: Callable[[str], None]) -> None:
        self._book = book
        self._client = client
        self._cast = cast
        self._say = say

    async def run(self, arrivals: Arrivals, calendar: Calendar | None) -> None:
        """Bring the people in and open their market while they come; idempotent. Raises MarketError."""
        players = asyncio.create_task(self._bring_players(arrivals))
        later = asyncio.create_task(self._bring_later(arrivals, players))
        garage = Garage(self._client, self._accounts, Lister(self._client, arrivals.desk))
        try:
            await self._bring_sellers(arrivals)
            if self._cast.opens_market:
                await self._open_market(garage, calendar, players)
            else:
                await _bring_one(garage)
            await players
            await later
        finally:
            for task in (players, later):
                task.cancel()
            await asyncio.gather(players, later, return_exceptions=True)

    async def _bring_sellers(self, arrivals: Arrivals) -> None:
        left_out = await arrivals.bring((ADMIN, *self._cast.sellers), at_once=AT_ONCE)
        _require(self._book.accounts.sellers, 1, left_out)
        due = await arrivals.licences_due(self._client)
        await arrivals.renew(person for person in SELLERS if person.email in due)

    async def _bring_players(self, arrivals: Arrivals) -> None:
        left_out = await arrivals.bring(self._cast.players, at_once=AT_ONCE)
        _require(self._book.accounts.bidders, len(self._cast.players), left_out)

    async def _bring_later(self, arrivals: Arrivals, players: asyncio.Task[None]) -> None:
        await asyncio.wait({players})
        await arrivals.bring(self._cast.later, at_once=AT_ONCE)

    async def _open_market(self, garage: Garage, calendar: Calendar | None, players: asyncio.Task[None]) -> None:
        calendar = calendar or calendar_for(_now())
        if calendar is Calendar.NONE:
            self._say(SUNDAY_LINE)
        seeder = Seeder(self._client, garage, self._accounts, _now, asyncio.sleep, SystemRandom())
        self._say(summary(await seeder.open_market(calendar, players)))

    def _accounts(self) -> Accounts:
        return self._book.accounts


async def _bring_one(garage: Garage) -> None:
    """See to it that there is a car to be put up."""
    await garage.look()
    if not garage.cars and await garage.bring_next() is None:
        raise MarketError("no car could be listed; the seed's log says why")


def _require(have: Sequence[object], least: int, left_out: Sequence[LeftOut]) -> None:
    if len(have) < least:
        reason = left_out[0].reason if left_out else "their accounts are lost"
        raise MarketError(f"the demo's people could not come in: {reason}")


async def seed(
    engine: Engine,
    url: str,
    data_dir: Path,
    vendors: VendorSettings,
    *,
    cast: Cast = MARKET,
    calendar: Calendar | None = None,
    say: Callable[[str], None],
) -> None:
    """Bring the cast in at `url` and open its market or top it up; idempotent. The staff are appointed in `engine`.

    `calendar` None takes `calendar_for` of this moment. Everybody who has come is written into
    `data_dir/demo-accounts.json` (0600) at once. Raises MarketError when the site does not answer as it should.
    """
    path = data_dir / FILE_NAME
    book = Book(path, read_accounts(path))
    appointing = partial(_appoint, engine)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT) as http:
        client = MarketClient(http)
        await check_book(book, client)
        async with entrance(url, data_dir, vendors, book, appoint=appointing) as arrivals:
            await Seed(book, client, cast, say).run(arrivals, calendar)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; what goes wrong is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m temporal.demo.seed", description=__doc__)
    parser.add_argument("--url", required=True, help="where the site is served")
    parser.add_argument("--calendar", choices=("auto", *Calendar), default="auto", help="the Sunday rule")
    parser.add_argument("--once", action="store_true", help="only whom one shown auction needs, and no market")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        if settings.profile != "embedded":
            return _complain("the demo's people have known passwords; they live in the embedded profile only", USAGE)
        vendors = load_vendor_settings()
        if not are_sandboxes(vendors):
            return _complain("the demo's people come in by the vendors' sandboxes on this machine only", USAGE)
        configure_logs(settings.log_level)
        quiet_requests()
        asyncio.run(_seed(settings, vendors, options))
    except SettingsError as error:
        return _complain(str(error), USAGE)
    except MarketError as error:
        return _complain(str(error), FAILED)
    return 0


async def _seed(settings: Settings, vendors: VendorSettings, options: argparse.Namespace) -> None:
    calendar = None if options.calendar == "auto" else Calendar(options.calendar)
    cast = ONE_SHOW if options.once else MARKET
    engine = make_engine(settings.database_url)
    try:
        await seed(engine, options.url, settings.data_dir, vendors, cast=cast, calendar=calendar, say=_say)
    finally:
        engine.dispose()


def _appoint(engine: Engine, email: str, role: Role) -> None:
    appoint(engine, email, role, operator=operator_name(), now=truncate(_now()))


def _now() -> datetime:
    return datetime.now(UTC)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"seed: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
