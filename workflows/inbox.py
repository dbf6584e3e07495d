"""Bids that come by signal: a door's batch, or one bid typed by an operator into the Temporal UI or CLI."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.converter import PayloadConverter

from domain.auction import Bid
from domain.bidding import Kind
from workflows.messages import BidBatch, OperatorBid

LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class TypedBid:
    """What an operator types: `{"bidder": "42", "kind": "bid", "cents": 500000}`, and a `bid_id` to make it repeatable."""

    bidder: str
    kind: str
    cents: int
    bid_id: str = ""


@dataclass(slots=True)
class OperatorInbox:
    """Operators' bids wait here for a nonce, because a workflow's own randomness could be guessed."""

    waiting: list[OperatorBid] = field(default_factory=list)

    def read(self, converter: PayloadConverter, raw: RawValue) -> BidBatch | None:
        """A door's batch, or None after an operator's bid was put into the inbox. Raises for anything else."""
        shape: Any = BidBatch | TypedBid
        message: BidBatch | TypedBid = converter.from_payload(raw.payload, shape)
        if isinstance(message, BidBatch):
            for bid in message.bids:
                _check(bid.bidder, bid.bid_id, bid.kind)
                bytes.fromhex(bid.nonce)
            return message
        bid_id = message.bid_id or str(workflow.uuid4())
        _check(message.bidder, bid_id, message.kind)
        self.waiting.append(OperatorBid(bid_id, message.bidder, message.kind, message.cents))
        return None

    def take(self, nonces: list[str], now: datetime) -> list[Bid]:
        """The oldest waiting bids, one for each nonce, received at the moment of decision."""
        taken, self.waiting = self.waiting[: len(nonces)], self.waiting[len(nonces) :]
        return [
            Bid(bid.bid_id, bid.bidder, Kind(bid.kind), bid.cents, now, nonce, "operator")
            for bid, nonce in zip(taken, nonces, strict=True)
        ]


def _check(bidder: str, bid_id: str, kind: str) -> None:
    Kind(kind)
    if not bidder.isdecimal() or not 0 < len(bid_id) <= LONGEST_ID:
        message = "a bidder is the number of an account, and a bid id has at most 64 characters"
        raise ValueError(message)
