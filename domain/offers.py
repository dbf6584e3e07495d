"""Offers on a vehicle: a figure on the table that one side has named and the other side answers.

Source: auction-rules.md section 6. Whether an accepted offer sells the vehicle is the auction's to say
(`domain.purchases`): these rules are what buyer and seller may do until then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from domain.clock import CHICAGO
from domain.errors import Code
from domain.money import is_whole_dollars

STANDS_FOR = timedelta(hours=48)
MOST_OFFERS = 3
ASK_AGAIN = timedelta(minutes=15)


class Side(StrEnum):
    """Whose figure, or whose act. The house is the clock and the auction."""

    BUYER = "buyer"
    SELLER = "seller"
    HOUSE = "house"


class OfferStatus(StrEnum):
    """Where an offer stands. `accepting`: both sides agree and the auction is being asked."""

    OPEN = "open"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LAPSED = "lapsed"


class Act(StrEnum):
    """What is done with an offer: the first five by its sides, the others by the house."""

    OFFER = "offer"
    COUNTER = "counter"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    LAPSE = "lapse"
    WAIT = "wait"
    SELL = "sell"


class OfferCode(StrEnum):
    """Why an act is refused."""

    NOT_WHOLE_DOLLARS = "NOT_WHOLE_DOLLARS"
    OFFER_OVER = "OFFER_OVER"
    OFFER_BUSY = "OFFER_BUSY"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    OFFER_CHANGED = "OFFER_CHANGED"
    NOT_YOUR_TURN = "NOT_YOUR_TURN"
    COUNTER_TOO_LOW = "COUNTER_TOO_LOW"
    COUNTER_TOO_HIGH = "COUNTER_TOO_HIGH"
    TOO_MANY_OFFERS = "TOO_MANY_OFFERS"


S, A = OfferStatus, Act
MOVES: Mapping[tuple[OfferStatus, Act], OfferStatus] = MappingProxyType(
    {
        (S.OPEN, A.COUNTER): S.OPEN,
        (S.OPEN, A.ACCEPT): S.ACCEPTING,
        (S.OPEN, A.DECLINE): S.DECLINED,
        (S.OPEN, A.WITHDRAW): S.WITHDRAWN,
        (S.OPEN, A.EXPIRE): S.EXPIRED,
        (S.OPEN, A.LAPSE): S.LAPSED,
        (S.ACCEPTING, A.SELL): S.ACCEPTED,
        (S.ACCEPTING, A.WAIT): S.OPEN,
        (S.ACCEPTING, A.LAPSE): S.LAPSED,
    }
)
STANDING = frozenset({S.OPEN, S.ACCEPTING})


@dataclass(frozen=True, slots=True)
class Offer:
    """`cents` is the figure on the table, `by` who named it; a counter voids the figure before it.

    `made` counts the buyer's offers on this vehicle, those of earlier threads included; `step` counts what was done.
    """

    cents: int
    expires_at: datetime
    made: int
    by: Side = Side.BUYER
    status: OfferStatus = OfferStatus.OPEN
    step: int = 1
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether something may still come of it."""
        return self.status in STANDING

    @property
    def held_cents(self) -> int:
        """What the buyer is bound to now: the own figure, or the seller's once the buyer has agreed to it."""
        bound = self.status is OfferStatus.ACCEPTING or (self.status is OfferStatus.OPEN and self.by is Side.BUYER)
        return self.cents if bound else 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the seller has settled before: accepted from here up, declined below there. Nobody else knows them."""

    accept_cents: int | None = None
    decline_cents: int | None = None


def opened(cents: int, now: datetime, *, made: int) -> Offer | OfferCode:
    """A new offer of a buyer, the `made`-th on this vehicle."""
    if not is_whole_dollars(cents):
        return OfferCode.NOT_WHOLE_DOLLARS
    if made > MOST_OFFERS:
        return OfferCode.TOO_MANY_OFFERS
    return Offer(cents, now + STANDS_FOR, made)


def answered(offer: Offer, side: Side, act: Act, now: datetime, *, cents: int = 0) -> Offer | OfferCode:
    """The offer after an act of one side, or why it is refused. A counter of `cents` stands for 48 hours of its own."""
    if (offer.status, act) not in MOVES:
        return OfferCode.OFFER_BUSY if offer.status is OfferStatus.ACCEPTING else OfferCode.OFFER_OVER
    if now >= offer.expires_at:
        return OfferCode.OFFER_EXPIRED
    if (side is offer.by) != (act is Act.WITHDRAW):
        return OfferCode.NOT_YOUR_TURN
    if act is Act.COUNTER:
        return _countered(offer, side, cents, now)
    return moved(offer, act)


def moved(offer: Offer, act: Act, reason: str = "") -> Offer:
    """The offer after a step of `MOVES`. Raises KeyError for a step that does not lead on from here."""
    return replace(offer, status=MOVES[offer.status, act], step=offer.step + 1, reason=reason)


def by_threshold(offer: Offer, thresholds: Thresholds) -> Act | None:
    """What the seller has settled before for a figure of the buyer's, or None where the seller has to look at it."""
    if offer.status is not OfferStatus.OPEN or offer.by is not Side.BUYER:
        return None
    if thresholds.accept_cents is not None and offer.cents >= thresholds.accept_cents:
        return Act.ACCEPT
    if thresholds.decline_cents is not None and offer.cents < thresholds.decline_cents:
        return Act.DECLINE
    return None


def ask_again_at(code: str, now: datetime) -> datetime:
    """When the auction, which said "not now", may be asked again for an offer that is accepted by a threshold."""
    if code != Code.NOT_ON_SUNDAY:
        return now + ASK_AGAIN
    tomorrow = now.astimezone(CHICAGO).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=CHICAGO).astimezone(now.tzinfo)


def _countered(offer: Offer, side: Side, cents: int, now: datetime) -> Offer | OfferCode:
    made = offer.made + (side is Side.BUYER)
    if not is_whole_dollars(cents):
        return OfferCode.NOT_WHOLE_DOLLARS
    if side is Side.SELLER and cents <= offer.cents:
        return OfferCode.COUNTER_TOO_LOW
    if side is Side.BUYER and cents >= offer.cents:
        return OfferCode.COUNTER_TOO_HIGH
    if made > MOST_OFFERS:
        return OfferCode.TOO_MANY_OFFERS
    return replace(moved(offer, Act.COUNTER), cents=cents, by=side, made=made, expires_at=now + STANDS_FOR)
