"""Accounts that seem to belong together: what two of them share, how strong that is, and what a human makes of it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType

# A human is asked to look from here on; nobody is kept from a lot by less than `BAR` unless a human decided so.
SUGGEST = 30
BAR = 80
MOST = 100
# What so many accounts share (a library's computer, a campus' address) says nothing of any two of them.
MOST_SHARING = 20
HELD = "payout held: "


class Evidence(StrEnum):
    """What two accounts share. Of the thing itself only a keyed hash is kept."""

    CARD = "card"
    BANK = "bank"
    COMPANY = "company"
    HOUSEHOLD = "household"
    ADDRESS = "address"
    DEVICE = "device"


class Decision(StrEnum):
    """What a human made of a suspicion; `open` until then."""

    OPEN = "open"
    LINKED = "linked"
    DISMISSED = "dismissed"


WEIGHTS: Mapping[Evidence, int] = MappingProxyType(
    {
        Evidence.CARD: 60,
        Evidence.BANK: 80,
        Evidence.COMPANY: 50,
        Evidence.HOUSEHOLD: 40,
        Evidence.ADDRESS: 30,
        Evidence.DEVICE: 20,
    }
)
# Where one person's money goes: enough to keep an account from a lot before anybody has looked.
STRONG = frozenset(kind for kind, weight in WEIGHTS.items() if weight >= BAR)


def score(evidence: AbstractSet[Evidence]) -> int:
    """How strongly two accounts seem to belong together, 0 to 100; weak signs alone never add up to `BAR`.

    A card is a weak sign: the number stays with the vendor, and brand, last digits, expiry, ZIP and last name are those
    of another card often enough, as of two of one family, that a human has to look before anybody is kept from a lot.
    """
    most = MOST if evidence & STRONG else BAR - 1
    return min(sum(WEIGHTS[kind] for kind in evidence), most)


def pair(one: int, other: int) -> tuple[int, int]:
    """Two accounts in the order in which they are kept. Raises ValueError for an account and itself."""
    if one == other:
        raise ValueError("an account is not linked to itself")
    return min(one, other), max(one, other)


def is_barred(decision: Decision, points: int) -> bool:
    """Whether an account of the pair may not bid on the other's lots."""
    return decision is Decision.LINKED or (decision is Decision.OPEN and points >= BAR)


def is_evidence(kind: Evidence, sharing: int) -> bool:
    """Whether something that so many other accounts share says anything of each of them."""
    return kind in STRONG or sharing <= MOST_SHARING


def after_evidence(decision: Decision, before: AbstractSet[Evidence], found: AbstractSet[Evidence]) -> Decision:
    """The decision once more is known: a dismissed pair is looked at again for evidence that nobody has judged.

    Where a human has dismissed a shared bank account, only another strong sign opens the pair again: opened for a weak
    one, the dismissed sign would keep the account from lots without anybody's doing.
    """
    fresh = found - before
    again = bool(fresh & STRONG) or (bool(fresh) and not before & STRONG)
    return Decision.OPEN if decision is Decision.DISMISSED and again else decision


def to_text(evidence: AbstractSet[Evidence]) -> str:
    """Evidence as it is kept: its kinds, sorted."""
    return ",".join(sorted(evidence))


def from_text(text: str) -> frozenset[Evidence]:
    """Read what `to_text` wrote."""
    return frozenset(map(Evidence, text.split(",")))


def held_payouts(reason: str | None) -> frozenset[int]:
    """The accounts whose payouts are held for a link, as its reason tells on the lines below the first."""
    lines = (reason or "").split("\n")[1:]
    return frozenset(int(line.removeprefix(HELD)) for line in lines)


def with_held(reason: str | None, held: AbstractSet[int]) -> str:
    """A reason (one line) followed by the accounts whose payouts are held."""
    words = (reason or "").split("\n")[0]
    return "\n".join((words, *(f"{HELD}{user_id}" for user_id in sorted(held))))
