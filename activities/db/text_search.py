"""Full-text search by one interface: FULLTEXT on MySQL and MariaDB, FTS5 on SQLite, both kept by the database itself.

Words are prepared by `domain.words`, so that both engines find the same. InnoDB finds a text once it is committed.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from activities.db.search_tables import listing_words

# Everything that either engine makes for itself is called so: a comparison of schemas has to look away.
NAME = "listing_fts"
MYSQL_CREATE = (
    # Rows that came after an index was dropped are not numbered, and a new one would not find them.
    f"ALTER TABLE {listing_words.name} FORCE",
    f"CREATE FULLTEXT INDEX {NAME} ON {listing_words.name} (words)",
)
MYSQL_DROP = (f"DROP INDEX {NAME} ON {listing_words.name}",)
_ADD = f"INSERT INTO {NAME} (rowid, words) VALUES (new.vehicle_id, new.words);"  # noqa: S608 - names of ours
_TAKE = f"INSERT INTO {NAME} ({NAME}, rowid, words) VALUES ('delete', old.vehicle_id, old.words);"  # noqa: S608
SQLITE_CREATE = (
    f"CREATE VIRTUAL TABLE {NAME} USING fts5 (words, content='{listing_words.name}', content_rowid='vehicle_id')",
    f"CREATE TRIGGER {NAME}_added AFTER INSERT ON {listing_words.name} BEGIN {_ADD} END",
    f"CREATE TRIGGER {NAME}_removed AFTER DELETE ON {listing_words.name} BEGIN {_TAKE} END",
    f"CREATE TRIGGER {NAME}_changed AFTER UPDATE ON {listing_words.name} BEGIN {_TAKE} {_ADD} END",
    f"INSERT INTO {NAME} ({NAME}) VALUES ('rebuild')",  # noqa: S608 - names of ours
)
SQLITE_DROP = (
    *(f"DROP TRIGGER {NAME}_{event}" for event in ("added", "removed", "changed")),
    f"DROP TABLE {NAME}",
)
# One text for all that have the words: a driver takes longer over a hundred thousand rows than InnoDB over the words.
LONGEST = 64 * 1024 * 1024
MYSQL_ROOM = text(f"SET SESSION group_concat_max_len = {LONGEST}")
MYSQL_FIND = text(
    f"SELECT GROUP_CONCAT(vehicle_id) FROM {listing_words.name} WHERE MATCH (words) AGAINST (:words IN BOOLEAN MODE)"  # noqa: S608 - names of ours
)
SQLITE_FIND = text(f"SELECT GROUP_CONCAT(rowid) FROM {NAME} WHERE {NAME} MATCH :words")  # noqa: S608 - the same


def create(connection: Connection) -> None:
    """Make the full-text index of `listing_words`, with all that is there; for a migration."""
    _run(connection, SQLITE_CREATE if _is_sqlite(connection) else MYSQL_CREATE)


def drop(connection: Connection) -> None:
    """Take it away again."""
    _run(connection, SQLITE_DROP if _is_sqlite(connection) else MYSQL_DROP)


def is_hidden(name: str | None) -> bool:
    """Whether a table or index of the database belongs to the full-text index, and so to no table in code."""
    return (name or "").startswith(NAME)


def vehicles_with(connection: Connection, words: Sequence[str]) -> list[int]:
    """The vehicles whose text has all `words` (of `domain.words.wanted_words`, not empty), in no order."""
    if _is_sqlite(connection):
        query, terms = SQLITE_FIND, " ".join(f'"{word.rstrip("*")}"{"*" * word.endswith("*")}' for word in words)
    else:
        query, terms = MYSQL_FIND, " ".join(f"+{word}" for word in words)
        connection.execute(MYSQL_ROOM)
    found: str | None = connection.execute(query, {"words": terms}).scalar_one()
    return [] if found is None else [int(vehicle_id) for vehicle_id in found.split(",")]


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _run(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
