"""Other people's words for bodies, drives, fuels and titles: ours where they are certain, none where they are not."""

import pytest

from domain.vehicle_words import body_type_of, cylinders_of, drivetrain_of, fuel_type_of, litres_of, title_status_of
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sedan/Saloon", BodyType.SEDAN),
        ("Sport Utility Vehicle (SUV)/Multi-Purpose Vehicle (MPV)", BodyType.SUV),
        ("Crossover Utility Vehicle (CUV)", BodyType.SUV),
        ("Hatchback/Liftback/Notchback", BodyType.HATCHBACK),
        ("Minivan", BodyType.VAN),
        ("Cargo Van", BodyType.VAN),
        ("Convertible/Cabriolet", BodyType.CONVERTIBLE),
        ("Pickup", BodyType.PICKUP),
        ("WAGON", BodyType.WAGON),
        ("Coupe", BodyType.COUPE),
        ("Coupe or Sedan", None),
        ("Incomplete - Chassis Cab", None),
        ("Caravan", None),
        ("", None),
    ],
)
def test_a_body(text: str, expected: BodyType | None) -> None:
    assert body_type_of(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4WD/4-Wheel Drive/4x4", Drivetrain.FOUR_WD),
        ("AWD/All-Wheel Drive", Drivetrain.AWD),
        ("FWD/Front-Wheel Drive", Drivetrain.FWD),
        ("RWD/Rear-Wheel Drive", Drivetrain.RWD),
        ("4x2", None),
        ("2WD/4WD", None),
        ("6x4", None),
        ("", None),
    ],
)
def test_a_drivetrain(text: str, expected: Drivetrain | None) -> None:
    assert drivetrain_of(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gasoline", FuelType.GASOLINE),
        ("Regular Unleaded", FuelType.GASOLINE),
        ("Gasoline/Electric Hybrid", FuelType.HYBRID),
        ("Strong HEV (Hybrid Electric Vehicle)", FuelType.HYBRID),
        ("PHEV (Plug-in Hybrid Electric Vehicle)", FuelType.PLUG_IN_HYBRID),
        ("BEV (Battery Electric Vehicle)", FuelType.ELECTRIC),
        ("Electric", FuelType.ELECTRIC),
        ("Diesel", FuelType.DIESEL),
        ("Mild HEV (Hybrid Electric Vehicle)", None),
        ("Flexible Fuel Vehicle (FFV)", None),
        ("Gasoline, Diesel", None),
        ("Hydrogen", None),
    ],
)
def test_a_fuel(text: str, expected: FuelType | None) -> None:
    assert fuel_type_of(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Salvage: Damage or Not Specified", TitleStatus.SALVAGE),
        ("Prior Salvage", TitleStatus.PRIOR_SALVAGE),
        ("Rebuilt", TitleStatus.REBUILT),
        ("Manufacturer Buy Back", TitleStatus.LEMON),
        ("Flood damage", None),
    ],
)
def test_a_title_brand(text: str, expected: TitleStatus | None) -> None:
    assert title_status_of(text) is expected


@pytest.mark.parametrize(
    ("engine", "litres", "cylinders"),
    [
        ("1.5L turbocharged I4, 174 hp", "1.5", 4),
        ("5.7L HEMI V8, 395 hp", "5.7", 8),
        ("2.5L flat-4, 175 hp", "2.5", 4),
        ("3 liter inline 6", "3.0", 6),
        ("2.0-litre 4-cylinder", "2.0", 4),
        ("6 cyl", "", 6),
        ("Electric motor, 200 hp, 60 kWh battery", "", None),
        ("", "", None),
    ],
)
def test_an_engine(engine: str, litres: str, cylinders: int | None) -> None:
    assert (litres_of(engine), cylinders_of(engine)) == (litres, cylinders)
