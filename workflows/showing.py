"""How an auction shows itself: a line for the operator who reads it in the Temporal UI, and the workflow's result."""

from domain.auction import Auction, Result
from domain.money import dollars
from domain.terms import SoldBy
from workflows.messages import AuctionOutcome


def details(auction: Auction) -> str:
    """The state of a sale in one line of Markdown, without anybody's maximum."""
    price = auction.standing.price_cents
    standing = "no bids" if price is None else f"{dollars(price)}, {auction.alias(auction.standing.leader)} leads"
    bids = f"{auction.bid_count} bids by {len(auction.numbers)} bidders"
    return (
        f"**{auction.status}** until {auction.ends_at:%Y-%m-%d %H:%M:%S} UTC: {standing}; {bids}; "
        f"reserve {auction.standing.reserve}{_purchase(auction)}"
    )


def outcome(auction: Auction) -> AuctionOutcome:
    """How an ended auction ended."""
    price_cents, winner, sold_by = _sale(auction)
    return AuctionOutcome(
        auction_id=auction.terms.auction_id,
        result=auction.result.value if auction.result else "",
        price_cents=price_cents,
        winner=winner,
        seq=auction.seq,
        hash=auction.hash,
        sold_by=sold_by,
    )


def _sale(auction: Auction) -> tuple[int | None, str | None, str]:
    if auction.sold is not None:
        return auction.sold.cents, auction.sold.buyer, auction.sold.by.value
    if auction.result is Result.SOLD:
        return auction.standing.price_cents, auction.standing.leader, SoldBy.HAMMER.value
    return None, None, ""


def _purchase(auction: Auction) -> str:
    if auction.sold is not None:
        return f"; sold for {dollars(auction.sold.cents)} by {auction.sold.by}"
    if auction.purchase is not None:
        return f"; reserved for {dollars(auction.purchase.cents)} until {auction.purchase.expires_at:%H:%M:%S} UTC"
    return ""
