"""What people type of themselves, sealed by the edge for the activity that needs it; unreadable for all in between."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from activities.keys import Sealer

NONCE_BYTES = 12
FINGERPRINT_LENGTH = 32

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class LegalDetails:
    """Who a person is before the law: for title and tax. `state` is two letters, `dealer_exemption` a permit's number.

    Kept sealed in `accounts.legal_sealed`.
    """

    first_name: str
    last_name: str
    street: str
    city: str
    state: str
    zip: str
    middle_name: str = ""
    dealer_exemption: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CardForm:
    """What the hosted form gave a browser for a card, and the card's billing address: used once, never kept."""

    descriptor: str
    nonce: str
    first_name: str
    last_name: str
    address: str
    city: str
    state: str
    zip: str
    country: str = "USA"

    @property
    def fingerprint(self) -> str:
        """A name for the nonce that does not give it away."""
        return hashlib.sha256(self.nonce.encode()).hexdigest()[:FINGERPRINT_LENGTH]


class SealedForms:
    """Seals and opens the forms; a seal belongs to one person and one kind of form."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, user_id: int, form: LegalDetails | CardForm) -> str:
        """The sealed form, as hex."""
        return self._sealer.seal(
            msgspec.json.encode(form), secrets.token_bytes(NONCE_BYTES), _place(user_id, type(form))
        )

    def open(self, user_id: int, sealed: str, kind: type[T]) -> T:
        """The form. Raises InvalidTag or ValueError for what was not sealed for this person and kind."""
        return msgspec.json.decode(self._sealer.open(sealed, _place(user_id, kind)), type=kind)


def _place(user_id: int, kind: type) -> str:
    return f"account {user_id} {kind.__name__}"
