"""What goes into and comes out of the Listing workflow."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.listings import Step


@dataclass(frozen=True, slots=True)
class ListingStart:
    """The listing by its vehicle. The rest is carried from run to run: which version's late review was told of, which
    lot's end without a sale, the lot that is held for an edit, with when it runs on, and when the decoders of the VIN
    are asked again, after how many times."""

    vehicle_id: int
    told_late: int = 0
    told_unsold: int | None = None
    held_lot: int | None = None
    resume_at: datetime | None = None
    check_at: datetime | None = None
    checks: int = 0


@dataclass(frozen=True, slots=True)
class TakeStep:
    """A step of the review: by whom, on which version, with what to correct by field, asked in which request."""

    step: Step
    version: int
    actor_id: int
    notes: dict[str, str] = field(default_factory=dict)
    request_id: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """`code` is empty where the step was taken; `missing` has field, rule and sentence of each flaw."""

    code: str = ""
    missing: list[tuple[str, str, str]] = field(default_factory=list)
