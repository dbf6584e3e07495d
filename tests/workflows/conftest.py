"""Servers for the workflow tests: one that skips time, and a real one; a worker on each with the kept ledger."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from temporal.converter import make_converter
from temporal.worker import ACTIVITIES, make_worker, sandboxed
from tests.workflows.kept_ledger import KeptLedger
from tests.workflows.lots import QUEUE, Lot, start_lot

SECRET = b"\x07" * 32
# The real server suggests to continue as new after so many events instead of 4,096.
SUGGESTED_EVENTS = 400
SEARCH_ATTRIBUTES = ("--search-attribute=AuctionStatus=Keyword", "--search-attribute=AuctionClosesAt=Datetime")


@dataclass
class House:
    """A server with a worker, and the ledger that its activities write into."""

    env: WorkflowEnvironment
    ledger: KeptLedger

    @property
    def client(self) -> Client:
        return self.env.client

    async def lot(self, **terms: Any) -> Lot:
        """A lot that is live for a week from the server's now."""
        return await start_lot(self.client, self.ledger, await self.env.get_current_time(), **terms)

    async def pass_time(self, **duration: float) -> None:
        await self.env.sleep(timedelta(**duration))


async def open_house(env: WorkflowEnvironment) -> AsyncIterator[House]:
    ledger = KeptLedger()
    with ThreadPoolExecutor(ACTIVITIES) as threads:
        async with env, make_worker(env.client, QUEUE, ledger, threads, sandboxed()):
            yield House(env, ledger)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def skipping(time_skipping_server: Path) -> AsyncIterator[House]:
    """Time passes when a test says so: on a server of the module's own, for it would pass for all others too."""
    env = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(time_skipping_server), data_converter=make_converter(SECRET)
    )
    attributes = {
        "AuctionStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "AuctionClosesAt": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    }
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=env.client.namespace, search_attributes=attributes)
    )
    async for house in open_house(env):
        yield house


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def real(temporal_cli: Path) -> AsyncIterator[House]:
    """The server of the embedded profile, in memory."""
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
    async for house in open_house(env):
        yield house
