"""The activities of the daily reconcile by name, with what goes in and what comes out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The span of time that is compared, its end excluded (aware UTC)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How much was compared, and how many differences there are: in all, and new ones."""

    payments: int
    transactions: int
    orders: int
    differences: int
    opened: int


class ReconcileActivities(ABC):
    """Comparing. It may be repeated at any point: a difference has one case."""

    @abstractmethod
    @activity.defn(name="reconcile_money")
    async def reconcile_money(self, work: Reconcile) -> Reconciled:
        """Compare payments, the processor's transactions, the money ledger and orders; open a case for each
        difference."""
