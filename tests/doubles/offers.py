"""The Offer workflows without Temporal: the real rules, the real activities, and a network that fails on demand."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from temporalio.service import RPCError, RPCStatusCode

from activities.db.offers import Stored
from activities.offer_contracts import AskAuction, OfferStep, RecordOffer
from activities.offers import OfferWork
from api.database import now
from domain.offers import Act, Offer, OfferCode, OfferStatus, Side, answered, by_threshold, moved
from domain.purchases import FOR_NOW
from temporal.offers import LotAuctioneer, Offers
from tests.doubles.auctions import LotsDouble
from workflows.offer_messages import OfferAct, OfferAnswer


class OffersDouble(Offers):
    """Offers in this process's memory, judged by `domain.offers` and recorded by `activities.offers`.

    `away`: nothing reaches an offer. `lose_answers`: so many of the next acts are carried out, their answers lost.
    """

    def __init__(self, engine: Engine, lots: LotsDouble) -> None:
        self.work = OfferWork(engine, LotAuctioneer(lots, engine), "https://market.example")
        self.standing: dict[str, tuple[Stored, Offer]] = {}
        self.away = False
        self.lose_answers = 0

    async def begin(self, stored: Stored) -> None:
        if self.away or stored.offer_id in self.standing:
            return
        self.standing[stored.offer_id] = (stored, stored.offer)
        await self._record(stored, [OfferStep(Act.OFFER, Side.BUYER, stored.created_at, stored.offer)])
        act = by_threshold(stored.offer, stored.thresholds)
        if act is not None:
            await self._do(stored, act, Side.SELLER, moved(stored.offer, act), now())

    async def act(self, stored: Stored, update: Any, act: OfferAct) -> OfferAnswer:
        if self.away:
            raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")
        offer, side = self.standing[stored.offer_id][1], stored.side_of(act.by)
        assert side is not None
        kind = Act(update.__name__)
        if act.step != offer.step and offer.status is OfferStatus.OPEN:
            return OfferAnswer(OfferCode.OFFER_CHANGED.value, offer)
        judged = answered(offer, side, kind, now(), cents=act.cents)
        if isinstance(judged, OfferCode):
            return OfferAnswer(judged.value, offer)
        code = await self._do(stored, kind, side, judged, now())
        if self.lose_answers:
            self.lose_answers -= 1
            raise RPCError("the answer was lost", RPCStatusCode.DEADLINE_EXCEEDED, b"")
        return OfferAnswer(code, self.standing[stored.offer_id][1])

    async def _do(self, stored: Stored, act: Act, side: Side, offer: Offer, at: datetime) -> str:
        await self._put(stored, OfferStep(act, side, at, offer))
        if offer.status is not OfferStatus.ACCEPTING:
            return ""
        asked = AskAuction(
            f"{stored.offer_id}-{offer.step}", stored.offer_id, stored.auction_id, stored.buyer_id, offer.cents
        )
        code = (await self.work.ask_auction(asked)).code
        step = Act.SELL if not code else Act.WAIT if code in FOR_NOW else Act.LAPSE
        await self._put(stored, OfferStep(step, Side.HOUSE, now(), moved(offer, step, code)))
        return code

    async def _put(self, stored: Stored, step: OfferStep) -> None:
        self.standing[stored.offer_id] = (stored, step.offer)
        await self._record(stored, [step])

    async def _record(self, stored: Stored, steps: list[OfferStep]) -> None:
        await asyncio.shield(self.work.record_offer(RecordOffer(stored.offer_id, steps)))
