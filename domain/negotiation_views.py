"""What each side may see of a negotiation: their own talks, never the reserve, a maximum, or what others were told."""

from dataclasses import dataclass
from datetime import datetime

from domain.money import DOLLAR
from domain.negotiation import Act, Ending, Figure, Negotiation, Side, Status


@dataclass(frozen=True, slots=True)
class Seen:
    """One side's view. `place` is the bidder's in the ranking, 1 for the leader. `may` is what they may do now.

    A counter lies from `least_cents` to `most_cents`; both are None where none may be made.
    """

    place: int
    figures: tuple[Figure, ...]
    ending: Ending | None
    expires_at: datetime | None
    may: tuple[Act, ...] = ()
    counters_left: int = 0
    least_cents: int | None = None
    most_cents: int | None = None


def seen_by_seller(talks: Negotiation) -> Seen:
    """The talks that run, or ran last. Of earlier ones the seller keeps what they have been told then."""
    return _seen(talks, Side.SELLER)


def seen_by_bidder(talks: Negotiation, bidder: str) -> Seen | None:
    """A bidder's own talks: all of them while they run and if they end the negotiation, after that their end alone.

    None for who was not asked (yet): there is nothing for them to know.
    """
    names = [candidate.bidder for candidate in talks.candidates]
    turn = names.index(bidder) if bidder in names else len(names)
    if bidder == talks.candidate.bidder:
        return _seen(talks, Side.BUYER)
    if turn >= len(talks.endings):
        return None
    return Seen(turn + 1, (), talks.endings[turn], None)


def _seen(talks: Negotiation, side: Side) -> Seen:
    place = talks.candidates.index(talks.candidate) + 1
    if talks.status is not Status.OPEN:
        return Seen(place, talks.figures, talks.endings[-1], None)
    if talks.figure.by is side:
        return Seen(place, talks.figures, None, talks.expires_at)
    least, most = _bounds(talks, side)
    left = talks.rules.most_counters - talks.counters(side)
    counters = left > 0 and least <= most
    acts = (Act.ACCEPT, Act.COUNTER, Act.DECLINE) if counters else (Act.ACCEPT, Act.DECLINE)
    return Seen(
        place,
        talks.figures,
        None,
        talks.expires_at,
        may=(*acts, Act.STOP) if side is Side.SELLER else acts,
        counters_left=left,
        least_cents=least if counters else None,
        most_cents=most if counters else None,
    )


def _bounds(talks: Negotiation, side: Side) -> tuple[int, int]:
    # The reserve bounds the seller alone; whoever is asked has a figure of the seller's to stay below, which it bounds.
    below = [] if talks.asked_cents is None else [talks.asked_cents - DOLLAR]
    if side is Side.SELLER:
        below.append(talks.reserve_cents)
    return talks.offered_cents + DOLLAR, min(below)
