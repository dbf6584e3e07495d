"""Workflow ids are business ids: made here and nowhere else. Search attribute keys stand beside them."""

from temporalio.common import SearchAttributeKey

AUCTION_STATUS = SearchAttributeKey.for_keyword("AuctionStatus")
AUCTION_CLOSES_AT = SearchAttributeKey.for_datetime("AuctionClosesAt")


def auction_workflow_id(auction_id: int) -> str:
    """The one workflow of an auction, from its schedule to its result."""
    return f"auction-{auction_id}"
