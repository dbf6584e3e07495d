"""What people are told of their saved searches: at once or in the morning, and never twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from activities.db import saved_searches
from activities.db.engine import make_engine, transaction
from activities.db.tables import users
from activities.ledger import utc_now
from activities.search_alerts import SHOWN, SearchAlerts
from domain.clock import truncate
from domain.notices import NoticeKind
from domain.saved_searches import Frequency
from domain.search import Filters
from migrations import schema
from tests.db.inventory import Inventory
from tests.doubles.notices import letters

SITE = "https://hammertime.test"
CIVICS = Filters(make=("Honda",), model=("Civic",))
DAY = timedelta(hours=25)


class Desk:
    """An inventory, and one process that tells of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.inventory = Inventory(engine)
        self.alerts = SearchAlerts(engine, SITE)

    def save(self, user_id: int, frequency: Frequency = Frequency.INSTANT, name: str = "Civics") -> None:
        with transaction(self.engine) as connection:
            saved_searches.save(connection, user_id, name, CIVICS, frequency, now())


def now() -> datetime:
    return truncate(utc_now())


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_new_listing_is_told_of_at_once_and_once(desk: Desk) -> None:
    desk.save(desk.inventory.ada)
    car = desk.inventory.car(1)
    assert [desk.alerts.match_new(), desk.alerts.match_new()] == [1, 0]
    assert [len(desk.alerts.write_due(now())), len(desk.alerts.write_due(now()))] == [1, 0]
    (letter,) = letters(desk.engine)
    assert (letter.kind, letter.to) == (NoticeKind.SEARCH_MATCHES, "ada@example.com")
    assert letter.values == {
        "name": "Ada",
        "found": [["2019 Honda Civic EX", "Civics", f"{SITE}/vehicles/{car}"]],
        "total": 1,
        "searches_link": f"{SITE}/me/searches",
    }


def test_several_at_a_time_are_one_letter_that_shows_the_first(desk: Desk) -> None:
    desk.save(desk.inventory.ada, Frequency.DAILY)
    for number in range(SHOWN + 2):
        desk.inventory.car(number)
    desk.alerts.match_new()
    assert desk.alerts.write_due(now()) == []
    assert len(desk.alerts.write_due(now() + DAY)) == 1
    (letter,) = letters(desk.engine)
    assert (letter.values["total"], len(letter.values["found"])) == (SHOWN + 2, SHOWN)


def test_who_dies_while_writing_has_written_nothing(desk: Desk) -> None:
    desk.save(desk.inventory.ada)
    desk.inventory.car(1)
    desk.alerts.match_new()
    with pytest.raises(Killed):
        Dying(desk.engine, SITE).write_due(now())
    assert letters(desk.engine) == []
    assert len(desk.alerts.write_due(now())) == 1


def test_who_was_erased_is_told_nothing_and_asked_of_once(desk: Desk) -> None:
    desk.save(desk.inventory.ada)
    desk.inventory.car(1)
    desk.alerts.match_new()
    with transaction(desk.engine) as connection:
        connection.execute(update(users).where(users.c.id == desk.inventory.ada).values(erased_at=now()))
    assert desk.alerts.write_due(now()) == []
    with transaction(desk.engine) as connection:
        assert saved_searches.due(connection, now() + DAY, 10) == []


class Killed(Exception):
    """The process is gone."""


class Dying(SearchAlerts):
    """A process that dies between the mail and the mark of it."""

    def _enqueue(self, *facts: Any) -> str:
        super()._enqueue(*facts)
        raise Killed
