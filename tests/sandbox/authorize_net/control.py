"""A running sandbox of Authorize.Net in the hands of a test, and the people and cards that tests use."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from activities.providers.authorize_net import AuthorizeNet
from activities.providers.authorize_net_results import BillTo, OpaqueData
from tests.sandbox.authorize_net.merchant import Config
from tests.sandbox.authorize_net.server import API, create_app
from tests.sandbox.running import running

CARD = "4111111111111111"
OTHER_CARD = "5424000000000015"
EXPIRES = "2031-12"
EMAIL = "buyer@example.test"
HOME = BillTo(first_name="Ada", last_name="Byron", address="1 Main St", city="Duluth", state="MN", zip="55801")


@dataclass(frozen=True)
class Sandbox:
    """The vendor, as tests steer it."""

    url: str
    config: Config
    http: httpx.Client

    def client(self, **changes: Any) -> AuthorizeNet:
        """Our client of it; close it."""
        wanted = {"login_id": self.config.login_id, "transaction_key": self.config.transaction_key, **changes}
        return AuthorizeNet(self.url + API, **wanted)

    def nonce(self, card: str = CARD, expires: str = EXPIRES, **more: str) -> OpaqueData:
        """What a browser would bring."""
        told = self._post("nonces", {"card": card, "expires": expires, **more})
        return OpaqueData(told["dataDescriptor"], told["dataValue"])

    def plan(self, what: str, **more: Any) -> None:
        """Let the vendor's business go wrong."""
        self._post("plan", {"what": what, **more})

    def fault(self, mode: str, **more: Any) -> None:
        """Let the vendor's server go wrong."""
        self._post("faults", {"mode": mode, **more})

    def settle(self, **how: bool) -> None:
        """Tonight's settlement, now; `rejected`: the processor takes none of it; `reset_first`: what it rejected in
        other nights is in it again."""
        self._post("settle", how)

    def befall(self, transaction_id: str, status: str) -> None:
        """Let a transaction come into a status after it was approved; only a void is told by a webhook."""
        self._post("fates", {"id": transaction_id, "status": status})

    def repeat(self, transaction_id: str) -> None:
        """Let the vendor tell once more that a transaction was made."""
        self._post("repeats", {"id": transaction_id})

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._post("clock", {"advance_s": seconds})

    def transactions(self) -> list[dict[str, Any]]:
        """All that the vendor has kept, oldest first."""
        kept: list[dict[str, Any]] = self.http.get("/_sandbox/transactions").json()
        return kept

    def profiles(self) -> list[dict[str, Any]]:
        """All customers that the vendor has kept, with the ids of their cards."""
        kept: list[dict[str, Any]] = self.http.get("/_sandbox/profiles").json()
        return kept

    def ask(self, method: str, **fields: Any) -> dict[str, Any]:
        """A request without our client's care for order and limits."""
        known = {"name": self.config.login_id, "transactionKey": self.config.transaction_key}
        answer = self.http.post(API, json={method: {"merchantAuthentication": known, **fields}})
        told: dict[str, Any] = json.loads(answer.content.decode("utf-8-sig"))
        return told

    def _post(self, path: str, wanted: dict[str, Any]) -> Any:
        return self.http.post(f"/_sandbox/{path}", json=wanted).raise_for_status().json()


@contextlib.contextmanager
def open_sandbox(config: Config | None = None, port: int = 0) -> Iterator[Sandbox]:
    """Serve a sandbox for as long as the block runs."""
    used = config or Config()
    with running(create_app(used), port) as url, httpx.Client(base_url=url, trust_env=False) as http:
        yield Sandbox(url, used, http)
