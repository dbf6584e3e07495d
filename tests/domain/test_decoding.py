"""What decoders said of a VIN: how long it is good for, which answer counts, and where somebody says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.decoder_conflicts import Claimed, Conflict, conflicts, disagreements
from domain.decoding import (
    Answer,
    Brand,
    Decoded,
    OdometerReading,
    Source,
    Specification,
    best,
    highest,
    is_settled,
    second,
)
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
GOOD_FOR = timedelta(days=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CIVIC = Specification(
    year=2019,
    make="HONDA",
    model="Civic",
    trim="EX, EX-L",
    body="Sedan/Saloon",
    engine="1.5L turbocharged I4",
    drive="FWD/Front-Wheel Drive",
    fuel="Gasoline",
    transmission="Continuously Variable Transmission (CVT)",
    doors=4,
)
SAME = Claimed(
    year=2019,
    make="Honda",
    model="Civic",
    trim="EX",
    body_type=BodyType.SEDAN,
    engine="1.5 L turbo I4",
    cylinders=4,
    drivetrain=Drivetrain.FWD,
    fuel_type=FuelType.GASOLINE,
    transmission="Automatic",
    doors=4,
    mileage=41_250,
    title_status=TitleStatus.CLEAN,
)


def decoded(source: Source = Source.CLEARVIN, specification: Specification = CIVIC, **more: Any) -> Decoded:
    return Decoded(vin="19XFC1F37KE200001", source=source, fetched_at=NOW, specification=specification, **more)


def answer(source: Source, age: timedelta, *, found: bool = True) -> dict[Source, Answer]:
    return {source: Answer(source, NOW - age, decoded(source) if found else None)}


@pytest.mark.parametrize(("found", "age", "fresh"), [(True, 29, True), (True, 30, False), (False, 1, False)])
def test_an_answer_is_good_for_long_and_none_for_a_day(found: bool, age: int, fresh: bool) -> None:
    kept = answer(Source.VPIC, age * DAY, found=found)[Source.VPIC]
    assert kept.is_fresh(NOW, GOOD_FOR) is fresh


def test_what_is_not_known_is_asked_again_as_often_as_what_is_at_least() -> None:
    assert not answer(Source.VPIC, HOUR, found=False)[Source.VPIC].is_fresh(NOW, HOUR)


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        ({}, False),
        (answer(Source.CLEARVIN, HOUR), True),
        (answer(Source.CLEARVIN, 31 * DAY), False),
        (answer(Source.CLEARVIN, HOUR, found=False), False),
        (answer(Source.VPIC, HOUR), False),
        (answer(Source.CLEARVIN, HOUR, found=False) | answer(Source.VPIC, HOUR), True),
        (answer(Source.CLEARVIN, HOUR, found=False) | answer(Source.VPIC, HOUR, found=False), True),
        (answer(Source.CLEARVIN, DAY, found=False) | answer(Source.VPIC, HOUR), False),
    ],
)
def test_nobody_is_asked_once_clearvin_told_or_both_have_answered(answers: dict[Source, Answer], settled: bool) -> None:
    assert is_settled(answers, NOW, GOOD_FOR) is settled


def test_clearvins_answer_counts_before_vpics_and_any_before_none() -> None:
    both = answer(Source.VPIC, HOUR) | answer(Source.CLEARVIN, 99 * DAY)
    unknown = answer(Source.CLEARVIN, HOUR, found=False) | answer(Source.VPIC, HOUR)
    assert best({}) is None
    assert [found.source for found in (best(both), best(unknown)) if found] == [Source.CLEARVIN, Source.VPIC]
    assert second(unknown) is None
    assert second(both) == decoded(Source.VPIC)


def test_a_decoder_knows_a_vehicle_by_make_and_model() -> None:
    assert CIVIC.names_vehicle
    assert not Specification(year=2019, make="Honda").names_vehicle


def test_its_words_are_ours_where_they_are_certain() -> None:
    assert (CIVIC.body_type, CIVIC.drivetrain, CIVIC.fuel_type) == (
        BodyType.SEDAN,
        Drivetrain.FWD,
        FuelType.GASOLINE,
    )
    plugged = Specification(fuel="Gasoline", electrification="PHEV (Plug-in Hybrid Electric Vehicle)")
    assert plugged.fuel_type is FuelType.PLUG_IN_HYBRID


def test_the_highest_reading_that_nobody_doubts_counts() -> None:
    readings = (OdometerReading(10), OdometerReading(30), OdometerReading(99, suspect=True))
    assert highest(readings) == OdometerReading(30)
    assert highest(()) is None


def test_who_says_the_same_in_other_words_is_not_in_conflict() -> None:
    assert conflicts(decoded(), SAME) == ()
    assert conflicts(decoded(), Claimed()) == ()
    assert conflicts(decoded(specification=Specification()), SAME) == ()


@pytest.mark.parametrize(
    ("field", "claimed", "decoder", "seller"),
    [
        ("year", Claimed(year=2018), "2019", "2018"),
        ("make", Claimed(make="Toyota"), "HONDA", "Toyota"),
        ("model", Claimed(model="Accord"), "Civic", "Accord"),
        ("trim", Claimed(trim="Touring"), "EX, EX-L", "Touring"),
        ("body_type", Claimed(body_type=BodyType.PICKUP), "Sedan/Saloon", "pickup"),
        ("engine", Claimed(engine="2.0L I4"), "1.5L turbocharged I4", "2.0L I4"),
        ("cylinders", Claimed(cylinders=6), "4", "6"),
        ("cylinders", Claimed(engine="V6"), "4", "6"),
        ("drivetrain", Claimed(drivetrain=Drivetrain.AWD), "FWD/Front-Wheel Drive", "AWD"),
        ("fuel_type", Claimed(fuel_type=FuelType.DIESEL), "Gasoline", "diesel"),
        (
            "transmission",
            Claimed(transmission="6-speed manual"),
            "Continuously Variable Transmission (CVT)",
            "6-speed manual",
        ),
        ("doors", Claimed(doors=2), "4", "2"),
    ],
)
def test_a_conflict_names_the_field_and_both_words(field: str, claimed: Claimed, decoder: str, seller: str) -> None:
    assert conflicts(decoded(), claimed) == (Conflict(field, decoder, seller, Source.CLEARVIN),)


@pytest.mark.parametrize(
    ("said", "claimed"),
    [
        (Specification(make="CHEVROLET"), Claimed(make="Chevy")),
        (Specification(make="MERCEDES-BENZ"), Claimed(make="Mercedes")),
        (Specification(model="F-150"), Claimed(model="F150 XLT")),
        (Specification(trim="SuperCrew"), Claimed(trim="Super")),
        (Specification(drive="4WD"), Claimed(drivetrain=Drivetrain.AWD)),
        (Specification(body="Hatchback"), Claimed(body_type=BodyType.SEDAN)),
        (Specification(transmission="Manual/Standard"), Claimed(transmission="manual")),
        (Specification(transmission="Manual/Standard"), Claimed(transmission="stick")),
        (Specification(engine="2.0L"), Claimed(engine="turbo")),
    ],
)
def test_what_is_called_by_two_names_is_no_conflict(said: Specification, claimed: Claimed) -> None:
    assert conflicts(decoded(specification=said), claimed) == ()


def test_an_odometer_below_an_earlier_reading_is_a_conflict() -> None:
    report = decoded(odometer=(OdometerReading(52_000), OdometerReading(900_000, suspect=True)))
    assert conflicts(report, SAME) == (Conflict("mileage", "52000", "41250", Source.CLEARVIN),)
    assert conflicts(report, Claimed(mileage=52_000)) == ()


@pytest.mark.parametrize(
    ("brands", "claimed", "decoder"),
    [
        (("Flood damage",), TitleStatus.CLEAN, "Flood damage"),
        (("Salvage", "Salvage", "Rebuilt"), TitleStatus.CLEAN, "Salvage, Rebuilt"),
        (("Salvage",), TitleStatus.LEMON, "salvage"),
        (("Salvage", "Rebuilt"), TitleStatus.REBUILT, None),
        (("Flood damage",), TitleStatus.REBUILT, None),
        (("Salvage",), None, None),
        ((), TitleStatus.CLEAN, None),
    ],
)
def test_a_brand_that_the_seller_does_not_tell_of_is_a_conflict(
    brands: tuple[str, ...], claimed: TitleStatus | None, decoder: str | None
) -> None:
    found = conflicts(decoded(brands=tuple(map(Brand, brands))), Claimed(title_status=claimed))
    expected = [(decoder, claimed.value)] if decoder and claimed else []
    assert [(each.decoded, each.other) for each in found] == expected


def test_two_decoders_may_disagree() -> None:
    other = decoded(Source.VPIC, Specification(year=2018, make="HONDA", model="Civic"))
    assert disagreements(decoded(), decoded(Source.VPIC)) == ()
    assert disagreements(decoded(), other) == (Conflict("year", "2019", "2018", Source.CLEARVIN, Source.VPIC),)
