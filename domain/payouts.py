"""The seller's money: when it is due, what of it is paid out and why, how a payout moves, and how it is got back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import add_business_days, day_of
from domain.clock import MILLISECOND


class PayoutStatus(StrEnum):
    """Where a payout stands. `sending`: it is in a file or with the provider, and may have left; `returned`: the bank
    sent it back; `clawed_back`: it was paid out and the seller owes it; `cancelled`: it never left."""

    WAITING = "waiting"
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    PAID = "paid"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    CLAWED_BACK = "clawed_back"


class Step(StrEnum):
    """What is done with a payout. `fail`: it certainly never left."""

    SET = "set"
    SEND = "send"
    CONFIRM = "confirm"
    FAIL = "fail"
    SETTLE = "settle"
    RETURN = "return"
    CORRECT = "correct"
    UNWIND = "unwind"


class PayoutCode(StrEnum):
    """Why a step is refused."""

    NOT_POSSIBLE = "PAYOUT_NOT_POSSIBLE"
    NOT_DUE = "PAYOUT_NOT_DUE"
    DISPUTE_OPEN = "PAYOUT_DISPUTE_OPEN"
    SELLER_HELD = "PAYOUT_SELLER_HELD"
    NOTHING_TO_SEND = "PAYOUT_NOTHING_TO_SEND"


WORDS: Mapping[PayoutCode, str] = MappingProxyType(
    {
        PayoutCode.NOT_POSSIBLE: "That is not possible as the payout stands.",
        PayoutCode.NOT_DUE: "This payout is not due yet.",
        PayoutCode.DISPUTE_OPEN: "A dispute is open on the sale; the payout waits for its end.",
        PayoutCode.SELLER_HELD: "Payouts of this seller are held; our staff look into it.",
        PayoutCode.NOTHING_TO_SEND: "Nothing is left to be paid out of this sale.",
    }
)

S, T = PayoutStatus, Step
MOVES: Mapping[tuple[PayoutStatus, Step], PayoutStatus] = MappingProxyType(
    {
        (S.WAITING, T.SET): S.DUE,
        (S.WAITING, T.UNWIND): S.CANCELLED,
        (S.DUE, T.SET): S.DUE,
        (S.DUE, T.SEND): S.SENDING,
        (S.DUE, T.UNWIND): S.CANCELLED,
        (S.SENDING, T.CONFIRM): S.SENT,
        (S.SENDING, T.FAIL): S.DUE,
        # A file that may have left is taken as gone: it is got back, never guessed at.
        (S.SENDING, T.UNWIND): S.CLAWED_BACK,
        (S.SENT, T.SETTLE): S.PAID,
        (S.SENT, T.RETURN): S.RETURNED,
        (S.SENT, T.UNWIND): S.CLAWED_BACK,
        # A bank may send an entry back after the days in which it usually does.
        (S.PAID, T.RETURN): S.RETURNED,
        (S.PAID, T.UNWIND): S.CLAWED_BACK,
        (S.RETURNED, T.CORRECT): S.DUE,
        (S.RETURNED, T.UNWIND): S.CANCELLED,
        # What comes back of its own accord after an unwind settles the claim.
        (S.CLAWED_BACK, T.RETURN): S.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a payout waits for, each None until it has happened (aware UTC; `funds_cleared_on` is the bank's date)."""

    funds_cleared_on: date | None = None
    title_in_hand_at: datetime | None = None
    dispute_window_ends: datetime | None = None
    disputes_open: bool = False
    last_dispute_closed_at: datetime | None = None
    seller_held: bool = False


@dataclass(frozen=True, slots=True)
class Payout:
    """The one payout of an order. `attempt` counts how often it was sent; with the order it is the provider's key.

    `claimed_cents` is what was claimed back after it left.
    """

    order_id: int
    cents: int
    status: PayoutStatus = PayoutStatus.WAITING
    due_on: date | None = None
    attempt: int = 0
    claimed_cents: int = 0
    reason: str = ""

    @property
    def key(self) -> str:
        """What the provider, or the file's entry, knows this attempt by; at most 15 characters."""
        return f"P{self.order_id}-{self.attempt}"


def due_on(facts: Facts) -> date | None:
    """The business day after the latest of funds cleared, title in hand, the dispute window's last day, and the end of
    the last dispute there was. None while one of them is missing or a dispute is open."""
    cleared, title, window = facts.funds_cleared_on, facts.title_in_hand_at, facts.dispute_window_ends
    if cleared is None or title is None or window is None or facts.disputes_open:
        return None
    # A window ends at a midnight, which belongs to the day before it.
    days = [cleared, day_of(title), day_of(window - MILLISECOND)]
    if facts.last_dispute_closed_at is not None:
        days.append(day_of(facts.last_dispute_closed_at))
    return add_business_days(max(days), 1)


def set_due(payout: Payout, facts: Facts) -> Payout | PayoutCode:
    """The payout with its day, or with a new one; it waits where a fact is missing."""
    day = due_on(facts)
    if day is None:
        return PayoutCode.DISPUTE_OPEN if facts.disputes_open else PayoutCode.NOT_DUE
    return moved(replace(payout, due_on=day), Step.SET)


def sending(payout: Payout, facts: Facts, today: date) -> Payout | PayoutCode:
    """The payout as it leaves, judged by the facts of this very moment: a dispute opened just now still stops it.

    Nothing leaves before this step has been stored. A dispute that comes after it finds the money gone, and the way
    back is the clawback.
    """
    if payout.status is not PayoutStatus.DUE:
        return PayoutCode.NOT_POSSIBLE
    if facts.disputes_open:
        return PayoutCode.DISPUTE_OPEN
    if facts.seller_held:
        return PayoutCode.SELLER_HELD
    day = due_on(facts)
    if day is None or payout.due_on is None or today < max(day, payout.due_on):
        return PayoutCode.NOT_DUE
    if payout.cents <= 0:
        return PayoutCode.NOTHING_TO_SEND
    return moved(replace(payout, attempt=payout.attempt + 1), Step.SEND)


def moved(payout: Payout, step: Step, reason: str = "") -> Payout | PayoutCode:
    """The payout after a step of `MOVES`; `sending`, `set_due` and `returned` take theirs."""
    status = MOVES.get((payout.status, step))
    return PayoutCode.NOT_POSSIBLE if status is None else replace(payout, status=status, reason=reason)


class LineCode(StrEnum):
    """The lines of a seller's statement, in their order."""

    PRICE = "price"
    SELLER_FEE = "seller_fee"
    TRANSPORT = "transport"
    LIEN_PAYOFF = "lien_payoff"
    REFUNDED = "refunded"
    ADJUSTMENT = "adjustment"
    BACKUP_WITHHOLDING = "backup_withholding"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what is added (positive) or taken off, and why in plain words."""

    code: LineCode
    cents: int
    why: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a seller owes us from an earlier order, by its `id`."""

    id: str
    cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """How a payout comes about. The lines add up to `net_cents - owed_cents`: one of both is 0.

    `settled` is what was taken off for each claim.
    """

    lines: tuple[Line, ...]
    net_cents: int
    owed_cents: int
    settled: tuple[Claim, ...]


def statement(lines: Iterable[Line], claims: Iterable[Claim] = ()) -> Statement:
    """A seller's statement: its lines in order, and of older claims as much as is left to take, oldest first.

    Lines of nothing are left out. Where the sum is below zero nothing is paid out, and the seller owes the rest.
    """
    shown = sorted((line for line in lines if line.cents), key=lambda line: tuple(LineCode).index(line.code))
    left = sum(line.cents for line in shown)
    settled: list[Claim] = []
    for claim in claims:
        taken = min(claim.cents, max(left, 0))
        if taken:
            left -= taken
            settled.append(Claim(claim.id, taken))
            shown.append(Line(LineCode.CLAIM, -taken, f"Owed from before ({claim.id})"))
    return Statement(tuple(shown), max(left, 0), max(-left, 0), tuple(settled))


@dataclass(frozen=True, slots=True)
class Clawback:
    """How the seller's part of a refund is got back: from what has not left yet, and as a claim for the rest."""

    kept_cents: int
    claimed_cents: int


def clawback(payout: Payout, back_cents: int) -> tuple[Payout, Clawback]:
    """The payout and the way back, once `back_cents` of the seller's money go back to the buyer.

    `back_cents` is of the seller's own part of this sale, and of all refunds together no more than that part. What has
    not left is lowered (to nothing: cancelled). What has left, or may have, is claimed from the seller. A payout that
    was got back whole has nothing more to give, so the same unwind again claims nothing twice.
    """
    if payout.status in {S.CANCELLED, S.CLAWED_BACK}:
        return payout, Clawback(0, 0)
    undone = MOVES[payout.status, T.UNWIND]
    kept = min(back_cents, payout.cents) if undone is S.CANCELLED else 0
    claimed = back_cents - kept
    after = replace(payout, cents=payout.cents - kept, claimed_cents=payout.claimed_cents + claimed)
    is_whole = after.cents <= after.claimed_cents
    return replace(after, status=undone if is_whole else payout.status), Clawback(kept, claimed)


def returned(payout: Payout, reason: str) -> tuple[Payout, int] | PayoutCode:
    """The payout that its bank sent back, and how much of what was claimed back is settled by that."""
    after = moved(payout, Step.RETURN, reason)
    if isinstance(after, PayoutCode):
        return after
    settled = min(payout.claimed_cents, payout.cents)
    return replace(after, cents=payout.cents - settled, claimed_cents=payout.claimed_cents - settled), settled
