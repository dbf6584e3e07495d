"""From the vendor's signed webhook to a lower buying power: the sandbox tells, the door stores, the courier brings, the
workflow looks, and the next bid is refused."""

import asyncio
import queue
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, UnlockTimeSkippingRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.db import reservations, webhooks
from activities.db.engine import reading, transaction
from activities.db.reservations import Lack, Reservation
from activities.db.webhooks import State as EventState
from activities.vendor_settings import load_vendor_settings
from api.database import now
from api.webhook_routes import payment_route
from api.webhook_vendors import AUTHORIZE_NET, vendors_of
from domain.payments import State
from temporal.payments import Payments
from temporal.webhooks import Courier
from tests.activities.till import Told, make_work, store_card
from tests.api.conftest import House
from tests.db.holders import complete, limit_of, mails
from tests.db.market import add_car, add_lot, bid_id
from tests.sandbox.authorize_net.control import Sandbox, open_sandbox
from tests.sandbox.authorize_net.merchant import Config
from tests.sandbox.running import running
from tests.temporal.test_payments import make_worker
from workflows.ids import payment_workflow_id

QUEUE = "reversals"
PATIENCE_S = 30.0
CENTS = 250_000
Webhook = tuple[bytes, str]


@pytest.fixture
def post() -> queue.Queue[Webhook]:
    """What the vendor has sent to us, with its signatures."""
    return queue.Queue()


@pytest.fixture
def sandbox(post: queue.Queue[Webhook]) -> Iterator[Sandbox]:
    async def take(request: Request) -> Response:
        post.put((await request.body(), request.headers["x-anet-signature"]))
        return Response()

    with (
        running(Starlette(routes=[Route("/hook", take, methods=["POST"])])) as url,
        open_sandbox(Config(webhook_url=f"{url}/hook")) as opened,
    ):
        yield opened


@dataclass
class Counter:
    """The application with a worker of payments behind it; `ada` is somebody whose card the sandbox keeps."""

    house: House
    client: Client
    sandbox: Sandbox
    post: queue.Queue[Webhook]
    ada: AsyncClient

    async def bring(self, *webhooks_sent: Webhook) -> list[int]:
        """Post webhooks to the door and bring what is stored; returns how many events each made new."""
        stored = []
        for raw, signature in webhooks_sent:
            headers = {"X-ANET-Signature": signature}
            answer = await self.house.client().post(f"/webhooks/{AUTHORIZE_NET}", content=raw, headers=headers)
            stored.append(answer.json()["stored"])
        route = payment_route(Payments(self.client, QUEUE), self.house.services.database)
        with ThreadPoolExecutor(1) as threads:
            await Courier(self.house.engine, threads, {AUTHORIZE_NET: route}).bring()
        return stored

    def heard(self, kind: str) -> Webhook:
        """The next webhook of a kind."""
        while True:
            raw, signature = self.post.get(timeout=PATIENCE_S)
            if f"net.authorize.payment.{kind}".encode() in raw:
                return raw, signature

    async def deposit(self) -> int:
        body = {"amount_cents": CENTS}
        answer = await self.ada.post("/api/me/deposits", json=body, headers={"Idempotency-Key": "k1"})
        assert (answer.status_code, answer.json()["state"]) == (201, "done")
        assert self.limit() == 10 * CENTS
        number: int = answer.json()["id"]
        return number

    def transaction_id(self) -> str:
        """The vendor's id of the one charge."""
        (charge,) = [one for one in self.sandbox.transactions() if one["amount_cents"]]
        found: str = charge["id"]
        return found

    async def until(self, number: int, state: State) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (await self.ada.get(f"/api/me/deposits/{number}")).json()["state"] != state:
                await asyncio.sleep(0.05)

    async def over(self, number: int) -> None:
        """Let time pass until the workflow has ended."""
        await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        await self.client.get_workflow_handle(payment_workflow_id(number)).result()
        await self.client.test_service.lock_time_skipping(LockTimeSkippingRequest())

    def limit(self) -> int | None:
        with reading(self.house.engine) as connection:
            return limit_of(connection, self.house.people["ada"])[0]

    def mails(self) -> int:
        with reading(self.house.engine) as connection:
            return mails(connection, "deposit_reversed")

    def bid(self, number: int, cents: int) -> Lack | None:
        """What the bid path says to a bid on a lot of its own."""
        with transaction(self.house.engine) as connection:
            seller = self.house.people["sam"]
            lot = add_lot(connection, seller, add_car(connection, seller, 800_000 + number))
            wanted = Reservation(bid_id(number), self.house.people["ada"], lot, cents)
            return reservations.reserve(connection, [wanted], now()).get(wanted.bid_id)


@pytest_asyncio.fixture
async def counter(
    house: House, sandbox: Sandbox, post: queue.Queue[Webhook], time_skipping_server: Path
) -> AsyncIterator[Counter]:
    house.services.vendors = vendors_of(load_vendor_settings(authorize_net_signature_keys=sandbox.config.signature_key))
    async with sandbox.client() as vendor:
        stored = await store_card(vendor, sandbox)
        ids = {"profile_id": stored.profile_id, "payment_profile_id": stored.payment_profile_id}
        with transaction(house.engine) as connection:
            complete(connection, house.people["ada"], **ids)
        work = make_work(house.engine, vendor, Told())
        env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=str(time_skipping_server))
        async with env, make_worker(env.client, QUEUE, work), await house.browser("ada") as ada:
            house.services.payments = Payments(env.client, QUEUE)
            yield Counter(house, env.client, sandbox, post, ada)


async def test_a_void_in_the_merchants_console_lowers_the_power_at_once_and_once(counter: Counter) -> None:
    number = await counter.deposit()
    assert counter.bid(1, 2_000_000) is None
    counter.sandbox.befall(counter.transaction_id(), "voided")
    void = counter.heard("void.created")
    assert await counter.bring(void, void) == [1, 0]
    await counter.until(number, State.REVERSED)
    assert (counter.limit(), counter.mails()) == (1_000_000, 1)
    assert counter.bid(2, 100) is Lack.CENTS
    with reading(counter.house.engine) as connection:
        assert reservations.at_stake(connection, counter.house.people["ada"]).popitem()[1] == 2_000_000
        (event,) = webhooks.listing(connection, state=EventState.DELIVERED, before=None, limit=10)
    assert event.workflow_id == payment_workflow_id(number)


async def test_news_that_come_months_later_in_any_order_are_looked_up_and_believed_of_the_vendor_alone(
    counter: Counter,
) -> None:
    number = await counter.deposit()
    made = counter.heard("authcapture.created")
    counter.sandbox.settle()
    await counter.over(number)
    counter.sandbox.befall(counter.transaction_id(), "chargeback")
    assert counter.limit() == 10 * CENTS
    counter.sandbox.repeat(counter.transaction_id())
    assert await counter.bring(counter.heard("authcapture.created"), made, made) == [1, 1, 0]
    await counter.until(number, State.REVERSED)
    assert (counter.limit(), counter.mails()) == (1_000_000, 1)


async def test_a_webhook_that_nothing_stands_behind_changes_nothing(counter: Counter) -> None:
    number = await counter.deposit()
    counter.sandbox.settle()
    counter.sandbox.repeat(counter.transaction_id())
    await counter.bring(counter.heard("authcapture.created"), counter.heard("authcapture.created"))
    await counter.over(number)
    assert (counter.limit(), counter.mails()) == (10 * CENTS, 0)
