"""The lock of a data directory: one stack at a time, and a record of its processes for who comes after a crash."""

import fcntl
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from temporal.stack import leftovers
from temporal.stack.errors import StackError
from temporal.stack.leftovers import Identity

LOCK_FILE = "stack.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the lock file says: the stack's own pid, the mark of its run, and its children by name."""

    pid: int
    run_id: str
    children: Mapping[str, Identity] = field(default_factory=dict)

    def processes(self) -> list[Identity]:
        """Everything that run may have left behind, its parent not included."""
        return [*self.children.values(), *leftovers.marked(self.run_id)]


class StackLock:
    """Held from start to stop. The kernel frees it when its holder dies, so a stale one never blocks."""

    def __init__(self, descriptor: int, before: Record | None) -> None:
        self._descriptor = descriptor
        self._children: dict[str, Identity] = {}
        self.before = before
        self.run_id = uuid.uuid4().hex
        self._write()

    @classmethod
    def take(cls, data_dir: Path) -> "StackLock":
        """Take the lock; `before` then tells of a run that ended without cleaning up. StackError when one is alive."""
        descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(descriptor)
            os.close(descriptor)
            who = f" as pid {holder.pid}" if holder else ""
            raise StackError(f"the stack in {data_dir} is already running{who}; stop it or use --data-dir") from error
        try:
            return cls(descriptor, _read(descriptor))
        except OSError:
            os.close(descriptor)
            raise

    def remember(self, name: str, pid: int) -> None:
        """Record a child that was just spawned."""
        identity = leftovers.identify(pid)
        if identity:
            self._children[name] = identity
            self._write()

    def forget(self, name: str) -> None:
        """Take a child that ended off the record."""
        if self._children.pop(name, None):
            self._write()

    def release(self) -> None:
        """Empty the record and free the lock; a second time does nothing."""
        if self._descriptor < 0:
            return
        # Removing the file would let two later stacks lock two different files of the same name.
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self) -> None:
        record = Record(pid=os.getpid(), run_id=self.run_id, children=self._children)
        content = json.dumps(asdict(record)).encode()
        # Cut only after writing: a kill in between leaves a whole record with a tail that reading ignores.
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))


def _read(descriptor: int) -> Record | None:
    text = os.pread(descriptor, 1_000_000, 0).decode(errors="replace")
    try:
        content, _ = json.JSONDecoder().raw_decode(text)
        children = {name: Identity(**child) for name, child in content["children"].items()}
        return Record(pid=content["pid"], run_id=content["run_id"], children=children)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
