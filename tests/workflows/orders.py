"""One sale as a test holds it: the workflow, the order book behind it, and a clock that goes when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain import promises
from domain.clock import truncate
from domain.dispute_terms import Kind, Remedy, Resolution
from domain.disputes import Claim, Dispute
from domain.order_deadlines import Deadlines, Outcome, Payment
from domain.orders import OrderStatus, Party
from domain.promises import Event
from temporal.converter import make_converter
from temporal.orders import Orders
from temporal.worker import sandboxed
from tests.doubles.orders import TOTAL_CENTS, KeptOrder, KeptOrders
from tests.workflows.conftest import SECRET
from workflows.ids import order_workflow_id
from workflows.order import OrderWorkflow
from workflows.order_messages import Happened, OpenDispute, OrderAnswer, OrderOutcome, OrderState

QUEUE = "orders-of-tests"
LOOK_S, PATIENCE_S = 0.01, 60.0
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SEARCH_ATTRIBUTES = ("--search-attribute=OrderStatus=Keyword", "--search-attribute=DisputeOpen=Bool")
RELEASE, UNWIND = Resolution(Remedy.RELEASE), Resolution(Remedy.UNWIND)
S = OrderStatus


@dataclass
class Sale:
    """`kept` is what the world knows of it; `orders` is the door."""

    env: WorkflowEnvironment
    orders: Orders
    kept: KeptOrder

    @property
    def id(self) -> int:
        return self.kept.order.id

    @property
    def handle(self) -> WorkflowHandle[OrderWorkflow, OrderOutcome]:
        return self.env.client.get_workflow_handle_for(OrderWorkflow.run, order_workflow_id(self.id))

    async def now(self) -> datetime:
        return truncate(await self.env.get_current_time())

    async def pass_time(self, duration: timedelta) -> None:
        await self.env.sleep(duration)

    async def pass_until(self, moment: datetime) -> None:
        """Let time go until a moment; one that is past stays so."""
        left = moment - await self.env.get_current_time()
        if left > timedelta(0):
            await self.env.sleep(left)

    async def state(self) -> OrderState:
        found = await self.handle.query(OrderWorkflow.state)
        assert found is not None
        return found

    async def times(self) -> Deadlines:
        await self.until(lambda state: state.times is not None)
        times = (await self.state()).times
        assert times is not None
        return times

    async def until(self, condition: Callable[[OrderState], bool]) -> OrderState:
        """Wait for what the workflow knows."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                state = await self.handle.query(OrderWorkflow.state)
                if state is not None and condition(state):
                    return state
                await asyncio.sleep(LOOK_S)

    async def until_kept(self, condition: Callable[[KeptOrder], bool]) -> None:
        """Wait for what the world knows."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition(self.kept):
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(f"only {self.kept.kinds()} by {self.kept.calls}") from None

    async def until_stage(self, stage: OrderStatus) -> None:
        """Wait for a stage, and for it to be written down."""
        await self.until_kept(lambda kept: bool(kept.records) and kept.records[-1].order.stage is stage)

    async def until_shown(self, status: OrderStatus) -> None:
        await self.until_kept(lambda kept: bool(kept.records) and kept.records[-1].order.status is status)

    async def pass_until_stage(self, stage: OrderStatus, longest: timedelta = 60 * DAY) -> None:
        """Let time go, an hour or a day at a time, until a stage is reached."""
        end = await self.now() + longest
        while not (self.kept.records and self.kept.records[-1].order.stage is stage):
            assert await self.now() < end, f"it is {self.kept.records[-1].order.stage}"
            await self.pass_time(12 * HOUR)

    async def pay(self, cents: int = TOTAL_CENTS, *, at: datetime | None = None, tells: bool = True) -> None:
        """Money comes, which was sent at a moment."""
        self.kept.payments.append(Payment(at or await self.now(), cents))
        if tells:
            await self.orders.payment_news(self.id)

    async def settle(self, outcome: Outcome = Outcome.DONE) -> None:
        """What was in doubt is known."""
        self.kept.payments = [Payment(each.made_at, each.cents, outcome) for each in self.kept.payments]
        await self.orders.payment_news(self.id)

    async def tell(self, event: Event, *, at: datetime | None = None) -> None:
        await self.orders.happened(self.id, Happened(event, at or await self.now()))

    async def paid(self) -> None:
        """Paid, with title and transport begun."""
        await self.until_kept(lambda kept: kept.invoice is not None)
        await self.pay()
        await self.until_stage(S.TITLE_PROCESSING)

    async def delivered(self) -> None:
        """Paid, and all went well until the buyer has it."""
        await self.paid()
        for event in (Event.TITLE_RECEIVED, Event.TITLE_FILED, Event.PICKED_UP, Event.DELIVERED):
            await self.tell(event)
        await self.until_stage(S.DELIVERED)

    async def completed(self) -> None:
        """All the way, and the seller has the money."""
        await self.delivered()
        await self.act(OrderWorkflow.accept_delivery)
        await self.pass_until_stage(S.COMPLETED)

    async def act(self, update: Any, message: object | None = None, *, command_id: str = "") -> OrderAnswer:
        return await self.orders.act(self.id, update, message, command_id or str(uuid4()))

    async def dispute(
        self,
        dispute_id: str = "d1",
        *,
        kind: Kind = Kind.CONDITION,
        by: Party = Party.BUYER,
        asked: Resolution = UNWIND,
        words: str = "It is not as described.",
    ) -> OrderAnswer:
        against = Party.SELLER if by in {Party.STAFF, Party.HOUSE} else None
        claim = Claim(kind, by, words, asked, against)
        return await self.act(OrderWorkflow.open_dispute, OpenDispute(dispute_id, claim))

    async def case(self, dispute_id: str = "d1") -> Dispute:
        return next(case for case in (await self.state()).disputes if case.id == dispute_id)

    async def promise(self, code: promises.Code) -> promises.State:
        return next(each.state for each in (await self.state()).timeline if each.code is code)

    async def stop(self) -> None:
        """Let everything of it end."""
        self.kept.let_go()
        with suppress(RPCError):
            await self.handle.terminate()


@dataclass
class Yard:
    """A server with a worker of orders on it."""

    env: WorkflowEnvironment
    book: KeptOrders
    orders: Orders
    sales: list[Sale] = field(default_factory=list)

    async def sell(self, **terms: Any) -> Sale:
        """One more sale, made just now, whose workflow runs."""
        sale = await self.written(**terms)
        await self.orders.begin(sale.id)
        return sale

    async def written(self, **terms: Any) -> Sale:
        """One more sale whose workflow nobody has started."""
        sale = Sale(self.env, self.orders, self.book.sell(truncate(await self.env.get_current_time()), **terms))
        self.sales.append(sale)
        return sale

    async def on_the_day(self, moment: datetime) -> None:
        """Let time go until a moment before which nothing is sold."""
        await self.env.sleep(moment - await self.env.get_current_time())


@asynccontextmanager
async def open_yard(env: WorkflowEnvironment) -> AsyncIterator[Yard]:
    book = KeptOrders()
    async with make_worker(env.client, book):
        yard = Yard(env, book, Orders(env.client, QUEUE, answer_s=PATIENCE_S))
        yield yard
        for sale in yard.sales:
            await sale.stop()


def make_worker(client: Client, book: KeptOrders, **options: Any) -> Worker:
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[OrderWorkflow],
        activities=book.all(),
        workflow_runner=sandboxed(),
        **options,
    )


async def open_server(path: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time, with the search attributes of orders."""
    starting = WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path), data_converter=make_converter(SECRET)
    )
    async with await with_attributes(starting) as env:
        yield env


async def with_attributes(starting: Awaitable[WorkflowEnvironment]) -> WorkflowEnvironment:
    """The same server, once it knows the search attributes of orders."""
    env = await starting
    attributes = {
        "OrderStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "DisputeOpen": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    }
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=env.client.namespace, search_attributes=attributes)
    )
    return env
