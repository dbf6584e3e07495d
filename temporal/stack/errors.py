"""The one way in which the stack refuses or gives up: a line for the person who started it, and an exit code."""

import errno
from pathlib import Path

FAILED = 1
USAGE = 2
INTERRUPTED = 130

FULL_DISK_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
# What the programs of the stack say when the disk is full: the C library, SQLite, and a quota.
FULL_DISK_WORDS = ("no space left on device", "database or disk is full", "disk quota exceeded")


class StackError(Exception):
    """The stack cannot start or cannot go on; the message is one clear line, `exit_code` what the process ends with."""

    def __init__(self, message: str, *, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def from_os_error(error: OSError, data_dir: Path) -> StackError:
    """Say an error of the operating system in one line, a full disk above all."""
    if error.errno in FULL_DISK_ERRNOS:
        return full_disk(data_dir)
    where = f": {error.filename}" if error.filename else ""
    return StackError(f"{error.strerror or error}{where}")


def full_disk(data_dir: Path, said: str = "") -> StackError:
    """The line for a disk that ran full; `said` is what the program that noticed wrote."""
    detail = f" ({said})" if said else ""
    return StackError(f"the disk of {data_dir} is full{detail}; free some space and start again")


def speaks_of_full_disk(text: str) -> bool:
    """Whether a program's last words are about a full disk."""
    lowered = text.lower()
    return any(words in lowered for words in FULL_DISK_WORDS)
