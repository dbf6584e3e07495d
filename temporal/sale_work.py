"""The activities of orders, of talks after a sale that was none, and of the reconcile, put together for the worker."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine
from temporalio.client import Client

from activities.live_orders import RedisOrderPublisher
from activities.order_contracts import OrderActivities
from activities.order_doors import OrderDoors, StandIns
from activities.order_till import OrderTill
from activities.orders import OrderWork
from activities.payout_bank import ByHand, PayoutQueue
from activities.providers.authorize_net import AuthorizeNet
from activities.reconcile import ReconcileWork
from activities.reconcile_contracts import ReconcileActivities
from activities.settings import Settings
from activities.talks import NegotiationWork, SecondChanceWork
from activities.talks_contracts import NegotiationActivities, SecondChanceActivities
from temporal.listings import Listings
from temporal.market_work import open_lots
from temporal.notices import Notices
from temporal.order_doors import LotRemovals
from temporal.papers import Papers
from temporal.payments import Payments


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleWork:
    """The parts, each with its contract."""

    orders: OrderActivities
    negotiations: NegotiationActivities
    second_chances: SecondChanceActivities
    reconcile: ReconcileActivities

    def activities(self) -> list[Any]:
        """All of them, to be registered."""
        parts: Sequence[tuple[object, type]] = (
            (self.orders, OrderActivities),
            (self.negotiations, NegotiationActivities),
            (self.second_chances, SecondChanceActivities),
            (self.reconcile, ReconcileActivities),
        )
        return [getattr(part, name) for part, contract in parts for name in _named(contract)]


def open_sale_work(
    settings: Settings,
    engine: Engine,
    client: Client,
    notices: Notices,
    till: OrderTill,
    gateway: AuthorizeNet,
    stack: AsyncExitStack,
) -> SaleWork:
    """The parts with their ways into the rest of the world; `stack` closes what is opened for them."""
    queue = settings.temporal_accounts_queue
    listings = Listings(client, queue)
    doors = OrderDoors(
        payments=Payments(client, queue),
        removals=LotRemovals(open_lots(settings, engine, client, stack)),
        stand_ins=StandIns(settings.title_by, settings.transport_by, timedelta(seconds=settings.stand_in_s)),
        postman=notices,
        printer=Papers(client, queue),
        publisher=_publisher(settings, stack),
        payouts=PayoutQueue(engine, ByHand(), till.payout_moved),
    )
    return SaleWork(
        orders=OrderWork(engine, till, doors),
        negotiations=NegotiationWork(engine, settings.public_url, notices, listings),
        second_chances=SecondChanceWork(engine, settings.public_url, notices, listings),
        reconcile=ReconcileWork(engine, gateway),
    )


def _named(contract: type) -> list[str]:
    return sorted(contract.__abstractmethods__)  # type: ignore[attr-defined] # every contract is abstract


def _publisher(settings: Settings, stack: AsyncExitStack) -> RedisOrderPublisher:
    publisher = RedisOrderPublisher(settings.redis_url)
    stack.callback(publisher.close)
    return publisher
