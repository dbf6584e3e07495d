"""Offer activities that drop database and auction: steps go into a list, what the auction says is written before."""

import asyncio
from dataclasses import dataclass, field

from temporalio import activity

from activities.offer_contracts import AskAuction, AuctionSaid, OfferActivities, OfferStep, RecordOffer


@dataclass
class KeptOffer:
    """What is recorded of one offer, and what its auction says when it is asked: sold, once nothing is left."""

    steps: list[OfferStep] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    asked: list[AskAuction] = field(default_factory=list)
    away: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def acts(self) -> list[str]:
        return [step.act.value for step in self.steps]


class KeptOffers(OfferActivities):
    """All offers of a test session, by id."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptOffer] = {}

    def of(self, offer_id: str) -> KeptOffer:
        if offer_id not in self._kept:
            self._kept[offer_id] = KeptOffer()
            self._kept[offer_id].open.set()
        return self._kept[offer_id]

    @activity.defn(name="record_offer")
    async def record_offer(self, work: RecordOffer) -> None:
        kept = self.of(work.offer_id)
        if kept.away:
            raise ConnectionError("the database is away")
        known = kept.steps[-1].offer.step if kept.steps else 0
        fresh = [step for step in work.steps if step.offer.step > known]
        assert [step.offer.step for step in fresh] == list(range(known + 1, known + 1 + len(fresh)))
        kept.steps += fresh

    @activity.defn(name="ask_auction")
    async def ask_auction(self, work: AskAuction) -> AuctionSaid:
        kept = self.of(work.offer_id)
        kept.asked.append(work)
        await kept.open.wait()
        return AuctionSaid(kept.says.pop(0) if kept.says else "")
