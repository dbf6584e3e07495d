"""Negotiations and second chances without Temporal: the real rules and activities, and a network that fails."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from temporalio.service import RPCError, RPCStatusCode

from activities.db.second_chances import StoredChance
from activities.db.talks import StoredTalks
from activities.talks import NegotiationWork, SecondChanceWork
from activities.talks_contracts import ChanceStep, RecordChance, RecordTalks, TalksStep
from api.database import now
from domain import negotiation, second_chance
from domain.negotiation import Act, Negotiation, NegotiationCode, Rules, Side
from domain.second_chance import Chance, ChanceCode
from temporal.talks import Negotiations, SecondChances
from workflows.negotiation_messages import ChanceAct, ChanceAnswer, TalksAct, TalksAnswer

SITE = "https://market.example"


def away() -> RPCError:
    return RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")


class NegotiationsDouble(Negotiations):
    """Negotiations in this process's memory, by auction. `away`: nothing reaches one."""

    def __init__(self, engine: Engine) -> None:
        self.work = NegotiationWork(engine, SITE)
        self.talks: dict[int, Negotiation] = {}
        self.away = False
        self.lose_answers = 0

    async def begin(self, auction_id: int, *, sunday_rule: bool = False) -> Negotiation:
        """What its workflow does first."""
        found = await self.work.open_talks(auction_id)
        talks = negotiation.opened(found.candidates, found.reserve_cents, now(), Rules(sunday_rule=sunday_rule))
        assert talks is not None
        await self._put(auction_id, TalksStep(None, Side.HOUSE, now(), talks))
        return talks

    async def act(self, stored: StoredTalks, update: Any, act: TalksAct) -> TalksAnswer:
        if self.away:
            raise away()
        talks = self.talks[stored.auction_id]
        side = Side.SELLER if act.by == stored.seller_id else Side.BUYER
        kind = Act(update.__name__)
        judged = negotiation.answered(
            talks, side, kind, act.received_at, bidder=str(act.by), cents=act.cents, step=act.step
        )
        if isinstance(judged, NegotiationCode):
            return TalksAnswer(judged.value, talks)
        code = await self._put(stored.auction_id, TalksStep(kind, side, act.received_at, judged, act.act_id))
        if self.lose_answers:
            self.lose_answers -= 1
            raise away()
        return TalksAnswer(code, self.talks[stored.auction_id])

    async def expire(self, auction_id: int, at: datetime) -> None:
        """Let the time of the figure on the table be over."""
        judged = negotiation.answered(self.talks[auction_id], Side.HOUSE, Act.EXPIRE, at)
        assert isinstance(judged, Negotiation)
        await self._put(auction_id, TalksStep(Act.EXPIRE, Side.HOUSE, at, judged))

    async def _put(self, auction_id: int, step: TalksStep) -> str:
        done = await self.work.record_talks(RecordTalks(auction_id, [step]))
        if not done.code:
            self.talks[auction_id] = step.talks
        return done.code


class SecondChancesDouble(SecondChances):
    """Second chances in this process's memory, by order. `away`: nothing reaches one."""

    def __init__(self, engine: Engine) -> None:
        self.work = SecondChanceWork(engine, SITE)
        self.chances: dict[int, Chance] = {}
        self.away = False

    async def begin(self, order_id: int) -> Chance:
        """What its workflow does first."""
        found = await self.work.open_chance(order_id)
        chance = second_chance.opened(found.candidates, now(), allowed_cents=found.allowed_cents, sunday_rule=False)
        assert chance is not None
        await self._put(order_id, ChanceStep(None, now(), chance))
        return chance

    async def act(self, stored: StoredChance, act: ChanceAct) -> ChanceAnswer:
        if self.away:
            raise away()
        chance = self.chances[stored.order_id]
        judged = second_chance.answered(chance, act.act, act.received_at, bidder=str(act.by))
        if isinstance(judged, ChanceCode):
            return ChanceAnswer(judged.value, chance)
        code = await self._put(stored.order_id, ChanceStep(act.act, act.received_at, judged, act.act_id))
        return ChanceAnswer(code, self.chances[stored.order_id])

    async def _put(self, order_id: int, step: ChanceStep) -> str:
        done = await self.work.record_chance(RecordChance(order_id, [step]))
        if not done.code:
            self.chances[order_id] = step.chance
        return done.code
