"""The activities of the sellers' feed by name, with what goes in and out; `activities.seller_feed` implements them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import activity


@dataclass(frozen=True, slots=True)
class LookAtFeed:
    """What is due at an endpoint at a moment, by the workflow's clock."""

    endpoint_id: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """An event that may be sent now: the first of its vehicle that the endpoint has not got."""

    event_id: int
    vehicle_id: int | None
    replays: int


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """What is due, and when the next event is. Nothing is ever again at an endpoint that is not `is_open`. `queue` is
    the task queue where feeds are told now; nothing where whoever looked does not know."""

    is_open: bool
    due: list[Due] = field(default_factory=list)
    next_at: datetime | None = None
    queue: str = ""


@dataclass(frozen=True, slots=True)
class DeliverEvent:
    """One sending of one event, at a moment by the workflow's clock."""

    endpoint_id: int
    event_id: int
    replays: int
    now: datetime


class SellerFeedActivities(ABC):
    """What the feed of one endpoint needs of the world. Each may be repeated at any point."""

    @abstractmethod
    @activity.defn(name="look_at_feed")
    def look_at_feed(self, work: LookAtFeed) -> FeedSeen:
        """Read what is due."""

    @abstractmethod
    @activity.defn(name="deliver_event")
    async def deliver_event(self, work: DeliverEvent) -> None:
        """Send an event once and note what came of it; what an endpoint answers is never an error."""
