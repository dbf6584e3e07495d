"""How an auction shows itself: a line for the operator who reads it in the Temporal UI, and the workflow's result."""

from domain.auction import Auction, Result
from domain.money import dollars
from workflows.messages import AuctionOutcome


def details(auction: Auction) -> str:
    """The state of a sale in one line of Markdown, without anybody's maximum."""
    price = auction.standing.price_cents
    standing = "no bids" if price is None else f"{dollars(price)}, {auction.alias(auction.standing.leader)} leads"
    return (
        f"**{auction.status}** until {auction.ends_at:%Y-%m-%d %H:%M:%S} UTC: {standing}; "
        f"{auction.bid_count} bids by {len(auction.numbers)} bidders; reserve {auction.standing.reserve}"
    )


def outcome(auction: Auction) -> AuctionOutcome:
    """How an ended auction ended."""
    sold = auction.result is Result.SOLD
    return AuctionOutcome(
        auction_id=auction.terms.auction_id,
        result=auction.result.value if auction.result else "",
        price_cents=auction.standing.price_cents if sold else None,
        winner=auction.standing.leader if sold else None,
        seq=auction.seq,
        hash=auction.hash,
    )
