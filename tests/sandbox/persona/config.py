"""What one Persona sandbox is told when it starts, and the time it lives in."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.clock import MILLISECOND, truncate

VERSION = "2025-12-08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`webhook_secrets` are those that sign, the new one first while another is replaced. `public_url` is where people
    reach the sandbox, and where its one-time links lead. Webhooks go nowhere without `webhook_url`; without `data_dir`
    all is forgotten at the end."""

    api_key: str
    public_url: str
    webhook_secrets: tuple[str, ...]
    template_id: str = "itmpl_sandbox"
    webhook_url: str | None = None
    data_dir: Path | None = None
    calls_per_minute: int = 300
    seconds: Callable[[], float] = time.time


class Clock:
    """The sandbox's time. It never says the same twice, so that events have an order, and can be put forward."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._ahead = timedelta()
        self._last = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """A time, in whole milliseconds, later than all before."""
        told = truncate(datetime.fromtimestamp(self._seconds(), UTC) + self._ahead)
        self._last = max(told, self._last + MILLISECOND)
        return self._last

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += timedelta(seconds=seconds)
