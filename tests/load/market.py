"""The market under load: people with bearer tokens and vehicles straight into the database, auctions through the API,
as sellers schedule them."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from sqlalchemy import Connection, Engine, func, insert, select

from activities.db import search
from activities.db.engine import make_engine, reading, transaction
from activities.db.tables import api_tokens, auction_ledger, auctions, bids, users
from activities.db.vehicles import add_vehicle
from domain.clock import from_text, to_text, truncate
from tests.db.market import CAR, let_sell

BIDDERS = 512
SELLERS = 20
AT_ONCE = 16
POLL_S = 0.2
CALM_S = 1.0
HTTP_TIMEOUT_S = 60
START_CENTS = 100_000
IN_QUERY = 500
TOKEN_LIFE = timedelta(days=1)
ENDED = frozenset({"ended"})
# Some of a large market may be over before the last one is live.
STARTED = frozenset({"live", "closing", "ended"})


class MarketFailed(RuntimeError):
    """The market did not get into the state that was to be measured."""


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller with the token to schedule by."""

    id: int
    token: str


@dataclass(frozen=True, slots=True)
class Closing:
    """One close: when it was due and when it was decided."""

    due: datetime
    at: datetime

    @property
    def lag_ms(self) -> float:
        """How late it was."""
        return (self.at - self.due).total_seconds() * 1000


class Market:
    """People and lots of one stack."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self._url = url
        with transaction(engine) as connection:
            people = [_add_person(connection, "seller", "read sell") for _ in range(SELLERS)]
            for person in people:
                let_sell(connection, person.id)
            self.tokens = [_add_person(connection, "buyer", "read bid").token for _ in range(BIDDERS)]
        self.sellers = people

    def lots(self, count: int, *, ends: Sequence[timedelta] = (timedelta(hours=1),)) -> list[int]:
        """Schedule lots through the API and wait until all have started. `ends` from now are dealt out in turn."""
        made = asyncio.run(self._schedule(self._vehicles(count), ends))
        self._wait_for(made, STARTED, within_s=60 + count / 10)
        return made

    def rows(self, count: int) -> list[int]:
        """Lots that are live in the database alone, without a workflow."""
        now = truncate(datetime.now(UTC))
        with transaction(self._engine) as connection:
            return [
                _inserted(connection, auctions, _live_row(vehicle, seller.id, now))
                for vehicle, seller in self._add_vehicles(connection, count)
            ]

    def taken(self, lots: Sequence[int]) -> int:
        """How many bids of these lots are recorded as accepted, once no more are coming."""
        before, now = -1, self._count_taken(lots)
        while now != before:
            time.sleep(CALM_S)
            before, now = now, self._count_taken(lots)
        return now

    def closings(self, lots: Sequence[int], within_s: float) -> list[Closing]:
        """Wait until all lots have ended, and read from their ledgers when."""
        self._wait_for(lots, ENDED, within_s=within_s)
        query = select(auction_ledger.c.public).where(
            auction_ledger.c.kind == "closed", auction_ledger.c.auction_id.in_(lots)
        )
        with reading(self._engine) as connection:
            found = [msgspec.json.decode(text) for text in connection.execute(query).scalars()]
        return [Closing(from_text(public["ends_at"]), from_text(public["at"])) for public in found]

    def _count_taken(self, lots: Sequence[int]) -> int:
        return self._count(
            lots, lambda some: select(func.count()).where(bids.c.auction_id.in_(some), bids.c.outcome != "refused")
        )

    def _wait_for(self, lots: Sequence[int], statuses: frozenset[str], *, within_s: float) -> None:
        end = time.monotonic() + within_s
        while (there := self._count_in(lots, statuses)) < len(lots):
            if time.monotonic() > end:
                wanted = " or ".join(sorted(statuses))
                raise MarketFailed(f"{there} of {len(lots)} lots were {wanted} after {within_s:.0f} s")
            time.sleep(POLL_S)

    def _count_in(self, lots: Sequence[int], statuses: frozenset[str]) -> int:
        return self._count(
            lots, lambda some: select(func.count()).where(auctions.c.id.in_(some), auctions.c.status.in_(statuses))
        )

    def _count(self, lots: Sequence[int], query: Any) -> int:
        parts = [lots[start : start + IN_QUERY] for start in range(0, len(lots), IN_QUERY)]
        with reading(self._engine) as connection:
            return sum(connection.execute(query(some)).scalar_one() for some in parts)

    def _vehicles(self, count: int) -> list[tuple[int, Seller]]:
        with transaction(self._engine) as connection:
            return list(self._add_vehicles(connection, count))

    def _add_vehicles(self, connection: Connection, count: int) -> Iterator[tuple[int, Seller]]:
        for number in range(count):
            seller = self.sellers[number % len(self.sellers)]
            vin = secrets.token_hex(9)[:17].upper()
            vehicle_id = add_vehicle(connection, **CAR, seller_id=seller.id, vin=vin)
            search.put(connection, vehicle_id, CAR["created_at"])
            yield vehicle_id, seller

    async def _schedule(self, cars: Sequence[tuple[int, Seller]], ends: Sequence[timedelta]) -> list[int]:
        turns = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(base_url=self._url, timeout=HTTP_TIMEOUT_S, trust_env=False) as client:

            async def one(number: int) -> int:
                async with turns:
                    return await _schedule_one(client, *cars[number], ends[number % len(ends)])

            return await asyncio.gather(*(one(number) for number in range(len(cars))))


@contextmanager
def market(database_url: str, url: str) -> Iterator[Market]:
    """People in a stack's database, for lots behind the API at `url`."""
    engine = make_engine(database_url)
    try:
        yield Market(engine, url)
    finally:
        engine.dispose()


async def _schedule_one(client: httpx.AsyncClient, vehicle: int, seller: Seller, ends_in: timedelta) -> int:
    now = datetime.now(UTC)
    body = {
        "vehicle_id": vehicle,
        "start_cents": START_CENTS,
        "starts_at": to_text(now),
        "ends_at": to_text(now + ends_in),
        "window_s": 1,
        "sunday_rule": False,
    }
    headers = {"Authorization": f"Bearer {seller.token}", "Idempotency-Key": secrets.token_hex(8)}
    answer = await client.post("/api/auctions", json=body, headers=headers)
    if answer.status_code != httpx.codes.CREATED:
        raise MarketFailed(f"scheduling was answered {answer.status_code}: {answer.text[:300]}")
    made: int = answer.json()["id"]
    return made


def _add_person(connection: Connection, role: str, scopes: str) -> Seller:
    now, token = truncate(datetime.now(UTC)), f"ht_{secrets.token_urlsafe(24)}"
    row = {
        "email": f"{role}-{secrets.token_hex(8)}@load.test",
        "name": role,
        "password_hash": "",
        "role": role,
        "can_bid": role == "buyer",
        "created_at": now,
    }
    person = _inserted(connection, users, row)
    digest = hashlib.sha256(token.encode()).hexdigest()
    times = {"created_at": now, "expires_at": now + TOKEN_LIFE}
    connection.execute(
        insert(api_tokens).values(user_id=person, name="load", token_hash=digest, scopes=scopes, **times)
    )
    return Seller(person, token)


def _inserted(connection: Connection, table: Any, row: dict[str, Any]) -> int:
    key: Any = connection.execute(insert(table).values(row)).inserted_primary_key
    number: int = key[0]
    return number


def _live_row(vehicle: int, seller: int, now: datetime) -> dict[str, Any]:
    end = now + timedelta(hours=1)
    return {
        "vehicle_id": vehicle,
        "seller_id": seller,
        "status": "live",
        "start_cents": START_CENTS,
        "window_s": 1,
        "increments_version": "2026-1",
        "sunday_rule": False,
        "starts_at": now,
        "ends_at": end,
        "planned_ends_at": end,
        "reserve_state": "none",
        "minimum_next_cents": START_CENTS,
        "version": 0,
        "seq": 0,
        "hash": "",
        "bid_count": 0,
        "bidder_count": 0,
        "created_at": now,
    }
