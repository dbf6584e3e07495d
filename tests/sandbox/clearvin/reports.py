"""A report as ClearVIN may write it: the specification, and records with the tags that others have seen in theirs."""

import hashlib
from typing import Any

from tests.sandbox.vehicles import Vehicle

BODIES = {"suv": "SUV", "van": "Van"}
BRANDED = {
    "rebuilt": ("11", "Rebuilt", "The vehicle was rebuilt after it had been a total loss."),
    "salvage": ("06", "Salvage: Damage or Not Specified", "An insurer took it for a total loss."),
    "prior salvage": ("34", "Prior Salvage", "It was a total loss once."),
    "lemon": ("20", "Manufacturer Buy Back", "The maker bought it back."),
}
RECALL_OF = 4
LAST_READ = 2025


def report_of(vehicle: Vehicle) -> dict[str, Any]:
    """Everything that a report says of a vehicle."""
    chance = hashlib.sha256(vehicle["vin"].encode()).digest()[0]
    year, brand = int(vehicle["year"]), BRANDED.get(vehicle["title_status"])
    return {
        "vehicleSpecification": {
            "year": str(year),
            "make": vehicle["make"],
            "model": vehicle["model"],
            "trim": vehicle["trim"],
            "bodyStyle": BODIES.get(vehicle["body_type"], vehicle["body_type"].title()),
            "engine": vehicle["engine"],
            "cylinders": str(vehicle["cylinders"] or ""),
            "driveline": vehicle["drivetrain"],
            "fuelType": vehicle["fuel_type"].title(),
            "transmission": vehicle["transmission"],
            "doors": str(vehicle["doors"]),
            "madeIn": None,
        },
        "nmvtis": {"junkAndSalvageInformation": [], "insuranceInformation": []},
        "brandsInformation": [dict(zip(("code", "name", "description"), brand, strict=True))] if brand else [],
        "odometer": _readings(year, int(vehicle["mileage"])),
        "recall": [_recall(vehicle)] if chance % RECALL_OF == 0 else [],
        "damage": [],
        "auctions": [],
        "owners": [],
        "vinChanged": False,
    }


def _readings(year: int, miles: int) -> list[dict[str, Any]]:
    """One in each of the first years, the last a little below what it shows today."""
    return [
        {
            "date": f"{year + number:04d}-06-15",
            "mileage": f"{miles * 9 // 10 * number // 3:,}",
            "isError": False,
            "location": "MN",
        }
        for number in (1, 2, 3)
        if year + number <= LAST_READ
    ]


def _recall(vehicle: Vehicle) -> dict[str, str]:
    return {
        "NHTSACampaignNumber": f"{int(vehicle['year']) % 100:02d}V{vehicle['vin'][-3:]}000",
        "Component": "AIR BAGS",
        "Summary": "The passenger's air bag may not unfold as it should.",
    }
