"""The ways that the activities of orders have into workflows: news to the orders, and removals in the auctions."""

from datetime import datetime

import structlog

from activities.order_doors import OrderNews, Removals
from domain.promises import Event
from temporal.lots import AuctionLots, AuctionOverError
from temporal.orders import Orders
from workflows.auction import AuctionWorkflow
from workflows.messages import RemoveBidder
from workflows.order_messages import Happened

# What the house takes out by its rules it takes out as its staff do.
BY = "admin"

log = structlog.get_logger(__name__)


class OrderTelling(OrderNews):
    """Tells the orders' workflows."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def payment_news(self, order_id: int) -> None:
        """A payment of the order has moved. Raises RPCError or RuntimeError where the workflow cannot be reached."""
        await self._orders.payment_news(order_id)

    async def happened(self, order_id: int, event: Event, at: datetime) -> None:
        """Title or transport have something to tell. Raises as `payment_news` does."""
        await self._orders.happened(order_id, Happened(event, at))


class LotRemovals(Removals):
    """Takes bidders out of running auctions."""

    def __init__(self, lots: AuctionLots) -> None:
        self._lots = lots

    async def remove_bidder(self, auction_id: int, user_id: int, reason: str, command_id: str) -> None:
        """Take out all bids of one bidder; a lot that is over, or without them, is left alone. Raises UnavailableError
        where that is not known."""
        wish = RemoveBidder(str(user_id), BY, reason)
        try:
            answer = await self._lots.command(auction_id, AuctionWorkflow.remove_bidder, wish, command_id=command_id)
        except AuctionOverError:
            return
        if answer.code is not None:
            log.warning("bidder_not_removed", auction_id=auction_id, code=answer.code)
