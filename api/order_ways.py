"""What one API process needs for orders, put together once: the way to their workflows, and the till of their money."""

from dataclasses import dataclass
from typing import Self

from temporalio.client import Client

from activities.order_till import OrderTill
from activities.settings import Settings
from temporal.orders import Orders


@dataclass(frozen=True, slots=True)
class OrderWays:
    """`door` reaches the workflows, `till` follows what ends here: money that came past the card."""

    door: Orders
    till: OrderTill

    @classmethod
    def of(cls, settings: Settings, temporal: Client, secret: bytes) -> Self:
        """Put it together from the settings and the platform's key."""
        return cls(Orders(temporal, settings.temporal_accounts_queue), OrderTill(secret, settings.public_url))
