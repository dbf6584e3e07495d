"""The activities of negotiations and second chances by name, with what goes in and what comes out; `activities.talks`
implements them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from domain.negotiation import Act, Candidate, Negotiation, Side
from domain.second_chance import Act as ChanceAct
from domain.second_chance import Candidate as ChanceCandidate
from domain.second_chance import Chance


@dataclass(frozen=True, slots=True)
class OpenedTalks:
    """Who may be asked, the leader first; nobody: there is nothing to talk about, and that is recorded.

    `recorded` is how the talks stand where an earlier workflow has begun them.
    """

    seller_id: int
    reserve_cents: int
    sunday_rule: bool
    candidates: tuple[Candidate, ...]
    recorded: Negotiation | None = None


@dataclass(frozen=True, slots=True)
class TalksStep:
    """One thing that was done (None: the talks were opened), by whom and when, and the negotiation after it."""

    act: Act | None
    side: Side
    at: datetime
    talks: Negotiation
    act_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordTalks:
    """Steps of one negotiation in order; those that are recorded already change nothing."""

    auction_id: int
    steps: list[TalksStep]


@dataclass(frozen=True, slots=True)
class TalksRecorded:
    """What came of it. A last step that sells may be refused by `code`: then it is not recorded."""

    code: str = ""
    order_id: int | None = None


class NegotiationActivities(ABC):
    """What a negotiation needs of the world. Each may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="open_talks")
    async def open_talks(self, auction_id: int) -> OpenedTalks:
        """Find who agreed to talk, and at which price each begins. Raises LookupError without a row."""

    @abstractmethod
    @activity.defn(name="record_talks")
    async def record_talks(self, work: RecordTalks) -> TalksRecorded:
        """Write the steps down with the buying power that they bind or set free and the sale that they make, and tell
        the other side."""


@dataclass(frozen=True, slots=True)
class OpenedChance:
    """Who is asked, in order, and the least that the seller has said to sell at before; `stopped`: nobody is.

    `recorded` is how it stands where an earlier workflow has begun it.
    """

    seller_id: int
    sunday_rule: bool
    candidates: tuple[ChanceCandidate, ...]
    allowed_cents: int | None = None
    recorded: Chance | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class ChanceStep:
    """One thing that was done (None: it was opened) and when, and the second chance after it."""

    act: ChanceAct | None
    at: datetime
    chance: Chance
    act_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordChance:
    """Steps of one second chance in order; those that are recorded already change nothing."""

    order_id: int
    steps: list[ChanceStep]


@dataclass(frozen=True, slots=True)
class ChanceRecorded:
    """What came of it. A last step that sells may be refused by `code`: then it is not recorded."""

    code: str = ""
    order_id: int | None = None


class SecondChanceActivities(ABC):
    """What a second chance needs of the world. Each may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="open_chance")
    async def open_chance(self, order_id: int) -> OpenedChance:
        """Replay the price without the defaulter and find who is asked. Raises LookupError without a row."""

    @abstractmethod
    @activity.defn(name="record_chance")
    async def record_chance(self, work: RecordChance) -> ChanceRecorded:
        """Write the steps down with the sale that they make, and tell who is asked and the seller."""

    @abstractmethod
    @activity.defn(name="relist_lot")
    async def relist_lot(self, order_id: int) -> int | None:
        """Put the vehicle up again by the terms of its last run, once; the new auction's id, or None where its seller
        may not sell now and it waits for them."""
