"""A vehicle's specification, and what keeps it from being listed."""

from dataclasses import replace

from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus, VehicleSpec, flaws

GOOD = VehicleSpec(
    vin="1HGCM82633A004352",
    year=2003,
    make="Honda",
    model="Accord",
    trim="EX V6",
    body_type=BodyType.COUPE,
    exterior_color="Silver",
    interior_color="Gray",
    engine="3.0L V6, 240 hp",
    transmission="5-speed automatic",
    drivetrain=Drivetrain.FWD,
    fuel_type=FuelType.GASOLINE,
    mileage=142_000,
    title_status=TitleStatus.CLEAN,
    condition_grade=28,
    city="Duluth",
    state="MN",
    description="Runs.",
    disclosures="",
)


def _rules(spec: VehicleSpec) -> list[tuple[str, str]]:
    return [(flaw.field, flaw.rule) for flaw in flaws(spec)]


def test_a_good_specification_has_no_flaws() -> None:
    assert flaws(GOOD) == ()


def test_the_title_leaves_out_a_trim_that_is_not_there() -> None:
    assert (GOOD.title, replace(GOOD, trim="").title) == ("2003 Honda Accord EX V6", "2003 Honda Accord")


def test_a_wrong_vin_is_named_with_its_reason() -> None:
    assert _rules(replace(GOOD, vin="1HGCM82603A004352")) == [("vin", "VIN_CHECK_DIGIT")]


def test_a_vin_must_be_written_in_its_one_form() -> None:
    assert _rules(replace(GOOD, vin="1hgcm82633a004352")) == [("vin", "VIN_FORM")]


def test_the_year_must_be_the_vins() -> None:
    assert _rules(replace(GOOD, year=2004)) == [("year", "VIN_YEAR")]


def test_every_flaw_is_told_at_once() -> None:
    bad = replace(GOOD, mileage=-1, condition_grade=51, make=" ", description="")
    assert _rules(bad) == [
        ("mileage", "RANGE"),
        ("condition_grade", "RANGE"),
        ("make", "REQUIRED"),
        ("description", "REQUIRED"),
    ]
