"""The worker's side of the Description workflow: the model is asked, its text is checked, and a draft is kept."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from sqlalchemy import Engine
from temporalio import activity

from activities import description_contracts
from activities.db import descriptions
from activities.db.descriptions import Cost, Draft, Material
from activities.db.engine import reading, transaction
from activities.description_contracts import DescriptionDrafted, DraftDescription
from activities.keys import derive
from activities.providers.openai_drafts import (
    VENDOR,
    Answer,
    Drafted,
    Failed,
    Prompt,
    Refused,
    Truncated,
    prompt_of,
)
from activities.vendor_calls import beating
from domain.clock import truncate
from domain.description_check import Problem, problems
from domain.descriptions import Why, Writer
from domain.seller_words import on_one_line

GONE = DescriptionDrafted(None)

log = structlog.get_logger(__name__)


class Drafter(Protocol):
    """A model that writes drafts; whatever happens there is its answer."""

    async def draft(self, prompt: Prompt, asker: str) -> Answer:
        """What it makes of a prompt; `asker` is a keyed hash of who wants it."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What came of an answer: a text that may be shown, or why there is none."""

    text: str
    why: Why | None
    reason: str
    problems: tuple[Problem, ...] = ()


class DescriptionWork(description_contracts.DescriptionActivities):
    """Writes drafts. Without a `drafter` the model is off; `asks_a_day` is how often it may be asked in a day."""

    def __init__(
        self,
        engine: Engine,
        drafter: Drafter | None,
        secret: bytes,
        asks_a_day: int,
        clock: Callable[[], datetime] = lambda: truncate(datetime.now(UTC)),
    ) -> None:
        self._engine = engine
        self._drafter = drafter
        self._key = derive(secret, "description askers")
        self._asks_a_day = asks_a_day
        self._now = clock

    @activity.defn(name="draft_description")
    async def draft_description(self, work: DraftDescription) -> DescriptionDrafted:
        """Ask the model for a draft, and keep it where it says nothing but the facts; else keep the template's."""
        async with beating():
            made_of = await asyncio.to_thread(self._material, work.vehicle_id)
            if made_of is None:
                return GONE
            if self._drafter is None:
                return await self._keep_template(made_of, Why.OFF)
            prompt = prompt_of(made_of.facts)
            if not await asyncio.to_thread(self._claim, made_of, prompt.digest):
                log.warning("description_budget_spent", vendor=VENDOR, asks_a_day=self._asks_a_day)
                return await self._keep_template(made_of, Why.BUDGET)
            answer = await self._drafter.draft(prompt, self._hashed(work.asker_id))
            return await self._judge(made_of, prompt, answer)

    @activity.defn(name="draft_from_template")
    async def draft_from_template(self, work: DraftDescription) -> DescriptionDrafted:
        """Keep the template's draft."""
        made_of = await asyncio.to_thread(self._material, work.vehicle_id)
        return GONE if made_of is None else await self._keep_template(made_of, Why.AWAY)

    async def _judge(self, made_of: Material, prompt: Prompt, answer: Answer) -> DescriptionDrafted:
        judged = _judged(made_of, answer)
        cost = Cost(answer.usage.input_tokens, answer.usage.output_tokens)
        log.info(
            "description_answered",
            vehicle_id=made_of.vehicle_id,
            version=made_of.version,
            why=judged.why and judged.why.value,
            reason=judged.reason,
            problems=[problem.value for problem in judged.problems],
            prompt_hash=prompt.digest,
            input_tokens=cost.input_tokens,
            output_tokens=cost.output_tokens,
        )
        if isinstance(answer, Failed) and answer.is_ours:
            log.error("vendor_rejected", vendor=VENDOR, reason=answer.reason)
        if judged.why is not None:
            return await self._keep_template(made_of, judged.why, cost)
        await asyncio.to_thread(self._keep, made_of, judged.text, cost)
        return DescriptionDrafted(Writer.OPENAI)

    async def _keep_template(self, made_of: Material, why: Why, cost: Cost = Cost()) -> DescriptionDrafted:  # noqa: B008
        kept = await asyncio.to_thread(self._write_template, made_of, why, cost)
        return DescriptionDrafted(kept.writer, kept.why)

    def _hashed(self, user_id: int) -> str:
        return hmac.new(self._key, str(user_id).encode(), hashlib.sha256).hexdigest()

    def _material(self, vehicle_id: int) -> Material | None:
        with reading(self._engine) as connection:
            return descriptions.material(connection, vehicle_id)

    def _claim(self, made_of: Material, prompt_hash: str) -> bool:
        with transaction(self._engine) as connection:
            return descriptions.claim(connection, made_of, prompt_hash, self._now(), self._asks_a_day)

    def _keep(self, made_of: Material, text: str, cost: Cost) -> None:
        with transaction(self._engine) as connection:
            descriptions.keep(connection, made_of, text, self._now(), cost)

    def _write_template(self, made_of: Material, why: Why, cost: Cost) -> Draft:
        with transaction(self._engine) as connection:
            return descriptions.keep_template(connection, made_of, why, self._now(), cost)


def _judged(made_of: Material, answer: Answer) -> _Judged:
    match answer:
        case Drafted():
            text = on_one_line(answer.text)
            wrong = problems(text, made_of.facts.said)
            return _Judged(text, Why.UNFIT if wrong else None, "drafted", wrong)
        case Refused():
            return _Judged("", Why.REFUSED, "refused")
        case Truncated():
            return _Judged("", Why.TRUNCATED, answer.reason)
        case Failed():
            return _Judged("", Why.FAILED, answer.reason)
