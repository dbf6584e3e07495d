"""How Persona signs a webhook: anew at each attempt, once with every secret that is valid then."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from domain.clock import to_text

ATTEMPTS_MAX = 8


class Signer:
    """Makes the headers of each attempt to deliver a raw body."""

    def __init__(self, secrets: Sequence[str], seconds: Callable[[], float]) -> None:
        self._secrets = secrets
        self._seconds = seconds
        self._attempts: dict[bytes, tuple[int, str]] = {}

    def __call__(self, raw: bytes) -> dict[str, str]:
        seconds = self._seconds()
        key = hashlib.sha256(raw).digest()
        made, first_at = self._attempts.get(key, (0, to_text(datetime.fromtimestamp(seconds, UTC))))
        self._attempts[key] = made + 1, first_at
        return {
            "persona-signature": signature(raw, self._secrets, int(seconds)),
            "persona-webhook-attempts-made": str(made + 1),
            "persona-webhook-attempts-left": str(max(0, ATTEMPTS_MAX - made - 1)),
            "persona-webhook-first-attempted-at": first_at,
        }


def signature(raw: bytes, secrets: Sequence[str], seconds: int) -> str:
    """`Persona-Signature`: a group for each secret, with a space between."""
    signed = f"{seconds}.".encode() + raw
    return " ".join(
        f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets
    )
