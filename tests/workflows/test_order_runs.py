"""The Order workflow as Temporal runs it: workers that are replaced, replay, early messages, more than one run."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from domain.dispute_terms import Kind
from domain.orders import Party
from domain.promises import Code, Event, State
from temporal.converter import make_converter
from temporal.orders import Orders
from temporal.worker import sandboxed
from tests.doubles.orders import PRICE_CENTS, KeptOrders
from tests.workflows.conftest import SECRET, SUGGESTED_EVENTS
from tests.workflows.orders import (
    PATIENCE_S,
    QUEUE,
    SEARCH_ATTRIBUTES,
    S,
    Sale,
    Yard,
    make_worker,
    open_server,
    open_yard,
)
from workflows.order import OrderWorkflow
from workflows.order_messages import NoteDispute, WithdrawDispute

pytestmark = pytest.mark.asyncio(loop_scope="session")
W = OrderWorkflow


@pytest_asyncio.fixture(loop_scope="session")
async def server(time_skipping_server: Path) -> AsyncIterator[WorkflowEnvironment]:
    """A server of the test's own: what one leaves undone would hold up the time of the next."""
    async for opened in open_server(time_skipping_server):
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def yard(server: WorkflowEnvironment) -> AsyncIterator[Yard]:
    async with open_yard(server) as opened:
        yield opened


async def test_a_worker_that_remembers_nothing_tells_the_same_story(server: WorkflowEnvironment) -> None:
    book = KeptOrders()
    async with make_worker(server.client, book, max_cached_workflows=0):
        yard = Yard(server, book, Orders(server.client, QUEUE, answer_s=PATIENCE_S))
        sale = await yard.sell()
        await sale.delivered()
        await sale.dispute()
        await sale.act(W.withdraw_dispute, WithdrawDispute("d1", Party.BUYER))
        await sale.pass_until_stage(S.COMPLETED)
        await sale.stop()
    assert (sale.kept.seller_cents, sale.kept.troubles) == (PRICE_CENTS, [])


async def test_a_sale_goes_on_where_it_was_when_its_worker_is_replaced(server: WorkflowEnvironment) -> None:
    book = KeptOrders()
    yard = Yard(server, book, Orders(server.client, QUEUE, answer_s=PATIENCE_S))
    # Without a queue of its own: this server may hand a task to the last poll of a worker that is gone, and lose it.
    async with make_worker(server.client, book, max_cached_workflows=0):
        sale = await yard.sell()
        await sale.paid()
    async with make_worker(server.client, book):
        await sale.tell(Event.TITLE_RECEIVED)
        await sale.tell(Event.DELIVERED)
        await sale.until_stage(S.DELIVERED)
        await sale.pass_until_stage(S.COMPLETED)
        await sale.stop()
    assert sale.kept.calls.count("issue_invoice") == sale.kept.calls.count("send_payout") == 1


async def test_a_history_replays(yard: Yard) -> None:
    sale = await yard.sell()
    await sale.delivered()
    await sale.dispute(kind=Kind.TITLE)
    await sale.act(W.withdraw_dispute, WithdrawDispute("d1", Party.BUYER))
    await sale.pass_until_stage(S.COMPLETED)
    history = await sale.handle.fetch_history()
    replayer = Replayer(workflows=[OrderWorkflow], workflow_runner=sandboxed(), data_converter=make_converter(SECRET))
    await replayer.replay_workflow(history)


async def test_news_that_come_before_their_time_are_there_when_it_comes(yard: Yard) -> None:
    sale = await yard.written()
    sale.kept.held = {"open_order"}
    await sale.orders.begin(sale.id)
    for event in (Event.TITLE_RECEIVED, Event.PICKED_UP, Event.DELIVERED, Event.DELIVERED):
        await sale.tell(event)
    await sale.pay()
    opening = asyncio.create_task(sale.dispute(kind=Kind.CONDUCT))
    assert await sale.handle.query(W.state) is None
    sale.kept.let_go()
    assert (await opening).code == ""
    await sale.act(W.withdraw_dispute, WithdrawDispute("d1", Party.BUYER))
    await sale.until_stage(S.DELIVERED)
    assert await sale.promise(Code.TITLE_HANDED) is State.KEPT
    assert sale.kept.kinds().count("delivered") == 1


async def test_an_order_without_a_row_fails(yard: Yard) -> None:
    sale = await yard.written()
    nobody = Sale(yard.env, yard.orders, replace(sale.kept, order=replace(sale.kept.order, id=10**9)))
    await yard.orders.begin(nobody.id)
    with pytest.raises(WorkflowFailureError):
        await nobody.handle.result()


async def test_an_order_is_started_once_and_by_whoever_has_news_of_it(yard: Yard) -> None:
    sale = await yard.written()
    await sale.pay()
    await sale.until_kept(lambda kept: kept.invoice is not None)
    assert await yard.orders.start(sale.id)
    await sale.until_stage(S.TITLE_PROCESSING)
    assert sale.kept.calls.count("open_order") == 1


@pytest.mark.cluster
async def test_an_order_that_is_written_about_for_long_continues_as_new_with_all_it_knows(temporal_cli: Path) -> None:
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_cli),
        data_converter=make_converter(SECRET),
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value",
            f"limit.historyCount.suggestContinueAsNew={SUGGESTED_EVENTS}",
            *SEARCH_ATTRIBUTES,
        ],
    )
    async with env, open_yard(env) as yard:
        sale = await yard.sell()
        await sale.delivered()
        await sale.dispute()
        first = (await sale.handle.describe()).run_id
        await sale.act(W.note_dispute, NoteDispute("d1", "31", "Seen."), command_id="one")
        number = 0
        while (await sale.handle.describe()).run_id == first:
            number += 1
            await sale.act(W.note_dispute, NoteDispute("d1", "31", f"Seen {number}."))
            assert number < SUGGESTED_EVENTS
        before = await sale.state()
        repeated = await sale.act(W.note_dispute, NoteDispute("d1", "31", "Seen."), command_id="one")
        after = await sale.state()

        assert (repeated.code, len(after.disputes[0].notes)) == ("", number + 1)
        assert (after.timeline, after.invoice, after.undo, after.facts) == (
            *(before.timeline, before.invoice, before.undo, before.facts),
        )
        await sale.act(W.withdraw_dispute, WithdrawDispute("d1", Party.BUYER))
        await sale.until_shown(S.DELIVERED)
