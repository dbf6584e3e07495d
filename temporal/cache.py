"""Things that are costly to make are made once per machine, in the user's cache directory outside the checkout: whole
or not at all, by one process at a time, with progress shown."""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROGRESS_EVERY_S = 10.0


class ProvisionError(Exception):
    """Something needed cannot be found or made; the message is one line that says what to do."""


def say(line: str) -> None:
    """Progress goes to standard error, so that output stays clean."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def cache_dir(kind: str, *sources: Path) -> Path:
    """`kind`'s folder for exactly these sources: another content has another folder."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "hammertime" / kind / digest.hexdigest()[:16]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; another checkout that makes the same thing is waited for. It is freed when we die."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{folder.parent.name}: another process is making it, waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_with_progress(
    title: str, command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None
) -> None:
    """Run a long command, telling every few seconds how long it has run. What it says goes to `log`; on failure
    `ProvisionError` carries the last line of it."""
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while (code := _wait(process, PROGRESS_EVERY_S)) is None:
                say(f"{title}: {time.monotonic() - started:.0f} s")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if code != 0:
        raise ProvisionError(f"{title} failed: {_last_line(log)} (whole log: {log})")


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith(("[ERROR]", "E:", "go: "))]
    return (errors or lines or ["it said nothing"])[-1].strip()[:300]
