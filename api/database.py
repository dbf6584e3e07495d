"""Queries from the event loop: each runs in one of the process's database threads, as one transaction."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from activities.db.engine import reading, transaction
from domain.clock import truncate

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """Runs queries in the process's database threads, one transaction each."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor) -> None:
        self.engine = engine
        self._threads = threads

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query on a connection for reads."""
        return await self._in_thread(_read, self.engine, functools.partial(_with, query, args, kwargs))

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query in a transaction that is committed before this returns."""
        return await self._in_thread(_write, self.engine, functools.partial(_with, query, args, kwargs))

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def now() -> datetime:
    """This process's clock: aware UTC to the millisecond."""
    return truncate(datetime.now(UTC))


def _with(query: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object], connection: Connection) -> T:
    return query(connection, *args, **kwargs)


def _read(engine: Engine, query: Callable[[Connection], T]) -> T:
    with reading(engine) as connection:
        return query(connection)


def _write(engine: Engine, query: Callable[[Connection], T]) -> T:
    with transaction(engine) as connection:
        return query(connection)
