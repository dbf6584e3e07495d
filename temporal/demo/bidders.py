"""`python -m temporal.demo.bidders`: the simulated bidders and the market's keeper, a client of the public API only.

Bidders who have not come in yet do so while the others bid.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import httpx
import structlog

from activities.logs import configure_logs
from activities.settings import SettingsError, load_settings
from activities.vendor_settings import VendorSettings, load_vendor_settings
from domain.clock import from_text
from temporal.demo.accounts import FILE_NAME, Accounts, Book, read_accounts
from temporal.demo.arrivals import Arrivals, entrance
from temporal.demo.board import Board
from temporal.demo.client import TIMEOUT, MarketClient, MarketError, quiet_requests
from temporal.demo.crowd import Crowd
from temporal.demo.desk import Desk
from temporal.demo.garage import Garage
from temporal.demo.keeper import Keeper
from temporal.demo.listing import Lister
from temporal.demo.opening import Seeder
from temporal.demo.people import BIDDERS
from temporal.demo.plan import Calendar
from temporal.demo.relist import ON_SALE
from temporal.demo.stream import Frame, follow

DEFAULT_RATE = 3.0
LIST_EVERY_S = 20.0
POLL_EVERY_S = 5.0
STREAM_PAUSE_S = (1.0, 3.0)
SHORTEST = timedelta(seconds=30)
ARRIVE_AT_ONCE = 2
ARRIVE_AGAIN_S = 60.0
WATCH_MOST = 50
USAGE = 2

log = structlog.get_logger("bidders")


class Market:
    """One client process: the board, the stream that feeds it, and the crowd."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        accounts: Accounts,
        *,
        rate: float,
        rng: Random,
        clock: Callable[[], datetime],
    ) -> None:
        self.board = Board()
        self._client = MarketClient(http)
        self._rng = rng
        self._clock = clock
        self.crowd = Crowd(self._client, self.board, accounts.bidders, clock=clock, rng=rng, rate=rate)
        self._watched: list[int] = []
        self._changed = asyncio.Event()
        self._streaming = False

    async def run(self, *others: Coroutine[Any, Any, None]) -> None:
        """Everything at once, with what else there is to do, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._list())
            group.create_task(self._stream())
            group.create_task(self.crowd.run())
            for other in others:
                group.create_task(other)

    async def read_lists(self) -> None:
        """Read what is live and what comes next, and watch the first of them. Raises MarketError."""
        views = [view for status in ON_SALE for view in await self._client.auctions(status) if _can_be_watched(view)]
        views = sorted(views, key=lambda view: (view["status"] == "scheduled", str(view["ends_at"])))[:WATCH_MOST]
        for view in views:
            self.board.put_view(view)
        watched = sorted(int(view["id"]) for view in views)
        self.board.forget_others(set(watched))
        self.crowd.forget_others(set(watched))
        if watched != self._watched:
            self._watched = watched
            self._changed.set()

    def take_frame(self, frame: Frame) -> None:
        """One event of the stream."""
        if "server_now" in frame.data:
            self.board.note_server_time(frame.data["server_now"], self._clock())
        if frame.event == "snapshot":
            self.board.put_view(frame.data)
        elif frame.event not in {"heartbeat", "you"} and "auction_id" in frame.data:
            self.board.put_news(frame.data)

    async def _list(self) -> None:
        while True:
            try:
                await self.read_lists()
            except MarketError as error:
                log.warning("list_unread", reason=str(error))
            await asyncio.sleep(LIST_EVERY_S if self._streaming else POLL_EVERY_S)

    async def _stream(self) -> None:
        """Keep one stream open for all watched lots; while it is down, the lists are read more often."""
        while True:
            self._changed.clear()
            if not self._watched:
                await self._changed.wait()
                continue
            await self._follow_until_changed()
            if not self._changed.is_set():
                self._streaming = False
                await asyncio.sleep(self._rng.uniform(*STREAM_PAUSE_S))

    async def _follow_until_changed(self) -> None:
        stream = asyncio.create_task(self._follow())
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({stream, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stream.cancel()
            changed.cancel()
            await asyncio.gather(stream, changed, return_exceptions=True)

    async def _follow(self) -> None:
        try:
            await follow(self._client, self._watched, self._take_first_frame)
        except (MarketError, httpx.HTTPError, ValueError, KeyError) as error:
            log.warning("stream_lost", reason=f"{type(error).__name__} {error}".strip())

    def _take_first_frame(self, frame: Frame) -> None:
        self._streaming = True
        self.take_frame(frame)


def _can_be_watched(view: Mapping[str, Any]) -> bool:
    """Whether a lot is there for long enough to be found; shorter ones are shows with players of their own."""
    return from_text(view["ends_at"]) - from_text(view["starts_at"]) >= SHORTEST


async def welcome(arrivals: Arrivals) -> None:
    """Bring in the bidders who are not there yet, a few at a time; who cannot come tries again after a while."""
    while await arrivals.bring(BIDDERS, at_once=ARRIVE_AT_ONCE):
        await asyncio.sleep(ARRIVE_AGAIN_S)
    log.info("everybody_came")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where the bidders are, and how it goes there: `rate` in bids per second, `keep` puts up new lots."""

    url: str
    path: Path
    vendors: VendorSettings
    rate: float
    keep: bool
    calendar: Calendar | None


async def serve(room: Room, accounts: Accounts) -> None:
    """Run the market's people until SIGTERM or SIGINT, which end it at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(_serve(room, accounts))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.cancel()
    await asyncio.gather(stopping, running, return_exceptions=True)
    if not running.cancelled():
        running.result()


async def _serve(room: Room, accounts: Accounts) -> None:
    async with httpx.AsyncClient(base_url=room.url, timeout=TIMEOUT) as http:
        book = Book(room.path, accounts)
        market = Market(http, accounts, rate=room.rate, rng=SystemRandom(), clock=now)
        async with entrance(room.url, room.path.parent, room.vendors, book, joined=market.crowd.join) as arrivals:
            keeper = keeper_of(room, MarketClient(http), book, arrivals.desk, lambda: now() + market.board.ahead)
            await market.run(welcome(arrivals), *([keeper.run()] if room.keep else []))


def keeper_of(room: Room, client: MarketClient, book: Book, desk: Desk, clock: Callable[[], datetime]) -> Keeper:
    """The market's keeper in this room."""

    def accounts() -> Accounts:
        return book.accounts

    rng = SystemRandom()
    garage = Garage(client, accounts, Lister(client, desk))
    seeder = Seeder(client, garage, accounts, clock, asyncio.sleep, rng)
    return Keeper(client=client, garage=garage, seeder=seeder, calendar=room.calendar, clock=clock, rng=rng)


def now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; what goes wrong is one line on standard error."""
    options = _parse(arguments)
    try:
        settings, vendors = load_settings(), load_vendor_settings()
    except SettingsError as error:
        return _complain(str(error))
    configure_logs(settings.log_level)
    quiet_requests()
    path = options.accounts or settings.data_dir / FILE_NAME
    accounts = read_accounts(path)
    if accounts is None:
        return _complain(f"{path} is no accounts file; the seed writes it")
    calendar = None if options.calendar == "auto" else Calendar(options.calendar)
    room = Room(url=options.url, path=path, vendors=vendors, rate=options.rate, keep=options.keep, calendar=calendar)
    asyncio.run(serve(room, accounts))
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m temporal.demo.bidders", description=__doc__)
    parser.add_argument("--url", required=True, help="where the site is served")
    parser.add_argument("--accounts", type=Path, help=f"the accounts file (default: {FILE_NAME} in DATA_DIR)")
    parser.add_argument("--rate", type=_rate, default=DEFAULT_RATE, help="bids per second over the whole market")
    parser.add_argument(
        "--keep", action=argparse.BooleanOptionalAction, default=True, help="list cars and put up new lots"
    )
    parser.add_argument("--calendar", choices=("auto", *Calendar), default="auto", help="the Sunday rule")
    return parser.parse_args(arguments)


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= 100:  # noqa: PLR2004 - more than this is a load test, and there is a tool for that
        raise argparse.ArgumentTypeError("must be above 0 and at most 100")
    return rate


def _complain(message: str) -> int:
    sys.stderr.write(f"bidders: {message}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
