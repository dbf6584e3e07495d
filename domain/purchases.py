"""Sales without a hammer, as their auction judges them: buy-now, and offers that were accepted.

Source: auction-rules.md section 6 (open until the first bid, the reservation, its default) and section 4 (no sale is
completed on a Sunday). Each takes the auction, appends one entry and answers; none fails on a refusal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.auction import Auction
from domain.clock import sunday_before, to_text
from domain.errors import Code
from domain.ledger import Entry
from domain.money import is_whole_dollars
from domain.terms import Answer, Purchase, Result, Sold, SoldBy, Status

RESERVED_FOR = timedelta(minutes=15)
HOLD_REASON = "buy_now"
EXPIRED, UNPAID = "expired", "unpaid"
# Refusals that end by themselves: the same offer may be accepted after them.
FOR_NOW = frozenset({Code.ON_HOLD, Code.RESERVED, Code.NOT_ON_SUNDAY})


@dataclass(frozen=True, slots=True)
class Wish:
    """A buyer wants the lot at its fixed price of `cents`. `nonce` is 64 hex digits from outside."""

    purchase_id: str
    buyer: str
    cents: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Buyer and seller agree on an offer. Each attempt to have that judged has an `acceptance_id` of its own."""

    acceptance_id: str
    offer_id: str
    buyer: str
    cents: int
    nonce: str


def reserve(auction: Auction, wish: Wish, now: datetime) -> Answer:
    """Hold the lot's clock for a buyer at its fixed price; it runs on by itself once the reservation has expired."""
    private = {"bidder_id": wish.buyer, "cents": wish.cents}
    first = auction.tail.first("reserved", wish.purchase_id)
    if first is not None and first.private == private:
        return _again(first)
    code = Code.ID_REUSED if first is not None else buy_now_refusal(auction, wish.buyer, wish.cents, now)
    if code is not None:
        return auction.refuse("reserved", code, now, private, wish.nonce, purchase_id=wish.purchase_id)
    expires_at = now + RESERVED_FOR
    auction.purchase = Purchase(wish.purchase_id, wish.buyer, wish.cents, expires_at)
    auction.tried.add(wish.buyer)
    left = auction.stop(auction.ends_at - now, HOLD_REASON, expires_at)
    shown = {"purchase_id": wish.purchase_id, "cents": wish.cents, "expires_at": to_text(expires_at)}
    return auction.done("reserved", now, private, wish.nonce, **shown, remaining_ms=left, reason=HOLD_REASON)


def buy_now_refusal(auction: Auction, buyer: str, cents: int, now: datetime) -> Code | None:
    """The first rule that refuses this buy-now, or None. A bid that was taken back was a bid: it does not open again.

    A reservation that would run into a Sunday is not opened, because it could not be completed there.
    """
    closed = Code.NOT_STARTED if auction.status is Status.SCHEDULED else _closed(auction, now)
    if closed is not None:
        return closed
    if auction.numbers or auction.terms.buy_now_cents is None or auction.terms.buy_now_cents != cents:
        return Code.BUY_NOW_NOT_OPEN
    if _is_sunday(auction, now) or _is_sunday(auction, now + RESERVED_FOR):
        return Code.NOT_ON_SUNDAY
    if buyer in auction.terms.barred:
        return Code.OWN_VEHICLE
    return Code.BUY_NOW_ONCE if buyer in auction.tried else None


def settle(auction: Auction, purchase_id: str, now: datetime, *, paid: bool) -> Answer:
    """What came of a reservation: the sale, or its loss where it is unpaid or `paid` comes too late.

    The answer's entry tells which: `bought` or `buy_now_failed`.
    """
    if auction.sold is not None and auction.sold.id == purchase_id and (ending := auction.tail.ending()) is not None:
        return _again(ending)
    purchase = auction.purchase
    if purchase is None or purchase.purchase_id != purchase_id:
        code = auction.over() if auction.status is Status.ENDED else Code.NOT_RESERVED
        return auction.refuse("bought" if paid else "buy_now_failed", code, now, purchase_id=purchase_id)
    if now >= purchase.expires_at:
        return auction.lose_purchase(now, EXPIRED)
    if not paid:
        return auction.lose_purchase(now, UNPAID)
    auction.sold = Sold(SoldBy.BUY_NOW, purchase_id, purchase.buyer, purchase.cents)
    auction.end(Result.SOLD)
    return auction.done("bought", now, purchase_id=purchase_id, **_sale(auction.sold))


def accept(auction: Auction, acceptance: Acceptance, now: datetime) -> Answer:
    """Sell the lot by an offer that buyer and seller agree on. A lot that is sold before its start never starts."""
    private = {"bidder_id": acceptance.buyer, "cents": acceptance.cents}
    first = auction.tail.first("offer_accepted", acceptance.acceptance_id)
    if first is not None and first.private == private:
        return _again(first)
    code = Code.ID_REUSED if first is not None else offer_refusal(auction, acceptance.buyer, acceptance.cents, now)
    named = {"acceptance_id": acceptance.acceptance_id, "offer_id": acceptance.offer_id}
    if code is not None:
        return auction.refuse("offer_accepted", code, now, private, acceptance.nonce, **named)
    auction.sold = Sold(SoldBy.OFFER, acceptance.offer_id, acceptance.buyer, acceptance.cents)
    auction.end(Result.SOLD)
    return auction.done("offer_accepted", now, private, acceptance.nonce, **named, **_sale(auction.sold))


def offer_refusal(auction: Auction, buyer: str, cents: int, now: datetime) -> Code | None:
    """The first rule that refuses this acceptance, or None."""
    if not is_whole_dollars(cents):
        return Code.NOT_WHOLE_DOLLARS
    closed = _closed(auction, now)
    if closed is not None:
        return closed
    if auction.numbers or not auction.terms.offers_open:
        return Code.OFFERS_NOT_OPEN
    if _is_sunday(auction, now):
        return Code.NOT_ON_SUNDAY
    return Code.OWN_VEHICLE if buyer in auction.terms.barred else None


def _closed(auction: Auction, now: datetime) -> Code | None:
    if auction.status is Status.ENDED:
        return auction.over()
    if auction.status is Status.HELD:
        return Code.ON_HOLD if auction.purchase is None else Code.RESERVED
    return Code.TOO_LATE if now >= auction.ends_at else None


def _is_sunday(auction: Auction, moment: datetime) -> bool:
    return auction.terms.sunday_rule and sunday_before(moment) is not None


def _sale(sold: Sold) -> dict[str, Any]:
    return {"cents": sold.cents, "result": Result.SOLD.value, "sold_by": sold.by.value}


def _again(first: Entry) -> Answer:
    return Answer(first.public["outcome"], first, first.public["code"], repeated=True)
