"""What may be deposited, and what of it may go back: never what backs the bids and wins of its owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.accounts import DEPOSIT_LEAST_CENTS, DEPOSIT_MOST_CENTS, DEPOSIT_TIMES

DOLLAR = 100


class Refusal(StrEnum):
    """Why a deposit is not taken or not returned."""

    ID_REUSED = "ID_REUSED"
    CARD_MISSING = "CARD_MISSING"
    CARD_DECLINED = "CARD_DECLINED"
    CARD_EXPIRED = "CARD_EXPIRED"
    NOT_WHOLE_DOLLARS = "DEPOSIT_NOT_WHOLE_DOLLARS"
    TOO_SMALL = "DEPOSIT_TOO_SMALL"
    TOO_LARGE = "DEPOSIT_TOO_LARGE"
    OPEN = "DEPOSIT_OPEN"
    NOT_FOUND = "DEPOSIT_NOT_FOUND"
    NOT_HELD = "DEPOSIT_NOT_HELD"
    RETURN_TOO_LARGE = "RETURN_TOO_LARGE"
    RETURN_OPEN = "RETURN_OPEN"
    UNPAID_WIN = "UNPAID_WIN"
    NEEDED = "DEPOSIT_NEEDED"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal, with the numbers that explain it."""

    code: Refusal
    facts: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backing:
    """What a return would leave: the buying power after it (`lots` None: any number), and what is at stake, in cents by
    lot, with whether an unpaid win is among it."""

    limit_cents: int
    lots: int | None
    at_stake: Mapping[int, int]
    has_unpaid_win: bool


def amount_refused(amount_cents: int) -> Refused | None:
    """Whole dollars, from the least to the most."""
    if amount_cents % DOLLAR:
        return Refused(Refusal.NOT_WHOLE_DOLLARS)
    if amount_cents < DEPOSIT_LEAST_CENTS:
        return Refused(Refusal.TOO_SMALL, {"least_cents": DEPOSIT_LEAST_CENTS})
    if amount_cents > DEPOSIT_MOST_CENTS:
        return Refused(Refusal.TOO_LARGE, {"most_cents": DEPOSIT_MOST_CENTS})
    return None


def return_amount_refused(amount_cents: int, left_cents: int) -> Refused | None:
    """Whole dollars of what is left of the deposit."""
    if left_cents <= 0:
        return Refused(Refusal.NOT_HELD)
    if amount_cents % DOLLAR:
        return Refused(Refusal.NOT_WHOLE_DOLLARS)
    if not 0 < amount_cents <= left_cents:
        return Refused(Refusal.RETURN_TOO_LARGE, {"left_cents": left_cents})
    return None


def return_refused(backing: Backing) -> Refused | None:
    """Only what backs nothing may go back."""
    if backing.has_unpaid_win:
        return Refused(Refusal.UNPAID_WIN)
    stake = sum(backing.at_stake.values())
    too_many = backing.lots is not None and len(backing.at_stake) > backing.lots
    if stake > backing.limit_cents or too_many:
        facts = {"at_stake_cents": stake, "limit_cents": backing.limit_cents, "lots": backing.lots}
        return Refused(Refusal.NEEDED, facts)
    return None


def forfeited_cents(price_cents: int, held_cents: int) -> int:
    """What a buyer who does not pay a sale loses of the deposits that are held: what backed it, in whole dollars.

    A deposit counts `DEPOSIT_TIMES`, so that part of the price, and never more than there is.
    """
    return min(price_cents // DEPOSIT_TIMES // DOLLAR * DOLLAR, max(held_cents, 0))
