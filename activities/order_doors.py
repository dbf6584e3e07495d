"""What the activities of orders need of the rest of the world, each given by whoever puts the worker together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.orders import OrderStatus
from domain.payouts import Payout
from domain.promises import Event


class Postman(Protocol):
    """Sends mails that were just written; without one the sweep finds them."""

    async def send(self, outbox_ids: Sequence[str]) -> None:
        """Start on these mails. Never raises."""


class Payments(Protocol):
    """Starts payments that were just written."""

    async def begin(self, payment_id: int) -> None:
        """Start a committed payment. Never raises for a server that is away: the sweep finds it."""


class Printer(Protocol):
    """Makes PDFs of documents that were just issued; without one the sweep finds them."""

    async def begin(self, number: str) -> None:
        """Have a document rendered. Never raises for a server that is away."""


class Removals(Protocol):
    """The way into auctions that are running."""

    async def remove_bidder(self, auction_id: int, user_id: int, reason: str, command_id: str) -> None:
        """Take out all bids of one bidder, once for each command id; a lot that is over needs it no more.

        Raises what says that the auction is out of reach; the same may be asked again.
        """


class PayoutProvider(Protocol):
    """Who brings sellers their money."""

    async def send(self, payout: Payout, seller_id: int, cents: int) -> bool:
        """Hand a payout over, at most once by its `key`; whether it is known to have left.

        Raises where nobody knows whether it was taken: the same key may be handed over again.
        """


class OrderNews(Protocol):
    """The way to the orders' workflows."""

    async def payment_news(self, order_id: int) -> None:
        """A payment of the order has moved. Raises where the workflow cannot be reached."""

    async def happened(self, order_id: int, event: Event, at: datetime) -> None:
        """Title or transport have something to tell. Raises where the workflow cannot be reached."""


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """What a stream is told of an order: how it stands, and to whom that is news."""

    order_id: int
    status: OrderStatus
    version: int
    users: tuple[int, ...]


class OrderPublisher(Protocol):
    """Where news of orders go after the commit."""

    def publish_order(self, changed: OrderChanged) -> None:
        """Send; never raises, and never keeps the caller waiting for long."""


class StandIn(StrEnum):
    """Who does what nobody real does yet: the staff, who tell of it, or nobody, and it is done after a while."""

    OPERATOR = "operator"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who stands in for title and transport; `pause` is between the steps of one that is done by itself."""

    title: StandIn
    transport: StandIn
    pause: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDoors:
    """All of them; what is None is left to sweeps, or to people."""

    payments: Payments
    removals: Removals
    stand_ins: StandIns
    postman: Postman | None = None
    printer: Printer | None = None
    publisher: OrderPublisher | None = None
    payouts: PayoutProvider | None = None
