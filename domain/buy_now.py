"""Buy-now: a fixed price that is open until the first bid, with the lot reserved while its payment runs.

Source: auction-rules.md section 6 (price, reservation, default) and section 4 (nothing is sold on a Sunday).
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.auction import Auction, Status
from domain.clock import sunday_before
from domain.errors import Code

RESERVED_FOR = timedelta(minutes=15)
HOLD_REASON = "buy_now"
BUYING_POWER = "BUYING_POWER"


class Ending(StrEnum):
    """How a reservation ended: exactly one of these. A default counts against the buyer's account."""

    BOUGHT = "bought"
    DEFAULTED = "defaulted"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A buyer has the lot for `cents` until `expires_at`; the lot's clock is held for as long."""

    buyer: str
    cents: int
    reserved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a purchase, with the moment of the decision."""

    purchase: Purchase
    ending: Ending
    at: datetime


def is_open(auction: Auction, now: datetime) -> bool:
    """Whether the lot may be bought now or offered for: live, before its end, and nobody has ever bid on it.

    A bid that was taken back was a bid: the lot does not open again.
    """
    return auction.status is Status.LIVE and now < auction.ends_at and not auction.numbers


def refusal(
    auction: Auction,
    buyer: str,
    now: datetime,
    *,
    price_cents: int,
    buying_power_cents: int,
    tried: AbstractSet[str],
) -> str | None:
    """The code of the first rule that refuses this buy-now, or None. `tried` are the buyers who had the lot before.

    A reservation that would run into a Sunday is not opened, because it could not be completed there.
    """
    if not is_open(auction, now) or _touches_sunday(now):
        return Code.BUY_NOW_NOT_OPEN.value
    if buyer in auction.terms.barred:
        return Code.OWN_VEHICLE.value
    if buyer in tried:
        return Code.BUY_NOW_ONCE.value
    return BUYING_POWER if buying_power_cents < price_cents else None


def reserve(auction: Auction, buyer: str, now: datetime, *, price_cents: int) -> Purchase:
    """Hold the lot's clock for the buyer; the clock runs on by itself when the reservation has expired."""
    expires_at = now + RESERVED_FOR
    auction.hold(now, HOLD_REASON, resume_at=expires_at)
    return Purchase(buyer, price_cents, now, expires_at)


def settle(auction: Auction, purchase: Purchase, now: datetime, *, paid: bool) -> Settled:
    """The payment's outcome at `now`. Unpaid, too late, on a Sunday, or on a lot that is not
    reserved any more is a default, and the lot's clock runs on. A bought lot stays held: what ends it is the sale.
    """
    reserved = auction.status is Status.HELD and auction.hold_reason == HOLD_REASON
    in_time = now < purchase.expires_at and not _is_sunday(now)
    if paid and reserved and in_time:
        auction.resume_at = None
        return Settled(purchase, Ending.BOUGHT, now)
    if reserved:
        auction.resume(now)
    return Settled(purchase, Ending.DEFAULTED, now)


def _is_sunday(moment: datetime) -> bool:
    return sunday_before(moment) is not None


def _touches_sunday(now: datetime) -> bool:
    return _is_sunday(now) or _is_sunday(now + RESERVED_FOR)
