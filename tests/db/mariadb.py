"""A private MariaDB server for the tests: its own data folder and port, ended by its process id."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

START_LIMIT_S = 60
STOP_LIMIT_S = 20
SERVER = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
INSTALLER = shutil.which("mariadb-install-db") or "/usr/bin/mariadb-install-db"


class MariadbFailed(RuntimeError):
    """The server did not come up; the text is the end of its log."""


def is_installed() -> bool:
    """Whether the machine can run these tests."""
    return os.access(SERVER, os.X_OK) and os.access(INSTALLER, os.X_OK)


@contextmanager
def server(folder: Path) -> Iterator[URL]:
    """Run a server on an empty data folder; yields the URL of a database-less root connection."""
    data = folder / "data"
    _install(data)
    port = _free_port()
    log = folder / "mariadb.log"
    url = URL.create("mysql+pymysql", "root", host="127.0.0.1", port=port)
    with log.open("wb") as output:
        process = subprocess.Popen(_command(folder, data, port), stdout=output, stderr=output)
        try:
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


def create_database(url: URL, name: str) -> URL:
    """Make an empty database of the server and return the URL of it."""
    engine = create_engine(url)
    _run(engine, f"CREATE DATABASE {name}")
    return url.set(database=name)


def drop_database(url: URL, name: str) -> None:
    """Drop a database of the server."""
    _run(create_engine(url), f"DROP DATABASE {name}")


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _install(data: Path) -> None:
    subprocess.run(
        [
            INSTALLER,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--user=root",
        ],
        check=True,
        capture_output=True,
    )


def _command(folder: Path, data: Path, port: int) -> list[str]:
    return [
        SERVER,
        "--no-defaults",
        "--user=root",
        f"--datadir={data}",
        f"--socket={folder / 'mariadb.sock'}",
        f"--pid-file={folder / 'mariadb.pid'}",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
        "--character-set-server=utf8mb4",
    ]


def _wait(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _run(create_engine(url), "SELECT 1")
        except OperationalError:
            time.sleep(0.1)
        else:
            return
    raise MariadbFailed(log.read_text(errors="replace")[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
