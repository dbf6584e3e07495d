"""What comes by signal: a door's batch, an outage, or one bid typed by an operator into the Temporal UI or CLI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.converter import PayloadConverter

from domain.auction import Bid
from domain.bidding import Kind
from workflows.checks import UnreadableError, check_bidder, check_bids, check_cents
from workflows.messages import MOST_BIDS_IN_BATCH, BidBatch, OperatorBid, Outage

MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class TypedBid:
    """What an operator types: `{"bidder": "42", "kind": "bid", "cents": 500000}`; a `bid_id` makes it repeatable."""

    bidder: str
    kind: str
    cents: int
    bid_id: str = ""


@dataclass(slots=True)
class Inbox:
    """Messages that cannot be judged at once.

    Operators' bids wait for a nonce, because a workflow's own randomness could be guessed; doors' batches wait while
    the ledger has no room, because a signal cannot be told to come back.
    """

    waiting: list[OperatorBid] = field(default_factory=list)
    batches: list[BidBatch] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self.waiting and not self.batches

    def read(
        self, converter: PayloadConverter, name: str, arguments: Sequence[RawValue]
    ) -> BidBatch | TypedBid | Outage:
        """The one message of a signal of this name. Raises for anything that is not just that."""
        (argument,) = arguments
        shape = _shape(name, converter.from_payload(argument.payload, dict[str, Any]))
        message: BidBatch | TypedBid | Outage = converter.from_payload(argument.payload, shape)
        match message:
            case BidBatch():
                check_bids(message)
            case TypedBid():
                check_bidder(message.bidder, message.bid_id or "new", message.kind)
                check_cents(message.cents)
            case Outage() if message.at.tzinfo is None:
                raise UnreadableError("a time has a zone")
            case Outage():
                pass
        return message

    def put(self, message: BidBatch | TypedBid) -> None:
        """Let it wait. Raises where too much waits already."""
        if len(self.waiting) + sum(len(batch.bids) for batch in self.batches) >= MOST_WAITING:
            raise UnreadableError("too much waits")
        if isinstance(message, BidBatch):
            self.batches.append(message)
            return
        # What an operator typed names a bid of this lot only; the ids of other lots and of doors are out of its reach.
        typed = f"{workflow.info().workflow_id}:{message.bid_id}"
        bid_id = str(uuid5(NAMESPACE_OID, typed)) if message.bid_id else str(workflow.uuid4())
        self.waiting.append(OperatorBid(bid_id, message.bidder, message.kind, message.cents))

    def next_count(self) -> int:
        """How many operators' bids are to get a nonce next."""
        return min(len(self.waiting), MOST_BIDS_IN_BATCH)

    def next_ids(self, count: int) -> list[str]:
        """The ids of the oldest waiting bids of operators."""
        return [bid.bid_id for bid in self.waiting[:count]]

    def take(self, nonces: list[str], now: datetime) -> list[Bid]:
        """The oldest waiting bids, one for each nonce, received at the moment of decision."""
        taken, self.waiting = self.waiting[: len(nonces)], self.waiting[len(nonces) :]
        return [
            Bid(bid.bid_id, bid.bidder, Kind(bid.kind), bid.cents, now, nonce, "operator")
            for bid, nonce in zip(taken, nonces, strict=True)
        ]


def _shape(name: str, members: Mapping[str, Any]) -> type[BidBatch | TypedBid | Outage]:
    # Two shapes of one name are told apart here, because msgspec decodes no union of two dataclasses.
    if name == "report_outage":
        return Outage
    if name != "place_bids":
        raise UnreadableError("there is no such signal")
    return BidBatch if "bids" in members else TypedBid
