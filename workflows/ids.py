"""Workflow ids are business ids: made here and nowhere else. Search attribute keys stand beside them."""

from temporalio.common import SearchAttributeKey

AUCTION_STATUS = SearchAttributeKey.for_keyword("AuctionStatus")
AUCTION_CLOSES_AT = SearchAttributeKey.for_datetime("AuctionClosesAt")
ORDER_STATUS = SearchAttributeKey.for_keyword("OrderStatus")
DISPUTE_OPEN = SearchAttributeKey.for_bool("DisputeOpen")


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


def order_workflow_id(order_id: int) -> str:
    """The one workflow of an order, from the sale to the end of what may still come of it."""
    return f"order-{order_id}"


def negotiation_workflow_id(auction_id: int) -> str:
    """The one workflow of the talks that follow a missed reserve."""
    return f"negotiation-{auction_id}"


def second_chance_workflow_id(order_id: int) -> str:
    """The one workflow that offers a vehicle to the next bidders after an order's default."""
    return f"second-chance-{order_id}"
