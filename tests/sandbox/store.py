"""What a sandbox remembers: JSON documents in one SQLite file, so that a killed vendor comes back as it was."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS documents (kind TEXT, id TEXT, place INTEGER PRIMARY KEY, body TEXT, UNIQUE (kind, id))"
)

Document = dict[str, Any]


class Store:
    """Documents by kind and id, oldest first; every write is durable when it returns. Without a path, in memory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA busy_timeout = 10000")
        self._connection.execute(SCHEMA)

    def put(self, kind: str, key: str, document: Document) -> None:
        """Keep a document in the place of an older one of that id, if there is one."""
        statement = (
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
        )
        with self._lock:
            self._connection.execute(statement, (kind, key, json.dumps(document)))

    def get(self, kind: str, key: str) -> Document | None:
        """The document of that id."""
        with self._lock:
            row = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, key)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> list[Document]:
        """All documents of a kind, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT body FROM documents WHERE kind = ? ORDER BY place", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def delete(self, kind: str, key: str) -> None:
        """Forget a document; one that is not there is no error."""
        with self._lock:
            self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, key))

    def next_number(self, name: str, first: int = 1) -> int:
        """Count up, from `first`, over restarts too."""
        with self._lock:
            row = self._connection.execute(
                "INSERT INTO documents (kind, id, body) VALUES ('counter', ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = CAST(body AS INTEGER) + 1 RETURNING body",
                (name, str(first)),
            ).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
