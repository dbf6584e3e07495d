"""What one S3 sandbox is told when it starts, and the time it lives in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The one bucket and its one user. `origins` are the sites whose pages may use the bucket (its CORS rules). Without
    `data_dir` all is forgotten at the end."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    bucket: str
    region: str = "us-east-2"
    origins: frozenset[str] = frozenset()
    data_dir: Path | None = None
    seconds: Callable[[], float] = time.time


class Clock:
    """The sandbox's time, which can be put forward."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._ahead_s = 0.0

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.fromtimestamp(self._seconds(), UTC) + timedelta(seconds=self._ahead_s)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead_s += seconds


def origins_of(url: str) -> frozenset[str]:
    """The site at this address, under both names of this machine."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    names = {"127.0.0.1", "localhost"} if parts.hostname in {"127.0.0.1", "localhost"} else {parts.hostname}
    return frozenset(f"{parts.scheme}://{name}{port}" for name in names)
