"""The folder the stack keeps everything in: made, checked for room, and emptied on request."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from temporal.stack import sandboxes
from temporal.stack.errors import USAGE, StackError, from_os_error

MIN_FREE_VARIABLE = "HAMMERTIME_MIN_FREE_MB"
DEFAULT_MIN_FREE_MB = 500
MEGABYTE = 1_000_000
# Only what the stack itself makes is ever removed: the folder may be somebody's home.
DATABASE = "hammertime.db"
TEMPORAL_DATABASE = "temporal.db"
LOGS = "logs"
ACCOUNTS, APPS = "demo-accounts.json", "demo-authenticators.json"
DATABASE_ENDS = ("", "-wal", "-shm", "-journal")
OWN_FILES = (ACCOUNTS, APPS, *(f"{name}{end}" for name in (DATABASE, TEMPORAL_DATABASE) for end in DATABASE_ENDS))


def prepare(path: Path, environment: Mapping[str, str]) -> Path:
    """Make the folder where it is missing and return it absolute; StackError when it cannot be used or is too full."""
    folder = path.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_room(folder, minimum_mb(environment))
        _probe(folder)
    except OSError as error:
        said = from_os_error(error, folder)
        raise StackError(f"the data directory {folder} cannot be used: {said} (--data-dir changes it)") from error
    return folder


def minimum_mb(environment: Mapping[str, str]) -> int:
    """How many megabytes have to be free, from the environment or the default."""
    text = environment.get(MIN_FREE_VARIABLE, str(DEFAULT_MIN_FREE_MB))
    if not text.isdigit():
        raise StackError(f"{MIN_FREE_VARIABLE} is {text!r}, but has to be a whole number of megabytes", exit_code=USAGE)
    return int(text)


def empty(folder: Path) -> None:
    """Remove the databases and logs of earlier runs and what the sandboxes remember, and nothing else."""
    for name in OWN_FILES:
        with suppress(FileNotFoundError):
            (folder / name).unlink()
    shutil.rmtree(folder / LOGS, ignore_errors=True)
    for sandbox in sandboxes.ALL:
        shutil.rmtree(sandboxes.folder_of(folder, sandbox), ignore_errors=True)


def _require_room(folder: Path, megabytes: int) -> None:
    free = shutil.disk_usage(folder).free // MEGABYTE
    if free < megabytes:
        raise StackError(
            f"the disk of {folder} has {free} MB free, but {megabytes} MB are needed;"
            f" free some space or change --data-dir or {MIN_FREE_VARIABLE}"
        )


def _probe(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)
    finally:
        probe.unlink(missing_ok=True)
