"""One auction workflow as a test holds it: a door that records what comes back, and questions about its history."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue

from domain.auction import Terms
from domain.clock import truncate
from tests.workflows.kept_ledger import Kept, KeptLedger
from workflows import messages
from workflows.auction import AuctionWorkflow
from workflows.ids import auction_workflow_id

QUEUE = "auctions-of-tests"
NONCE = "5a" * 32
WEEK = timedelta(days=7)
NUMBERS = count(1_000)
PATIENCE_S = 15.0


@dataclass
class Lot:
    """`now` is asked of the server, because its time may skip."""

    client: Client
    ledger: KeptLedger
    terms: Terms
    handle: WorkflowHandle[Any, messages.AuctionOutcome]

    @property
    def kept(self) -> Kept:
        return self.ledger.of(self.terms.auction_id)

    async def place(self, *bids: messages.BidIn, through: int | None = None) -> messages.BatchAnswer:
        """One batch, as a door sends and records it."""
        seen = len(self.kept.entries) if through is None else through
        sent = messages.BidBatch(str(uuid.uuid4()), seen, list(bids))
        answer = await self.handle.execute_update(AuctionWorkflow.place_bids, sent, id=sent.batch_id)
        if not self.kept.away:
            self.ledger.record(self.terms.auction_id, answer.entries)
        return answer

    async def command(self, update: Any, argument: object) -> messages.CommandAnswer:
        answer: messages.CommandAnswer = await self.handle.execute_update(update, argument, id=str(uuid.uuid4()))
        return answer

    async def signal(self, *arguments: Any, name: str = "place_bids") -> None:
        await self.handle.signal(name, args=arguments)

    async def signal_from_outside(self, *arguments: Any, name: str = "place_bids") -> None:
        """As the Temporal UI or CLI does it: without our converter and codec."""
        outside = Client(self.client.service_client, namespace=self.client.namespace)
        await outside.get_workflow_handle(self.handle.id).signal(name, args=arguments)

    async def state(self) -> dict[str, Any]:
        facts: dict[str, Any] = await self.handle.query(AuctionWorkflow.state)
        return facts

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that workflow or recorder do on their own."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await asyncio.sleep(0.01)

    async def until_recorded(self, kind: str) -> dict[str, Any]:
        """The public part of the newest entry of a kind, once it is recorded."""
        await self.until(lambda: kind in self.kept.kinds())
        return next(entry.public for entry in reversed(self.kept.entries) if entry.public["kind"] == kind)

    async def end(self) -> messages.AuctionOutcome:
        await self.command(AuctionWorkflow.cancel, messages.Cancel("admin", "the test is over"))
        return await self.handle.result()

    async def events(self, kind: str) -> list[Any]:
        """The events of a kind (as `timer_started_event_attributes`) in the current run's history."""
        history = await self.handle.fetch_history()
        return [event for event in history.events if event.WhichOneof("attributes") == f"{kind}_event_attributes"]


async def start_lot(
    client: Client, ledger: KeptLedger, now: datetime, *, carried: messages.AuctionStart | None = None, **terms: Any
) -> Lot:
    """A lot that is live from `now` for a week; keywords change its terms."""
    begins = truncate(now)
    chosen = replace(
        Terms(next(NUMBERS), ("1",), 500_00, None, begins, begins + WEEK, sunday_rule=False),
        **terms,
    )
    handle = await client.start_workflow(
        AuctionWorkflow.run,
        carried or messages.AuctionStart(chosen, NONCE, "2019 Honda Civic EX"),
        id=auction_workflow_id(chosen.auction_id),
        task_queue=QUEUE,
        static_summary="2019 Honda Civic EX",
    )
    return Lot(client, ledger, chosen, handle)


def bid(bidder: int, dollars: int, at: datetime, *, bid_id: str = "", kind: str = "bid") -> messages.BidIn:
    return messages.BidIn(bid_id or str(uuid.uuid4()), str(bidder), kind, dollars * 100, truncate(at), NONCE)


def raw(data: bytes, encoding: bytes = b"json/plain") -> RawValue:
    """An argument exactly as given, as somebody outside our code could send it."""
    return RawValue(Payload(metadata={"encoding": encoding}, data=data))
