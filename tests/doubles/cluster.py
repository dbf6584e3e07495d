"""Temporal as its client meets it: auctions judged by the real rules, each update answered once, a line that fails."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, cast

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.auction import Auction, Bid, Status
from domain.bidding import Kind
from domain.clock import truncate
from workflows import messages
from workflows.ids import auction_workflow_id

# What the server takes of one workflow by default; the eleventh is told RESOURCE_EXHAUSTED.
MOST_IN_FLIGHT = 10


class Fault(StrEnum):
    """What happens to a call: it never arrives, is carried out and its answer lost, or is answered in this way."""

    AWAY = "away"
    LAZY = "lazy"
    LOST = "lost"
    CUT = "cut"
    MISSING = "missing"
    REFUSED = "refused"
    STALE = "stale"
    BUSY = "busy"


@dataclass(frozen=True)
class Call:
    """One update or signal as it was sent."""

    name: str
    auction_id: int
    id: str
    argument: Any


class ClusterDouble:
    """A client's view of Auction workflows. `faults` befall the next calls, one each; `open` lets them pass."""

    def __init__(self) -> None:
        self.auctions: dict[int, Auction] = {}
        self.starts: list[messages.AuctionStart] = []
        self.updates: list[Call] = []
        self.signals: list[Call] = []
        self.faults: deque[Fault] = deque()
        self.faults_of: dict[int, Fault] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.delays_signals = False
        self.most_at_once = 0
        self._at_once: dict[int, int] = {}
        self._answers: dict[tuple[int, str], Any] = {}

    def client(self) -> Client:
        """This double in the place of a client."""
        return cast("Client", self)

    def add(self, auction: Auction) -> None:
        """An auction whose workflow runs."""
        self.auctions[auction.terms.auction_id] = auction

    def batches(self) -> list[messages.BidBatch]:
        """The batches of bids that were sent as updates, each attempt."""
        return [call.argument for call in self.updates if call.name == "place_bids"]

    def deliver_signals(self) -> None:
        """Let the auctions read the signals that were held back."""
        self.delays_signals = False
        for call in self.signals:
            self._read(call)

    # What temporal.lots uses of a client

    def get_workflow_handle(self, workflow_id: str, *, result_type: type) -> "HandleDouble":
        del result_type
        return HandleDouble(self, int(workflow_id.removeprefix("auction-")))

    async def start_workflow(self, run: object, start: messages.AuctionStart, **options: Any) -> None:
        self._fail_before(self._next_fault(start.terms.auction_id))
        assert options["id"] == auction_workflow_id(start.terms.auction_id)
        if start.terms.auction_id in self.auctions:
            raise WorkflowAlreadyStartedError(options["id"], "Auction")
        self.add(Auction(start.terms))
        self.starts.append(start)

    # What a handle does

    async def update(self, call: Call) -> Any:
        self.updates.append(call)
        fault = self._next_fault(call.auction_id)
        if self._at_once.get(call.auction_id, 0) == MOST_IN_FLIGHT:
            raise RPCError("too many updates in flight", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
        self._at_once[call.auction_id] = self._at_once.get(call.auction_id, 0) + 1
        self.most_at_once = max(self.most_at_once, *self._at_once.values())
        try:
            await self.open.wait()
            self._fail_before(fault)
            answer = self._answer(call, fault)
        finally:
            self._at_once[call.auction_id] -= 1
        if fault is Fault.LOST:
            raise RPCError("the answer was lost", RPCStatusCode.DEADLINE_EXCEEDED, b"")
        if fault is Fault.CUT:
            raise WorkflowUpdateRPCTimeoutOrCancelledError
        return answer

    async def signal(self, call: Call) -> None:
        fault = self._next_fault(call.auction_id)
        await self.open.wait()
        self._fail_before(fault)
        self._running(call.auction_id)
        self.signals.append(call)
        if not self.delays_signals:
            self._read(call)

    def status_of(self, auction_id: int) -> WorkflowExecutionStatus:
        auction = self.auctions.get(auction_id)
        if auction is None:
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")
        over = auction.status is Status.ENDED
        return WorkflowExecutionStatus.COMPLETED if over else WorkflowExecutionStatus.RUNNING

    def _next_fault(self, auction_id: int) -> Fault | None:
        if auction_id in self.faults_of:
            return self.faults_of[auction_id]
        return self.faults.popleft() if self.faults else None

    @staticmethod
    def _fail_before(fault: Fault | None) -> None:
        match fault:
            case Fault.AWAY:
                raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")
            case Fault.LAZY:
                raise RuntimeError("Failed client connect")
            case Fault.MISSING:
                raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")
            case Fault.REFUSED:
                raise WorkflowUpdateFailedError(ApplicationError("the validator said no", type="UnreadableError"))
            case _:
                pass

    def _running(self, auction_id: int) -> Auction:
        auction = self.auctions.get(auction_id)
        if auction is None or auction.status is Status.ENDED:
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
        auction.advance(utc_now())
        return auction

    def _answer(self, call: Call, fault: Fault | None) -> Any:
        known = self._answers.get((call.auction_id, call.id))
        if known is not None:
            return known
        auction = self._running(call.auction_id)
        if fault in (Fault.STALE, Fault.BUSY):
            return messages.BatchAnswer([], [], stale=fault is Fault.STALE, busy=fault is Fault.BUSY)
        answer = self._answers[call.auction_id, call.id] = HANDLERS[call.name](auction, call.argument)
        return answer

    def _read(self, call: Call) -> None:
        if call.name == "place_bids":
            _judge(self.auctions[call.auction_id], call.argument)


@dataclass(frozen=True)
class HandleDouble:
    """The handle of one auction."""

    cluster: ClusterDouble
    auction_id: int
    facts: dict[str, Any] = field(default_factory=dict)

    async def execute_update(self, update: Any, argument: Any, *, id: str) -> Any:  # noqa: A002 - the SDK's name
        return await self.cluster.update(Call(update.__name__, self.auction_id, id, argument))

    async def signal(self, name: str, argument: Any) -> None:
        await self.cluster.signal(Call(name, self.auction_id, "", argument))

    async def describe(self) -> SimpleNamespace:
        return SimpleNamespace(status=self.cluster.status_of(self.auction_id))


def utc_now() -> datetime:
    """The cluster's clock."""
    return truncate(datetime.now(UTC))


def _judge(auction: Auction, batch: messages.BidBatch) -> list[messages.BidReply]:
    bids = (Bid(b.bid_id, b.bidder, Kind(b.kind), b.cents, b.received_at, b.nonce) for b in batch.bids)
    answers = [auction.place(bid, utc_now()) for bid in bids]
    return [messages.BidReply(a.outcome, a.code, a.entry.seq, a.repeated, a.entry) for a in answers]


def _place(auction: Auction, batch: messages.BidBatch) -> messages.BatchAnswer:
    if not auction.tail.covers(batch.recorded_through):
        return messages.BatchAnswer([], [], stale=True)
    auction.tail.confirm(batch.recorded_through)
    replies = _judge(auction, batch)
    return messages.BatchAnswer(replies, auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER))


def _unrecorded(auction: Auction, question: messages.Unrecorded) -> messages.BatchAnswer:
    auction.tail.confirm(question.recorded_through)
    return messages.BatchAnswer([], auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER))


def _hold(auction: Auction, hold: messages.Hold) -> messages.CommandAnswer:
    answer = auction.hold(utc_now(), hold.reason)
    entries = auction.tail.unrecorded(messages.MOST_ENTRIES_IN_ANSWER)
    return messages.CommandAnswer(answer.outcome, answer.code, answer.entry, entries)


HANDLERS: dict[str, Callable[[Auction, Any], Any]] = {"place_bids": _place, "unrecorded": _unrecorded, "hold": _hold}
