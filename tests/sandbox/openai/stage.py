"""An OpenAI sandbox that serves in this process: what its tests, and those of our client, stand on."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox.openai.server import API, Config, create_app
from tests.sandbox.running import running

KEY, MODEL = "sk-of-tests", "model-of-tests"
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
    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first: statuses, hashes and counts."""
        found: list[dict[str, Any]] = self.http.get("/_sandbox/requests").json()
        return found

    def control(self, what: str, **wanted: Any) -> None:
        """Steer the sandbox."""
        self.http.post(f"/_sandbox/{what}", json=wanted).raise_for_status()

    def answer(self, manner: str, times: int = 1) -> None:
        """How the next answers go."""
        self.control("answers", manner=manner, times=times)

    def ask(self, body: Any, key: str = KEY) -> httpx.Response:
        """Ask as our client does."""
        return self.http.post(f"{API}/responses", json=body, headers={"authorization": f"Bearer {key}"})


@contextlib.contextmanager
def stage(port: int = 0, **changes: Any) -> Iterator[Stage]:
    """A sandbox; `changes` are of its Config."""
    config = Config(**{"api_key": KEY, "model": MODEL, **changes})
    app = create_app(config)
    with running(app, port) as url, httpx.Client(trust_env=False, timeout=WAIT_S, base_url=url) as http:
        yield Stage(url, http)
