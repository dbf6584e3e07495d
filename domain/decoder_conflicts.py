"""Where a decoder and the seller, or two decoders, do not say the same of a vehicle: shown to both, decided by people.

Only what is certain on both sides is compared, so that a conflict is worth a look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain import vehicle_words
from domain.decoding import Decoded, Source, Specification, highest
from domain.vehicle_words import words_of
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus

# Names of one make, by the one that all of them stand for.
MAKES: Mapping[str, str] = MappingProxyType(
    {"chevy": "chevrolet", "vw": "volkswagen", "mercedes": "mercedesbenz", "landrover": "rover", "rangerover": "rover"}
)
# Which wheels are driven is told apart by the decoders, whether by a switch is not.
ALL_WHEELS = frozenset({Drivetrain.AWD, Drivetrain.FOUR_WD})
# Decoders call many a van an SUV and many a hatchback a sedan: too like each other to accuse anybody.
ALIKE_BODIES = (
    frozenset({BodyType.SUV, BodyType.WAGON, BodyType.VAN}),
    frozenset({BodyType.SEDAN, BodyType.HATCHBACK, BodyType.COUPE}),
    frozenset({BodyType.HATCHBACK, BodyType.WAGON}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What the seller says of it; None where nothing is said. Mileage in miles."""

    year: int | None = None
    make: str | None = None
    model: str | None = None
    trim: str | None = None
    body_type: BodyType | None = None
    engine: str | None = None
    cylinders: int | None = None
    drivetrain: Drivetrain | None = None
    fuel_type: FuelType | None = None
    transmission: str | None = None
    doors: int | None = None
    mileage: int | None = None
    title_status: TitleStatus | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that two say differently: what the decoder says, and what the seller, or the other decoder, says."""

    field: str
    decoded: str
    other: str
    source: Source
    other_source: Source | None = None


def conflicts(decoded: Decoded, claimed: Claimed) -> tuple[Conflict, ...]:
    """Where the seller says something else than the decoder and its records."""
    said = decoded.specification
    pairs = (*_pairs(said, claimed), *_records(decoded, claimed))
    return tuple(Conflict(*pair, decoded.source) for pair in pairs)


def disagreements(first: Decoded, second: Decoded) -> tuple[Conflict, ...]:
    """Where two decoders say different things."""
    other = second.specification
    as_claimed = Claimed(
        year=other.year,
        make=other.make,
        model=other.model,
        trim=other.trim,
        body_type=other.body_type,
        engine=other.engine,
        cylinders=other.cylinders,
        drivetrain=other.drivetrain,
        fuel_type=other.fuel_type,
        transmission=other.transmission,
        doors=other.doors,
    )
    pairs = _pairs(first.specification, as_claimed)
    return tuple(Conflict(*pair, first.source, second.source) for pair in pairs)


Pair = tuple[str, str, str]


def _pairs(said: Specification, claimed: Claimed) -> Iterator[Pair]:
    yield from _differing("year", said.year, claimed.year)
    if _make(said.make) != _make(claimed.make) and said.make and claimed.make:
        yield "make", said.make, claimed.make
    if said.model and claimed.model and not _begins_same(said.model, claimed.model):
        yield "model", said.model, claimed.model
    if said.trim and claimed.trim and not _shares_words(said.trim, claimed.trim):
        yield "trim", said.trim, claimed.trim
    if said.body_type and claimed.body_type and not _looks_alike(said.body_type, claimed.body_type):
        yield "body_type", said.body, claimed.body_type.value
    yield from _engines(said, claimed)
    if said.drivetrain and claimed.drivetrain and not _drives_same(said.drivetrain, claimed.drivetrain):
        yield "drivetrain", said.drive, claimed.drivetrain.value
    if said.fuel_type and claimed.fuel_type and said.fuel_type is not claimed.fuel_type:
        yield "fuel_type", said.electrification or said.fuel, claimed.fuel_type.value
    if {_is_manual(said.transmission), _is_manual(claimed.transmission)} == {True, False}:
        yield "transmission", said.transmission, claimed.transmission or ""
    yield from _differing("doors", said.doors, claimed.doors)


def _engines(said: Specification, claimed: Claimed) -> Iterator[Pair]:
    decoder, seller = vehicle_words.litres_of(said.engine), vehicle_words.litres_of(claimed.engine or "")
    if decoder and seller and decoder != seller:
        yield "engine", said.engine, claimed.engine or ""
    counted = claimed.cylinders or vehicle_words.cylinders_of(claimed.engine or "")
    yield from _differing("cylinders", said.cylinders or vehicle_words.cylinders_of(said.engine), counted)


def _records(decoded: Decoded, claimed: Claimed) -> Iterator[Pair]:
    """What the records hold against the odometer and the title."""
    reading = highest(decoded.odometer)
    if reading is not None and claimed.mileage is not None and claimed.mileage < reading.miles:
        yield "mileage", str(reading.miles), str(claimed.mileage)
    marks = {brand.title_status for brand in decoded.brands}
    if decoded.brands and claimed.title_status is TitleStatus.CLEAN:
        names = ", ".join(dict.fromkeys(brand.name for brand in decoded.brands))
        yield "title_status", names, claimed.title_status.value
    elif marks - {None} and claimed.title_status and claimed.title_status not in marks:
        names = ", ".join(sorted(mark.value for mark in marks if mark))
        yield "title_status", names, claimed.title_status.value


def _differing(field: str, decoder: int | None, seller: int | None) -> Iterator[Pair]:
    if decoder is not None and seller is not None and decoder != seller:
        yield field, str(decoder), str(seller)


def _make(name: str | None) -> str:
    packed = words_of(name or "").replace(" ", "")
    return MAKES.get(packed, packed)


def _begins_same(decoder: str, seller: str) -> bool:
    """Whether one name goes on where the other ends, however they are spaced: `F-150` and `F150 XLT`."""
    one, other = (words_of(name).replace(" ", "") for name in (decoder, seller))
    return one.startswith(other) or other.startswith(one)


def _shares_words(decoder: str, seller: str) -> bool:
    """Decoders name all trims that the VIN may stand for: `EX, EX-L`."""
    return bool(set(words_of(decoder).split()) & set(words_of(seller).split())) or _begins_same(decoder, seller)


def _looks_alike(one: BodyType, other: BodyType) -> bool:
    return one is other or any({one, other} <= alike for alike in ALIKE_BODIES)


def _drives_same(one: Drivetrain, other: Drivetrain) -> bool:
    return one is other or {one, other} <= ALL_WHEELS


def _is_manual(transmission: str | None) -> bool | None:
    """False for every automatic, a CVT among them; None where the words do not say."""
    words = set(words_of(transmission or "").split())
    if words & {"automatic", "auto", "cvt"}:
        return False
    return True if "manual" in words else None
