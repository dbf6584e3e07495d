"""What may be disputed by whom until when, what a case may end in, and the words for every refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import day_of
from domain.clock import CHICAGO
from domain.orders import Party

MOST_EVIDENCE = 20
MOST_NOTES = 100
LONGEST_TEXT = 4_000
SIDES = frozenset({Party.BUYER, Party.SELLER})


class Kind(StrEnum):
    """What a dispute is about: the vehicle, its title, money, or how somebody behaved."""

    CONDITION = "condition"
    TITLE = "title"
    PAYMENT = "payment"
    CONDUCT = "conduct"


class Anchor(StrEnum):
    """The facts that windows are counted by."""

    SOLD = "sold"
    PAID = "paid"
    DELIVERED = "delivered"


class Remedy(StrEnum):
    """What a case ends in: the money goes its way, some of it goes back, or the sale is undone whole."""

    RELEASE = "release"
    PARTIAL_REFUND = "partial_refund"
    UNWIND = "unwind"


class DisputeCode(StrEnum):
    """Why an act is refused."""

    NOT_OPEN_YET = "DISPUTE_NOT_OPEN_YET"
    WINDOW_CLOSED = "DISPUTE_WINDOW_CLOSED"
    NOT_FOR_YOU = "DISPUTE_NOT_FOR_YOU"
    TEXT_MISSING = "DISPUTE_TEXT_MISSING"
    TEXT_TOO_LONG = "DISPUTE_TEXT_TOO_LONG"
    ALREADY_OPEN = "DISPUTE_ALREADY_OPEN"
    ANSWERED = "DISPUTE_ANSWERED"
    BAD_REMEDY = "DISPUTE_BAD_REMEDY"
    OVER = "DISPUTE_OVER"
    NOT_NOW = "DISPUTE_NOT_NOW"
    NOT_EXPIRED = "DISPUTE_NOT_EXPIRED"
    EVIDENCE_LOCKED = "DISPUTE_EVIDENCE_LOCKED"
    TOO_MUCH = "DISPUTE_TOO_MUCH"
    SAME_PERSON = "DISPUTE_SAME_PERSON"


D = DisputeCode
WORDS: Mapping[DisputeCode, str] = MappingProxyType(
    {
        D.NOT_OPEN_YET: "This can only be disputed later in the sale.",
        D.WINDOW_CLOSED: "The time to dispute this is over.",
        D.NOT_FOR_YOU: "That is for another party of this dispute to do.",
        D.TEXT_MISSING: "Say what happened.",
        D.TEXT_TOO_LONG: f"Use at most {LONGEST_TEXT:,} characters, and add documents as evidence.",
        D.ALREADY_OPEN: "There is an open dispute of yours of this kind; add to that one.",
        D.ANSWERED: "This dispute has its answer; add documents as evidence.",
        D.BAD_REMEDY: "A partial refund is more than nothing and less than all that was paid.",
        D.OVER: "This dispute is over.",
        D.NOT_NOW: "That is not possible as the dispute stands.",
        D.NOT_EXPIRED: "The time for this step is not over yet.",
        D.EVIDENCE_LOCKED: "What was filed cannot be changed; add the new document beside it.",
        D.TOO_MUCH: f"At most {MOST_EVIDENCE} documents of one side, and {MOST_NOTES} notes.",
        D.SAME_PERSON: "Somebody else has to approve this.",
    }
)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a case is to end in. `cents` go back to the buyer in a partial refund; elsewhere it is 0."""

    remedy: Remedy
    cents: int = 0

    def fits(self, paid_cents: int) -> bool:
        """Whether its sum fits its remedy."""
        return 0 < self.cents < paid_cents if self.remedy is Remedy.PARTIAL_REFUND else self.cents == 0

    def given_back(self, paid_cents: int) -> int:
        """The cents that go back to the buyer of all that they have paid."""
        return paid_cents if self.remedy is Remedy.UNWIND else self.cents


RELEASE = Resolution(Remedy.RELEASE)
UNWIND = Resolution(Remedy.UNWIND)
# What becomes of a case that nobody decides: a buyer without a title gets the money back, else the sale stands.
DEFAULTS: Mapping[Kind, Resolution] = MappingProxyType(
    {Kind.CONDITION: RELEASE, Kind.TITLE: UNWIND, Kind.PAYMENT: RELEASE, Kind.CONDUCT: RELEASE}
)


@dataclass(frozen=True, slots=True)
class Window:
    """Open from one fact on, until so many whole days (Chicago) after another; without an end until that happens."""

    opens_with: Anchor
    closes_after: Anchor
    days: int
    who: frozenset[Party]


BUYER_ONLY = frozenset({Party.BUYER})
WINDOWS: Mapping[Kind, Window] = MappingProxyType(
    {
        Kind.CONDITION: Window(Anchor.DELIVERED, Anchor.DELIVERED, 5, BUYER_ONLY),
        Kind.TITLE: Window(Anchor.PAID, Anchor.DELIVERED, 30, BUYER_ONLY),
        Kind.PAYMENT: Window(Anchor.SOLD, Anchor.DELIVERED, 30, SIDES),
        Kind.CONDUCT: Window(Anchor.SOLD, Anchor.DELIVERED, 10, SIDES),
    }
)


@dataclass(frozen=True, slots=True)
class Sale:
    """What has happened of an order, each fact with its moment (aware UTC), and what the buyer has paid and not got
    back."""

    happened: Mapping[Anchor, datetime] = field(default_factory=dict)
    paid_cents: int = 0


def window_ends(kind: Kind, sale: Sale) -> datetime | None:
    """When (UTC) the window of a kind closes: at the Chicago midnight after its last day. None while it has no end."""
    window = WINDOWS[kind]
    since = sale.happened.get(window.closes_after)
    return None if since is None else _midnight_after(day_of(since) + timedelta(days=window.days))


def window_refusal(kind: Kind, by: Party, sale: Sale, at: datetime) -> DisputeCode | None:
    """Why a case may not be opened at `at`, the moment its claim was received.

    Staff may open one of any kind within its window. The house opens those that come from outside, as a chargeback
    does; they know no window.
    """
    window = WINDOWS[kind]
    if by is Party.CARRIER or (by in SIDES and by not in window.who):
        return DisputeCode.NOT_FOR_YOU
    since = sale.happened.get(window.opens_with)
    if since is None or at < since:
        return DisputeCode.NOT_OPEN_YET
    ends = window_ends(kind, sale)
    closed = by is not Party.HOUSE and ends is not None and at >= ends
    return DisputeCode.WINDOW_CLOSED if closed else None


def text_refusal(words: str) -> DisputeCode | None:
    """Why a claim or an answer of these words is not taken."""
    if not words.strip():
        return DisputeCode.TEXT_MISSING
    return DisputeCode.TEXT_TOO_LONG if len(words) > LONGEST_TEXT else None


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=CHICAGO).astimezone(UTC)
