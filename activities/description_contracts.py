"""The activities of description drafts by name, with what goes in and what comes out; implementations subclass these.

No text travels through here: drafts are read from the database.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from temporalio import activity

from domain.descriptions import Why, Writer


@dataclass(frozen=True, slots=True)
class DraftDescription:
    """A draft of the description of a vehicle's listing, and who asks for it."""

    vehicle_id: int
    asker_id: int


@dataclass(frozen=True, slots=True)
class DescriptionDrafted:
    """Who wrote the draft that is in the database now, and why it was not the model. Neither where the listing has gone
    meanwhile."""

    writer: Writer | None
    why: Why | None = None


class DescriptionActivities(ABC):
    """Writing drafts. A draft of the model's is never replaced by the template's of the same listing's version."""

    @abstractmethod
    @activity.defn(name="draft_description")
    async def draft_description(self, work: DraftDescription) -> DescriptionDrafted:
        """Ask the model for a draft, and keep it where it says nothing but the facts; else keep the template's."""

    @abstractmethod
    @activity.defn(name="draft_from_template")
    async def draft_from_template(self, work: DraftDescription) -> DescriptionDrafted:
        """Keep the template's draft."""
