"""The JSON shapes of listings: what sellers write and read of their own, and what an admin sees who reviews them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from activities.db.listings import Listing
from api.commands import OneLine
from api.vin_check_views import CHECK_EXAMPLE, CheckView, check_view
from domain.clock import to_text
from domain.decoding import Answers
from domain.listings import (
    CENTS_MOST,
    LENGTHS_DAYS,
    Light,
    MileageUnit,
    OdometerStatus,
    Particulars,
    SaleType,
    changed,
    is_material,
)
from domain.vehicles import MAX_MILEAGE, TOP_GRADE, BodyType, Drivetrain, FuelType, TitleStatus
from domain.vin import Market

LONGEST_TEXT = 10_000


def _length(days: int) -> int:
    if days not in LENGTHS_DAYS:
        message = f"must be one of {', '.join(map(str, LENGTHS_DAYS))}"
        raise ValueError(message)
    return days


Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), OneLine]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), OneLine]
Colour = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), OneLine]
State = Annotated[str, StringConstraints(to_upper=True, pattern=r"^([A-Za-z]{2})?$")]
Zip = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(\d{5}(-\d{4})?)?$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT)]
Cents = Annotated[int, Field(ge=100, le=CENTS_MOST, multiple_of=100)]
VIN = "19XFC1F3XKE200001"
BODY: Mapping[str, Any] = MappingProxyType(
    {
        "vin": VIN,
        "year": 2019,
        "make": "Honda",
        "model": "Civic",
        "trim": "EX",
        "body_type": "sedan",
        "exterior_color": "Lunar Silver",
        "interior_color": "Black",
        "engine": "1.5 L turbo I4",
        "transmission": "CVT",
        "drivetrain": "FWD",
        "fuel_type": "gasoline",
        "mileage": 41_250,
        "title_status": "clean",
        "title_state": "MN",
        "condition_grade": 42,
        "lights": ["green"],
        "disclosures": "Stone chips on the bonnet.",
        "description": "One owner, all services at the dealer.",
        "city": "Saint Paul",
        "state": "MN",
        "zip": "55102",
        "start_cents": 500_000,
        "reserve_cents": 1_100_000,
        "length_days": 7,
    }
)


class ListingBody(BaseModel):
    """All that is told of a vehicle and its sale; whatever is not known yet may be left out until it is sent in.

    `mileage` counts `mileage_unit`s, `condition_grade` tenths of the 0-5 scale, money is in cents and whole dollars.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [dict(BODY)]})

    vin: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    market: Market = Market.US
    stock_number: Colour = ""
    year: Annotated[int, Field(ge=1886, le=2100)] | None = None
    make: Name = ""
    model: Words = ""
    trim: Words = ""
    body_type: BodyType | None = None
    exterior_color: Colour = ""
    interior_color: Colour = ""
    engine: Words = ""
    cylinders: Annotated[int, Field(ge=0, le=24)] | None = None
    doors: Annotated[int, Field(ge=0, le=9)] | None = None
    transmission: Words = ""
    drivetrain: Drivetrain | None = None
    fuel_type: FuelType | None = None
    mileage: Annotated[int, Field(ge=0, le=MAX_MILEAGE)] | None = None
    mileage_unit: MileageUnit = MileageUnit.MILES
    odometer_status: OdometerStatus = OdometerStatus.ACTUAL
    title_status: TitleStatus | None = None
    title_state: State = ""
    has_lien: bool = False
    lien_holder: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), OneLine] = ""
    condition_grade: Annotated[int, Field(ge=0, le=TOP_GRADE)] | None = None
    lights: Annotated[list[Light], Field(max_length=4), AfterValidator(lambda found: sorted(set(found)))] = []
    disclosures: Text = ""
    description: Text = ""
    city: Words = ""
    state: State = ""
    zip: Zip = ""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lng: Annotated[float, Field(ge=-180, le=180)] | None = None
    sale_type: SaleType = SaleType.TIMED
    start_cents: Cents | None = None
    reserve_cents: Cents | None = Field(default=None, repr=False)
    buy_now_cents: Cents | None = None
    offers_open: bool = False
    auto_accept_cents: Cents | None = Field(default=None, repr=False)
    auto_decline_cents: Cents | None = Field(default=None, repr=False)
    length_days: Annotated[int, AfterValidator(_length)] | None = None

    def told(self, vin: str) -> Particulars:
        """The values as the domain has them, under a VIN that was read."""
        return Particulars(**{**self.model_dump(), "vin": vin, "lights": tuple(self.lights)})


class ReviewView(TypedDict):
    """Where the working copy stands, and what the last review found by field."""

    status: str
    notes: dict[str, str]
    submitted_at: str | None
    reviewed_at: str | None


class ListingView(TypedDict):
    """A seller's own listing. `told` is the working copy where there is one, else what the public sees.

    `changed` names what differs from what the public sees; `material` says that bidders would be asked about it.
    `decoder` says how far the decoders have checked it, and what they say otherwise.
    """

    id: int
    title: str
    status: str
    version: int
    review: ReviewView
    told: dict[str, Any]
    public: dict[str, Any] | None
    changed: list[str]
    material: bool
    disclosures_hash: str | None
    decoder: CheckView
    created_at: str
    updated_at: str | None
    listed_at: str | None


class ListingPage(TypedDict):
    """A page of listings."""

    items: list[ListingView]
    next_cursor: str | None
    total: int


LISTING: Mapping[str, Any] = MappingProxyType(
    {
        "id": 12,
        "title": "2019 Honda Civic EX",
        "status": "draft",
        "version": 3,
        "review": {"status": "draft", "notes": {}, "submitted_at": None, "reviewed_at": None},
        "told": dict(BODY),
        "public": None,
        "changed": [],
        "material": False,
        "disclosures_hash": None,
        "decoder": dict(CHECK_EXAMPLE),
        "created_at": "2026-05-04T15:00:00.000Z",
        "updated_at": "2026-05-04T15:12:40.100Z",
        "listed_at": None,
    }
)
SUBMITTED: Mapping[str, Any] = MappingProxyType(
    {**LISTING, "review": {**LISTING["review"], "status": "submitted", "submitted_at": "2026-05-04T15:20:00.000Z"}}
)


def listing_view(found: Listing, answers: Answers) -> ListingView:
    """A listing as its seller and the admins see it, with what the decoders have answered of its VIN."""
    names = () if found.public is None else changed(found.public, found.told)
    return {
        "id": found.id,
        "title": found.told.title,
        "status": found.status.value,
        "version": found.version,
        "review": {
            "status": found.review.value,
            "notes": dict(found.notes),
            "submitted_at": _when(found.submitted_at),
            "reviewed_at": _when(found.reviewed_at),
        },
        "told": plain(found.told),
        "public": None if found.public is None else plain(found.public),
        "changed": list(names),
        "material": is_material(names),
        "disclosures_hash": found.disclosures_hash,
        "decoder": check_view(found, answers),
        "created_at": to_text(found.created_at),
        "updated_at": _when(found.updated_at),
        "listed_at": _when(found.listed_at),
    }


def plain(told: Particulars) -> dict[str, Any]:
    """The values as JSON has them."""
    return {**asdict(told), "lights": list(told.lights)}


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)


def etag(version: int) -> str:
    """The entity tag of a version, for If-Match."""
    return f'"{version}"'
