"""The activities of orders on a database of their own, before a running sandbox of Authorize.Net, with doors that a
test may slam: the transaction before them is committed then."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable

from activities.contracts import PaymentState, PaymentTry
from activities.db import orders, payments
from activities.db.engine import make_engine, reading, transaction
from activities.db.orders import Stored
from activities.db.payments import Payment
from activities.ledger import utc_now
from activities.order_doors import OrderChanged, OrderDoors, StandIn, StandIns
from activities.order_till import OrderTill
from activities.orders import OrderWork
from activities.payments import PaymentWork
from domain.payments import Purpose
from domain.payouts import Payout
from domain.promises import Event
from migrations import schema
from tests.activities.till import Told, store_card
from tests.db.balanced import assert_balanced
from tests.db.holders import SITE
from tests.db.market import NOON
from tests.db.order_desk import SECRET, sold
from tests.sandbox.authorize_net.control import Sandbox

T = TypeVar("T")
WINDOW = timedelta(hours=7)
BY_ITSELF = StandIns(StandIn.EMBEDDED, StandIn.EMBEDDED, timedelta(0))
BY_STAFF = StandIns(StandIn.OPERATOR, StandIn.OPERATOR, timedelta(0))


class SlammedError(Exception):
    """Nobody gets through this door now."""


@dataclass
class World:
    """Everything outside of the database. The first `slams` calls fail, after what was committed before them."""

    slams: int = 0
    started: list[int] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    removed: list[tuple[int, int, str]] = field(default_factory=list)
    changed: list[OrderChanged] = field(default_factory=list)
    handed_over: dict[str, int] = field(default_factory=dict)
    news: list[int] = field(default_factory=list)
    told: list[tuple[int, Event]] = field(default_factory=list)
    takes_payouts: bool = True

    async def begin(self, payment_id: int) -> None:
        self._pass()
        self.started.append(payment_id)

    async def remove_bidder(self, auction_id: int, user_id: int, reason: str, command_id: str) -> None:
        del reason
        self._pass()
        self.removed.append((auction_id, user_id, command_id))

    async def send(self, payout: Payout, seller_id: int, cents: int) -> bool:
        """A provider that knows its keys: the same one again is the same payout."""
        del seller_id
        known = self.handed_over.setdefault(payout.key, cents)
        assert known == cents
        self._pass()
        return self.takes_payouts

    def publish_order(self, changed: OrderChanged) -> None:
        self.changed.append(changed)

    async def payment_news(self, order_id: int) -> None:
        self._pass()
        self.news.append(order_id)

    async def happened(self, order_id: int, event: Event, at: datetime) -> None:
        del at
        self._pass()
        self.told.append((order_id, event))

    def _pass(self) -> None:
        if self.slams:
            self.slams -= 1
            raise SlammedError


@dataclass
class Printer:
    """Where documents would become PDFs."""

    world: World

    async def begin(self, number: str) -> None:
        self.world.printed.append(number)


@dataclass
class Counter:
    """`work` are the activities of an order of `ada`, whose card the sandbox knows; `pays` those of payments."""

    sandbox: Sandbox
    engine: Engine
    world: World
    work: OrderWork
    pays: PaymentWork
    order_id: int
    ada: int
    sam: int
    now: list[datetime]

    def stored(self) -> Stored:
        found = self.read(lambda c: orders.find(c, self.order_id))
        assert found is not None
        return found

    def row(self, payment_id: int) -> Payment:
        found = self.read(lambda c: payments.find(c, payment_id))
        assert found is not None
        return found

    async def attempt(self, payment_id: int) -> PaymentTry:
        plan = await self.pays.open_payment(payment_id)
        return PaymentTry(payment_id, plan.profile_id, plan.payment_profile_id, utc_now() + WINDOW)

    async def charge(self, payment_id: int) -> PaymentState:
        return await self.pays.charge_payment(await self.attempt(payment_id))

    async def refund(self, payment_id: int) -> PaymentState:
        return await self.pays.refund_payment(await self.attempt(payment_id))

    async def look(self, payment_id: int) -> PaymentState:
        return await self.pays.look_up_payment(await self.attempt(payment_id))

    def read(self, query: Callable[[Connection], T]) -> T:
        with reading(self.engine) as connection:
            return query(connection)

    def write(self, query: Callable[[Connection], T]) -> T:
        with transaction(self.engine) as connection:
            return query(connection)

    def run(self, statement: Executable) -> None:
        with transaction(self.engine) as connection:
            connection.execute(statement)

    def kept(self, kind: str) -> list[dict[str, Any]]:
        """What the vendor has kept of a kind, the $0.00 authorizations left out."""
        return [one for one in self.sandbox.transactions() if one["type"] == kind and one["amount_cents"]]

    def with_doors(self, **doors: Any) -> OrderWork:
        """The activities with other doors."""
        return OrderWork(self.engine, OrderTill(SECRET, SITE), replace(make_doors(self.world), **doors), self.clock)

    def clock(self) -> datetime:
        return self.now[0]


def make_doors(world: World) -> OrderDoors:
    return OrderDoors(
        payments=world,
        removals=world,
        stand_ins=BY_ITSELF,
        printer=Printer(world),
        publisher=world,
        payouts=world,
    )


@asynccontextmanager
async def open_counter(sandbox: Sandbox, path: Path) -> AsyncIterator[Counter]:
    """A counter on a new database; its money balances when it is closed, whatever has been done."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    async with sandbox.client() as vendor:
        card = await store_card(vendor, sandbox)
    with transaction(engine) as connection:
        desk = sold(connection, profile_id=card.profile_id, payment_profile_id=card.payment_profile_id)
    world, now = World(), [NOON]
    till = OrderTill(SECRET, SITE)
    async with sandbox.client(read_timeout_s=1.0) as vendor:
        pays = PaymentWork(engine, vendor, Told(), {Purpose.ORDER: till.follow}, orders=world)
        work = OrderWork(engine, till, make_doors(world), lambda: now[0])
        yield Counter(sandbox, engine, world, work, pays, desk.order_id, desk.ada, desk.sam, now)
    with reading(engine) as connection:
        assert_balanced(connection)
    engine.dispose()
