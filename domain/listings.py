"""A listing's life and its review: which step leads where, and what is missing before it may be sent in.

The public sees what was approved; what a seller writes is a working copy until an admin has read it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from domain.business_days import business_days_later
from domain.money import DOLLAR
from domain.vehicles import (
    MAX_MILEAGE,
    TOP_GRADE,
    BodyType,
    Drivetrain,
    Flaw,
    FuelType,
    TitleStatus,
)
from domain.vin import Market

CENTS_MOST = 100_000_000 * DOLLAR
PHOTOS_LEAST = 1
LENGTHS_DAYS = (1, 3, 5, 7, 10, 14)
FIRST_YEAR, YEARS_AHEAD = 1886, 2


class Status(StrEnum):
    """Where a listing stands. `unsold` may be put up again; `sold` and `withdrawn` are ends."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SOLD = "sold"
    UNSOLD = "unsold"
    WITHDRAWN = "withdrawn"


class Review(StrEnum):
    """Where its working copy stands. `none`: there is none, the public has it all."""

    NONE = "none"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"


class Step(StrEnum):
    """What is done with a working copy: the first two by its seller, the others by an admin."""

    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


class SaleType(StrEnum):
    """How it is sold."""

    TIMED = "timed"
    BUY_NOW_ONLY = "buy_now_only"
    MAKE_OFFER = "make_offer"


class MileageUnit(StrEnum):
    """What the odometer counts."""

    MILES = "mi"
    KILOMETRES = "km"


class OdometerStatus(StrEnum):
    """What the seller certifies of the reading (49 CFR 580): true, beyond the odometer's limit, not true, or exempt."""

    ACTUAL = "actual"
    EXCEEDS_LIMIT = "exceeds_limit"
    NOT_ACTUAL = "not_actual"
    EXEMPT = "exempt"


class Light(StrEnum):
    """The trade's lights: green sound, yellow announced faults, red as it is, blue title not here yet."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    BLUE = "blue"


# Every allowed move of a working copy. What is in review is edited again only by taking it back, which an edit does; a
# listing without one is sent in for its photos alone.
MOVES: Mapping[Step, Mapping[Review, Review]] = MappingProxyType(
    {
        Step.EDIT: dict.fromkeys(Review, Review.DRAFT),
        Step.SUBMIT: dict.fromkeys((Review.NONE, Review.DRAFT, Review.CHANGES_REQUESTED), Review.SUBMITTED),
        Step.APPROVE: {Review.SUBMITTED: Review.NONE},
        Step.REQUEST_CHANGES: {Review.SUBMITTED: Review.CHANGES_REQUESTED},
        Step.REJECT: {Review.SUBMITTED: Review.REJECTED},
    }
)
EDITABLE = frozenset({Status.DRAFT, Status.APPROVED, Status.SCHEDULED, Status.UNSOLD})
OVER = frozenset(Status) - EDITABLE
# A lot can be made of these, once no working copy waits.
SALEABLE = frozenset({Status.APPROVED, Status.UNSOLD})
WITHDRAWABLE = frozenset({Status.DRAFT, Status.APPROVED, Status.UNSOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """All that a seller tells of a vehicle and its sale; a draft may lack nearly everything.

    `mileage` counts `mileage_unit`s, `condition_grade` tenths of the 0-5 scale, money is in cents, `lat` and `lng` are
    degrees. `zip` is a US postal code.
    """

    vin: str
    market: Market = Market.US
    stock_number: str = ""
    year: int | None = None
    make: str = ""
    model: str = ""
    trim: str = ""
    body_type: BodyType | None = None
    exterior_color: str = ""
    interior_color: str = ""
    engine: str = ""
    cylinders: int | None = None
    doors: int | None = None
    transmission: str = ""
    drivetrain: Drivetrain | None = None
    fuel_type: FuelType | None = None
    mileage: int | None = None
    mileage_unit: MileageUnit = MileageUnit.MILES
    odometer_status: OdometerStatus = OdometerStatus.ACTUAL
    title_status: TitleStatus | None = None
    title_state: str = ""
    has_lien: bool = False
    lien_holder: str = ""
    condition_grade: int | None = None
    lights: tuple[Light, ...] = ()
    disclosures: str = ""
    description: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    lat: float | None = None
    lng: float | None = None
    sale_type: SaleType = SaleType.TIMED
    start_cents: int | None = None
    reserve_cents: int | None = None
    buy_now_cents: int | None = None
    offers_open: bool = False
    auto_accept_cents: int | None = None
    auto_decline_cents: int | None = None
    length_days: int | None = None

    @property
    def title(self) -> str:
        """The heading of its listing, as far as it is known: `2019 Honda Civic EX`."""
        return " ".join(filter(None, (str(self.year or ""), self.make, self.model, self.trim))) or self.vin


NAMES = tuple(field.name for field in fields(Particulars))
# What a bidder has relied on: changed while bids stand, the lot is held and each bidder may step back (section 6).
MATERIAL = frozenset(
    {
        *("vin", "market", "year", "make", "model", "trim", "body_type", "exterior_color", "interior_color"),
        *("engine", "cylinders", "doors", "transmission", "drivetrain", "fuel_type"),
        *("mileage", "mileage_unit", "odometer_status"),
        *("title_status", "title_state", "has_lien", "condition_grade", "lights", "disclosures"),
    }
)
DISCLOSED = (
    *("vin", "mileage", "mileage_unit", "odometer_status", "title_status", "title_state", "has_lien"),
    *("condition_grade", "lights", "disclosures"),
)
REQUIRED: Mapping[str, str] = MappingProxyType(
    {
        "year": "the model year",
        "make": "the make",
        "model": "the model",
        "body_type": "the body type",
        "exterior_color": "the exterior color",
        "engine": "the engine",
        "transmission": "the transmission",
        "drivetrain": "the drivetrain",
        "fuel_type": "the fuel",
        "mileage": "the mileage",
        "title_status": "the title's brand",
        "title_state": "the state that issued the title",
        "condition_grade": "the condition grade",
        "description": "the description",
        "city": "the city",
        "state": "the state",
        "zip": "the ZIP code",
    }
)


def after(review: Review, step: Step) -> Review | None:
    """The working copy's state after a step, or None where the step may not be taken."""
    return MOVES[step].get(review)


def may_sell(status: Status, review: Review) -> bool:
    """Whether a lot can be made of the listing as it stands."""
    return status in SALEABLE and review is Review.NONE


def changed(before: Particulars, after_it: Particulars) -> tuple[str, ...]:
    """The names of what differs, in the order of the fields."""
    return tuple(name for name in NAMES if getattr(before, name) != getattr(after_it, name))


def is_material(names: tuple[str, ...]) -> bool:
    """Whether a change of these is one that bidders must be asked about."""
    return not MATERIAL.isdisjoint(names)


def disclosed_hash(told: Particulars) -> str:
    """SHA-256 as hex over what the seller has disclosed: the JSON of `DISCLOSED`, keys sorted, without spaces."""
    values = asdict(told)
    text = json.dumps({name: values[name] for name in DISCLOSED}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def flaws(told: Particulars, photos: int, today_year: int) -> tuple[Flaw, ...]:
    """All that keeps a working copy from being sent in, by field; empty when it is complete.

    `photos` counts those that were checked and can be shown. The VIN is judged where it is written.
    """
    return (*_missing(told), *_ranges(told, today_year), *_title(told), *_sale(told), *_photos(photos))


def review_due(submitted_at: datetime) -> datetime:
    """Until when (UTC) a review is promised: the same time on the next business day in Chicago, at most its end."""
    return business_days_later(submitted_at, 1)


def _missing(told: Particulars) -> Iterator[Flaw]:
    for name, words in REQUIRED.items():
        value = getattr(told, name)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield Flaw(name, "REQUIRED", f"{words} is missing")


def _ranges(told: Particulars, today_year: int) -> Iterator[Flaw]:
    if told.year is not None and not FIRST_YEAR <= told.year <= today_year + YEARS_AHEAD:
        yield Flaw("year", "RANGE", f"the year must lie between {FIRST_YEAR} and {today_year + YEARS_AHEAD}")
    if told.mileage is not None and not 0 <= told.mileage <= MAX_MILEAGE:
        yield Flaw("mileage", "RANGE", f"the mileage must lie between 0 and {MAX_MILEAGE:,}")
    if told.condition_grade is not None and not 0 <= told.condition_grade <= TOP_GRADE:
        yield Flaw("condition_grade", "RANGE", "the condition grade must lie between 0.0 and 5.0")


def _title(told: Particulars) -> Iterator[Flaw]:
    if told.has_lien and not told.lien_holder.strip():
        yield Flaw("lien_holder", "REQUIRED", "name the holder of the lien")
    if Light.GREEN in told.lights and Light.RED in told.lights:
        yield Flaw("lights", "CONTRADICTION", "green (sound) and red (as it is) cannot both be on")
    if (Light.YELLOW in told.lights or Light.RED in told.lights) and not told.disclosures.strip():
        yield Flaw("disclosures", "REQUIRED", "a yellow or red light needs a word on what is wrong")


def _sale(told: Particulars) -> Iterator[Flaw]:
    for name in ("start_cents", "reserve_cents", "buy_now_cents", "auto_accept_cents", "auto_decline_cents"):
        cents = getattr(told, name)
        if cents is not None and (cents <= 0 or cents > CENTS_MOST or cents % DOLLAR):
            yield Flaw(name, "WHOLE_DOLLARS", "must be whole dollars, from $1 to $100,000,000")
    yield from _prices(told)
    low, high = told.auto_decline_cents, told.auto_accept_cents
    if low is not None and high is not None and low >= high:
        yield Flaw("auto_decline_cents", "ORDER", "must be below auto_accept_cents")
    if told.length_days is not None and told.length_days not in LENGTHS_DAYS:
        yield Flaw("length_days", "CHOICE", f"must be one of {', '.join(map(str, LENGTHS_DAYS))}")


def _prices(told: Particulars) -> Iterator[Flaw]:
    if told.sale_type is SaleType.TIMED and told.start_cents is None:
        yield Flaw("start_cents", "REQUIRED", "a timed auction needs a start price")
    if told.sale_type is SaleType.BUY_NOW_ONLY and told.buy_now_cents is None:
        yield Flaw("buy_now_cents", "REQUIRED", "a buy-now sale needs its price")
    if told.sale_type is not SaleType.TIMED and told.reserve_cents is not None:
        yield Flaw("reserve_cents", "TIMED_ONLY", "only a timed auction has a reserve")
    least = max(told.start_cents or 0, told.reserve_cents or 0)
    if told.reserve_cents is not None and told.reserve_cents < (told.start_cents or 0):
        yield Flaw("reserve_cents", "AT_LEAST_START", "must be at least the start price")
    if told.buy_now_cents is not None and told.buy_now_cents < least:
        yield Flaw("buy_now_cents", "AT_LEAST_RESERVE", "must be at least the start price and the reserve")


def _photos(photos: int) -> Iterator[Flaw]:
    if photos < PHOTOS_LEAST:
        yield Flaw("photos", "REQUIRED", "at least one photo is needed")
