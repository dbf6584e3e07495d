"""The door into listings without Temporal: each step is the real activity on the real database, done at once."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Engine
from temporalio.client import Client

from activities.listings import ListingWork
from activities.review_contracts import ListingStep, LotCommand, StepTaken
from domain.errors import UnavailableError
from temporal.listings import AWAY, RETRY_S, Listings
from tests.doubles.auctions import LotsDouble
from workflows import messages
from workflows.auction import AuctionWorkflow
from workflows.listing import NOT_HELD
from workflows.listing_messages import StepAnswer, TakeStep

SITE = "https://hammertime.example"
DAY_S = 86_400


class Steering:
    """Lots held and resumed without Temporal."""

    def __init__(self, lots: LotsDouble) -> None:
        self._lots = lots

    async def hold(self, auction_id: int, reason: str, command_id: str) -> bool:
        return await self._command(auction_id, AuctionWorkflow.hold, messages.Hold(reason), command_id)

    async def resume(self, auction_id: int, command_id: str) -> None:
        await self._command(auction_id, AuctionWorkflow.resume, messages.Resume(DAY_S), command_id)

    async def _command(self, auction_id: int, update: Any, argument: object, command_id: str) -> bool:
        answer = await self._lots.command(auction_id, update, argument, command_id=command_id)
        return answer.code is None


class ListingsDouble(Listings):
    """`away` is a Temporal that nobody reaches; `wishes` is what came, `followed` and `told` whom the news reached.

    `before_step` is called once, in front of the next step: what happens between reading and deciding.
    """

    def __init__(self, engine: Engine, lots: LotsDouble) -> None:
        super().__init__(cast("Client", None), "nowhere")
        self.work = ListingWork(engine, SITE, Steering(lots))
        self.away = False
        self.wishes: list[TakeStep] = []
        self.followed: Counter[int] = Counter()
        self.told: Counter[int] = Counter()
        self.held: list[LotCommand] = []
        self.before_step: Callable[[], Any] | None = None

    async def take_step(self, vehicle_id: int, wish: TakeStep) -> StepAnswer:
        if self.away:
            raise UnavailableError("LISTING_UNAVAILABLE", AWAY, retry_after_s=RETRY_S)
        self.wishes.append(wish)
        between, self.before_step = self.before_step, None
        if between is not None:
            await between()
        work = ListingStep(
            vehicle_id, wish.step, wish.version, wish.actor_id, wish.notes, wish.request_id, wish.address
        )
        taken = await asyncio.to_thread(self.work.take_listing_step, work)
        if taken.hold_lot is not None:
            taken = await self._take_while_held(work, taken)
        return StepAnswer(taken.code, taken.missing)

    async def _take_while_held(self, work: ListingStep, taken: StepTaken) -> StepTaken:
        assert taken.hold_lot is not None
        held = LotCommand(taken.hold_lot, str(uuid.uuid4()))
        if not await self.work.hold_edited_lot(held):
            return replace(taken, code=NOT_HELD, hold_lot=None)
        self.held.append(held)
        return await asyncio.to_thread(self.work.take_listing_step, replace(work, lot_held=True))

    async def follow(self, vehicle_id: int) -> None:
        self.followed[vehicle_id] += 1

    async def tell(self, vehicle_id: int) -> None:
        self.told[vehicle_id] += 1
