"""A vPIC sandbox that serves in this process: what its tests, and those of our client, stand on."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox.running import running
from tests.sandbox.vpic.server import API, Config, create_app

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox and the one who makes it fail."""

    url: str
    http: httpx.Client

    @property
    def api_url(self) -> str:
        return self.url + API

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return int(self.http.get("/_sandbox/calls").json()["calls"])

    def control(self, what: str, **wanted: Any) -> None:
        """Steer the sandbox."""
        self.http.post(f"/_sandbox/{what}", json=wanted).raise_for_status()

    def decode(self, vin: str, **query: str) -> httpx.Response:
        """Ask as our client does."""
        return self.http.get(f"{API}/vehicles/DecodeVinValues/{vin}", params={"format": "json", **query})


@contextlib.contextmanager
def stage(port: int = 0, **changes: Any) -> Iterator[Stage]:
    """A sandbox; `changes` are of its Config."""
    with (
        running(create_app(Config(**changes)), port) as url,
        httpx.Client(trust_env=False, timeout=WAIT_S, base_url=url) as http,
    ):
        yield Stage(url, http)
