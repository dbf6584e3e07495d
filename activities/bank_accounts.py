"""Where a seller's money goes: routing and account number, sealed at rest and never shown but for their last digits."""

import secrets
from dataclasses import dataclass

import msgspec

from activities.keys import Sealer, derive
from domain.nacha import AccountKind, EntryClass

NONCE_BYTES = 12
SHOWN = 4


@dataclass(frozen=True, slots=True, repr=False)
class BankAccount:
    """A bank account in the United States. It never shows in a log."""

    routing: str
    account: str
    name: str
    kind: AccountKind = AccountKind.CHECKING
    entry_class: EntryClass = EntryClass.PPD

    @property
    def last4(self) -> str:
        """What its owner recognises it by."""
        return self.account[-SHOWN:]


class SealedBanks:
    """Seals and opens bank accounts under a key that seals nothing else; a seal belongs to one seller."""

    def __init__(self, secret: bytes) -> None:
        self._sealer = Sealer(derive(secret, "seller banks"))

    def seal(self, seller_id: int, account: BankAccount) -> str:
        """The sealed account, as hex."""
        return self._sealer.seal(msgspec.json.encode(account), secrets.token_bytes(NONCE_BYTES), f"seller {seller_id}")

    def open(self, seller_id: int, sealed: str) -> BankAccount:
        """The account. Raises InvalidTag or ValueError for what was not sealed for this seller."""
        return msgspec.json.decode(self._sealer.open(sealed, f"seller {seller_id}"), type=BankAccount)
