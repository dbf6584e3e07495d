"""The three-way reconcile: the processor's lists are read first, then our side, and what differs becomes a case."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import reconcile_contracts
from activities.db import invoices, money_ledger, reconcile, reconcile_cases
from activities.db.engine import reading, transaction
from activities.providers.authorize_net_results import (
    LOST_STATUSES,
    REFUND_STATUSES,
    REFUSED_STATUSES,
    TAKEN_STATUSES,
    TransactionDetails,
    TransactionSummary,
)
from activities.reconcile_contracts import Reconcile, Reconciled
from activities.vendor_calls import beating, vendor_calls
from domain import reconcile as rules
from domain.clock import truncate
from domain.reconcile import Case, OrderSums, Paid, Seen

# A batch is settled in the night after its payments were made, and may be days late.
BATCHES_BEFORE, BATCHES_AFTER = timedelta(days=2), timedelta(days=2)

log = structlog.get_logger(__name__)


class Lists(Protocol):
    """The processor's side."""

    async def transactions_since(self, since: datetime, until: datetime) -> list[TransactionSummary]:
        """Every transaction that is not settled yet, or was settled in this time."""

    async def transaction(self, transaction_id: str) -> TransactionDetails | None:
        """One transaction; None where the processor does not know it."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side, read at once."""

    paid: Sequence[Paid]
    orders: Sequence[OrderSums]
    found: Sequence[Case]


class ReconcileWork(reconcile_contracts.ReconcileActivities):
    """Compares with the lists of `processor`."""

    def __init__(
        self, engine: Engine, processor: Lists, clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC))
    ) -> None:
        self._engine = engine
        self._processor = processor
        self._now = clock

    @activity.defn(name="reconcile_money")
    async def reconcile_money(self, work: Reconcile) -> Reconciled:
        """Compare payments, the processor's transactions, the money ledger and orders; open a case for each
        difference."""
        async with beating():
            with vendor_calls():
                until = min(work.until + BATCHES_AFTER, self._now())
                listed = await self._processor.transactions_since(work.since - BATCHES_BEFORE, until)
            seen: dict[str, Seen | None] = {each.transaction_id: _seen(each) for each in listed}
            ours = await asyncio.to_thread(self._read, work)
            with vendor_calls():
                seen |= await self._asked_for(ours.paid, seen)
            cases, opened = await asyncio.to_thread(self._keep, work, ours, seen)
        for case in opened:
            log.error(
                "money_differs",
                kind=case.difference.value,
                subject=case.subject,
                ours_cents=case.ours_cents,
                theirs_cents=case.theirs_cents,
            )
        done = Reconciled(len(ours.paid), len(listed), len(ours.orders), cases, len(opened))
        log.info("money_reconciled", payments=done.payments, transactions=done.transactions, differences=cases)
        return done

    async def _asked_for(self, paid: Sequence[Paid], seen: Mapping[str, Seen | None]) -> dict[str, Seen | None]:
        """What no list has shown, one by one: a list may lag, and a transaction may be older than all of them."""
        missing = {each.transaction_id for each in paid if each.transaction_id is not None} - seen.keys()
        found = {each: await self._processor.transaction(each) for each in sorted(missing)}
        return {each: None if told is None else _of_details(told) for each, told in found.items()}

    def _read(self, work: Reconcile) -> Ours:
        with reading(self._engine) as connection:
            paid = reconcile.moved_between(connection, work.since, work.until)
            sums = reconcile.order_sums(connection, work.since, work.until)
            strays = reconcile.strays(connection, work.since, work.until)
            gaps = [f"{paper.value} {year}" for paper, year in invoices.gaps(connection)]
            alone = rules.within(money_ledger.unbalanced(connection), gaps)
        return Ours(paid, sums, [*rules.with_ledger(paid, strays), *rules.with_orders(sums), *alone])

    def _keep(self, work: Reconcile, ours: Ours, seen: Mapping[str, Seen | None]) -> tuple[int, list[Case]]:
        with transaction(self._engine) as connection:
            found = [*_against(connection, work.until, ours.paid, seen), *ours.found]
            return len(found), reconcile_cases.keep(connection, found, self._now())


def _against(
    connection: Connection, until: datetime, paid: Sequence[Paid], seen: Mapping[str, Seen | None]
) -> list[Case]:
    """Payments against transactions, but for those that have moved since."""
    names = [name for each in seen.values() if each for name in (each.transaction_id, each.reference) if name]
    known = reconcile.known_names(connection, names)
    moving = reconcile.moving(connection, seen, until)
    still = {key: each for key, each in seen.items() if key not in moving}
    return rules.with_processor(paid, still, known)


def _seen(line: TransactionSummary) -> Seen:
    return Seen(line.transaction_id, line.invoice_number, _moved(line.status, line.amount_cents))


def _of_details(told: TransactionDetails) -> Seen:
    cents = told.settle_cents if told.status in REFUND_STATUSES else told.auth_cents
    return Seen(told.transaction_id, told.reference or told.invoice_number, _moved(told.status, cents))


def _moved(status: str, cents: int) -> int | None:
    """What a transaction moves: in, positive; out, negative; None where nobody has decided, or we do not know."""
    if status in REFUSED_STATUSES | LOST_STATUSES:
        return 0
    if status in TAKEN_STATUSES:
        return cents
    if status in REFUND_STATUSES:
        return -cents
    return None
