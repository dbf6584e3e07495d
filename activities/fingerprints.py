"""Fingerprints: keyed hashes of what two accounts may share, so that equal things are found and none can be read."""

import hashlib
import hmac

from activities.keys import derive
from domain.links import Evidence


class Fingerprints:
    """Makes fingerprints under the platform's key; without it nobody can try cards or addresses against them."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive(secret, "fingerprints")

    def of(self, kind: Evidence, *parts: str) -> str:
        """The fingerprint (64 hex digits) of one thing, told in parts, as street, city and ZIP of an address.

        Case, spaces and punctuation do not count. Raises ValueError where nothing is left of a part: two accounts
        would share what neither has told.
        """
        plain = ["".join(filter(str.isalnum, part.casefold())) for part in parts]
        if not plain or not all(plain):
            raise ValueError(f"nothing to make a fingerprint of: {kind}")
        return hmac.new(self._key, "\n".join((kind, *plain)).encode(), hashlib.sha256).hexdigest()
