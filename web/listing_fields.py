"""The fields of a listing as its form has them: section by section, each with its words, its kind and its choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from domain.listings import LENGTHS_DAYS, MATERIAL, Light, MileageUnit, OdometerStatus, Particulars, SaleType
from domain.money import DOLLAR
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus
from domain.vin import Market
from web.formats import counted, money

TENTHS = 10
TEXT, AREA, NUMBER, MONEY, GRADE, CHOICE, FLAG, LIGHTS = (
    "text",
    "area",
    "number",
    "money",
    "grade",
    "choice",
    "flag",
    "lights",
)
DASH = "\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `choices` are value and words; `is_short` fields share a row."""

    name: str
    label: str
    kind: str = TEXT
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    longest: int = 80
    is_short: bool = True

    @property
    def is_material(self) -> bool:
        """Whether bidders are asked about a change of it."""
        return self.name in MATERIAL


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    id: str
    title: str
    fields: Sequence[Field]
    text: str = ""


BODIES = tuple((each.value, "SUV" if each is BodyType.SUV else each.value.capitalize()) for each in BodyType)
DRIVES = (
    (Drivetrain.FWD.value, "Front wheels"),
    (Drivetrain.RWD.value, "Rear wheels"),
    (Drivetrain.AWD.value, "All wheels (AWD)"),
    (Drivetrain.FOUR_WD.value, "Four-wheel drive (4WD)"),
)
FUELS = tuple((each.value, each.value.capitalize()) for each in FuelType)
TITLES = tuple((each.value, each.value.capitalize()) for each in TitleStatus)
MARKETS = (
    (Market.US.value, "US and Canada, 1981 and later"),
    (Market.IMPORT.value, "Built for another country"),
    (Market.PRE_1981.value, "Built before 1981"),
)
UNITS = ((MileageUnit.MILES.value, "miles"), (MileageUnit.KILOMETRES.value, "kilometers"))
ODOMETERS = (
    (OdometerStatus.ACTUAL.value, "It is the actual mileage"),
    (OdometerStatus.EXCEEDS_LIMIT.value, "It went past the odometer's limit"),
    (OdometerStatus.NOT_ACTUAL.value, "It is not the actual mileage"),
    (OdometerStatus.EXEMPT.value, "Exempt from odometer disclosure"),
)
LIGHT_WORDS = (
    (Light.GREEN.value, "Green: sound, sold with no known faults"),
    (Light.YELLOW.value, "Yellow: announced faults, written below"),
    (Light.RED.value, "Red: sold as it is"),
    (Light.BLUE.value, "Blue: the title is not here yet"),
)
SALES = (
    (SaleType.TIMED.value, "Auction"),
    (SaleType.BUY_NOW_ONLY.value, "Fixed price"),
    (SaleType.MAKE_OFFER.value, "Offers only"),
)
LENGTHS = tuple((str(days), counted(days, "day")) for days in LENGTHS_DAYS)

SECTIONS = (
    Section(
        "identity",
        "The vehicle",
        (
            Field("vin", "VIN", longest=40),
            Field("market", "Built for", CHOICE, choices=MARKETS),
            Field("year", "Model year", NUMBER),
            Field("make", "Make", longest=60),
            Field("model", "Model"),
            Field("trim", "Trim"),
            Field("body_type", "Body", CHOICE, choices=BODIES),
            Field("stock_number", "Your stock number", hint="Only you and our staff see it.", longest=40),
        ),
    ),
    Section(
        "specification",
        "Specification",
        (
            Field("exterior_color", "Exterior color", longest=40),
            Field("interior_color", "Interior color", longest=40),
            Field("engine", "Engine", hint="Such as 1.5 L turbo I4"),
            Field("transmission", "Transmission"),
            Field("drivetrain", "Driven wheels", CHOICE, choices=DRIVES),
            Field("fuel_type", "Fuel", CHOICE, choices=FUELS),
            Field("cylinders", "Cylinders", NUMBER),
            Field("doors", "Doors", NUMBER),
        ),
    ),
    Section(
        "condition",
        "Condition and disclosures",
        (
            Field("mileage", "Odometer reading", NUMBER),
            Field("mileage_unit", "Counted in", CHOICE, choices=UNITS),
            Field("odometer_status", "You certify that", CHOICE, choices=ODOMETERS),
            Field("condition_grade", "Condition grade", GRADE, hint="From 0.0 to 5.0"),
            Field("lights", "Lights", LIGHTS, choices=LIGHT_WORDS, is_short=False),
            Field(
                "disclosures",
                "What is wrong with it",
                AREA,
                "Every fault that you know of. Bidders rely on it, and it is sealed when the listing is approved.",
                longest=10_000,
                is_short=False,
            ),
            Field("description", "Description", AREA, longest=10_000, is_short=False),
        ),
    ),
    Section(
        "title",
        "Title and lien",
        (
            Field("title_status", "Brand on the title", CHOICE, choices=TITLES),
            Field("title_state", "Issued by", hint="Two letters, like MN", longest=2),
            Field("has_lien", "There is a lien on it", FLAG, is_short=False),
            Field("lien_holder", "Holder of the lien", hint="Only you and our staff see it.", longest=120),
        ),
    ),
    Section(
        "location",
        "Where it stands",
        (
            Field("city", "City"),
            Field("state", "State", hint="Two letters, like MN", longest=2),
            Field("zip", "ZIP code", longest=10),
        ),
    ),
    Section(
        "sale",
        "The sale",
        (
            Field("sale_type", "Sold by", CHOICE, choices=SALES),
            Field("length_days", "Usual length", CHOICE, choices=LENGTHS),
            Field("start_cents", "Start price", MONEY),
            Field("reserve_cents", "Reserve", MONEY, hint="Kept secret. Leave it empty for no reserve."),
            Field("buy_now_cents", "Buy-now price", MONEY),
            Field("offers_open", "Take offers until the first bid", FLAG, is_short=False),
            Field("auto_accept_cents", "Accept offers from", MONEY, hint="At once, without asking you."),
            Field("auto_decline_cents", "Decline offers up to", MONEY, hint="At once, without asking you."),
        ),
        "Whole dollars.",
    ),
)
FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for part in SECTIONS for field in part.fields})
SECTION_OF: Mapping[str, Section] = MappingProxyType({field.name: part for part in SECTIONS for field in part.fields})
WHOLE: Mapping[str, str] = MappingProxyType(
    {"listing": "The whole listing", "photos": "Photos", "documents": "Documents"}
)


def label_of(name: str) -> str:
    """What a field, or a part of a listing, is called."""
    return FIELDS[name].label if name in FIELDS else WHOLE.get(name, name.replace("_", " ").capitalize())


def typed_of(told: Particulars) -> dict[str, Any]:
    """The values as a form holds them: texts, lights as a list."""
    return {name: _typed(field, getattr(told, name)) for name, field in FIELDS.items()}


def shown(name: str, value: Any) -> str:
    """A value in words, as JSON has it: `$5,000`, `4.2`, `Front wheels`; a dash where there is none."""
    field = FIELDS[name]
    if value is None or value in ("", [], ()):
        return DASH
    if field.kind == MONEY:
        return money(value)
    if field.kind == FLAG:
        return "Yes" if value else "No"
    if field.kind == NUMBER and name != "year":
        return f"{value:,}"
    if field.kind == LIGHTS:
        return ", ".join(str(each).capitalize() for each in value)
    return dict(field.choices).get(str(value)) or str(_typed(field, value))


def _typed(field: Field, value: Any) -> Any:
    if field.kind == LIGHTS:
        return [str(each) for each in value]
    if field.kind == FLAG:
        return "yes" if value else ""
    if value is None:
        return ""
    if field.kind == MONEY:
        return f"{value // DOLLAR:,}"
    if field.kind == GRADE:
        return f"{value // TENTHS}.{value % TENTHS}"
    return str(value)
