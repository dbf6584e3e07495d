"""Where a scene is played: a server of its own, and on it the workers of auctions and accounts with doubles."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.api.failure.v1 import Failure
from temporalio.api.testservice.v1 import UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadConverter
from temporalio.testing import WorkflowEnvironment

from activities.listings import ListingWork
from activities.seller_notices import SellerWork
from activities.settings import load_settings
from temporal.account_worker import ACTIVITIES, AccountWork, make_account_worker, make_feed_worker
from temporal.accounts import Accounts
from temporal.converter import make_converter
from temporal.java_server import test_server_path as java_server_path
from temporal.listings import EditedLots
from temporal.market_work import MarketWork
from temporal.server_binary import temporal_binary
from temporal.worker import sandboxed
from tests.doubles.descriptions import KeptDrafts
from tests.doubles.mail import MailRoom, mail_room
from tests.doubles.market import KeptFeed, KeptUploads
from tests.doubles.onboarding import KeptAccounts
from tests.doubles.vins import KeptDecoders
from tests.workflows.accounts import LOOK_S, NUMBERS, PATIENCE_S, Person
from tests.workflows.conftest import SEARCH_ATTRIBUTES, House, open_house
from tests.workflows.kept_payments import KeptPayments

# Known to everybody: these histories are of invented people.
SECRET = b"the key of the replay histories."
IDENTITY = "recorder"
QUEUE = "accounts-of-replay"
SITE = "https://hammertime.example"
# After so many events the real server suggests to continue as new, for histories of more than one run that stay small.
LONG_RUN, SHORT_RUN = 150, 40


@dataclass(frozen=True)
class Stage:
    """`house` holds lots; `accounts` and `payments` stand for database and vendors; `room` is the outbox of mails."""

    house: House
    accounts: KeptAccounts
    payments: KeptPayments
    room: MailRoom
    decoders: KeptDecoders
    drafts: KeptDrafts
    uploads: KeptUploads
    feed: KeptFeed

    @property
    def env(self) -> WorkflowEnvironment:
        return self.house.env

    @property
    def client(self) -> Client:
        return self.house.client

    def person(self) -> Person:
        """Somebody whose account nobody follows yet."""
        return Person(self.env, Accounts(self.client, QUEUE), self.accounts, next(NUMBERS))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what a workflow does by itself."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(LOOK_S)

    async def ended(self, workflow_id: str) -> str:
        """The id of a workflow, once it has ended; on a server that skips time it passes from now on."""
        if self.env.supports_time_skipping:
            await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        await self.client.get_workflow_handle(workflow_id).result()
        return workflow_id


@dataclass(frozen=True)
class Scene:
    """`play` gives the id of the workflow whose runs are to be kept."""

    play: Callable[[Stage], Awaitable[str]]
    server: Callable[[], Awaitable[WorkflowEnvironment]]


class Traceless(DefaultFailureConverterWithEncodedAttributes):
    """Keeps the recording machine's paths out of failures."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        super().to_failure(exception.with_traceback(None), payload_converter, failure)


def converter() -> DataConverter:
    """As every client and worker has it, but for the traces."""
    return replace(make_converter(SECRET), failure_converter_class=Traceless)


async def long_runs() -> WorkflowEnvironment:
    """A real server."""
    return await _real(LONG_RUN)


async def short_runs() -> WorkflowEnvironment:
    """A real server whose runs are short."""
    return await _real(SHORT_RUN)


async def skipping() -> WorkflowEnvironment:
    """A server whose time passes while a result is awaited, or when a scene says so. It never ends a run."""
    return await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(java_server_path()), data_converter=converter(), identity=IDENTITY
    )


async def _real(suggested_events: int) -> WorkflowEnvironment:
    settings = load_settings()
    binary = temporal_binary(named=settings.temporal_binary, download=settings.temporal_download)
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(binary),
        data_converter=converter(),
        identity=IDENTITY,
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value",
            f"limit.historyCount.suggestContinueAsNew={suggested_events}",
            *SEARCH_ATTRIBUTES,
        ],
    )


@asynccontextmanager
async def open_stage(env: WorkflowEnvironment) -> AsyncIterator[Stage]:
    """The workers on a server that ends with the block."""
    accounts, payments, decoders, drafts = KeptAccounts(), KeptPayments(), KeptDecoders(), KeptDrafts()
    uploads, feed = KeptUploads(), KeptFeed()
    with tempfile.TemporaryDirectory() as folder, mail_room(Path(folder) / "mail.db") as room:
        sellers = SellerWork(room.engine, SITE)
        work = AccountWork(
            notices=room.work,
            onboarding=accounts,
            sellers=sellers,
            payments=payments,
            market=MarketWork(
                listings=ListingWork(room.engine, SITE, EditedLots(env.client)),
                descriptions=drafts,
                vins=decoders,
                photos=uploads,
                feeds=feed,
            ),
        )
        with ThreadPoolExecutor(ACTIVITIES) as threads:
            async with (
                asynccontextmanager(open_house)(env) as house,
                make_account_worker(env.client, QUEUE, work, threads, sandboxed()),
                make_feed_worker(env.client, QUEUE, work, threads, sandboxed()),
            ):
                yield Stage(house, accounts, payments, room, decoders, drafts, uploads, feed)
