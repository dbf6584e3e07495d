"""What is told of a decoded VIN: facts with their source and time, records, and where somebody says otherwise."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from domain.clock import to_text
from domain.decoder_conflicts import Claimed, Conflict, conflicts, disagreements
from domain.decoding import Answers, Brand, OdometerReading, Recall, Source, Specification, best, second
from domain.vin import VinReading

MANUAL, PENDING = "manual", "pending"
SEPARATE = "Title, odometer and recall records are in ClearVIN's report only"
EXAMPLE: Mapping[str, Any] = MappingProxyType(
    {
        "vin": "19XFC1F30KE902117",
        "market": "us",
        "model_years": [2019],
        "source": "clearvin",
        "fetched_at": "2026-05-05T19:12:03.120Z",
        "facts": {
            "year": 2019,
            "make": "Honda",
            "model": "Civic",
            "trim": "EX",
            "body": "Sedan",
            "body_type": "sedan",
            "engine": "1.5L turbocharged I4, 174 hp",
            "cylinders": 4,
            "drive": "FWD",
            "drivetrain": "FWD",
            "fuel": "Gasoline",
            "fuel_type": "gasoline",
            "transmission": "CVT",
            "doors": 4,
        },
        "brands": [{"name": "Rebuilt", "code": "11", "description": "", "title_status": "rebuilt"}],
        "odometer": [{"miles": 52_000, "read_on": "2023-06-15", "suspect": False}],
        "recalls": [{"campaign": "19V123000", "component": "AIR BAGS", "summary": "It may not unfold."}],
        "conflicts": [
            {"field": "mileage", "decoded": "52000", "other": "41250", "source": "clearvin", "other_source": "seller"}
        ],
        "warnings": [],
    }
)
STILL_ASKED: Mapping[str, Any] = MappingProxyType(
    {
        **EXAMPLE,
        "source": PENDING,
        "fetched_at": None,
        "facts": None,
        **dict.fromkeys(("brands", "odometer", "recalls", "conflicts"), ()),
    }
)


class FactsView(TypedDict):
    """How it was built: the decoder's words, beside them ours where they are certain; null where it does not say."""

    year: int | None
    make: str | None
    model: str | None
    trim: str | None
    body: str | None
    body_type: str | None
    engine: str | None
    cylinders: int | None
    drive: str | None
    drivetrain: str | None
    fuel: str | None
    fuel_type: str | None
    transmission: str | None
    doors: int | None


class BrandView(TypedDict):
    """A mark on the title; `title_status` is ours where there is one."""

    name: str
    code: str
    description: str
    title_status: str | None


class OdometerView(TypedDict):
    """What the odometer showed on a day."""

    miles: int
    read_on: str | None
    suspect: bool


class RecallView(TypedDict):
    """A recall that the vehicle falls under."""

    campaign: str
    component: str
    summary: str


class ConflictView(TypedDict):
    """Two say different things: `source` the one, `other_source` (seller, clearvin or vpic) the other."""

    field: str
    decoded: str
    other: str
    source: str
    other_source: str


class WarningView(TypedDict):
    """What is odd, and blocks nothing."""

    code: str
    message: str


class DecodedVinView(TypedDict):
    """A VIN with what is known of it. `source` is clearvin, vpic, manual (go on by hand) or pending (ask again)."""

    vin: str
    market: str
    model_years: list[int]
    source: str
    fetched_at: str | None
    facts: FactsView | None
    brands: list[BrandView]
    odometer: list[OdometerView]
    recalls: list[RecallView]
    conflicts: list[ConflictView]
    warnings: list[WarningView]


def decoded_view(reading: VinReading, answers: Answers, claimed: Claimed, *, pending: bool) -> DecodedVinView:
    """What is told of a VIN; `pending`: decoders are being asked."""
    found = best(answers)
    return {
        "vin": reading.text,
        "market": reading.market.value,
        "model_years": list(reading.model_years),
        "source": found.source.value if found else PENDING if pending else MANUAL,
        "fetched_at": to_text(found.fetched_at) if found else None,
        "facts": facts_view(found.specification) if found else None,
        "brands": [brand_view(each) for each in found.brands] if found else [],
        "odometer": [odometer_view(each) for each in found.odometer] if found else [],
        "recalls": [recall_view(each) for each in found.recalls] if found else [],
        "conflicts": conflict_views(answers, claimed),
        "warnings": [
            {"code": code, "message": message}
            for code, message in _warnings(reading, answers, claimed, pending=pending)
        ],
    }


def facts_view(said: Specification) -> FactsView:
    """A decoder's facts."""
    return {
        "year": said.year,
        "make": said.make or None,
        "model": said.model or None,
        "trim": said.trim or None,
        "body": said.body or None,
        "body_type": said.body_type and said.body_type.value,
        "engine": said.engine or None,
        "cylinders": said.cylinders,
        "drive": said.drive or None,
        "drivetrain": said.drivetrain and said.drivetrain.value,
        "fuel": said.electrification or said.fuel or None,
        "fuel_type": said.fuel_type and said.fuel_type.value,
        "transmission": said.transmission or None,
        "doors": said.doors,
    }


def conflict_views(answers: Answers, claimed: Claimed) -> list[ConflictView]:
    """Where the best answer is not what the seller says, or not what the other decoder says: for both to see."""
    found, other = best(answers), second(answers)
    if found is None:
        return []
    between = () if other is None else disagreements(found, other)
    return [_conflict(each) for each in (*conflicts(found, claimed), *between)]


def _warnings(reading: VinReading, answers: Answers, claimed: Claimed, *, pending: bool) -> Iterator[tuple[str, str]]:
    for warning in reading.warnings:
        yield warning.code, warning.message
    found = best(answers)
    if found is None:
        yield from _without_decoder(reading, answers, claimed, pending=pending)
        return
    for note in found.notes:
        yield "DECODER_NOTE", note
    if found.suggested_vin:
        yield "VIN_SUGGESTED", f"The decoder takes it for {found.suggested_vin}; compare it with the papers."
    year = found.specification.year
    if year is not None and reading.model_years and year not in reading.model_years:
        yield "VIN_YEAR", f"The decoder says {year}, the VIN itself {reading.model_years[0]}."
    if found.source is not Source.CLEARVIN:
        yield _no_records(answers, pending=pending)


def _without_decoder(
    reading: VinReading, answers: Answers, claimed: Claimed, *, pending: bool
) -> Iterator[tuple[str, str]]:
    years = reading.model_years
    if claimed.year is not None and years and claimed.year not in years:
        yield "VIN_YEAR", f"You say {claimed.year}, the VIN itself {years[0]}."
    if pending:
        return
    if not reading.decodable:
        yield "MANUAL", "Decoders do not know vehicles of before 1981: write the facts from the papers."
    elif answers.keys() == set(Source):
        yield "MANUAL", "No decoder knows this VIN: compare it with the papers, then write the facts by hand."
    else:
        yield "MANUAL", "No decoder can be reached now: write the facts by hand, or ask again later. Nothing is lost."


def _no_records(answers: Answers, *, pending: bool) -> tuple[str, str]:
    if pending:
        return "RECORDS_PENDING", f"{SEPARATE}, which is on its way; ask again in a minute."
    if Source.CLEARVIN in answers:
        return "NO_RECORDS", f"{SEPARATE}, and there is none for this VIN."
    return "RECORDS_AWAY", f"{SEPARATE}, which cannot be had now; ask again later."


def brand_view(brand: Brand) -> BrandView:
    """A mark on the title."""
    status = brand.title_status
    return {
        "name": brand.name,
        "code": brand.code,
        "description": brand.description,
        "title_status": status and status.value,
    }


def odometer_view(reading: OdometerReading) -> OdometerView:
    """What an odometer showed."""
    read_on = reading.read_on
    return {"miles": reading.miles, "read_on": read_on.isoformat() if read_on else None, "suspect": reading.suspect}


def recall_view(recall: Recall) -> RecallView:
    """A recall."""
    return {"campaign": recall.campaign, "component": recall.component, "summary": recall.summary}


def _conflict(found: Conflict) -> ConflictView:
    return {
        "field": found.field,
        "decoded": found.decoded,
        "other": found.other,
        "source": found.source.value,
        "other_source": found.other_source.value if found.other_source else "seller",
    }
