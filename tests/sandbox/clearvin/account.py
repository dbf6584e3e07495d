"""One customer's account at the ClearVIN sandbox: who may sign in, the credits left, and what they were spent on."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.clearvin import tokens
from tests.sandbox.clearvin.reports import report_of
from tests.sandbox.store import Store
from tests.sandbox.vehicles import CATALOGUE, Vehicles


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`token_life_s` is how long a token is good; without `data_dir` all is forgotten at the end."""

    email: str
    password: str
    credits: int = 10_000
    token_life_s: int = 600
    data_dir: Path | None = None
    catalogue: Path = CATALOGUE
    seconds: Callable[[], float] = time.time


class Account:
    """Credits are spent by VIN, and the spending outlives a restart. `speaks_http`: errors come with HTTP statuses."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(None if config.data_dir is None else config.data_dir / "clearvin.db")
        self.vehicles = Vehicles(config.catalogue)
        self.is_registered = True
        self.speaks_http = False
        self.refusals: list[str] = []
        self.logins = 0
        self._ahead_s = 0.0
        self._key = self._kept_key()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead_s += seconds

    def revoke(self) -> None:
        """No token that there is is good any more."""
        self._key = secrets.token_bytes(32)
        self.store.put("key", "key", {"hex": self._key.hex()})

    def token(self) -> str:
        """A new token."""
        self.logins += 1
        return tokens.make(self._key, self._now_s(), self.config.token_life_s, self.logins)

    def knows(self, token: str) -> bool:
        """Whether a token is good."""
        return token.count(".") == 2 and tokens.is_good(self._key, token, self._now_s())

    def spent(self) -> dict[str, int]:
        """Credits by VIN."""
        return {each["vin"]: each["credits"] for each in self.store.all("spent")}

    def left(self) -> int:
        """The credits that are left."""
        bought = self.store.get("bought", "bought") or {"credits": self.config.credits}
        return int(bought["credits"]) - sum(self.spent().values())

    def set_left(self, credits_left: int) -> None:
        """Buy or lose credits."""
        self.store.put("bought", "bought", {"credits": credits_left + sum(self.spent().values())})

    def report(self, vin: str) -> dict[str, Any] | None:
        """A report for a credit; None, for nothing, where there is none."""
        written = self.store.get("report", vin)
        vehicle = self.vehicles.find(vin)
        if written is None and vehicle is None:
            return None
        self.store.put("spent", vin, {"vin": vin, "credits": self.spent().get(vin, 0) + 1})
        found = written if written is not None else report_of(vehicle or {})
        return {"id": f"{self.store.next_number('report', 0x3646F9E2):X}", "vin": vin, "report": found}

    def _kept_key(self) -> bytes:
        kept = self.store.get("key", "key") or {"hex": secrets.token_hex(32)}
        self.store.put("key", "key", kept)
        return bytes.fromhex(kept["hex"])

    def _now_s(self) -> int:
        return int(self.config.seconds() + self._ahead_s)
