"""Whose sandbox it is, its clock, what it remembers, whom it tells, and what it was told to do next."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.sandbox.deliveries import Deliveries
from tests.sandbox.store import Document, Store

CLOCK = "clock"
PLAN = "plan"
FIRST_ID = 60_200_000_000


@dataclass(frozen=True)
class Config:
    """One merchant's account. Without `data_dir` it forgets, without `webhook_url` it tells nobody."""

    login_id: str = "sandboxLogin"
    transaction_key: str = "sandboxKey012345"
    signature_key: str = "A1" * 64
    client_key: str = "sandboxClientKey"
    data_dir: Path | None = None
    webhook_url: str | None = None


class Merchant:
    """What all parts of the sandbox share."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.data_dir / "authorize_net.sqlite" if config.data_dir else None)
        self.deliveries = Deliveries(self.store, config.webhook_url, self._sign)

    def now(self) -> datetime:
        """The sandbox's time: the machine's, and what `POST /_sandbox/clock` put on top."""
        ahead = self.store.get(CLOCK, CLOCK) or {"seconds": 0}
        return datetime.now(UTC) + timedelta(seconds=ahead["seconds"])

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ahead = self.store.get(CLOCK, CLOCK) or {"seconds": 0}
        self.store.put(CLOCK, CLOCK, {"seconds": ahead["seconds"] + seconds})

    def next_id(self) -> str:
        """An id; profiles, cards and transactions share one series, as nothing may depend on theirs."""
        return str(self.store.next_number("id", FIRST_ID))

    def notify(self, event: str, payload: dict[str, Any]) -> None:
        """Send a webhook about an event, named without its prefix."""
        body = {
            "notificationId": str(uuid4()),
            "eventType": f"net.authorize.{event}",
            "eventDate": f"{self.now():%Y-%m-%dT%H:%M:%S.%f}7Z",
            "webhookId": "849eb87e-078a-4169-a34b-c0bded5019a8",
            "payload": payload,
        }
        self.deliveries.send(json.dumps(body).encode())

    def plan(self, wanted: dict[str, Any]) -> None:
        """Keep one thing to happen: {"what", "times", "containing"}."""
        times = int(wanted.get("times", 1))
        key = str(self.store.next_number(PLAN))
        kept = {"key": key, "what": wanted["what"], "times": times, "containing": wanted.get("containing", "")}
        self.store.put(PLAN, key, kept)

    def planned(self, what: str, body: str = "") -> bool:
        """Whether this is to happen now; once asked, it has."""
        for item in self.store.all(PLAN):
            if item["what"] == what and item["containing"] in body:
                self._use(item)
                return True
        return False

    def _use(self, item: Document) -> None:
        if item["times"] <= 1:
            self.store.delete(PLAN, item["key"])
        else:
            self.store.put(PLAN, item["key"], {**item, "times": item["times"] - 1})

    def _sign(self, body: bytes) -> dict[str, str]:
        """Signed with the ASCII text of the key, over the body alone, so it can be replayed for ever."""
        digest = hmac.new(self.config.signature_key.encode("ascii"), body, hashlib.sha512).hexdigest().upper()
        return {"X-ANET-Signature": f"sha512={digest}", "X-Request-Id": str(uuid4())}
