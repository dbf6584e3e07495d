"""A listing's description: the facts that a draft may be made of, and the draft that needs nobody but them.

Only what no decoder contradicts is a fact. The seller's own text is data that lends words, never a number or a claim.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.decoder_conflicts import Claimed, conflicts
from domain.decoding import Decoded, Specification
from domain.description_check import Problem, Said, is_plain, problems
from domain.description_claims import claims
from domain.listings import Light, MileageUnit, OdometerStatus, Particulars
from domain.questions import contacts
from domain.seller_words import TAG, TOKEN, on_one_line, tells_of, without_people
from domain.vehicle_words import cylinders_of, words_of
from domain.vehicles import BodyType, TitleStatus

MILES_PER_KM = Decimal("0.621371")
BRANDS_MOST = 3
LONGEST_WORDS = 80
MEANING: Mapping[Light, str] = MappingProxyType(
    {
        Light.GREEN: "green (announced as sound)",
        Light.YELLOW: "yellow (with announced faults)",
        Light.RED: "red (sold as it is)",
        Light.BLUE: "blue (the title is not here yet)",
    }
)
CLOSING = "Look at the photos, read the documents and ask the seller your questions before you bid."
DISCLOSED = "The seller has disclosed what is wrong with it; read the disclosures before you bid."
ODOMETER = "Read the odometer statement of the seller before you bid."
BRANDED = "Its records hold a title brand"
# What a single sentence need not be or say.
OF_THE_WHOLE = frozenset({Problem.LENGTH, Problem.OMISSION})


class Writer(StrEnum):
    """Who wrote a draft."""

    OPENAI = "openai"
    TEMPLATE = "template"


class Why(StrEnum):
    """Why it was the template: the model is off, refused, was cut off, failed, wrote what may not be shown, was asked
    often enough today, or could not be asked."""

    OFF = "off"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    FAILED = "failed"
    UNFIT = "unfit"
    BUDGET = "budget"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a draft may be made of, in words; empty or None is not known. `disclosures` and `notes` are the seller's
    text, cleaned of people, and not to be trusted. `doubts_odometer`: the seller does not certify the reading."""

    year: int | None = None
    make: str = ""
    model: str = ""
    trim: str = ""
    body: str = ""
    engine: str = ""
    cylinders: int | None = None
    doors: int | None = None
    transmission: str = ""
    drivetrain: str = ""
    fuel: str = ""
    mileage: str = ""
    doubts_odometer: bool = False
    condition_grade: str = ""
    lights: tuple[str, ...] = ()
    title: str = ""
    brands: tuple[str, ...] = ()
    disclosures: str = ""
    notes: str = ""

    @property
    def name(self) -> str:
        """`2019 Honda Civic EX`."""
        return " ".join(filter(None, (str(self.year or ""), self.make, self.model, self.trim)))

    @property
    def said(self) -> Said:
        """What a text on this vehicle may say."""
        cylinders, doors = self.cylinders or cylinders_of(self.engine), self.doors
        return Said(
            words="; ".join(
                (
                    *(self.name, self.body, self.engine, self.transmission, self.drivetrain, self.fuel, self.mileage),
                    *(self.condition_grade, *self.lights, self.title, *self.brands),
                    *("" if cylinders is None else f"{cylinders} cylinders", "" if doors is None else f"{doors} doors"),
                )
            ),
            has_clean_title=self.title == TitleStatus.CLEAN and not self.brands,
            is_branded=bool(self.brands) or self.title not in {"", TitleStatus.CLEAN},
        )


def facts_of(told: Particulars, decoded: Decoded | None = None, names: Sequence[str] = ()) -> Facts:
    """The facts of a listing, completed by what a decoder says; where the two differ, neither is a fact. `names` are
    people's that must not be told."""
    contested = set() if decoded is None else {each.field for each in conflicts(decoded, _claimed(told))}
    said = Specification() if decoded is None else decoded.specification

    def fit(field: str, *texts: str) -> str:
        first = "" if field in contested else next(filter(None, texts), "")
        return _fit(first, told.vin, names)

    def number(field: str, *values: int | None) -> int | None:
        return None if field in contested else next((value for value in values if value is not None), None)

    return Facts(
        year=number("year", told.year, said.year),
        make=fit("make", told.make, said.make),
        model=fit("model", told.model, said.model),
        trim=fit("trim", told.trim, said.trim),
        body=fit("body_type", _body(told.body_type), _body(said.body_type)),
        engine=fit("engine", told.engine, said.engine),
        cylinders=number("cylinders", told.cylinders, said.cylinders) or None,
        doors=number("doors", told.doors, said.doors) or None,
        transmission=fit("transmission", told.transmission, said.transmission),
        drivetrain=fit("drivetrain", told.drivetrain or "", said.drivetrain or ""),
        fuel=fit("fuel_type", told.fuel_type or "", said.fuel_type or ""),
        mileage=_mileage(told) if "mileage" not in contested else "",
        doubts_odometer=told.odometer_status is not OdometerStatus.ACTUAL or "mileage" in contested,
        condition_grade=_grade(told.condition_grade),
        lights=tuple(MEANING[light] for light in told.lights),
        title=told.title_status or "" if "title_status" not in contested else "",
        brands=_brands(decoded, told.vin, names),
        disclosures=without_people(told.disclosures, vin=told.vin, names=names),
        notes=without_people(told.description, vin=told.vin, names=names),
    )


def template(facts: Facts) -> str:
    """The draft that is made of the facts alone: the same for the same facts, and always one that may be shown."""
    said = facts.said
    full = " ".join(each for each in _sentences(facts) if not set(problems(each, said)) - OF_THE_WHOLE)
    return full if not problems(full, said) else " ".join((*_title(facts, ()), CLOSING))


def _sentences(facts: Facts) -> tuple[str, ...]:
    lines = (
        ("For sale: {}.", ", ".join(filter(None, (facts.name, facts.body)))),
        ("Engine: {}.", facts.engine),
        ("Transmission: {}.", facts.transmission),
        ("Drivetrain: {}.", facts.drivetrain),
        ("Fuel: {}.", facts.fuel),
        ("The odometer shows {}.", facts.mileage),
        ("Condition grade: {}.", facts.condition_grade),
        ("Lights: {}.", ", ".join(facts.lights)),
    )
    told = (sentence.format(words) for sentence, words in lines if words)
    doubts = (ODOMETER,) if facts.doubts_odometer else ()
    disclosed = (DISCLOSED,) if facts.disclosures else ()
    return (*told, *_title(facts, facts.brands), *doubts, *disclosed, CLOSING)


def _title(facts: Facts, brands: Sequence[str]) -> tuple[str, ...]:
    named = [brand for brand in brands if brand]
    records = (f"{BRANDED}: {', '.join(named)}." if named else f"{BRANDED}.",) if facts.brands else ()
    if facts.title in {"", TitleStatus.CLEAN}:
        return (("The title is clean.",) if facts.said.has_clean_title else ()) + records
    return (f"The title is branded: {facts.title}.", *records)


def _fit(text: str, vin: str, names: Sequence[str]) -> str:
    """Words of a specification as they are, or none of them where they say what no specification says."""
    plain = on_one_line(text)
    people = any(f" {words_of(name)} " in f" {words_of(plain)} " for name in names if " " in name.strip())
    told = any(tells_of(token, vin) for token in TOKEN.findall(plain))
    odd = len(plain) > LONGEST_WORDS or not is_plain(plain) or TAG.search(plain) is not None
    return "" if odd or people or told or contacts(plain) or claims(plain) else plain


def _brands(decoded: Decoded | None, vin: str, names: Sequence[str]) -> tuple[str, ...]:
    """The brands that the records hold; a name that cannot be told is empty, and a brand all the same."""
    found = () if decoded is None else decoded.brands
    return tuple(dict.fromkeys(_fit(brand.name, vin, names) for brand in found))[:BRANDS_MOST]


def _claimed(told: Particulars) -> Claimed:
    return Claimed(
        year=told.year,
        make=told.make,
        model=told.model,
        trim=told.trim,
        body_type=told.body_type,
        engine=told.engine,
        cylinders=told.cylinders or None,
        drivetrain=told.drivetrain,
        fuel_type=told.fuel_type,
        transmission=told.transmission,
        doors=told.doors or None,
        mileage=_miles(told),
        title_status=told.title_status,
    )


def _miles(told: Particulars) -> int | None:
    if told.mileage is None or told.mileage_unit is MileageUnit.MILES:
        return told.mileage
    # Rounded up: a reading is not called too low for a fraction of a mile.
    return math.ceil(told.mileage * MILES_PER_KM)


def _mileage(told: Particulars) -> str:
    """`41,250 miles`; nothing where the seller does not certify the reading."""
    if told.mileage is None or told.odometer_status is not OdometerStatus.ACTUAL:
        return ""
    return f"{told.mileage:,} {'miles' if told.mileage_unit is MileageUnit.MILES else 'km'}"


def _grade(tenths: int | None) -> str:
    return "" if tenths is None else f"{tenths // 10}.{tenths % 10} out of 5"


def _body(kind: BodyType | None) -> str:
    return "" if kind is None else "SUV" if kind is BodyType.SUV else kind.value
