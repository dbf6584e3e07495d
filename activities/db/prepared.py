"""Statements of the bid path, compiled once: building one each time costs more than running it."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Delete, Insert, Select, Update, bindparam

Statement = Select[Any] | Insert | Update | Delete
Text = tuple[str, tuple[str, ...] | None, dict[str, Any]]


class Prepared:
    """One statement with named parameters. Values go to the driver, and come from it, as the database has them."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._texts: dict[str, Text] = {}

    def run(self, connection: Connection, **values: object) -> CursorResult[Any]:
        """Execute with these values; times are milliseconds."""
        dialect = connection.dialect
        known = self._texts.get(dialect.name)
        if known is None:
            compiled = self._statement.compile(dialect=dialect)
            names = None if compiled.positiontup is None else tuple(compiled.positiontup)
            known = self._texts[dialect.name] = (str(compiled), names, dict(compiled.params))
        text, names, fixed = known
        given = {**fixed, **values}
        return connection.exec_driver_sql(text, given if names is None else tuple([given[name] for name in names]))


class PreparedIn:
    """A statement over a list of any length: one is prepared for each power of two, the last value filling it up."""

    def __init__(self, make: Callable[[list[BindParameter[Any]]], Statement]) -> None:
        self._of_size = lru_cache(maxsize=16)(lambda size: Prepared(make([bindparam(f"v{n}") for n in range(size)])))

    def run(self, connection: Connection, values: Sequence[object], **others: object) -> CursorResult[Any]:
        """Execute with the list, which may not be empty, and with the statement's other parameters by name."""
        size = 1 << (len(values) - 1).bit_length()
        filled = [*values, *[values[-1]] * (size - len(values))]
        return self._of_size(size).run(connection, **{f"v{n}": value for n, value in enumerate(filled)}, **others)
