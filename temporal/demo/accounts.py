"""The accounts file, for its owner only: who of the demo has come in, and what those need who act by program."""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from temporal.demo.habits import Habit
from temporal.demo.private_file import write_private

FILE_NAME = "demo-accounts.json"


@dataclass(frozen=True, slots=True)
class BidderAccount:
    """A simulated bidder: a token of scope "read bid", and the seed of their private randomness."""

    user_id: int
    email: str
    name: str
    token: str
    habit: Habit
    seed: int


@dataclass(frozen=True, slots=True)
class SellerAccount:
    """A demo seller: a token of scope "read sell"."""

    user_id: int
    email: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everybody who acts by program, and the addresses of those who only had to come in."""

    bidders: tuple[BidderAccount, ...] = ()
    sellers: tuple[SellerAccount, ...] = ()
    arrived: frozenset[str] = frozenset()


class Book:
    """The accounts in memory and in their file, which is written with every change."""

    def __init__(self, path: Path, accounts: Accounts | None = None) -> None:
        self._path = path
        self.accounts = accounts or Accounts()

    def keep_bidder(self, account: BidderAccount) -> None:
        """Write a bidder down, in the place of the same one."""
        others = [other for other in self.accounts.bidders if other.email != account.email]
        self._write(replace(self.accounts, bidders=tuple(sorted([*others, account], key=_by_email))))

    def keep_seller(self, account: SellerAccount) -> None:
        """Write a seller down, in the place of the same one."""
        others = [other for other in self.accounts.sellers if other.email != account.email]
        self._write(replace(self.accounts, sellers=tuple(sorted([*others, account], key=_by_email))))

    def note_arrival(self, email: str) -> None:
        """Somebody who has no token has come in: whatever becomes of their account is their own affair from now on."""
        self._write(replace(self.accounts, arrived=self.accounts.arrived | {email}))

    def bidder(self, email: str) -> BidderAccount | None:
        """The bidder of an address."""
        return next((account for account in self.accounts.bidders if account.email == email), None)

    def seller(self, email: str) -> SellerAccount | None:
        """The seller of an address."""
        return next((account for account in self.accounts.sellers if account.email == email), None)

    def believe_only(self, tokens: frozenset[str]) -> None:
        """Keep those whose tokens work. Where none does, the file is another database's, and nobody has arrived."""
        self._write(
            Accounts(
                tuple(account for account in self.accounts.bidders if account.token in tokens),
                tuple(account for account in self.accounts.sellers if account.token in tokens),
                self.accounts.arrived if tokens else frozenset(),
            )
        )

    def _write(self, accounts: Accounts) -> None:
        if accounts != self.accounts:
            write_accounts(self._path, accounts)
            self.accounts = accounts


def read_accounts(path: Path) -> Accounts | None:
    """Read the file; None where there is none, or something else under its name."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Accounts)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_accounts(path: Path, accounts: Accounts) -> None:
    """Write the file whole or not at all, with mode 0600 from its first byte."""
    write_private(path, msgspec.json.format(msgspec.json.encode(accounts)))


def _by_email(account: BidderAccount | SellerAccount) -> str:
    return account.email
