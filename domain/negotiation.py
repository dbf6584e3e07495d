"""The negotiation after a missed reserve: one figure on the table, first with the leader, then down the ranking.

Source: auction-rules.md section 7. The clocks stand still on a Chicago Sunday, where nothing may be sold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from domain.money import is_whole_dollars
from domain.selling_hours import hours_later, is_sunday


class Side(StrEnum):
    """Whose figure, or whose act. The house is the clock, and staff who end it."""

    BUYER = "buyer"
    SELLER = "seller"
    HOUSE = "house"


class Status(StrEnum):
    """`open`: a figure waits for its answer; `sold`: both sides agree; `over`: no sale, the lot is free."""

    OPEN = "open"
    SOLD = "sold"
    OVER = "over"


class Act(StrEnum):
    """What is done: `decline` ends the talks with this bidder, `stop` (seller or house) all of them."""

    ACCEPT = "accept"
    COUNTER = "counter"
    DECLINE = "decline"
    STOP = "stop"
    EXPIRE = "expire"


class Ending(StrEnum):
    """How the talks with one bidder ended."""

    AGREED = "agreed"
    DECLINED_BY_BUYER = "declined_by_buyer"
    DECLINED_BY_SELLER = "declined_by_seller"
    EXPIRED = "expired"
    STOPPED = "stopped"


class NegotiationCode(StrEnum):
    """Why an act is refused."""

    OVER = "NEGOTIATION_OVER"
    EXPIRED = "NEGOTIATION_STEP_EXPIRED"
    NOT_YET = "NEGOTIATION_STEP_NOT_EXPIRED"
    NOT_YOURS = "NEGOTIATION_NOT_YOURS"
    NOT_YOUR_TURN = "NEGOTIATION_NOT_YOUR_TURN"
    CHANGED = "NEGOTIATION_CHANGED"
    ON_SUNDAY = "NOT_ON_SUNDAY"
    NOT_WHOLE_DOLLARS = "NOT_WHOLE_DOLLARS"
    TOO_MANY_COUNTERS = "NEGOTIATION_TOO_MANY_COUNTERS"
    TOO_LOW = "NEGOTIATION_COUNTER_TOO_LOW"
    TOO_HIGH = "NEGOTIATION_COUNTER_TOO_HIGH"
    ABOVE_RESERVE = "NEGOTIATION_ABOVE_RESERVE"


WORDS: Mapping[NegotiationCode, str] = MappingProxyType(
    {
        NegotiationCode.OVER: "This negotiation is over.",
        NegotiationCode.EXPIRED: "The time to answer this figure is over.",
        NegotiationCode.NOT_YET: "The time to answer this figure is not over yet.",
        NegotiationCode.NOT_YOURS: "You have no part in this negotiation now.",
        NegotiationCode.NOT_YOUR_TURN: "Your own figure is on the table and binds you; the other side answers it.",
        NegotiationCode.CHANGED: "There is another figure on the table by now; read it and decide again.",
        NegotiationCode.ON_SUNDAY: "Vehicles are not sold on a Sunday; your time to answer goes on on Monday.",
        NegotiationCode.NOT_WHOLE_DOLLARS: "Name a whole number of dollars.",
        NegotiationCode.TOO_MANY_COUNTERS: "You have named three figures; accept this one or decline it.",
        NegotiationCode.TOO_LOW: "A figure of yours must lie above what the buyer has offered last.",
        NegotiationCode.TOO_HIGH: "A figure of yours must lie below what the seller has asked last.",
        NegotiationCode.ABOVE_RESERVE: "You would have sold at your reserve: ask for no more than that.",
    }
)

St, A = Status, Act
# What ends the talks with one bidder opens those with the next one (`open`) where there is one, and time is left.
MOVES: Mapping[tuple[Status, Act], frozenset[Status]] = MappingProxyType(
    {
        (St.OPEN, A.ACCEPT): frozenset({St.SOLD, St.OPEN}),
        (St.OPEN, A.COUNTER): frozenset({St.OPEN}),
        (St.OPEN, A.DECLINE): frozenset({St.OPEN, St.OVER}),
        (St.OPEN, A.STOP): frozenset({St.OVER}),
        (St.OPEN, A.EXPIRE): frozenset({St.OPEN, St.OVER}),
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Frozen when the lot is scheduled, as its other terms are."""

    step: timedelta = timedelta(hours=24)
    whole: timedelta = timedelta(hours=72)
    most_counters: int = 3
    sunday_rule: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bidder who agreed to be asked, and the figure the talks with them open at.

    `is_bound`: they agreed that the price they reached is a binding offer. Otherwise the seller's yes is a figure of
    the seller's at the same price, which the bidder may still answer.
    """

    bidder: str
    cents: int
    is_bound: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A price on the table and whose it is; it binds its side until it is answered or expires."""

    by: Side
    cents: int


@dataclass(frozen=True, slots=True)
class Negotiation:
    """All of a negotiation, small enough to be carried by a workflow. `figures` are those of the talks that run (or ran
    last), `endings` one for each bidder whose talks are over. `step` grows with everything that is done."""

    rules: Rules
    reserve_cents: int
    candidates: tuple[Candidate, ...]
    ends_at: datetime
    expires_at: datetime
    figures: tuple[Figure, ...]
    endings: tuple[Ending, ...] = ()
    is_bound: bool = True
    status: Status = Status.OPEN
    step: int = 1

    @property
    def candidate(self) -> Candidate:
        """Who the talks are with, or were with last."""
        turn = len(self.endings) if self.status is Status.OPEN else len(self.endings) - 1
        return self.candidates[turn]

    @property
    def figure(self) -> Figure:
        """What is on the table."""
        return self.figures[-1]

    @property
    def offered_cents(self) -> int:
        """The most that this bidder has offered."""
        return max(figure.cents for figure in self.figures if figure.by is Side.BUYER)

    @property
    def asked_cents(self) -> int | None:
        """The least that the seller has asked of this bidder, or None so far."""
        return min((figure.cents for figure in self.figures if figure.by is Side.SELLER), default=None)

    def counters(self, side: Side) -> int:
        """How many counters a side has made to this bidder, or as this bidder; the first figure is no counter."""
        return sum(figure.by is side for figure in self.figures[1:])

    @property
    def held_cents(self) -> int:
        """What the bidder in turn is bound to now."""
        if self.status is Status.SOLD:
            return self.figure.cents
        bound = self.status is Status.OPEN and self.figure.by is Side.BUYER and self.is_bound
        return self.figure.cents if bound else 0


def opened(
    candidates: Sequence[Candidate], reserve_cents: int, now: datetime, rules: Rules | None = None
) -> Negotiation | None:
    """The negotiation of a lot that has closed below its reserve, or None where nobody agreed to be asked.

    `candidates` come as they are ranked, the leader first; who did not agree is not among them.
    """
    rules = rules or Rules()
    if not candidates:
        return None
    ends_at = hours_later(now, rules.whole, sunday_rule=rules.sunday_rule)
    first = candidates[0]
    return Negotiation(
        rules=rules,
        reserve_cents=reserve_cents,
        candidates=tuple(candidates),
        ends_at=ends_at,
        expires_at=_expiry(rules, now, ends_at),
        figures=(Figure(Side.BUYER, first.cents),),
        is_bound=first.is_bound,
    )


def answered(
    talks: Negotiation,
    side: Side,
    act: Act,
    at: datetime,
    *,
    bidder: str = "",
    cents: int = 0,
    step: int | None = None,
) -> Negotiation | NegotiationCode:
    """The negotiation after an act, or why it is refused. `at` is when it was received, never when it was judged.

    `bidder` is who acts as the buyer; `step` is the one they have seen (None: whichever); `cents` a counter's figure.
    """
    code = _refusal(talks, side, act, at, bidder, step)
    if code is not None:
        return code
    match act:
        case Act.COUNTER:
            return _countered(talks, side, at, cents)
        case Act.ACCEPT:
            return _accepted(talks, at)
        case Act.STOP:
            return _ended(talks, Ending.STOPPED, Status.OVER)
        case Act.DECLINE:
            ending = Ending.DECLINED_BY_BUYER if side is Side.BUYER else Ending.DECLINED_BY_SELLER
            return _next(talks, ending, at)
        case Act.EXPIRE:
            return _next(talks, Ending.EXPIRED, at)
        case _:
            assert_never(act)


def _refusal(
    talks: Negotiation, side: Side, act: Act, at: datetime, bidder: str, step: int | None
) -> NegotiationCode | None:
    if (talks.status, act) not in MOVES:
        return NegotiationCode.OVER
    if side is Side.BUYER and bidder != talks.candidate.bidder:
        return NegotiationCode.NOT_YOURS
    if act is Act.EXPIRE:
        return NegotiationCode.NOT_YET if at < talks.expires_at else None
    if side is Side.HOUSE:
        return None if act is Act.STOP else NegotiationCode.NOT_YOURS
    if at >= talks.expires_at:
        return NegotiationCode.EXPIRED
    if step is not None and step != talks.step:
        return NegotiationCode.CHANGED
    if side is talks.figure.by or (act is Act.STOP and side is Side.BUYER):
        return NegotiationCode.NOT_YOUR_TURN
    sunday = talks.rules.sunday_rule and is_sunday(at)
    return NegotiationCode.ON_SUNDAY if sunday and act is Act.ACCEPT else None


def _countered(talks: Negotiation, side: Side, at: datetime, cents: int) -> Negotiation | NegotiationCode:
    if not is_whole_dollars(cents):
        return NegotiationCode.NOT_WHOLE_DOLLARS
    if talks.counters(side) >= talks.rules.most_counters:
        return NegotiationCode.TOO_MANY_COUNTERS
    # The two sides only ever come closer.
    if cents <= talks.offered_cents:
        return NegotiationCode.TOO_LOW
    if talks.asked_cents is not None and cents >= talks.asked_cents:
        return NegotiationCode.TOO_HIGH
    if cents > talks.reserve_cents:
        return NegotiationCode.ABOVE_RESERVE
    return _put(talks, Figure(side, cents), at)


def _accepted(talks: Negotiation, at: datetime) -> Negotiation:
    if talks.figure.by is Side.BUYER and not talks.is_bound:
        return _put(talks, Figure(Side.SELLER, talks.figure.cents), at)
    return _ended(talks, Ending.AGREED, Status.SOLD)


def _put(talks: Negotiation, figure: Figure, at: datetime) -> Negotiation:
    # Whoever names a figure in these talks is bound by it, the bidder too.
    return replace(
        talks,
        figures=(*talks.figures, figure),
        expires_at=_expiry(talks.rules, at, talks.ends_at),
        is_bound=True,
        step=talks.step + 1,
    )


def _next(talks: Negotiation, ending: Ending, at: datetime) -> Negotiation:
    turn = len(talks.endings) + 1
    if turn == len(talks.candidates) or at >= talks.ends_at:
        return _ended(talks, ending, Status.OVER)
    candidate = talks.candidates[turn]
    return replace(
        talks,
        figures=(Figure(Side.BUYER, candidate.cents),),
        endings=(*talks.endings, ending),
        expires_at=_expiry(talks.rules, at, talks.ends_at),
        is_bound=candidate.is_bound,
        step=talks.step + 1,
    )


def _ended(talks: Negotiation, ending: Ending, status: Status) -> Negotiation:
    return replace(talks, endings=(*talks.endings, ending), status=status, step=talks.step + 1)


def _expiry(rules: Rules, at: datetime, ends_at: datetime) -> datetime:
    return min(hours_later(at, rules.step, sunday_rule=rules.sunday_rule), ends_at)
