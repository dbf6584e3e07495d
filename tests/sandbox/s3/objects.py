"""The objects of the one bucket: a file for each, and what is known of it in one SQLite file beside them."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from tests.sandbox.s3.answers import Refusal, invalid, no_such_key
from tests.sandbox.store import Document, Store

KIND = "object"
KEY_BYTES = 1_024
KEPT_HEADERS = ("content-type", "cache-control", "content-disposition")


@dataclass(frozen=True, slots=True)
class Stored:
    """One object."""

    key: str
    path: Path
    size: int
    etag: str
    modified: str
    headers: Mapping[str, str]


class Draft:
    """A file on its way in. It is gone after the block unless it was kept."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / uuid4().hex
        self.size = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha256 = hashlib.sha256()
        self.is_kept = False
        self._file = self.path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self.is_kept:
            self.path.unlink()

    def write(self, piece: bytes) -> None:
        """One more piece."""
        self.size += len(piece)
        self.md5.update(piece)
        self.sha256.update(piece)
        self._file.write(piece)

    def done(self) -> None:
        """The last piece is written."""
        self._file.close()
        self.is_kept = True


class Objects:
    """All of them. Without a folder they live in a temporary one until `close`."""

    def __init__(self, data_dir: Path | None) -> None:
        self._temporary = None if data_dir is not None else tempfile.mkdtemp(prefix="s3-sandbox-")
        self._folder = (data_dir or Path(str(self._temporary))) / "files"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store = Store(None if data_dir is None else data_dir / "s3.db")

    def draft(self) -> Draft:
        """A file to be written."""
        return Draft(self._folder)

    def keep(self, key: str, draft: Draft, headers: Mapping[str, str], now: datetime) -> Stored:
        """The draft is the object of this key from now on; the one before it is gone."""
        check_key(key)
        before = self._store.get(KIND, key)
        draft.done()
        etag = f'"{draft.md5.hexdigest()}"'
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        found: Document = {
            "key": key,
            "file": draft.path.name,
            "size": draft.size,
            "etag": etag,
            "modified": now.isoformat(),
            "headers": {"content-type": "binary/octet-stream"} | kept,
        }
        self._store.put(KIND, key, found)
        if before is not None:
            (self._folder / before["file"]).unlink(missing_ok=True)
        return self._stored(found)

    def find(self, key: str) -> Stored | None:
        """The object of a key."""
        found = self._store.get(KIND, key)
        return None if found is None else self._stored(found)

    def get(self, key: str) -> Stored:
        """The object of a key; Refusal(404)."""
        found = self.find(key)
        if found is None:
            raise no_such_key(key)
        return found

    def delete(self, key: str) -> None:
        """Forget an object; one that is not there is no error."""
        found = self._store.get(KIND, key)
        self._store.delete(KIND, key)
        if found is not None:
            (self._folder / found["file"]).unlink(missing_ok=True)

    def below(self, prefix: str) -> list[Stored]:
        """The objects whose keys begin so, by key."""
        found = [self._stored(each) for each in self._store.all(KIND) if each["key"].startswith(prefix)]
        return sorted(found, key=lambda each: each.key.encode())

    def close(self) -> None:
        """Let go of the files."""
        self._store.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary)

    def _stored(self, found: Document) -> Stored:
        path = self._folder / found["file"]
        return Stored(found["key"], path, found["size"], found["etag"], found["modified"], found["headers"])


def check_key(key: str) -> None:
    """Refusal where this cannot be a key."""
    if not key:
        raise invalid("User key must have a length greater than 0.")
    if len(key.encode()) > KEY_BYTES:
        raise Refusal(400, "KeyTooLongError", "Your key is too long")


def http_date(modified: str) -> str:
    """A time as HTTP writes it."""
    return format_datetime(datetime.fromisoformat(modified), usegmt=True)
