"""`python -m temporal.demo.once`: one auction from its schedule to its verified result, over the public API alone."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx

from activities.settings import Settings, SettingsError, load_settings
from domain.bidding import Kind
from domain.clock import from_text, to_text, truncate
from domain.money import DOLLAR, dollars
from temporal.demo.accounts import FILE_NAME, Accounts, SellerAccount, read_accounts
from temporal.demo.client import CONFLICT, TIMEOUT, Answer, MarketClient, MarketError
from temporal.demo.habits import Bid
from temporal.demo.ledger_table import table
from temporal.demo.listing import is_saleable
from temporal.demo.proof import Proof
from temporal.demo.relist import new_key

FAILED, USAGE = 1, 2
AHEAD = timedelta(seconds=1.5)
LENGTH = timedelta(seconds=12)
WINDOW_S = 6
LATE = timedelta(seconds=2)
START_CENTS, RESERVE_CENTS = 5_000 * DOLLAR, 6_500 * DOLLAR
POLL_S = 0.25
START_WITHIN_S, END_WITHIN_S = 30.0, 540.0
BIDDERS_NEEDED = 3


@dataclass(frozen=True, slots=True)
class Act:
    """One bid of the script: which bidder, of which kind, and whether it waits for the last seconds."""

    bidder: int
    kind: Kind
    cents: int
    late: bool = False


# The reserve is not met, then met by its step; the last two bids come in the last seconds and move the end.
SCRIPT = (
    Act(0, Kind.AUTO_BID, 6_000 * DOLLAR),
    Act(1, Kind.BID, 5_500 * DOLLAR),
    Act(1, Kind.AUTO_BID, 8_000 * DOLLAR),
    Act(2, Kind.BID, 7_000 * DOLLAR, late=True),
    Act(0, Kind.BID, 8_500 * DOLLAR, late=True),
)


class Show:
    """One auction, told line by line on standard output."""

    def __init__(self, client: MarketClient, accounts: Accounts, rng: SystemRandom) -> None:
        self._client = client
        self._accounts = accounts
        self._rng = rng
        self.bid_ids: list[tuple[str, str]] = []

    async def run(self) -> dict[str, Any]:
        """Schedule, bid, wait; the auction after its end. Raises MarketError where something goes wrong."""
        auction = await self._schedule()
        number = auction["id"]
        say(f"auction {number}: {auction['title']}, from {dollars(START_CENTS)}, with a reserve")
        await self._until(number, ("live", "ended"), START_WITHIN_S)
        say("live: bidding is open")
        for act in SCRIPT:
            await self._bid(number, act)
        say("waiting for the hammer")
        return await self._until(number, ("ended",), END_WITHIN_S)

    async def _schedule(self) -> dict[str, Any]:
        answer = Answer(0, {})
        for seller, vehicle_id in await self._vehicles():
            starts_at = truncate(datetime.now(UTC) + AHEAD)
            body = {
                "vehicle_id": vehicle_id,
                "start_cents": START_CENTS,
                "reserve_cents": RESERVE_CENTS,
                "starts_at": to_text(starts_at),
                "ends_at": to_text(starts_at + LENGTH),
                "window_s": WINDOW_S,
                "sunday_rule": False,
            }
            answer = await self._client.schedule(seller.token, body, new_key(self._rng))
            if answer.accepted:
                return answer.body
        raise MarketError(f"no vehicle could be scheduled; the last answer was {answer.code}")

    async def _vehicles(self) -> list[tuple[SellerAccount, int]]:
        """What may be put up, the newest listings first: the demo's market, where there is one, offers the others."""
        return [
            (seller, int(view["id"]))
            for seller in self._accounts.sellers
            for view in await self._client.listings(seller.token)
            if is_saleable(view)
        ]

    async def _bid(self, number: int, act: Act) -> None:
        if act.late:
            await self._sleep_until_late(number)
        bidder = self._accounts.bidders[act.bidder]
        answer = await self._client.bid(bidder.token, number, Bid(act.kind, act.cents), new_key(self._rng))
        if not answer.accepted and answer.status != CONFLICT:
            raise MarketError(f"the bid of {bidder.name} was answered {answer.code}")
        if answer.accepted:
            self.bid_ids.append((bidder.token, str(answer.body["bid_id"])))
        what = "bids" if act.kind is Kind.BID else "bids automatically up to"
        say(f"{bidder.name} {what} {dollars(act.cents)}: {_outcome(answer)}")

    async def _sleep_until_late(self, number: int) -> None:
        view = await self._client.auction(number)
        left = from_text(view["ends_at"]) - from_text(view["server_now"]) - LATE
        await asyncio.sleep(max(left.total_seconds(), 0.0))

    async def _until(self, number: int, statuses: Sequence[str], within_s: float) -> dict[str, Any]:
        waited = 0.0
        while True:
            view = await self._client.auction(number)
            if view["status"] in statuses:
                return view
            if waited >= within_s:
                raise MarketError(f"auction {number} is still {view['status']} after {within_s:.0f} s")
            await asyncio.sleep(POLL_S)
            waited += POLL_S


async def show(url: str, accounts: Accounts, settings: Settings) -> bool:
    """Run one auction at this URL, print and prove it; whether the proof held. Raises MarketError."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT) as http:
        running = Show(MarketClient(http), accounts, SystemRandom())
        ended = await running.run()
        proof = Proof(http, ended["id"], settings.data_dir.absolute(), say)
        pages = await proof.ledger()
        for line in table([item["public"] for page in pages for item in page["items"]]):
            say(line)
        say(_result(ended))
        if not running.bid_ids:
            raise MarketError("no bid was accepted")
        for token, bid_id in running.bid_ids[-2:]:
            await proof.explain(token, bid_id)
        token, bid_id = running.bid_ids[-1]
        return await proof.hold(pages, await proof.receipt(token, bid_id))


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; what goes wrong is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m temporal.demo.once", description=__doc__)
    parser.add_argument("--url", required=True, help="where the site is served")
    parser.add_argument("--accounts", type=Path, help=f"the accounts file (default: {FILE_NAME} in the data directory)")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        path = options.accounts or settings.data_dir / FILE_NAME
        accounts = read_accounts(path)
        if accounts is None or len(accounts.bidders) < BIDDERS_NEEDED or not accounts.sellers:
            return _complain(f"{path} has no demo accounts; python -m temporal.demo.seed makes them", USAGE)
        return 0 if asyncio.run(show(options.url, accounts, settings)) else FAILED
    except SettingsError as error:
        return _complain(str(error), USAGE)
    except (MarketError, httpx.HTTPError, OSError) as error:
        return _complain(str(error) or type(error).__name__, FAILED)


def say(text: str) -> None:
    """One line for whoever watches, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _outcome(answer: Answer) -> str:
    body = answer.body
    if not answer.accepted:
        return f"refused, {answer.code}"
    leads = "leads" if body["outcome"] == "leading" else f"outbid at once by {body['leader']}"
    return (
        f"{leads} at {dollars(body['price_cents'])}, reserve {body['reserve'].replace('_', ' ')}, end {body['ends_at']}"
    )


def _result(ended: dict[str, Any]) -> str:
    price = "without a price" if ended["price_cents"] is None else f"at {dollars(ended['price_cents'])}"
    return f"result: {ended['result'].replace('_', ' ')} {price}, {ended['leader'] or 'nobody'} led at the end"


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"once: {' '.join(message.split())}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
