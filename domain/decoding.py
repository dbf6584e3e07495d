"""What a decoder says a VIN stands for, what its records hold of the vehicle, and how long that is good for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain import vehicle_words
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus

# What a decoder did not know yesterday it may know today.
ASKED_AGAIN_AFTER = timedelta(days=1)


class Source(StrEnum):
    """Who said it, the first being asked first: ClearVIN's paid reports, and the vehicle catalogue of the NHTSA."""

    CLEARVIN = "clearvin"
    VPIC = "vpic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """How it was built, in the decoder's words; empty or None where it does not say."""

    year: int | None = None
    make: str = ""
    model: str = ""
    trim: str = ""
    body: str = ""
    engine: str = ""
    cylinders: int | None = None
    drive: str = ""
    fuel: str = ""
    # How far a battery drives it, as in `BEV (Battery Electric Vehicle)`: says more than its first fuel.
    electrification: str = ""
    transmission: str = ""
    doors: int | None = None

    @property
    def body_type(self) -> BodyType | None:
        """Our outline of it, where the words are certain."""
        return vehicle_words.body_type_of(self.body)

    @property
    def drivetrain(self) -> Drivetrain | None:
        """The driven wheels, where the words are certain."""
        return vehicle_words.drivetrain_of(self.drive)

    @property
    def fuel_type(self) -> FuelType | None:
        """What goes into it, where the words are certain."""
        return vehicle_words.fuel_type_of(self.electrification or self.fuel)

    @property
    def names_vehicle(self) -> bool:
        """Whether the decoder knows the vehicle: without a make and a model it does not."""
        return bool(self.make and self.model)


@dataclass(frozen=True, slots=True)
class Brand:
    """A mark on a certificate of title, such as salvage or flood."""

    name: str
    code: str = ""
    description: str = ""

    @property
    def title_status(self) -> TitleStatus | None:
        """Our status of such a title, where there is one."""
        return vehicle_words.title_status_of(self.name)


@dataclass(frozen=True, slots=True)
class OdometerReading:
    """What an odometer showed; `suspect` where the records themselves doubt it."""

    miles: int
    read_on: date | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """A campaign of the NHTSA or the maker that the vehicle falls under."""

    campaign: str
    component: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What one decoder said of a VIN, and when. `notes` are its own doubts, each a short sentence; `suggested_vin` is
    what it takes the VIN for where that is another one, `!` standing for a character that may be several."""

    vin: str
    source: Source
    fetched_at: datetime
    specification: Specification
    brands: tuple[Brand, ...] = ()
    odometer: tuple[OdometerReading, ...] = ()
    recalls: tuple[Recall, ...] = ()
    notes: tuple[str, ...] = ()
    suggested_vin: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One decoder's answer as it is kept; `decoded` is None where it knew nothing of the VIN."""

    source: Source
    fetched_at: datetime
    decoded: Decoded | None = None

    def is_fresh(self, now: datetime, good_for: timedelta) -> bool:
        """Whether the decoder need not be asked again."""
        lasts = good_for if self.decoded is not None else min(good_for, ASKED_AGAIN_AFTER)
        return now - self.fetched_at < lasts


Answers = Mapping[Source, Answer]


def is_settled(answers: Answers, now: datetime, good_for: timedelta) -> bool:
    """Whether nobody is to be asked: ClearVIN told of it lately, or both have answered and at best vPIC knew it."""
    fresh = {source: answer for source, answer in answers.items() if answer.is_fresh(now, good_for)}
    report = fresh.get(Source.CLEARVIN)
    return (report is not None and report.decoded is not None) or fresh.keys() == set(Source)


def best(answers: Answers) -> Decoded | None:
    """The answer to show: ClearVIN's, else vPIC's. An old one is better than none; it says how old it is."""
    found = (answers[source].decoded for source in Source if source in answers)
    return next((decoded for decoded in found if decoded is not None), None)


def second(answers: Answers) -> Decoded | None:
    """What the other decoder says beside the best answer, where both know the vehicle."""
    found = [answer.decoded for answer in answers.values() if answer.decoded is not None]
    return next((decoded for decoded in found if decoded != best(answers)), None)


def highest(readings: Iterable[OdometerReading]) -> OdometerReading | None:
    """The reading that no later one can be below, among those that nobody doubts."""
    return max((each for each in readings if not each.suspect), key=lambda each: each.miles, default=None)
