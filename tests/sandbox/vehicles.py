"""What the decoders' sandboxes know of vehicles: the demo's catalogue, read as a file, with further cars of each kind,
and for any other VIN a plausible vehicle that is the same each time. A serial number that begins with 000 is known to
nobody."""

import hashlib
import json
from pathlib import Path
from typing import Any

from domain.vehicle_words import cylinders_of
from domain.vin import Market, VinError, read_vin

CATALOGUE = Path(__file__).parents[2] / "temporal" / "demo" / "catalogue.json"
LATEST_YEAR = 2028
UNKNOWN_SERIAL = "000"
DOORS = {"sedan": 4, "suv": 4, "pickup": 4, "coupe": 2, "hatchback": 5, "wagon": 5, "van": 4, "convertible": 2}
KEYS = ("make", "model", "trim", "body_type", "engine", "transmission", "drivetrain", "fuel_type")
# Makers by the beginning of their VINs; a longer one wins.
MAKERS = {
    "1HG": "Honda",
    "19X": "Honda",
    "2HG": "Honda",
    "JHM": "Honda",
    "4T1": "Toyota",
    "2T": "Toyota",
    "JT": "Toyota",
    "1FT": "Ford",
    "1FA": "Ford",
    "1FM": "Ford",
    "1G": "Chevrolet",
    "WVW": "Volkswagen",
    "WBA": "BMW",
}
AUTOMATIC, CVT = "8-speed automatic", "CVT"
MODELS = (
    ("Honda", "Civic", "LX", "sedan", "2.0L I4, 158 hp", CVT, "FWD", "gasoline"),
    ("Honda", "CR-V", "EX", "suv", "1.5L turbocharged I4, 190 hp", CVT, "AWD", "gasoline"),
    ("Toyota", "Camry", "SE", "sedan", "2.5L I4, 203 hp", AUTOMATIC, "FWD", "gasoline"),
    ("Toyota", "RAV4", "XLE Hybrid", "suv", "2.5L I4 hybrid, 219 hp", CVT, "AWD", "hybrid"),
    ("Ford", "F-150", "XLT", "pickup", "2.7L twin-turbo V6, 325 hp", "10-speed automatic", "4WD", "gasoline"),
    ("Ford", "Mustang", "EcoBoost", "coupe", "2.3L turbocharged I4, 310 hp", "6-speed manual", "RWD", "gasoline"),
    ("Chevrolet", "Silverado 2500HD", "LTZ", "pickup", "6.6L V8, 445 hp", "6-speed automatic", "4WD", "diesel"),
    ("Chevrolet", "Bolt EV", "LT", "hatchback", "Electric motor, 200 hp", "Single-speed", "FWD", "electric"),
    ("Volkswagen", "Golf", "SE", "hatchback", "1.8L turbocharged I4, 170 hp", "6-speed automatic", "FWD", "gasoline"),
    ("BMW", "430i", "xDrive", "convertible", "2.0L turbocharged I4, 248 hp", AUTOMATIC, "AWD", "gasoline"),
)

Vehicle = dict[str, Any]


class Vehicles:
    """The vehicles that there are, by VIN."""

    def __init__(self, catalogue: Path = CATALOGUE) -> None:
        specs = [item["spec"] for item in json.loads(catalogue.read_text(encoding="utf-8"))]
        self._kinds: dict[str, Vehicle] = {_kind(spec["vin"]): spec for spec in specs}

    def find(self, vin: str) -> Vehicle | None:
        """The vehicle with this VIN; None for what is none or is known to nobody."""
        try:
            reading = read_vin(vin, Market.IMPORT, latest_year=LATEST_YEAR)
        except VinError:
            return None
        if vin != reading.text or vin[11:].startswith(UNKNOWN_SERIAL):
            return None
        built = self._kinds.get(_kind(vin)) or _made_up(vin, reading.model_years)
        return {**built, "vin": vin, "cylinders": cylinders_of(built["engine"]), "doors": DOORS[built["body_type"]]}


def _kind(vin: str) -> str:
    """What the VINs of one kind share: all but the check digit and the last four digits."""
    return vin[:8] + vin[9:13]


def _made_up(vin: str, years: tuple[int, ...]) -> Vehicle:
    chance = int.from_bytes(hashlib.sha256(vin[:11].encode()).digest()[:8])
    make = next((MAKERS[vin[:length]] for length in (3, 2) if vin[:length] in MAKERS), None)
    choices = [model for model in MODELS if make in {None, model[0]}]
    year = years[0] if years else 2000 + chance % 20
    own = int.from_bytes(hashlib.sha256(vin.encode()).digest()[:8])
    mileage = 4_000 + own % 9_000 * max(1, LATEST_YEAR - year)
    facts = dict(zip(KEYS, choices[chance % len(choices)], strict=True))
    return {"vin": vin, "year": year, **facts, "mileage": mileage, "title_status": "clean"}
