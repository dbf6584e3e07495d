"""What goes into the Offer workflow and what comes out: one dataclass each way, changed only by adding."""

from dataclasses import dataclass, field
from datetime import datetime

from activities.offer_contracts import OfferStep
from domain.offers import Offer, OfferStatus, Thresholds


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """What an act came to: an empty `code` where it was done, and the offer after it."""

    code: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class OfferState:
    """What a run carries over: the offer, the answers that were given by act, and steps that are not recorded."""

    offer: Offer
    answers: dict[str, OfferAnswer] = field(default_factory=dict)
    unrecorded: list[OfferStep] = field(default_factory=list)
    ask_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferStart:
    """An offer whose row and buying power are committed, or what an earlier run carries over."""

    offer_id: str
    auction_id: int
    buyer_id: int
    seller_id: int
    offer: Offer
    thresholds: Thresholds
    made_at: datetime
    carried: OfferState | None = None


@dataclass(frozen=True, slots=True)
class OfferAct:
    """One side answers: `by` is their account, `cents` the figure of a counter, `act_id` names the wish for good.

    `step` is the step that they have seen: a figure that was replaced meanwhile is not accepted by mistake.
    """

    act_id: str
    by: int
    step: int
    cents: int = 0


@dataclass(frozen=True, slots=True)
class OfferOutcome:
    """How it ended; `reason` says why where the auction or the clock ended it."""

    status: OfferStatus
    reason: str = ""
