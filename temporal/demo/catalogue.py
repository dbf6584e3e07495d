"""The demo market's vehicles: true specifications, invented owners and words, and what each would fetch.

The VINs are valid for make, model, year and plant. Their serial numbers lie far above any production run, so that
they belong to nobody's car.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from domain.money import DOLLAR
from domain.vehicles import BodyType, Drivetrain, FuelType, TitleStatus, VehicleSpec
from domain.vin import CHECK_POSITION, LENGTH, check_digit

# The steps from one car of a kind to the next share no factor with the number of serials: none comes twice.
SERIAL, SERIALS, SERIAL_STEP = 13, 10_000, 1_013
MILES_FURTHER = 4_310
# So many cars of a kind have each a higher mileage than the one before; then it begins anew.
WORN = 9
COLOURS = ("White", "Black", "Graphite", "Silver", "Deep Blue", "Red", "Pine Green")
SOURCE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True, slots=True)
class Offering:
    """One vehicle as a demo seller would offer it; `zip` is where it stands. Money in cents; the value is the market's
    range."""

    spec: VehicleSpec
    seller: str
    zip: str
    start_cents: int
    reserve_cents: int | None
    value_low_cents: int
    value_high_cents: int

    @property
    def value_cents(self) -> int:
        """The middle of the market's range, in whole dollars."""
        return (self.value_low_cents + self.value_high_cents) // 2 // DOLLAR * DOLLAR


@cache
def catalogue() -> tuple[Offering, ...]:
    """Every vehicle, in the file's order. Raises ValueError for a file that is not a catalogue."""
    return tuple(_offering(item) for item in json.loads(SOURCE.read_text(encoding="utf-8")))


def stock() -> Iterator[Offering]:
    """The catalogue, and behind it what its sellers bring next: a vehicle that was sold is not sold again."""
    yield from catalogue()
    for turn in range(1, SERIALS):
        for offering in catalogue():
            yield _another(offering, turn)


def offering_of(vin: str) -> Offering | None:
    """The vehicle of the stock with this VIN."""
    first = _kinds().get(_kind(vin))
    if first is None or len(vin) != LENGTH or not vin[SERIAL:].isdecimal():
        return None
    apart = int(vin[SERIAL:]) - int(first.spec.vin[SERIAL:])
    turn = apart * pow(SERIAL_STEP, -1, SERIALS) % SERIALS
    found = _another(first, turn) if turn else first
    return found if found.spec.vin == vin else None


@cache
def _kinds() -> dict[str, Offering]:
    return {_kind(offering.spec.vin): offering for offering in catalogue()}


def _kind(vin: str) -> str:
    """What the VINs of all cars of a kind share: everything but the check digit and the last four digits."""
    return vin[:CHECK_POSITION] + vin[CHECK_POSITION + 1 : SERIAL]


def _another(offering: Offering, turn: int) -> Offering:
    """One more of the same kind: another serial number and colour, further driven."""
    spec = offering.spec
    vin = f"{spec.vin[:SERIAL]}{(int(spec.vin[SERIAL:]) + turn * SERIAL_STEP) % SERIALS:04}"
    vin = vin[:CHECK_POSITION] + check_digit(vin) + vin[CHECK_POSITION + 1 :]
    colour = COLOURS[(len(spec.make) + len(spec.model) + turn) % len(COLOURS)]
    mileage = spec.mileage + (1 + (turn - 1) % WORN) * MILES_FURTHER + spec.year % 100 * 37
    return replace(offering, spec=replace(spec, vin=vin, exterior_color=colour, mileage=mileage))


def _offering(item: dict[str, Any]) -> Offering:
    low, high = item["value_dollars"]
    reserve = item["reserve_dollars"]
    return Offering(
        spec=_spec(item["spec"]),
        seller=item["seller"],
        zip=item["zip"],
        start_cents=item["start_dollars"] * DOLLAR,
        reserve_cents=None if reserve is None else reserve * DOLLAR,
        value_low_cents=low * DOLLAR,
        value_high_cents=high * DOLLAR,
    )


def _spec(item: dict[str, Any]) -> VehicleSpec:
    finite = {
        "body_type": BodyType(item["body_type"]),
        "drivetrain": Drivetrain(item["drivetrain"]),
        "fuel_type": FuelType(item["fuel_type"]),
        "title_status": TitleStatus(item["title_status"]),
    }
    return VehicleSpec(**{**item, **finite})
