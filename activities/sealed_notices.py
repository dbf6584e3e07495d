"""What mails are written from, sealed as long as it lies in the outbox: links among it open accounts."""

import secrets

from activities.keys import Sealer, derive

NONCE_BYTES = 12


class SealedNotices:
    """Seals and opens the contexts under a key that seals nothing else; a seal belongs to one mail."""

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(derive(secret, "outbox"))

    def seal(self, plain: bytes, place: str) -> str:
        """The sealed context, as hex."""
        return self._sealer.seal(plain, secrets.token_bytes(NONCE_BYTES), place)

    def open(self, sealed: str, place: str) -> bytes:
        """The context. Raises InvalidTag or ValueError for what was not sealed for this mail."""
        return self._sealer.open(sealed, place)
