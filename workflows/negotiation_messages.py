"""What goes into the workflows of negotiations and second chances and what comes out: changed only by adding."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.talks_contracts import ChanceStep, TalksStep
from domain.negotiation import Negotiation
from domain.negotiation import Status as TalksStatus
from domain.second_chance import Act, Chance
from domain.second_chance import Status as ChanceStatus


@dataclass(frozen=True, slots=True)
class TalksAct:
    """One side acts: `by` is their account, `cents` the figure of a counter, `act_id` names the wish for good.

    `step` is the step that they have seen; `received_at` is when our door had read their wish.
    """

    act_id: str
    by: int
    step: int
    received_at: datetime
    cents: int = 0


@dataclass(frozen=True, slots=True)
class TalksAnswer:
    """What an act came to: an empty `code` where it was done, and the negotiation after it (None: there is none)."""

    code: str
    talks: Negotiation | None


@dataclass(frozen=True, slots=True)
class TalksState:
    """What a run carries over: the talks, the answers that were given by act, and steps that are not recorded."""

    seller_id: int
    talks: Negotiation
    answers: dict[str, TalksAnswer] = field(default_factory=dict)
    unrecorded: list[TalksStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NegotiationStart:
    """A lot that closed below its reserve, whose row is committed, or what an earlier run carries over."""

    auction_id: int
    carried: TalksState | None = None


@dataclass(frozen=True, slots=True)
class NegotiationOutcome:
    """How it ended; `order_id` is the sale's where there is one."""

    status: TalksStatus
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChanceAct:
    """A candidate takes or declines, or the seller allows or refuses the price; the rest is as in `TalksAct`."""

    act_id: str
    by: int
    act: Act
    step: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ChanceAnswer:
    """What an act came to: an empty `code` where it was done, and the second chance after it (None: there is none)."""

    code: str
    chance: Chance | None


@dataclass(frozen=True, slots=True)
class ChanceState:
    """What a run carries over."""

    seller_id: int
    chance: Chance
    answers: dict[str, ChanceAnswer] = field(default_factory=dict)
    unrecorded: list[ChanceStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SecondChanceStart:
    """An order that its buyer did not pay, whose row is committed, or what an earlier run carries over."""

    order_id: int
    carried: ChanceState | None = None


@dataclass(frozen=True, slots=True)
class SecondChanceOutcome:
    """How it ended: with a new order, or with the lot put up again as `relisted_as` (None: its seller does that)."""

    status: ChanceStatus
    order_id: int | None = None
    relisted_as: int | None = None
