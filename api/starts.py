"""What scheduling derives from the platform's secret: the same again after a crash, and a secret to everyone else."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from activities.db.schedules import Unstarted
from activities.keys import derive
from domain.ledger import canonical
from temporal.schedules import start_of
from workflows.messages import AuctionStart


class AuctionStarts:
    """Holds the platform's secret for the one who schedules."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._bodies = derive(secret, "schedule bodies")

    def start_of(self, row: Unstarted) -> AuctionStart:
        """The workflow's input, the same for the same row."""
        return start_of(self._secret, row)

    def digest(self, body: Mapping[str, Any]) -> str:
        """A keyed digest of what was asked for, to compare it later without keeping a reserve in the open."""
        return hmac.new(self._bodies, canonical(body), hashlib.sha256).hexdigest()
