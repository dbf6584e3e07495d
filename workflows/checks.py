"""What a message must look like before a handler may touch it: an error inside a handler would stop the lot for ever.

Raised in an update's validator these refuse the update; read from a signal they make a refused entry.
"""

from datetime import UTC, datetime

from domain.bidding import Kind
from domain.money import MAX_BID_CENTS
from workflows.messages import LONGEST_REASON, MOST_BIDS_IN_BATCH, AcceptOffer, BidBatch, BuyNow

LONGEST_ID = 64
LONGEST_BIDDER = 18
NONCE_BYTES = 32
LONGEST_RESUME_S = 366 * 86_400
FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
LAST_TIME = datetime(3000, 1, 1, tzinfo=UTC)


class UnreadableError(ValueError):
    """A message that is not what it should be."""


def check_bids(batch: BidBatch) -> None:
    """A door's batch: so many bids at most, each of them whole."""
    if len(batch.bids) > MOST_BIDS_IN_BATCH:
        raise UnreadableError("a batch has too many bids")
    for bid in batch.bids:
        check_bidder(bid.bidder, bid.bid_id, bid.kind)
        check_cents(bid.cents)
        check_nonce(bid.nonce)
        check_time(bid.received_at)


def check_bidder(bidder: str, bid_id: str, kind: str) -> None:
    """Who bids, under which id, in which way. A bidder is the number of an account."""
    Kind(kind)
    check_account(bidder)
    check_id(bid_id)


def check_account(bidder: str) -> None:
    """Somebody's account."""
    if not (bidder.isascii() and bidder.isdecimal() and len(bidder) <= LONGEST_BIDDER):
        raise UnreadableError("a bidder is the number of an account")


def check_id(given: str) -> None:
    """An id stands in a public entry, whose size is bounded."""
    if not 0 < len(given) <= LONGEST_ID:
        raise UnreadableError("an id has 1 to 64 characters")


def check_purchase(wish: BuyNow | AcceptOffer) -> None:
    """Who buys, for how much, under which ids."""
    check_account(wish.buyer)
    check_cents(wish.cents)
    check_nonce(wish.nonce)
    for given in (wish.purchase_id,) if isinstance(wish, BuyNow) else (wish.acceptance_id, wish.offer_id):
        check_id(given)


def check_cents(cents: int) -> None:
    """An amount that the database can hold; whether it is a bid is for the rules."""
    if abs(cents) > MAX_BID_CENTS:
        raise UnreadableError("an amount beyond all bids")


def check_time(moment: datetime) -> None:
    """A moment that can be compared with our clock."""
    if moment.tzinfo is None or not FIRST_TIME <= moment < LAST_TIME:
        raise UnreadableError("a time has a zone and lies between 2000 and 3000")


def check_nonce(nonce: str) -> None:
    """32 bytes in hex."""
    if len(bytes.fromhex(nonce)) != NONCE_BYTES:
        raise UnreadableError("a nonce has 32 bytes")


def check_reason(reason: str) -> None:
    """A reason stands in a public entry, whose size is bounded."""
    if len(reason) > LONGEST_REASON:
        raise UnreadableError("a reason has at most 300 characters")


def check_resume(at_least_s: int) -> None:
    """A lot resumes with a year at most."""
    if not 0 <= at_least_s <= LONGEST_RESUME_S:
        raise UnreadableError("a lot resumes with 0 seconds to a year")
