"""The activities of listings by name, with what goes in and what comes out; `activities.listings` implements them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import activity

from domain.listings import Review, Status, Step


@dataclass(frozen=True, slots=True)
class ListingState:
    """Where a listing stands. `lot` is the auction that runs for it, with its present end, or the last one of an unsold
    listing; `gone`: it is deleted. `vin_to_check`: what was sent in lacks a decoder's report of this VIN."""

    status: Status
    review: Review
    version: int
    submitted_at: datetime | None = None
    lot: int | None = None
    lot_ends_at: datetime | None = None
    gone: bool = False
    vin_to_check: str = ""


@dataclass(frozen=True, slots=True)
class ListingStep:
    """One step of a review, on the version that its asker has read, and who asked from where.

    `notes` are sentences by field, for the seller. `lot_held`: the lot was stopped for it, so bidders are asked.
    """

    vehicle_id: int
    step: Step
    version: int
    actor_id: int
    notes: dict[str, str] = field(default_factory=dict)
    request_id: str = ""
    address: str | None = None
    lot_held: bool = False


@dataclass(frozen=True, slots=True)
class StepTaken:
    """The listing after a step. `code` says why it was not taken, `missing` has the flaws by field and sentence.

    `hold_lot`: bids stand on what changes, so the lot must be held first; nothing was done yet.
    """

    state: ListingState
    code: str = ""
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    hold_lot: int | None = None


@dataclass(frozen=True, slots=True)
class LotCommand:
    """Hold a lot for a material edit of its listing, or let it run on; under one id it is done once."""

    auction_id: int
    command_id: str


@dataclass(frozen=True, slots=True)
class ReviewLate:
    """A review that was promised is not there."""

    vehicle_id: int
    version: int


class ListingActivities(ABC):
    """What the Listing workflow asks of the world."""

    @abstractmethod
    @activity.defn(name="look_at_listing")
    def look_at_listing(self, vehicle_id: int) -> ListingState:
        """Read where it stands."""

    @abstractmethod
    @activity.defn(name="take_listing_step")
    def take_listing_step(self, work: ListingStep) -> StepTaken:
        """Judge and write one step in one transaction, with its deed and its mails; the same step again changes
        nothing."""

    @abstractmethod
    @activity.defn(name="escalate_review")
    def escalate_review(self, work: ReviewLate) -> None:
        """Tell the admins, once for each version."""

    @abstractmethod
    @activity.defn(name="tell_of_unsold")
    def tell_of_unsold(self, vehicle_id: int) -> None:
        """Tell the seller that the lot ended without a sale, once for each lot."""

    @abstractmethod
    @activity.defn(name="hold_edited_lot")
    async def hold_edited_lot(self, work: LotCommand) -> bool:
        """Stop the lot's clock; False where the lot is over, or held for another reason."""

    @abstractmethod
    @activity.defn(name="resume_edited_lot")
    async def resume_edited_lot(self, work: LotCommand) -> None:
        """Let the lot run on, with at least a day left; one that is held for another reason stays so."""
