"""Finds or makes the `temporal` CLI, whose `server start-dev` serves the embedded profile and the tests."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from temporal.cache import ProvisionError, cache_dir, locked, run_with_progress, say

SERVER_MODULE = Path(__file__).parent / "server"
CLI_PACKAGE = "github.com/temporalio/cli/cmd/temporal"
DOWNLOAD_HOST = "temporal.download"
DOWNLOAD_PROBE_S = 2.0
DOWNLOAD_LIMIT_S = 120.0
OLDEST_SERVER = (1, 29)  # earlier ones lack what the worker versioning and update limits we test rely on
GO_ROOT = "/usr/local/go/bin"  # where Go's own installer puts it, often not on PATH
OLDEST_GO = (1, 21)  # the first that fetches the toolchain its go.mod asks for


def temporal_binary(*, named: Path | None, download: bool) -> Path:
    """The CLI: the one `named` in the settings, the one on PATH, the cached one, a download when `download` allows it
    and the host answers, else a build from the pinned Go module. Raises `ProvisionError` with one clear line."""
    if named is not None:
        if not os.access(named, os.X_OK):
            raise ProvisionError(f"TEMPORAL_BINARY names {named}, which is not a program")
        return named
    on_path = shutil.which("temporal")
    if on_path and _is_recent(Path(on_path)):
        return Path(on_path)
    folder = cache_dir("temporal", SERVER_MODULE / "go.mod", SERVER_MODULE / "go.sum")
    binary = folder / "temporal"
    if not binary.exists():
        with locked(folder):
            if not binary.exists():
                _make(binary, download=download)
    return binary


def _make(binary: Path, *, download: bool) -> None:
    draft = binary.with_name("draft") / "temporal"
    shutil.rmtree(draft.parent, ignore_errors=True)  # left by a process that was killed
    draft.parent.mkdir()
    try:
        if not (download and _downloaded(draft)):
            _build(draft)
        if not _is_recent(draft):
            raise ProvisionError(f"the Temporal server made in {binary.parent} does not run")
        draft.replace(binary)
    finally:
        shutil.rmtree(draft.parent, ignore_errors=True)
    say(f"Temporal server: ready, kept in {binary.parent}")


def _is_recent(binary: Path) -> bool:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.search(r"Server (\d+)\.(\d+)", answer)
    recent = version is not None and (int(version[1]), int(version[2])) >= OLDEST_SERVER
    if not recent:
        say(f"Temporal server: {binary} is too old ({answer.strip() or 'it says nothing'}), not used")
    return recent


def _downloaded(draft: Path) -> bool:
    """The SDK's own download, tried only when its host answers: it has no time limit of its own."""
    try:
        socket.create_connection((DOWNLOAD_HOST, 443), timeout=DOWNLOAD_PROBE_S).close()
    except OSError:
        return False
    say("Temporal server: downloading")
    command = [sys.executable, "-m", "temporal.download", str(draft.parent)]
    try:
        answer = subprocess.run(
            command,
            cwd=SERVER_MODULE.parent.parent,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    found = [path for path in draft.parent.iterdir() if path.is_file() and os.access(path, os.X_OK)]
    if answer.returncode != 0 or len(found) != 1:
        return False
    found[0].replace(draft)
    return True


def _build(draft: Path) -> None:
    say("Temporal server: building it with Go, once on this machine (about 5 minutes)")
    run_with_progress(
        "Temporal server: building",
        [_go(), "build", "-buildvcs=false", "-ldflags=-s -w", "-o", draft, CLI_PACKAGE],
        log=draft.parent.parent / "build.log",
        cwd=SERVER_MODULE,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
    )


def _go() -> str:
    go = shutil.which("go") or shutil.which("go", path=GO_ROOT)
    if go is None:
        raise ProvisionError("no Temporal server: install Go 1.21 or later to build it, or the `temporal` CLI")
    answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"go(\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_GO:
        raise ProvisionError(f"{go} is too old to build the Temporal server: install Go 1.21 or later")
    return go
