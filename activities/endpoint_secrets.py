"""The secrets that sellers' systems know our deliveries by: made, sealed at rest, and signed with."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from activities.keys import Sealer, derive

NONCE_BYTES = 12
SECRET_BYTES = 32
PREFIX = "whsec_"


class EndpointSecrets:
    """Seals and opens the secrets under a key that seals nothing else; a seal belongs to one endpoint."""

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(derive(secret, "seller endpoints"))

    def seal(self, endpoint_id: int, secret: str) -> str:
        """The sealed secret, as hex."""
        return self._sealer.seal(secret.encode(), secrets.token_bytes(NONCE_BYTES), _place(endpoint_id))

    def open(self, endpoint_id: int, sealed: str) -> str:
        """The secret. Raises InvalidTag or ValueError for what was not sealed for this endpoint."""
        return self._sealer.open(sealed, _place(endpoint_id)).decode()


def new_secret() -> str:
    """A secret that nobody can guess; its owner sees it once."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def signature(keys: Iterable[str], at_s: int, body: bytes) -> str:
    """`t=<unix seconds>` and, for each secret, `v1=<hex HMAC-SHA256 of "t.body">`."""
    signed = b"%d.%s" % (at_s, body)
    codes = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={at_s}", *(f"v1={code}" for code in codes)])


def _place(endpoint_id: int) -> str:
    return f"endpoint {endpoint_id}"
