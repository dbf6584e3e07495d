"""Who leads at what price: the bidding rules of auction-rules.md section 2 as pure functions over one frozen value."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, assert_never

from domain.money import DOLLAR, IncrementTable


class Kind(StrEnum):
    """The two kinds of bid: "I bid a, now", and "bid for me, up to m, no more than needed"."""

    BID = "bid"
    AUTO_BID = "auto_bid"


class Reserve(StrEnum):
    """What the public may know of the reserve."""

    NONE = "none"
    NOT_MET = "not_met"
    MET = "met"


class Row(NamedTuple):
    """One accepted bid or reserve change, as a replay needs it.

    `kind` None: the reserve became `cents` (None: waived).
    """

    seq: int
    kind: Kind | None
    bidder: str
    cents: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """S, R, P, L and M of the rules, in cents: start, reserve, public price, leader, and the leader's maximum.

    `max_cents` is 0 while nobody leads.
    """

    start_cents: int
    reserve_cents: int | None
    increments: IncrementTable
    price_cents: int | None = None
    leader: str | None = None
    max_cents: int = 0

    @property
    def reserve(self) -> Reserve:
        """The public reserve state: met exactly while the price has reached the reserve."""
        if self.reserve_cents is None:
            return Reserve.NONE
        met = self.price_cents is not None and self.price_cents >= self.reserve_cents
        return Reserve.MET if met else Reserve.NOT_MET

    @property
    def minimum_next_cents(self) -> int:
        """The least that a challenger can bid now."""
        if self.price_cents is None:
            return self.start_cents
        return self.price_cents + self.increments.at(self.price_cents)

    def minimum_for(self, bidder: str | None) -> int:
        """The least that this bidder can offer: a leader may only raise the own maximum, by a dollar at least."""
        if bidder is not None and bidder == self.leader:
            return self.max_cents + DOLLAR
        return self.minimum_next_cents

    def looks_like(self, other: "Standing") -> bool:
        """Whether nobody can see a difference: same price, leader and reserve state."""
        return (self.price_cents, self.leader, self.reserve) == (other.price_cents, other.leader, other.reserve)


def accept(standing: Standing, kind: Kind, bidder: str, cents: int) -> Standing:
    """The standing after an accepted bid: a raise by the leader, an opening, or a challenge; then the reserve step."""
    if standing.leader == bidder:
        after = replace(standing, max_cents=max(standing.max_cents, cents))
    elif standing.leader is None or standing.price_cents is None:
        price = cents if kind is Kind.BID else standing.start_cents
        after = replace(standing, leader=bidder, max_cents=cents, price_cents=price)
    else:
        after = _challenge(standing, standing.price_cents, kind, bidder, cents)
    return _reserve_step(after)


def lower_reserve(standing: Standing, reserve_cents: int | None) -> Standing:
    """The standing under a lowered or waived (None) reserve; the price can only rise by it (section 6)."""
    return _reserve_step(replace(standing, reserve_cents=reserve_cents))


def replay(opening: Standing, rows: Iterable[Row], without: frozenset[int] | set[int] = frozenset()) -> Standing:
    """Apply accepted bids and reserve changes again in order, leaving out the given `seq`s (section 6).

    Minimums are not judged anew, so a bid may be a raise where it was a challenge, or the other way round.
    """
    standing = opening
    for row in rows:
        if row.seq in without:
            continue
        if row.kind is None:
            standing = lower_reserve(standing, row.cents)
        elif row.cents is not None:
            standing = accept(standing, row.kind, row.bidder, row.cents)
    return standing


def _challenge(standing: Standing, price: int, kind: Kind, bidder: str, cents: int) -> Standing:
    # The price is never let fall: a replayed challenge may lie below a price that the reserve has made.
    increments, best = standing.increments, standing.max_cents
    if cents > best:
        match kind:
            case Kind.BID:
                new_price = cents
            case Kind.AUTO_BID:
                new_price = min(cents, best + increments.at(best))
            case _:
                assert_never(kind)
        return replace(standing, leader=bidder, max_cents=cents, price_cents=max(price, new_price))
    answered = best if cents == best else min(best, cents + increments.at(cents))
    return replace(standing, price_cents=max(price, answered))


def _reserve_step(standing: Standing) -> Standing:
    reserve, price = standing.reserve_cents, standing.price_cents
    if reserve is None or price is None or standing.max_cents < reserve or price >= reserve:
        return standing
    return replace(standing, price_cents=reserve)
