"""What an auction is made of: its frozen terms, what comes to it, what it answers, and how it may end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.bidding import Kind
from domain.ledger import Entry
from domain.listings import SaleType


class Status(StrEnum):
    """Where an auction stands. `closing`: the end has passed, bids received before it may still be judged."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    HELD = "held"
    CLOSING = "closing"
    ENDED = "ended"


class Result(StrEnum):
    """How an auction ended: exactly one of these, once (section 7)."""

    SOLD = "sold"
    RESERVE_NOT_MET = "reserve_not_met"
    NO_BIDS = "no_bids"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is frozen when an auction is scheduled. `barred` are the seller and whoever is linked to the seller.

    `clock_rules` is the edition, by default that of lots from before editions: their first entry tells neither
    `sunday_rule` nor `outage_stagger_ms`, and an end in Saturday's last seconds stands. From 2 on neither is so.

    `buy_now_cents` and `offers_open` hold until the first bid; they are what the other two sale types sell by.
    """

    auction_id: int
    barred: tuple[str, ...]
    start_cents: int
    reserve_cents: int | None
    starts_at: datetime
    ends_at: datetime
    window_s: int = 120
    increments: str = "2026-1"
    sunday_rule: bool = True
    outage_stagger_ms: int = 0
    clock_rules: int = 1
    sale_type: SaleType = SaleType.TIMED
    buy_now_cents: int | None = None
    offers_open: bool = False

    @property
    def takes_bids(self) -> bool:
        """Whether bids decide who gets the vehicle; elsewhere only its fixed price or an offer does."""
        return self.sale_type is SaleType.TIMED

    @property
    def sells_without_bids(self) -> bool:
        """Whether there is another way to buy it than by the highest bid; only such lots tell of it in their ledger."""
        return not self.takes_bids or self.buy_now_cents is not None or self.offers_open


@dataclass(frozen=True, slots=True)
class Bid:
    """One bid on its way. `nonce` is 64 hex digits from outside; `channel` is door, or operator without one."""

    bid_id: str
    bidder: str
    kind: Kind
    cents: int
    received_at: datetime
    nonce: str
    channel: str = "door"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an attempt: leading, outbid, refused (with a code) or done. `entry` holds the facts after it.

    `repeated`: the attempt was answered before; `entry` is the first one and nothing was added.
    """

    outcome: str
    entry: Entry
    code: str | None = None
    repeated: bool = False


class SoldBy(StrEnum):
    """What sold a vehicle: the highest bid at the end, its fixed price, or an offer that was accepted."""

    HAMMER = "hammer"
    BUY_NOW = "buy_now"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A buyer has the lot for `cents` until `expires_at`; the lot's clock is held for as long."""

    purchase_id: str
    buyer: str
    cents: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale without a hammer: by buy-now or by an offer, under the id of either."""

    by: SoldBy
    id: str
    buyer: str
    cents: int
