"""Rate tables in the database: the seed, one table for each day, taken back before it, and every version kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete

from activities.db import rates
from activities.db.engine import make_engine, reading, transaction
from activities.db.order_money_tables import rate_tables
from activities.db.rates import NewRates
from domain.business_days import day_of
from domain.rates import Rate, RateCode, RateTable
from migrations import schema
from tests.db import mariadb
from tests.db.conftest import ENGINES
from tests.db.market import NOON, add_person
from tests.domain.rate_tables import FIRST_DAY, FIRST_VALUES

DAY = timedelta(days=1)
TODAY = day_of(NOON)
TOMORROW = TODAY + DAY


@pytest.fixture(name="engine")
def without_rates(engine: Engine) -> Engine:
    """A database without the first table, which is there or not as other tests have left it."""
    with transaction(engine) as connection:
        connection.execute(delete(rate_tables))
    return engine


def wanted(by: int, effective_on: date = TOMORROW, **changes: int) -> NewRates:
    return NewRates(effective_on, {**FIRST_VALUES, **changes}, by, "The state has new figures.")


def added(connection: Connection, by: int, effective_on: date = TOMORROW, now: datetime = NOON) -> RateTable:
    made = rates.add(connection, wanted(by, effective_on), now)
    assert isinstance(made, RateTable)
    return made


@pytest.mark.parametrize("kind", ENGINES)
def test_the_first_table_comes_with_the_schema(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    if kind == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        url = mariadb.create_database(server, "first_rates").render_as_string(hide_password=False)
    engine = make_engine(url)
    schema.upgrade(engine)
    with reading(engine) as connection:
        (first,), (stored,) = rates.tables(connection), rates.history(connection)
    engine.dispose()
    assert (first.version, first.effective_on, dict(first.rates)) == (1, FIRST_DAY, FIRST_VALUES)
    assert (stored.author, day_of(stored.created_at)) == (None, FIRST_DAY)


def test_a_table_counts_from_its_day_on(engine: Engine) -> None:
    with transaction(engine) as connection:
        amy = add_person(connection, "amy@example.com")
        early = added(connection, amy, now=NOON - 9 * DAY, effective_on=TODAY - 8 * DAY)
        late = rates.add(connection, wanted(amy, sales_tax_ppm=70_000), NOON)
        assert isinstance(late, RateTable)
        assert rates.tables(connection) == (early, late)
        assert (rates.on_day(connection, TODAY), rates.on_day(connection, TOMORROW)) == (early, late)
        assert rates.on_day(connection, TOMORROW).of(Rate.SALES_TAX) == 70_000
        with pytest.raises(LookupError):
            rates.on_day(connection, TODAY - 9 * DAY)


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-05-06T04:59:59+00:00", None),
        ("2026-05-06T05:00:00+00:00", RateCode.NOT_AHEAD),
        ("2026-06-01T05:00:00+00:00", RateCode.NOT_AHEAD),
    ],
)
def test_it_is_too_late_for_a_table_once_its_day_has_begun_in_chicago(
    engine: Engine, moment: str, code: RateCode | None
) -> None:
    with transaction(engine) as connection:
        amy = add_person(connection, "amy@example.com")
        made = rates.add(connection, wanted(amy, TOMORROW), datetime.fromisoformat(moment))
        assert (made if code else None) is code


def test_a_day_has_one_table_until_that_is_taken_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        amy, abe = (add_person(connection, f"{name}@example.com") for name in ("amy", "abe"))
        first = added(connection, amy)
        assert rates.add(connection, wanted(abe), NOON) is RateCode.DATE_TAKEN
        for _ in range(2):
            assert rates.withdraw(connection, first.version, by=abe, reason="A slip.", now=NOON) == first
        assert rates.tables(connection) == ()
        second = added(connection, amy)
        assert rates.tables(connection) == (second,)
        assert rates.version(connection, first.version) == first
        stored = rates.find(connection, first.version)
        assert stored is not None
        assert (stored.author, stored.withdrawer, stored.withdrawn_reason) == ("Amy", "Abe", "A slip.")
        assert (stored.created_at, stored.withdrawn_at) == (NOON, NOON)
        assert [each.table for each in rates.history(connection)] == [second, first]


def test_what_is_in_force_is_not_taken_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        made = added(connection, add_person(connection, "amy@example.com"))
        taken = rates.withdraw(connection, made.version, by=1, reason="Too late.", now=NOON + DAY)
        assert (taken, rates.tables(connection)) == (RateCode.IN_FORCE, (made,))


def test_two_who_want_the_same_day_at_once_do_not_both_get_it(engine: Engine) -> None:
    with transaction(engine) as connection:
        amy = add_person(connection, "amy@example.com")

    def add(_: int) -> bool:
        with transaction(engine) as connection:
            return isinstance(rates.add(connection, wanted(amy), NOON), RateTable)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(add, range(4))) == [False, False, False, True]


def test_values_that_are_no_table_are_not_written(engine: Engine) -> None:
    with transaction(engine) as connection:
        with pytest.raises(ValueError, match="sales_tax_ppm"):
            rates.add(connection, wanted(1, sales_tax_ppm=-1), NOON)
        assert rates.history(connection) == []


def test_a_version_that_is_not_there_is_not_found(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert (rates.version(connection, 404), rates.find(connection, 404)) == (None, None)
        with pytest.raises(LookupError):
            rates.withdraw(connection, 404, by=1, reason="x", now=NOON)
