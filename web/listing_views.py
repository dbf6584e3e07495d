"""What the pages of listing a car, and of reviewing it, are given; each names its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from web.import_views import ImportListings
from web.listing_fields import SECTION_OF, SECTIONS, Field, Section, label_of, shown
from web.listing_words import OVER, Standing, standing
from web.views import Frame, Json

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MyListings:
    """A seller's listings: ListingViews of the API."""

    template: ClassVar[str] = "sell"
    frame: Frame
    items: Sequence[Json]
    total: int
    next_cursor: str | None = None

    @property
    def lines(self) -> Sequence[tuple[Json, Standing]]:
        """Each listing with where it stands, those that wait for their seller first."""
        found = [(item, standing(item)) for item in self.items]
        return sorted(found, key=lambda line: not line[1].waits)


@dataclass(frozen=True, slots=True)
class NewListing:
    """The VIN, and once it was asked for, what is known of it: DecodedVinView. `own_id` is a listing that has it."""

    template: ClassVar[str] = "sell_new"
    frame: Frame
    vin: str = ""
    market: str = "us"
    decoded: Json | None = None
    error: str | None = None
    suggestion: str | None = None
    own_id: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a listing from being sent in."""

    field: str
    message: str

    @property
    def target(self) -> str:
        """Where on the page it is put right."""
        return "photos" if self.field == "photos" else self.field

    @property
    def label(self) -> str:
        """The field's name."""
        return label_of(self.field)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else has written meanwhile."""

    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class SellListing:
    """One listing for its seller: the API's ListingView, and the form as it is filled in.

    `photos` are PhotoViews, `lots` AuctionViews, newest first, `conflicts` ConflictViews. `theirs` has what somebody
    else wrote of the same listing meanwhile. `schedule_key` is a fresh idempotency key.
    """

    template: ClassVar[str] = "sell_listing"
    frame: Frame
    listing: Json
    typed: Mapping[str, Any]
    schedule_key: str
    missing: Sequence[Missing] = ()
    photos: Sequence[Json] = ()
    lots: Sequence[Json] = ()
    conflicts: Sequence[Json] = ()
    errors: Texts = field(default_factory=dict)
    theirs: Sequence[Difference] = ()
    due: datetime | None = None
    error: str | None = None
    starts_at: str = ""

    @property
    def sections(self) -> Sequence[Section]:
        """The form's sections."""
        return SECTIONS

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing(self.listing)

    @property
    def review(self) -> str:
        """Where its working copy stands."""
        status: str = self.listing["review"]["status"]
        return status

    @property
    def notes(self) -> Texts:
        """What the staff found by field, while it is for the seller to read."""
        notes: Texts = self.listing["review"]["notes"]
        return {} if self.review in {"none", "submitted"} else notes

    @property
    def other_notes(self) -> Mapping[str, str]:
        """The notes that are about no field of the form."""
        return {label_of(name): text for name, text in self.notes.items() if name not in SECTION_OF}

    @property
    def is_over(self) -> bool:
        """Whether nothing can be done with it any more."""
        return self.listing["status"] in OVER

    @property
    def lacks(self) -> Mapping[str, Sequence[Missing]]:
        """What is missing, by the section's title."""
        found: dict[str, list[Missing]] = {}
        for each in self.missing:
            part = SECTION_OF.get(each.field)
            found.setdefault("Photos" if part is None else part.title, []).append(each)
        return found

    @property
    def open_lot(self) -> Json | None:
        """The auction that it is in now."""
        return next((lot for lot in self.lots if lot["status"] != "ended"), None)

    @property
    def past_lots(self) -> Sequence[Json]:
        """The auctions that it has been in."""
        return [lot for lot in self.lots if lot["status"] == "ended"]

    @property
    def can_schedule(self) -> bool:
        """Whether an auction can be made of it as it stands."""
        return self.listing["status"] in {"approved", "unsold"} and self.review == "none"

    @property
    def can_send(self) -> bool:
        """Whether there is something to send in."""
        return not self.is_over and self.review != "submitted"

    @property
    def saves_itself(self) -> bool:
        """Whether typing may be saved without asking: where it takes nothing back from anybody."""
        return not self.is_over and self.review in {"draft", "changes_requested", "rejected"}

    def conflicts_of(self, name: str) -> Sequence[Json]:
        """What decoders say otherwise of a field."""
        return [each for each in self.conflicts if each["field"] == name]


@dataclass(frozen=True, slots=True)
class EndListing:
    """Asks once more before a listing is withdrawn or deleted; `verb` is the end of the form's address."""

    template: ClassVar[str] = "sell_end"
    frame: Frame
    listing: Json
    verb: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A listing in the queue: its ListingView, since when it waits, until when its review is promised."""

    listing: Json
    age: str
    due: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Listings whose working copy stands so, oldest first."""

    template: ClassVar[str] = "review_queue"
    frame: Frame
    items: Sequence[Waiting]
    total: int
    review: str
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A field in words: what the public sees, and what the working copy says."""

    field: Field
    public: str
    told: str
    is_changed: bool
    conflicts: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class ReviewListing:
    """One listing for an admin. `decoded` is a DecodedVinView, `photos` PhotoViews, `documents` DocumentViews.

    `notes` is a form sent back as it was filled in; without `is_fresh` the admin is asked first to show who they are.
    """

    template: ClassVar[str] = "review_listing"
    frame: Frame
    listing: Json
    seller: str
    is_fresh: bool
    is_own: bool = False
    decoded: Json | None = None
    conflicts: Sequence[Json] = ()
    photos: Sequence[Json] = ()
    documents: Sequence[Json] = ()
    notes: Texts = field(default_factory=dict)
    due: datetime | None = None
    error: str | None = None

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing(self.listing)

    @property
    def can_decide(self) -> bool:
        """Whether it waits for this admin."""
        return self.listing["review"]["status"] == "submitted" and not self.is_own

    @property
    def parts(self) -> Sequence[tuple[Section, Sequence[Compared]]]:
        """The sections with their fields compared."""
        return [(part, [self._compared(each) for each in part.fields]) for part in SECTIONS]

    def _compared(self, each: Field) -> Compared:
        public = self.listing["public"]
        return Compared(
            each,
            "" if public is None else shown(each.name, public[each.name]),
            shown(each.name, self.listing["told"][each.name]),
            each.name in self.listing["changed"],
            [one for one in self.conflicts if one["field"] == each.name],
        )


@dataclass(frozen=True, slots=True)
class HeldQuestions:
    """Questions and answers that wait for somebody of the staff, oldest first: QuestionViews of the API."""

    template: ClassVar[str] = "review_questions"
    frame: Frame
    items: Sequence[Json]
    total: int
    next_cursor: str | None = None
    is_fresh: bool = True
    error: str | None = None


SellingView = (
    MyListings | NewListing | SellListing | EndListing | ImportListings | ReviewQueue | ReviewListing | HeldQuestions
)
