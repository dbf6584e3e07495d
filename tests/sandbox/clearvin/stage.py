"""A ClearVIN sandbox that serves in this process: what its tests, and those of our client, stand on."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox.clearvin.account import Config
from tests.sandbox.clearvin.server import API, create_app
from tests.sandbox.running import running

EMAIL, PASSWORD = "vins@hammertime.example", "clearvin-of-tests"
WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox and the one who makes it fail."""

    url: str
    http: httpx.Client

    @property
    def api_url(self) -> str:
        return self.url + API

    def control(self, what: str, **wanted: Any) -> None:
        """Steer the sandbox."""
        self.http.post(f"/_sandbox/{what}", json=wanted).raise_for_status()

    @property
    def spent(self) -> dict[str, int]:
        """Credits by VIN."""
        found: dict[str, int] = self.http.get("/_sandbox/credits").json()["spent"]
        return found

    @property
    def logins(self) -> int:
        """How often somebody signed in."""
        return int(self.http.get("/_sandbox/credits").json()["logins"])

    def login(self, **changes: Any) -> httpx.Response:
        """Sign in as our client does."""
        return self.http.post(f"{API}/login", json={"email": EMAIL, "password": PASSWORD, **changes})

    def report(self, token: str, **query: str) -> httpx.Response:
        """Ask for a report."""
        return self.http.get(f"{API}/report", params=query, headers={"authorization": f"Bearer {token}"})


@contextlib.contextmanager
def stage(port: int = 0, **changes: Any) -> Iterator[Stage]:
    """A sandbox; `changes` are of its Config."""
    config = Config(**{"email": EMAIL, "password": PASSWORD, **changes})
    app = create_app(config)
    with running(app, port) as url, httpx.Client(trust_env=False, timeout=WAIT_S, base_url=url) as http:
        yield Stage(url, http)
