"""The two things of a seller that nobody reads as they are: the tax id, and the reference of the payout account."""

import secrets
from enum import StrEnum

from activities.keys import Sealer

NONCE_BYTES = 12
SHOWN = 4


class Secret(StrEnum):
    """What is sealed of a seller."""

    TAX_ID = "tax id"
    PAYOUT = "payout account"


class SellerSecrets:
    """Seals them for one seller each, and opens them for who has to pay or report."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, user_id: int, kind: Secret, text: str) -> str:
        """The sealed text, as hex."""
        return self._sealer.seal(text.encode(), secrets.token_bytes(NONCE_BYTES), _place(user_id, kind))

    def open(self, user_id: int, kind: Secret, sealed: str) -> str:
        """The text. Raises InvalidTag or ValueError for what was not sealed for this seller and kind."""
        return self._sealer.open(sealed, _place(user_id, kind)).decode()

    def last_four(self, user_id: int, kind: Secret, sealed: str | None) -> str | None:
        """What its owner recognises it by; None where there is nothing."""
        return None if sealed is None else self.open(user_id, kind, sealed)[-SHOWN:]


def _place(user_id: int, kind: Secret) -> str:
    return f"seller {user_id} {kind}"
