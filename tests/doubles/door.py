"""One API process's door on a real database, before the double of a cluster; several may share both."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Column, Engine, select, update
from sqlalchemy.exc import OperationalError

from activities.db.engine import make_engine, reading, transaction
from activities.db.ledger import Recorded
from activities.db.tables import auction_ledger, auctions, bid_batches, reservations, users
from activities.ledger import Ledger, Opened, Opening
from domain.auction import Auction, Terms
from domain.bidding import Kind
from domain.errors import DomainError
from domain.ledger import Entry, genesis
from migrations import schema
from temporal.auctions import AuctionDoor, DoorLimits, Judged
from temporal.lots import AuctionLots
from temporal.metrics import DoorMetrics
from tests.db.market import add_car, add_lot, add_person
from tests.doubles.auctions import NewsKept
from tests.doubles.cluster import ClusterDouble, utc_now
from workflows.messages import BidIn

HOUR = timedelta(hours=1)
PATIENCE_S = 10.0
NAMES = ("sam", "ada", "bob")


class ShakyLedger(Ledger):
    """The real recorder on a database that is away for so many of the next calls, or that `refuses` what is brought.

    `refuses` befalls recordings of any kind, and with `refuses_to_open` openings too, until it is taken away.
    """

    opens_to_fail = 0
    records_to_fail = 0
    refuses: Exception | None = None
    refuses_to_open = False
    opens = 0
    records = 0

    def open(self, opening: Opening) -> Opened:
        self.opens += 1
        if self.opens_to_fail:
            self.opens_to_fail -= 1
            raise database_away()
        if self.refuses is not None and self.refuses_to_open:
            raise self.refuses
        return super().open(opening)

    def bring_home(self, auction_id: int, entries: Sequence[Entry], in_flight: Mapping[str, int]) -> Recorded:
        self.records += 1
        if self.records_to_fail:
            self.records_to_fail -= 1
            raise database_away()
        self._refuse()
        return super().bring_home(auction_id, entries, in_flight)

    def record(self, auction_id: int, entries: Sequence[Entry]) -> Recorded:
        self._refuse()
        return super().record(auction_id, entries)

    def _refuse(self) -> None:
        if self.refuses is not None:
            raise self.refuses


class DoorStage:
    """A cluster, a database with a seller and two bidders, and the doors of as many processes as a test opens."""

    def __init__(self, engine: Engine, executor: ThreadPoolExecutor, people: Mapping[str, int] | None = None) -> None:
        self.engine = engine
        self.executor = executor
        self.cluster = ClusterDouble()
        self.news = NewsKept()
        found = people or _newcomers(engine)
        self.sam, self.ada, self.bob = (found[name] for name in NAMES)
        self._cars = 0
        self.ledger = ShakyLedger(engine, self.news)
        self.registry = CollectorRegistry()
        self.metrics = DoorMetrics(self.registry)
        self.lots = AuctionLots(self.cluster.client(), "auctions", self.ledger, executor, self.metrics)

    def door(self, process_id: str = "one", **limits: Any) -> AuctionDoor:
        """The door of one process."""
        return AuctionDoor(self.lots, self.ledger, self.executor, process_id, DoorLimits(**limits), self.metrics)

    def lot(self, **terms: Any) -> int:
        """A lot that has been live for an hour and has one more."""
        self._cars += 1
        usual = {"starts_at": utc_now() - HOUR, "ends_at": utc_now() + HOUR, **terms}
        with transaction(self.engine) as connection:
            number = add_lot(connection, self.sam, add_car(connection, self.sam, 500_000 + self._cars), **usual)
            connection.execute(update(auctions).where(auctions.c.id == number).values(hash=genesis(number)))
        auction = Auction(
            Terms(number, (str(self.sam),), 500_000, None, usual["starts_at"], usual["ends_at"], sunday_rule=False)
        )
        auction.start(utc_now())
        self.cluster.add(auction)
        return number

    def auction(self, auction_id: int) -> Auction:
        """What the cluster has of a lot."""
        return self.cluster.auctions[auction_id]

    def bid(self, user_id: int, cents: int, kind: Kind = Kind.BID, **changes: Any) -> BidIn:
        """A bid as the API makes it, received now under a new id."""
        facts: dict[str, Any] = {"bid_id": str(uuid4()), "received_at": utc_now(), "nonce": secrets.token_hex(32)}
        return BidIn(**{"bidder": str(user_id), "kind": kind.value, "cents": cents, **facts, **changes})

    def limit(self, user_id: int, cents: int) -> None:
        """Give a person a buying limit."""
        with transaction(self.engine) as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(buying_limit_cents=cents))

    def column(self, column: Column[Any]) -> list[Any]:
        """All values of a column."""
        with reading(self.engine) as connection:
            return list(connection.execute(select(column).order_by(column)).scalars())

    def rows_in_flight(self) -> list[str]:
        """Ids of the in-flight rows."""
        return self.column(bid_batches.c.batch_id)

    def reserved(self) -> list[int]:
        """Amounts on hold, in cents."""
        return self.column(reservations.c.cents)

    def age_batches(self, by: timedelta) -> datetime:
        """Let in-flight rows look untouched for longer; returns when they then were seen last."""
        with transaction(self.engine) as connection:
            seen = utc_now() - by
            connection.execute(update(bid_batches).values(seen_at=seen))
        return seen

    def metric(self, name: str, **labels: str) -> float | None:
        """A sample of the door's metrics."""
        return self.registry.get_sample_value(name, labels)


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def placed(door: AuctionDoor, lot: int, made: Sequence[BidIn]) -> list[Judged]:
    """The answers to bids that are brought at the same moment, once everything is recorded."""
    answers = await asyncio.gather(*(door.place(lot, bid) for bid in made))
    await door.finish()
    return list(answers)


async def refused_with(work: Awaitable[object], kind: type[DomainError]) -> str:
    """The code of the refusal that the work ends with."""
    with pytest.raises(kind) as caught:
        await work
    return str(caught.value.code)


def ladder(stage: DoorStage, count: int) -> list[BidIn]:
    """Bids of two bidders by turns, each $1,000 above the one before."""
    return [stage.bid((stage.ada, stage.bob)[n % 2], 500_000 + n * 100_000) for n in range(count)]


def seqs(stage: DoorStage) -> list[int]:
    """What is recorded of all lots."""
    return [int(seq) for seq in stage.column(auction_ledger.c.seq)]


def _newcomers(engine: Engine) -> dict[str, int]:
    with transaction(engine) as connection:
        return {name: add_person(connection, f"{name}@door.example.com") for name in NAMES}


def database_away() -> OperationalError:
    """What SQLAlchemy raises while the database is away."""
    return OperationalError("SELECT 1", {}, OSError("connection refused"))


@contextmanager
def door_stage(path: Path) -> Iterator[DoorStage]:
    """A stage on a fresh SQLite file with the real schema."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    with ThreadPoolExecutor(4) as executor:
        yield DoorStage(engine, executor)
    engine.dispose()
