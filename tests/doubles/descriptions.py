"""Drafts without a vendor, and the door without Temporal: what comes of asking is set by a test, and asking counted."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.db import descriptions
from activities.db.descriptions import Cost
from activities.db.engine import reading, transaction
from activities.description_contracts import DescriptionActivities, DescriptionDrafted, DraftDescription
from api.database import now
from domain.descriptions import Why, Writer
from temporal.descriptions import Asked, Descriptions

MODEL, TEMPLATE = "draft_description", "draft_from_template"


@dataclass
class KeptDrafts(DescriptionActivities):
    """`fails` is how often the template's database is away. While `slow` is held, the model is silent; `is_dead`: so is
    the worker's heart; `is_broken`: the activity fails."""

    fails: int = 0
    is_broken: bool = False
    is_dead: bool = False
    slow: asyncio.Event | None = None
    asked: Counter[str] = field(default_factory=Counter)

    @activity.defn(name=MODEL)
    async def draft_description(self, work: DraftDescription) -> DescriptionDrafted:
        self.asked[MODEL] += 1
        if self.slow is not None:
            while not self.slow.is_set():
                if not self.is_dead:
                    activity.heartbeat()
                await asyncio.sleep(0.01)
        if self.is_broken:
            raise ApplicationError("planned")
        return DescriptionDrafted(Writer.OPENAI)

    @activity.defn(name=TEMPLATE)
    async def draft_from_template(self, work: DraftDescription) -> DescriptionDrafted:
        self.asked[TEMPLATE] += 1
        if self.asked[TEMPLATE] <= self.fails:
            raise ApplicationError("planned")
        return DescriptionDrafted(Writer.TEMPLATE, Why.AWAY)


class DescriptionsDouble(Descriptions):
    """The door into drafting without Temporal: `text` is kept at once as the model's; without one, the template's.
    `answers` are what is said of the next questions, in the end that all is done."""

    def __init__(self, engine: Engine, text: str | None = None) -> None:
        super().__init__(cast("Client", None), "nowhere")
        self._engine = engine
        self.text = text
        self.answers: Sequence[Asked] = ()
        self.asked: list[tuple[int, int, int]] = []

    async def draft(self, vehicle_id: int, version: int, asker_id: int) -> Asked:
        self.asked.append((vehicle_id, version, asker_id))
        answer, self.answers = (*self.answers, Asked.DONE)[0], self.answers[1:]
        if answer is Asked.DONE:
            self._write(vehicle_id)
        return answer

    def _write(self, vehicle_id: int) -> None:
        with reading(self._engine) as connection:
            made_of = descriptions.material(connection, vehicle_id)
        if made_of is None:
            return
        with transaction(self._engine) as connection:
            if self.text is None:
                descriptions.keep_template(connection, made_of, Why.FAILED, now(), Cost())
            else:
                descriptions.keep(connection, made_of, self.text, now(), Cost())
