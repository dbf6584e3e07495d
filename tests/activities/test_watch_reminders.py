"""What watchers are told: of the end, of their own bid, of the reserve, each once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from activities.db import search, watchlist
from activities.db.engine import make_engine, transaction
from activities.db.watchlist import Watcher
from activities.watch_reminders import WatchReminders
from domain.bidding import Kind
from domain.notices import NoticeKind
from migrations import schema
from tests.db.inventory import Inventory
from tests.db.market import DAY, NOON, add_bids
from tests.doubles.notices import letters

SITE = "https://hammertime.test"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Watching:
    """One lot that ada and bob watch, and one process that tells them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.inventory = Inventory(engine)
        self.reminders = WatchReminders(engine, SITE)
        car = self.inventory.car(1)
        self.lot = self.inventory.lot(car)
        with transaction(engine) as connection:
            for user_id in (self.inventory.ada, self.inventory.bob):
                watchlist.watch(connection, user_id, car, NOON - HOUR)

    def bid(self, *attempts: tuple[int, int], reserve_cents: int | None = None) -> None:
        with transaction(self.engine) as connection:
            bids = [(user_id, Kind.BID, cents) for user_id, cents in attempts]
            add_bids(connection, self.lot, self.inventory.seller, bids, reserve_cents=reserve_cents)
            price = attempts[-1][1]
            search.move(
                connection, self.lot, status="live", price_cents=price, ends_at=NOON + DAY, no_reserve=False, now=NOON
            )

    @property
    def kinds(self) -> list[tuple[NoticeKind, str]]:
        return sorted((letter.kind, letter.to) for letter in letters(self.engine))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def watching(engine: Engine) -> Watching:
    return Watching(engine)


def test_everybody_is_reminded_of_the_end_once_by_however_many_processes(watching: Watching) -> None:
    for process in (watching.reminders, watching.reminders, WatchReminders(watching.engine, SITE)):
        process.write_due(NOON)
    ends = NoticeKind.WATCH_ENDING
    assert watching.kinds == [(ends, "ada@example.com"), (ends, "bob@example.com")]
    assert letters(watching.engine)[0].values == {
        "name": "Ada",
        "title": "2019 Honda Civic EX",
        "ends_at": "2026-05-06T12:00:00.000Z",
        "lot_link": f"{SITE}/auctions/{watching.lot}",
    }


def test_there_are_three_reminders(watching: Watching) -> None:
    for left in (24 * HOUR, 2 * HOUR, HOUR, 11 * MINUTE, 10 * MINUTE, MINUTE):
        watching.reminders.write_due(NOON + DAY - left)
    assert len(watching.kinds) == 3 * 2


def test_who_dies_halfway_leaves_the_rest_to_the_next_look(watching: Watching) -> None:
    with pytest.raises(Killed):
        Dying(watching.engine, SITE).write_due(NOON)
    watching.reminders.write_due(NOON)
    assert len(watching.kinds) == 2


def test_an_overtaken_bidder_is_told_the_price(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.bid((ada, 600_000), (bob, 700_000))
    for _ in range(2):
        watching.reminders.write_due(NOON - MINUTE)
    ((kind, to),) = watching.kinds
    assert (kind, to) == (NoticeKind.WATCH_OUTBID, "ada@example.com")
    assert letters(watching.engine)[0].values["price_cents"] == 700_000


def test_everybody_is_told_that_the_reserve_is_met(watching: Watching) -> None:
    watching.bid((watching.inventory.ada, 900_000), reserve_cents=800_000)
    for _ in range(2):
        watching.reminders.write_due(NOON - MINUTE)
    assert [kind for kind, _ in watching.kinds] == [NoticeKind.WATCH_RESERVE] * 2


class Killed(Exception):
    """The process is gone."""


class Dying(WatchReminders):
    """A process that dies while it writes to the second watcher."""

    def _tell(self, connection: Any, news: Any, watcher: Watcher, *facts: Any) -> str:
        if watcher.name == "Bob":
            raise Killed
        return super()._tell(connection, news, watcher, *facts)
