"""Workflow ids are business ids: made here and nowhere else. Search attribute keys stand beside them."""

from temporalio.common import SearchAttributeKey

AUCTION_STATUS = SearchAttributeKey.for_keyword("AuctionStatus")
AUCTION_CLOSES_AT = SearchAttributeKey.for_datetime("AuctionClosesAt")


def auction_workflow_id(auction_id: int) -> str:
    """The one workflow of an auction, from its schedule to its result."""
    return f"auction-{auction_id}"


def notice_workflow_id(outbox_id: str) -> str:
    """The one workflow of a mail of the outbox."""
    return f"notice-{outbox_id}"


def account_workflow_id(user_id: int) -> str:
    """The one workflow of a person's account, from the sign-up to its erasure."""
    return f"account-{user_id}"


def payment_workflow_id(payment_id: int) -> str:
    """The one workflow of a payment, from its row to its end."""
    return f"payment-{payment_id}"


def seller_workflow_id(user_id: int) -> str:
    """The one workflow that watches over a dealer's licence, from its approval to its last day."""
    return f"seller-{user_id}"


def listing_workflow_id(vehicle_id: int) -> str:
    """The one workflow of a vehicle's listing, from its draft to its sale."""
    return f"listing-{vehicle_id}"


def vin_workflow_id(vin: str) -> str:
    """The one workflow that decodes a VIN at a time: whoever else asks for it waits for the same answer."""
    return f"vin-{vin}"


def offer_workflow_id(offer_id: str) -> str:
    """The one workflow of an offer, from its first figure to its end."""
    return f"offer-{offer_id}"


def seller_feed_workflow_id(endpoint_id: int) -> str:
    """The one workflow that tells an endpoint of a seller's own system what happens."""
    return f"seller-feed-{endpoint_id}"
