"""The activities of offers by name, with what goes in and what comes out; `activities.offers` implements them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from domain.offers import Act, Offer, Side


@dataclass(frozen=True, slots=True)
class OfferStep:
    """One thing that was done with an offer, by whom and when, and the offer after it."""

    act: Act
    side: Side
    at: datetime
    offer: Offer


@dataclass(frozen=True, slots=True)
class RecordOffer:
    """Steps of one offer in order; those that are recorded already change nothing."""

    offer_id: str
    steps: list[OfferStep]


@dataclass(frozen=True, slots=True)
class AskAuction:
    """Buyer and seller agree: the auction is to sell by it. `acceptance_id` names this attempt for good."""

    acceptance_id: str
    offer_id: str
    auction_id: int
    buyer_id: int
    cents: int


@dataclass(frozen=True, slots=True)
class AuctionSaid:
    """What the auction answered: sold with an empty `code`, or why not."""

    code: str


class OfferActivities(ABC):
    """What an offer needs of the world. Each may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="record_offer")
    async def record_offer(self, work: RecordOffer) -> None:
        """Write the steps down with the buying power that they bind or set free, and tell the other side."""

    @abstractmethod
    @activity.defn(name="ask_auction")
    async def ask_auction(self, work: AskAuction) -> AuctionSaid:
        """Have the auction judge an acceptance, in its own sequence; one that is unknown is asked for again."""
