"""A market without a network: the public API's routes that the demo's crowd and keeper use, judged by the real bidding
rules; cars come onto it at once."""

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from domain.bidding import Kind, Standing, accept
from domain.clock import from_text, may_end_at, to_text
from domain.money import INCREMENTS_2026_1, is_whole_dollars
from temporal.demo.accounts import Accounts, BidderAccount, SellerAccount
from temporal.demo.catalogue import Offering, catalogue
from temporal.demo.client import MarketClient, MarketError
from temporal.demo.garage import Garage
from temporal.demo.habits import Habit
from temporal.demo.people import SELLERS

START = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
SETTLING = 60
PAGE = 5


class Clock:
    """A clock that jumps to the next waker once everybody had the chance to lie down."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self._wakings: list[datetime] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waking = self.now + timedelta(seconds=seconds)
        self._wakings.append(waking)
        for _ in range(SETTLING):
            await asyncio.sleep(0)
        while self.now < waking:
            if min(self._wakings) == waking:
                self.now = waking
            await asyncio.sleep(0)
        self._wakings.remove(waking)


@dataclass
class Sale:
    """One auction of the fake."""

    id: int
    vin: str
    standing: Standing
    starts_at: datetime
    ends_at: datetime
    window: timedelta
    version: int = 0
    bids: int = 0
    aliases: dict[int, str] = field(default_factory=dict)


@dataclass
class Listing:
    """One listing of the fake; `status` is set for one that somebody else has made something of."""

    id: int
    vin: str
    token: str
    status: str = ""


@dataclass
class FakeMarket:
    """Answers requests; `faults` are statuses that the next bids get instead, before or (negative) after judging.

    `unwanted` are VINs that cannot be listed.
    """

    clock: Clock
    sunday_rule: bool = True
    streams_end: bool = True
    sales: dict[int, Sale] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    listings: dict[int, Listing] = field(default_factory=dict)
    unwanted: set[str] = field(default_factory=set)
    faults: deque[int] = field(default_factory=deque)
    answers: dict[tuple[int, str], httpx.Response] = field(default_factory=dict)
    accepted: list[tuple[int, int, Kind, int]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)

    def client(self) -> MarketClient:
        return MarketClient(self.http(), sleep=self.clock.sleep)

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://market.test", transport=httpx.MockTransport(self.answer))

    def garage(self, accounts: Accounts) -> Garage:
        """A fresh program's view of the cars, with this market in the place of the doors that a car comes in by."""
        return Garage(self.client(), lambda: accounts, self)

    async def bring(self, seller: SellerAccount, offering: Offering) -> int:
        await asyncio.sleep(0)
        if offering.spec.vin in self.unwanted:
            raise MarketError("nobody wants it")
        return self.park(offering.spec.vin, seller.token).id

    def park(self, vin: str, token: str, status: str = "") -> Listing:
        assert not [one for one in self.listings.values() if one.vin == vin and self.stands(one) != "withdrawn"]
        listing = Listing(len(self.listings) + 500, vin, token, status)
        self.listings[listing.id] = listing
        return listing

    def stands(self, listing: Listing) -> str:
        """Where a listing stands."""
        last = [sale for sale in self.sales.values() if sale.vin == listing.vin][-1:]
        if listing.status or not last:
            return listing.status or "approved"
        if self.status(last[0]) != "ended":
            return "scheduled"
        return "sold" if self.result(last[0]) == "sold" else "unsold"

    def open_sale(self, vin: str, *, start: int, reserve: int | None, length: timedelta) -> Sale:
        standing = Standing(start, reserve, INCREMENTS_2026_1)
        now = self.clock.now
        sale = Sale(len(self.sales) + 1, vin, standing, now, now + length, timedelta(seconds=120))
        self.sales[sale.id] = sale
        return sale

    def status(self, sale: Sale) -> str:
        if self.clock.now < sale.starts_at:
            return "scheduled"
        return "live" if self.clock.now < sale.ends_at else "ended"

    def result(self, sale: Sale) -> str | None:
        if self.status(sale) != "ended":
            return None
        if sale.standing.leader is None:
            return "no_bids"
        return "reserve_not_met" if sale.standing.reserve == "not_met" else "sold"

    def view(self, sale: Sale) -> dict[str, Any]:
        return {
            **self.facts(sale),
            "id": sale.id,
            "vehicle": {"id": sale.id, "vin": sale.vin},
            "status": self.status(sale),
            "start_cents": sale.standing.start_cents,
            "leader": sale.aliases.get(int(sale.standing.leader)) if sale.standing.leader else None,
            "bid_count": sale.bids,
            "starts_at": to_text(sale.starts_at),
            "version": sale.version,
            "result": self.result(sale),
        }

    def facts(self, sale: Sale) -> dict[str, Any]:
        return {
            "price_cents": sale.standing.price_cents,
            "minimum_next_cents": sale.standing.minimum_next_cents,
            "reserve": sale.standing.reserve.value,
            "ends_at": to_text(sale.ends_at),
            "server_now": to_text(self.clock.now),
        }

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/events":
            return httpx.Response(200, content=self._events(request.url.params["auctions"]))
        if path == "/api/me/vehicles":
            return self._own(request)
        if path == "/api/auctions":
            return self._schedule(request) if request.method == "POST" else self._list(request)
        found = re.fullmatch(r"/api/auctions/(\d+)(?:/([a-z-]+))?", path)
        if found is None or int(found[1]) not in self.sales:
            return httpx.Response(404, json={"code": "NOT_FOUND"})
        sale, action = self.sales[int(found[1])], found[2]
        routes: dict[str | None, Callable[[httpx.Request, Sale], httpx.Response]] = {
            None: lambda _request, sale: httpx.Response(200, json=self.view(sale)),
            "mine": self._mine,
            "bid": self._bid,
            "auto-bid": self._bid,
        }
        return routes[action](request, sale)

    def _list(self, request: httpx.Request) -> httpx.Response:
        wanted, cursor = request.url.params["status"], int(request.url.params.get("cursor", 0))
        rows = [sale for sale in self.sales.values() if self.status(sale) == wanted]
        if wanted == "ended":
            # From the latest back.
            rows.reverse()
        page, more = rows[cursor : cursor + PAGE], rows[cursor + PAGE :]
        following = str(cursor + PAGE) if more else None
        return httpx.Response(200, json={"items": list(map(self.view, page)), "next_cursor": following, "total": 0})

    def _own(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        rows = [one for one in reversed(self.listings.values()) if one.token == token]
        items = [
            {"id": one.id, "told": {"vin": one.vin}, "status": self.stands(one), "review": {"status": "none"}}
            for one in rows
        ]
        return httpx.Response(200, json={"items": items, "next_cursor": None, "total": len(items)})

    def _mine(self, request: httpx.Request, sale: Sale) -> httpx.Response:
        user = self._user(request)
        position = "leading" if sale.standing.leader == str(user) else "none"
        return httpx.Response(200, json={"position": position, "alias": sale.aliases.get(user)})

    def _bid(self, request: httpx.Request, sale: Sale) -> httpx.Response:
        key = request.headers["Idempotency-Key"]
        self.keys.append(key)
        fault = self.faults.popleft() if self.faults else 0
        if fault > 0:
            return _fault(fault)
        name = (self._user(request), key)
        if name not in self.answers:
            self.answers[name] = self._judge(name[0], sale, request)
        return _fault(-fault) if fault else self.answers[name]

    def _judge(self, user: int, sale: Sale, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        kind, cents = next(
            (Kind.BID if name == "amount_cents" else Kind.AUTO_BID, cents) for name, cents in body.items()
        )
        code = self._refusal(user, sale, kind, cents)
        if code is not None:
            self.refused[code] += 1
            return httpx.Response(409, json={"code": code, **self.facts(sale)})
        sale.standing = accept(sale.standing, kind, str(user), cents)
        sale.aliases.setdefault(user, f"Bidder {len(sale.aliases) + 1}")
        sale.version, sale.bids = sale.version + 1, sale.bids + 1
        sale.ends_at = max(sale.ends_at, self.clock.now + sale.window)
        self.accepted.append((user, sale.id, kind, cents))
        leads = sale.standing.leader == str(user)
        leader = "you" if leads else sale.aliases[int(sale.standing.leader or 0)]
        outcome = {"outcome": "leading" if leads else "outbid", "leader": leader}
        return httpx.Response(201, json={**outcome, **self.facts(sale)})

    def _refusal(self, user: int, sale: Sale, kind: Kind, cents: int) -> str | None:
        status = self.status(sale)
        if not is_whole_dollars(cents):
            return "NOT_WHOLE_DOLLARS"
        if status != "live":
            return {"scheduled": "NOT_STARTED", "ended": "TOO_LATE"}[status]
        if kind is Kind.BID and sale.standing.leader == str(user):
            return "ALREADY_LEADING"
        return None if cents >= sale.standing.minimum_for(str(user)) else "BELOW_MINIMUM"

    def _schedule(self, request: httpx.Request) -> httpx.Response:
        self._user(request)
        body = json.loads(request.content)
        starts_at, ends_at = from_text(body["starts_at"]), from_text(body["ends_at"])
        if self.sunday_rule and not may_end_at(ends_at):
            return httpx.Response(409, json={"code": "ENDS_ON_SUNDAY"})
        if not self.clock.now < starts_at < ends_at:
            return httpx.Response(422, json={"code": "INVALID"})
        standing = Standing(body["start_cents"], body["reserve_cents"], INCREMENTS_2026_1)
        window = timedelta(seconds=body.get("window_s", 120))
        listing = self.listings[body["vehicle_id"]]
        if listing.token != request.headers["Authorization"].removeprefix("Bearer "):
            return httpx.Response(403, json={"code": "NOT_YOUR_VEHICLE"})
        if self.stands(listing) not in {"approved", "unsold"}:
            return httpx.Response(409, json={"code": "LISTING_OVER"})
        vin = listing.vin
        sale = Sale(len(self.sales) + 1, vin, standing, starts_at, ends_at, window)
        self.sales[sale.id] = sale
        return httpx.Response(201, json=self.view(sale))

    def _user(self, request: httpx.Request) -> int:
        return self.people[request.headers["Authorization"].removeprefix("Bearer ")]

    async def _events(self, wanted: str) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        for auction_id in map(int, wanted.split(",")):
            data = json.dumps({**self.view(self.sales[auction_id]), "history": []})
            yield f"id: {auction_id}:0\nevent: snapshot\ndata: {data}\n\n".encode()
        yield f'event: heartbeat\ndata: {{"server_now": "{to_text(self.clock.now)}", "versions": {{}}}}\n\n'.encode()
        if not self.streams_end:
            await asyncio.Event().wait()


def _fault(status: int) -> httpx.Response:
    if status == 999:
        raise httpx.ReadError("the answer was lost")
    return httpx.Response(status, headers={"Retry-After": "2"}, json={"code": f"FAULT_{status}"})


def accounts_in(market: FakeMarket, habits: tuple[Habit, ...] = tuple(Habit) * 3) -> Accounts:
    """Bidders of these habits and the sellers of the catalogue, known to the market."""
    bidders = tuple(
        BidderAccount(number, f"b{number}@x.test", f"B {number}", f"ht_b{number}", habit, seed=number)
        for number, habit in enumerate(habits, start=1)
    )
    sellers = tuple(
        SellerAccount(900 + number, person.email, person.name, f"ht_{person.seller}")
        for number, person in enumerate(SELLERS)
    )
    market.people = {account.token: account.user_id for account in bidders}
    market.people |= {account.token: account.user_id for account in sellers}
    return Accounts(bidders, sellers)


def parked_in(market: FakeMarket, cars: int) -> Accounts:
    """The same, and the first cars of the catalogue in their sellers' hands."""
    for offering in catalogue()[:cars]:
        market.park(offering.spec.vin, f"ht_{offering.seller}")
    return accounts_in(market)
