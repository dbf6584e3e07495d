"""The accounts file: what the simulated bidders and sellers need to use the public API, readable by its owner only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from temporal.demo.habits import Habit

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
    """A demo seller: a token of scope "read sell", and the ids of their vehicles by VIN."""

    user_id: int
    email: str
    name: str
    token: str
    vehicles: dict[str, int]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everybody who acts by program."""

    bidders: tuple[BidderAccount, ...]
    sellers: tuple[SellerAccount, ...]


def read_accounts(path: Path) -> Accounts | None:
    """Read the file; None where there is none, or something else under its name."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Accounts)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_accounts(path: Path, accounts: Accounts) -> None:
    """Write the file whole or not at all, with mode 0600 from its first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(accounts)))
    draft.replace(path)
