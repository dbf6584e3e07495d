"""What goes into the Order workflow and what comes out, and the one value that a run carries over to the next."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from activities.order_contracts import Invoiced, OrderEvent, Trouble
from domain.dispute_terms import Kind, Remedy, Resolution
from domain.disputes import Claim, Dispute
from domain.order_deadlines import Deadlines, PaymentTerms, Step
from domain.orders import Order, OrderStatus, Party
from domain.payouts import PayoutStatus
from domain.promises import Event, Timeline

MOST_DISPUTES = 12
MOST_INBOX = 200
MOST_KNOWN = 500
LONGEST_ID = 64
LONGEST_WORDS = 300
# What a side, the carrier or the staff may tell of; all else the workflow knows by itself.
NEWS = frozenset({Event.TITLE_RECEIVED, Event.TITLE_FILED, Event.PICKED_UP, Event.DELIVERED})


class Refusal(StrEnum):
    """Why a message is refused where the domain has no word for it."""

    UNREADABLE = "ORDER_UNREADABLE"
    NO_DISPUTE = "ORDER_NO_SUCH_DISPUTE"


class Undo(StrEnum):
    """What undoes a step of the sale; each is registered before its step, and done in reverse."""

    RELEASE_VEHICLE = "release_vehicle"
    CREDIT_INVOICE = "credit_invoice"
    GIVE_BACK = "give_back"
    CANCEL_TITLE = "cancel_title"
    CANCEL_TRANSPORT = "cancel_transport"
    CLAW_BACK = "claw_back"


@dataclass(slots=True)
class PayoutPlan:
    """What is arranged for the seller's money. `attempt` names what is handed to the provider; `held` and `due_on` are
    as they were last written down."""

    due_on: date | None = None
    held: bool = False
    attempt: int = 1
    status: PayoutStatus = PayoutStatus.WAITING


@dataclass(slots=True)
class OrderState:
    """All that a run knows of its order.

    `version` counts its changes, `recorded` those that are in the database; `events` are the lines that are not, the
    first of them number `first_event`. `facts` are the moments of what happened, whoever told of it when. `undo` are
    the compensations that are registered, `unwinding` says why they are being done. `refunds` are disputes whose
    partial refund is on its way, `calls` what operators have not been told yet, `known` the updates that were done.
    """

    order: Order
    terms: PaymentTerms
    with_carrier: bool
    timeline: Timeline
    version: int = 0
    recorded: int = 0
    events: list[OrderEvent] = field(default_factory=list)
    first_event: int = 1
    facts: dict[Event, datetime] = field(default_factory=dict)
    disputes: list[Dispute] = field(default_factory=list)
    dispute_closed_at: datetime | None = None
    invoice: Invoiced | None = None
    times: Deadlines | None = None
    taken: list[Step] = field(default_factory=list)
    late_fee_cents: int = 0
    paid_cents: int = 0
    has_money_news: bool = False
    default_settled: bool = False
    has_transport: bool = False
    begun: list[Undo] = field(default_factory=list)
    payout: PayoutPlan = field(default_factory=PayoutPlan)
    ended_at: datetime | None = None
    undo: list[Undo] = field(default_factory=list)
    unwinding: str = ""
    refunds: list[str] = field(default_factory=list)
    returns: int = 0
    wished: list[Party] = field(default_factory=list)
    calls: list[Trouble] = field(default_factory=list)
    troubles: int = 0
    known: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OrderStart:
    """The order by its row, or what an earlier run carries over."""

    order_id: int
    carried: OrderState | None = None


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """How it stands when nothing more is to be expected of it."""

    status: OrderStatus
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What an act came to: an empty `code` where it was done, and the order after it."""

    code: str
    order: Order


@dataclass(frozen=True, slots=True)
class Happened:
    """News of the world, one of `NEWS`: what happened and when (aware UTC), from stand-ins, staff and vendors."""

    event: Event
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Somebody wishes the sale called off before it is paid; buyer and seller do it together, staff alone."""

    by: Party
    reason: str


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A new case under an id that is made by who asks; `owner` is the member of staff who is to have it, if any."""

    dispute_id: str
    claim: Claim
    owner: str = ""


@dataclass(frozen=True, slots=True)
class AnswerDispute:
    """The other side's own story."""

    dispute_id: str
    by: Party
    words: str


@dataclass(frozen=True, slots=True)
class ConcedeDispute:
    """The other side's yes to what is asked."""

    dispute_id: str
    by: Party


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """A document by its id and SHA-256 (hex), locked once it is filed."""

    dispute_id: str
    evidence_id: str
    by: Party
    digest: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class NoteDispute:
    """A remark of a member of staff (`person`, their id) for the others."""

    dispute_id: str
    person: str
    words: str


@dataclass(frozen=True, slots=True)
class AssignDispute:
    """Somebody else of the staff has the case now."""

    dispute_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class EscalateDispute:
    """A member of staff passes it on to who decides more."""

    dispute_id: str
    person: str


@dataclass(frozen=True, slots=True)
class ProposeResolution:
    """A member of staff decides."""

    dispute_id: str
    person: str
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class JudgeResolution:
    """A second member of staff stands for what is proposed, or (another update) does not."""

    dispute_id: str
    person: str


@dataclass(frozen=True, slots=True)
class WithdrawDispute:
    """Who opened it lets it go."""

    dispute_id: str
    by: Party


class SupportAct(StrEnum):
    """What support does by hand from the Temporal UI or CLI."""

    RAISE = "raise"
    NOTE = "note"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class SupportSays:
    """The JSON of the signal `dispute`. The last four are for `raise` only: of what kind, against whom, and what is
    asked for (`cents` of a partial refund)."""

    dispute_id: str
    act: SupportAct
    person: str
    words: str = ""
    kind: Kind = Kind.CONDUCT
    against: Party = Party.SELLER
    asked: Remedy = Remedy.RELEASE
    cents: int = 0
