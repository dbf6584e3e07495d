"""Every test of a query runs on SQLite and, where it is installed, on a private MariaDB."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, delete

from activities.db.account_tables import accounts
from activities.db.engine import make_engine, transaction
from migrations import schema
from tests.db import mariadb

ENGINES = ("sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb))


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A running server without databases."""
    if not mariadb.is_installed():
        pytest.skip("no MariaDB server is installed")
    with mariadb.server(tmp_path_factory.mktemp("mariadb")) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_engine(mariadb_server: URL) -> Iterator[Engine]:
    """A migrated database that the tests share and empty."""
    url = mariadb.create_database(mariadb_server, "hammertime")
    engine = make_engine(url.render_as_string(hide_password=False))
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The same in a file."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database with the real schema."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    yield found
    with transaction(found) as connection:
        for table in reversed(accounts.metadata.sorted_tables):
            connection.execute(delete(table))
