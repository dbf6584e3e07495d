"""What goes into the Auction workflow and what comes out: one dataclass each way, changed only by adding."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.auction import Terms
from domain.carry import Carried
from domain.ledger import Entry

MOST_BIDS_IN_BATCH = 256
MOST_ENTRIES_IN_ANSWER = 256
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class OperatorBid:
    """A bid that an operator sent from the Temporal UI or CLI and that waits for its nonce."""

    bid_id: str
    bidder: str
    kind: str
    cents: int


@dataclass(frozen=True, slots=True)
class BidIn:
    """One bid of a batch. `kind` is bid or auto_bid, `nonce` 64 hex digits from the API's `secrets`."""

    bid_id: str
    bidder: str
    kind: str
    cents: int
    received_at: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class BidBatch:
    """Bids in the order in which they arrived at one door.

    `door` names the process that sends: what an answer has handed to it before is not handed to it again.

    `recorded_through` is the last `seq` that the database had, without a gap, when the door looked there for these bid
    ids and knew none of them.
    """

    batch_id: str
    recorded_through: int
    bids: list[BidIn]
    door: str = ""


@dataclass(frozen=True, slots=True)
class AuctionStart:
    """The workflow's input: frozen terms and a nonce for a new auction, or what an earlier run carries over."""

    terms: Terms
    nonce: str
    vehicle: str = ""
    carried: Carried | None = None
    operator_bids: list[OperatorBid] = field(default_factory=list)
    batches: list[BidBatch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BidReply:
    """The answer to one bid. `entry` is set where the batch's `entries` lack it (a repeat, or a long backlog)."""

    outcome: str
    code: str | None
    seq: int
    repeated: bool = False
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """Replies in the order of the bids, and the oldest entries that are not known to be recorded.

    `stale`: nothing was judged, the ids must be looked for in the database again. `busy`: nothing was judged, too much
    waits to be recorded.
    """

    replies: list[BidReply]
    entries: list[Entry]
    stale: bool = False
    busy: bool = False


@dataclass(frozen=True, slots=True)
class LowerReserve:
    """The seller lowers the reserve to `reserve_cents`, or waives it (None)."""

    reserve_cents: int | None
    nonce: str


@dataclass(frozen=True, slots=True)
class Retract:
    """Take one accepted bid out. `by` is "admin" after two agreed, or the id of the bidder who slipped."""

    bid_id: str
    seq: int | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveBidder:
    """Take out all bids of one bidder. `by` is "admin" after two agreed, or the bidder during a material edit."""

    bidder: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the lot without a sale; `reason` is public.

    `by` is "admin" after two agreed; "one_admin" or "seller", who are refused once somebody has bid.
    """

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop all clocks; `reason` is public."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Start the clocks again with the time that was left, or after a material edit with `at_least_s` seconds."""

    at_least_s: int = 0


@dataclass(frozen=True, slots=True)
class BuyNow:
    """A buyer takes the lot at its fixed price of `cents`; the door has reserved their buying power for it."""

    purchase_id: str
    buyer: str
    cents: int
    nonce: str


@dataclass(frozen=True, slots=True)
class SettleBuyNow:
    """What came of a reservation: it is paid, or it will not be."""

    purchase_id: str
    paid: bool


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Buyer and seller agree on an offer of `cents`; each attempt to sell by it has an `acceptance_id` of its own."""

    acceptance_id: str
    offer_id: str
    buyer: str
    cents: int
    nonce: str


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """Whether a command was done or refused, its entry, and the oldest entries not known to be recorded."""

    outcome: str
    code: str | None
    entry: Entry
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What a door that found a gap asks for, telling how far the database is."""

    recorded_through: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A bid that was received at `at` had to be answered 503 in the lot's last 10 minutes."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AuctionOutcome:
    """How the auction ended: `result`, and for a sale who bought, for how many cents, and by what (`sold_by`)."""

    auction_id: int
    result: str
    price_cents: int | None
    winner: str | None
    seq: int
    hash: str
    sold_by: str = ""
