"""The JSON shapes of one person's bids and of what proves them: receipts, ledger entries and signed heads."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from activities.db.bids import Bid, MyBid, Receipt
from activities.db.history import LedgerRow
from api.views import VehicleView, vehicle_view
from domain.clock import to_text
from domain.ledger import commitment


class MyBidView(TypedDict):
    """A bid of the asker with its lot; `cents` is the amount, or the maximum of an auto-bid."""

    bid_id: str
    auction_id: int
    title: str
    vehicle: VehicleView
    kind: str
    cents: int
    outcome: str
    code: str | None
    received_at: str
    decided_at: str
    retracted: bool
    auction_status: str
    ends_at: str
    price_cents: int | None
    leading: bool
    result: str | None


class AttemptView(TypedDict):
    """One of the asker's own attempts under its lot."""

    bid_id: str
    kind: str
    cents: int
    outcome: str
    code: str | None
    received_at: str
    retracted: bool


class EntryView(TypedDict):
    """A ledger entry as the public may check it: `commitment` seals the private part under the hash."""

    seq: int
    prev_hash: str
    hash: str
    commitment: str
    public: dict[str, Any]


class ReceiptView(TypedDict):
    """The proof of a bid for its owner: its answer, the signature, and the entry with its private part opened."""

    bid_id: str
    auction_id: int
    seq: int
    kind: str
    cents: int
    outcome: str
    code: str | None
    price_cents: int | None
    minimum_next_cents: int
    reserve: str
    leader: str | None
    ends_at: str
    received_at: str
    decided_at: str
    retracted: bool
    hash: str
    signature: str
    entry: EntryView
    private: dict[str, Any] | None
    nonce: str
    server_now: str


class SignedHeadView(TypedDict):
    """The newest recorded entry of a ledger, signed by the platform's key (both in hex)."""

    auction_id: int
    seq: int
    hash: str
    version: int
    signature: str
    public_key: str
    server_now: str


def my_bid_view(row: MyBid) -> MyBidView:
    """A bid for the person who made it."""
    own = row.bid
    return {
        "bid_id": own.bid_id,
        "auction_id": own.auction_id,
        "title": row.vehicle.title,
        "vehicle": vehicle_view(row.vehicle),
        "kind": own.kind,
        "cents": own.cents,
        "outcome": own.outcome,
        "code": own.code,
        "received_at": to_text(own.received_at),
        "decided_at": to_text(own.decided_at),
        "retracted": own.retracted,
        "auction_status": row.auction_status,
        "ends_at": to_text(row.ends_at),
        "price_cents": row.price_cents,
        "leading": row.leading,
        "result": row.result,
    }


def attempt_view(own: Bid) -> AttemptView:
    """One of the asker's own attempts in a lot."""
    return {
        "bid_id": own.bid_id,
        "kind": own.kind,
        "cents": own.cents,
        "outcome": own.outcome,
        "code": own.code,
        "received_at": to_text(own.received_at),
        "retracted": own.retracted,
    }


def entry_view(row: LedgerRow) -> EntryView:
    """An entry for everyone."""
    return {
        "seq": row.seq,
        "prev_hash": row.prev_hash,
        "hash": row.hash,
        "commitment": commitment(row.private, row.nonce),
        "public": row.public,
    }


def receipt_view(row: Receipt, signature: str, moment: datetime) -> ReceiptView:
    """A receipt for the person who made the bid; `leader` is "you" where they lead, as in the answer to the bid."""
    own, public = row.bid, row.entry.public
    mine = public["leader"] is not None and public["leader"] == public["bidder"]
    return {
        "bid_id": own.bid_id,
        "auction_id": own.auction_id,
        "seq": own.seq,
        "kind": own.kind,
        "cents": own.cents,
        "outcome": own.outcome,
        "code": own.code,
        "price_cents": public["price_cents"],
        "minimum_next_cents": public["minimum_next_cents"],
        "reserve": public["reserve"],
        "leader": "you" if mine else public["leader"],
        "ends_at": public["ends_at"],
        "received_at": to_text(own.received_at),
        "decided_at": to_text(own.decided_at),
        "retracted": own.retracted,
        "hash": row.entry.hash,
        "signature": signature,
        "entry": entry_view(row.entry),
        "private": row.entry.private,
        "nonce": row.entry.nonce,
        "server_now": to_text(moment),
    }
