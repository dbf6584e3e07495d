"""Activities of negotiations and second chances that drop the database: steps go into a list."""

import asyncio
from dataclasses import dataclass, field
from itertools import count

from temporalio import activity

from activities import talks_contracts as contracts
from domain import negotiation, second_chance

SELLER = 1


@dataclass
class KeptTalks:
    """What is recorded of one negotiation. `gone`: its vehicle is not for sale; `open` lets a sale be decided, of which
    `selling` tells."""

    candidates: tuple[negotiation.Candidate, ...]
    reserve_cents: int = 10_000_00
    sunday_rule: bool = True
    steps: list[contracts.TalksStep] = field(default_factory=list)
    recorded: negotiation.Negotiation | None = None
    gone: bool = False
    away: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    selling: asyncio.Event = field(default_factory=asyncio.Event)

    def acts(self) -> list[str]:
        return ["open" if step.act is None else step.act.value for step in self.steps]


@dataclass
class KeptChance:
    """The same of one second chance. `gone`: the order was paid after all."""

    candidates: tuple[second_chance.Candidate, ...]
    allowed_cents: int | None = None
    stopped: bool = False
    steps: list[contracts.ChanceStep] = field(default_factory=list)
    gone: bool = False
    relisted: int = 0

    def acts(self) -> list[str]:
        return ["open" if step.act is None else step.act.value for step in self.steps]


class KeptNegotiations(contracts.NegotiationActivities):
    """All negotiations of a test session, by auction."""

    def __init__(self) -> None:
        self.kept: dict[int, KeptTalks] = {}
        self.numbers = count(1)

    def keep(self, kept: KeptTalks) -> int:
        auction_id = next(self.numbers)
        kept.open.set()
        self.kept[auction_id] = kept
        return auction_id

    @activity.defn(name="open_talks")
    async def open_talks(self, auction_id: int) -> contracts.OpenedTalks:
        kept = self.kept[auction_id]
        return contracts.OpenedTalks(
            SELLER, kept.reserve_cents, kept.sunday_rule, kept.candidates, recorded=kept.recorded
        )

    @activity.defn(name="record_talks")
    async def record_talks(self, work: contracts.RecordTalks) -> contracts.TalksRecorded:
        kept = self.kept[work.auction_id]
        if kept.away:
            raise ConnectionError("the database is away")
        known = kept.steps[-1].talks.step if kept.steps else 0
        fresh = [step for step in work.steps if step.talks.step > known]
        assert [step.talks.step for step in fresh] == list(range(known + 1, known + 1 + len(fresh)))
        if fresh and fresh[-1].talks.status is negotiation.Status.SOLD:
            kept.selling.set()
            await kept.open.wait()
            if kept.gone:
                return contracts.TalksRecorded("LISTING_OVER")
        kept.steps += fresh
        is_sold = kept.steps[-1].talks.status is negotiation.Status.SOLD
        return contracts.TalksRecorded(order_id=work.auction_id if is_sold else None)


class KeptChances(contracts.SecondChanceActivities):
    """All second chances of a test session, by order."""

    def __init__(self) -> None:
        self.kept: dict[int, KeptChance] = {}
        self.numbers = count(1)

    def keep(self, kept: KeptChance) -> int:
        order_id = next(self.numbers)
        self.kept[order_id] = kept
        return order_id

    @activity.defn(name="open_chance")
    async def open_chance(self, order_id: int) -> contracts.OpenedChance:
        kept = self.kept[order_id]
        return contracts.OpenedChance(SELLER, True, kept.candidates, kept.allowed_cents, stopped=kept.stopped)

    @activity.defn(name="record_chance")
    async def record_chance(self, work: contracts.RecordChance) -> contracts.ChanceRecorded:
        kept = self.kept[work.order_id]
        known = kept.steps[-1].chance.step if kept.steps else 0
        fresh = [step for step in work.steps if step.chance.step > known]
        if fresh and fresh[-1].chance.status is second_chance.Status.TAKEN and kept.gone:
            return contracts.ChanceRecorded("SECOND_CHANCE_OVER")
        kept.steps += fresh
        is_sold = kept.steps[-1].chance.status is second_chance.Status.TAKEN
        return contracts.ChanceRecorded(order_id=work.order_id + 1_000 if is_sold else None)

    @activity.defn(name="relist_lot")
    async def relist_lot(self, order_id: int) -> int | None:
        self.kept[order_id].relisted += 1
        return order_id + 5_000
