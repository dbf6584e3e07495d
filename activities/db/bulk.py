"""Many rows at once, past SQLAlchemy's handling of each: half the cost of recording a bid."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

Parameters = list[tuple[Any, ...]] | list[dict[str, Any]]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name every column, with values as the database has them (times in milliseconds)."""
    if not rows:
        return
    statement, names = _statement(table, connection.dialect)
    parameters: Parameters
    if names is None:
        parameters = [dict(row) for row in rows]
    else:
        parameters = [tuple([row[name] for name in names]) for row in rows]
    connection.exec_driver_sql(statement, parameters)


@lru_cache(maxsize=16)
def _statement(table: Table, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """The statement, with the order of its values where the driver counts them instead of naming them."""
    compiled = insert(table).compile(dialect=dialect)
    return str(compiled), None if compiled.positiontup is None else tuple(compiled.positiontup)
