"""The SQLAlchemy engine for SQLite and MySQL, transactions on it, and the database's own clock."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from domain.clock import from_ms

BUSY_TIMEOUT_S = 10
POOL_SIZE = 32
POOL_OVERFLOW = 8
POOL_TIMEOUT_S = 5
MYSQL_TIMEOUT_S = 15
MYSQL_RECYCLE_S = 1800
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}",
    "PRAGMA foreign_keys = ON",
)
SQLITE_NOW = "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
MYSQL_NOW = "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"


class SqliteBusyError(Exception):
    """This process held the write lock of its SQLite file for longer than a writer waits."""


def make_engine(url: str) -> Engine:
    """Build the engine of a process.

    `url` is `sqlite:///file` (its folder is made where it is missing) or
    `mysql+pymysql://user:password@host/name`; anything else raises ValueError.
    """
    parsed = make_url(url)
    dialect = parsed.get_backend_name()
    if dialect == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        return _sqlite_engine(url)
    if dialect in {"mysql", "mariadb"}:
        return _mysql_engine(url)
    message = f"the database {dialect!r} is not supported; use sqlite or mysql+pymysql"
    raise ValueError(message)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Open one writing transaction: committed at the end of the block, rolled back by any exception.

    On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that starts as a reader and
    writes later fails with "database is locked" however long it is willing to wait.
    """
    lock = engine.get_execution_options().get("write_lock")
    if lock is None:
        with engine.begin() as connection:
            yield connection
        return
    if not lock.acquire(timeout=BUSY_TIMEOUT_S):
        raise SqliteBusyError
    try:
        with engine.connect().execution_options(begin="IMMEDIATE") as connection, connection.begin():
            yield connection
    finally:
        lock.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open one connection for reads only; on SQLite all of them see the same snapshot."""
    with engine.connect() as connection:
        yield connection


def database_now(connection: Connection) -> datetime:
    """Read the database's clock: aware UTC, to the millisecond."""
    statement = SQLITE_NOW if connection.dialect.name == "sqlite" else MYSQL_NOW
    return from_ms(connection.execute(text(statement)).scalar_one())


def _sqlite_engine(url: str) -> Engine:
    # The write lock queues the threads of this process fairly; SQLite's own waiting sleeps up to 100 ms at a time.
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        execution_options={"write_lock": threading.Lock()},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Set the pragmas, and take BEGIN out of pysqlite's hands, which would emit it too late."""
    raw = cast("sqlite3.Connection", connection)
    raw.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        raw.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql(f"BEGIN {options.get('begin', 'DEFERRED')}")


def _mysql_engine(url: str) -> Engine:
    return create_engine(
        url,
        isolation_level="READ COMMITTED",
        # An error's text goes into logs, and the parameters hold maxima and nonces.
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=MYSQL_RECYCLE_S,
        pool_pre_ping=True,
        connect_args={
            "charset": "utf8mb4",
            "init_command": "SET time_zone = '+00:00'",
            "connect_timeout": 3,
            "read_timeout": MYSQL_TIMEOUT_S,
            "write_timeout": MYSQL_TIMEOUT_S,
        },
    )
