"""What is sold: a vehicle's specification as a value, its finite sets, and what is wrong with one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.vin import VinError, parse_vin

MAX_MILEAGE = 1_500_000
TOP_GRADE = 50


class BodyType(StrEnum):
    """The outline under which a vehicle is listed and drawn."""

    SEDAN = "sedan"
    SUV = "suv"
    PICKUP = "pickup"
    COUPE = "coupe"
    HATCHBACK = "hatchback"
    WAGON = "wagon"
    VAN = "van"
    CONVERTIBLE = "convertible"


class Drivetrain(StrEnum):
    """Which wheels are driven; AWD decides by itself, 4WD is switched by the driver."""

    FWD = "FWD"
    RWD = "RWD"
    AWD = "AWD"
    FOUR_WD = "4WD"


class FuelType(StrEnum):
    """What goes into it."""

    GASOLINE = "gasoline"
    DIESEL = "diesel"
    HYBRID = "hybrid"
    PLUG_IN_HYBRID = "plug-in hybrid"
    ELECTRIC = "electric"


class TitleStatus(StrEnum):
    """The brand on the certificate of title."""

    CLEAN = "clean"
    REBUILT = "rebuilt"
    SALVAGE = "salvage"
    PRIOR_SALVAGE = "prior salvage"
    LEMON = "lemon"


@dataclass(frozen=True, slots=True)
class VehicleSpec:
    """One vehicle as its seller describes it. Mileage in miles, `condition_grade` in tenths of the 0-5 scale."""

    vin: str
    year: int
    make: str
    model: str
    trim: str
    body_type: BodyType
    exterior_color: str
    interior_color: str
    engine: str
    transmission: str
    drivetrain: Drivetrain
    fuel_type: FuelType
    mileage: int
    title_status: TitleStatus
    condition_grade: int
    city: str
    state: str
    description: str
    disclosures: str

    @property
    def title(self) -> str:
        """The heading of its listing: `2019 Honda Civic EX`."""
        return " ".join(filter(None, (str(self.year), self.make, self.model, self.trim)))


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a specification cannot be listed: the field, a stable rule name, and a sentence for the seller."""

    field: str
    rule: str
    message: str


def flaws(spec: VehicleSpec) -> tuple[Flaw, ...]:
    """Everything that is wrong with a specification; empty when it may be listed."""
    return (*_vin_flaws(spec), *_number_flaws(spec), *_text_flaws(spec))


def _vin_flaws(spec: VehicleSpec) -> Iterator[Flaw]:
    try:
        vin = parse_vin(spec.vin)
    except VinError as error:
        yield Flaw("vin", error.code, error.detail)
        return
    if vin.text != spec.vin:
        yield Flaw("vin", "VIN_FORM", f"write the VIN as {vin.text}")
    if vin.model_year != spec.year:
        yield Flaw("year", "VIN_YEAR", f"the VIN is of model year {vin.model_year}, not {spec.year}")


def _number_flaws(spec: VehicleSpec) -> Iterator[Flaw]:
    if not 0 <= spec.mileage <= MAX_MILEAGE:
        yield Flaw("mileage", "RANGE", f"the mileage must lie between 0 and {MAX_MILEAGE:,} miles")
    if not 0 <= spec.condition_grade <= TOP_GRADE:
        yield Flaw("condition_grade", "RANGE", "the condition grade must lie between 0.0 and 5.0")


def _text_flaws(spec: VehicleSpec) -> Iterator[Flaw]:
    for field in ("make", "model", "city", "state", "engine", "transmission", "description"):
        if not getattr(spec, field).strip():
            yield Flaw(field, "REQUIRED", f"the {field} is missing")
