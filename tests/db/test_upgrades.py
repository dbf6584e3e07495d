"""Upgrades of a database that has rows already: what they say afterwards."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from activities.db.engine import make_engine, transaction
from migrations import schema
from tests.db.conftest import ENGINES
from tests.db.mariadb import create_database

DAYS_90_MS = timedelta(days=90) // timedelta(milliseconds=1)
PERSON = (
    "INSERT INTO users (id, email, name, password_hash, role, can_bid, created_at)"
    " VALUES (1, 'ada@example.com', 'Ada', '!', 'buyer', 0, 0)"
)
TOKEN = (
    "INSERT INTO api_tokens (user_id, name, token_hash, scopes, created_at, expires_at)"
    " VALUES (1, :name, :name, 'read', 0, :ends)"
)
DEED = "INSERT INTO audit_log (at, actor_id, action, subject, detail, request_id) VALUES (0, 1, 'a', 's', '{}', 'r')"


@pytest.fixture(params=ENGINES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of nobody else's as it was before 0004."""
    address = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        address = create_database(server, f"upgraded{time.time_ns()}").render_as_string(hide_password=False)
    engine = make_engine(address)
    move(engine, "0003")
    yield engine
    engine.dispose()


def move(engine: Engine, revision: str) -> None:
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(schema.FOLDER).replace("%", "%%"))
    command.upgrade(config, revision)


def ends(connection: Connection) -> dict[str, int]:
    rows = connection.execute(text("SELECT name, expires_at FROM api_tokens"))
    return {row.name: row.expires_at for row in rows}


def test_a_token_without_an_end_ends_in_90_days_and_any_other_when_it_was_to(old: Engine) -> None:
    with transaction(old) as connection:
        connection.execute(text(PERSON))
        connection.execute(text(TOKEN), [{"name": "endless", "ends": None}, {"name": "bounded", "ends": 7}])
    before = time.time_ns() // 1_000_000
    move(old, "0004")
    with transaction(old) as connection:
        found = ends(connection)
    assert found["bounded"] == 7
    assert before + DAYS_90_MS <= found["endless"] <= time.time_ns() // 1_000_000 + DAYS_90_MS


def test_a_deed_from_before_there_were_addresses_has_none(old: Engine) -> None:
    with transaction(old) as connection:
        connection.execute(text(DEED))
    move(old, "0004")
    with transaction(old) as connection:
        (found,) = connection.execute(text("SELECT request_id, address FROM audit_log")).all()
    assert tuple(found) == ("r", None)
