"""The answer of `DecodeVinValues`: one flat object of texts, empty where nothing is known, with its error codes."""

from typing import Any

from domain.vehicle_words import litres_of
from domain.vin import LENGTH, VALUES, check_digit
from tests.sandbox.vehicles import Vehicle, Vehicles

MESSAGE = (
    "Results returned successfully. NOTE: Any missing decoded values should be interpreted as NHTSA does not have data"
    " on the specific variable. Missing value should NOT be interpreted as an indication that a feature or technology"
    " is unavailable for a vehicle."
)
NAMES = (
    *("ABS", "AdditionalErrorText", "BatteryKWh", "BodyClass", "DisplacementCC", "DisplacementCI", "DisplacementL"),
    *(
        "Doors",
        "DriveType",
        "ElectrificationLevel",
        "EngineConfiguration",
        "EngineCylinders",
        "EngineHP",
        "EngineModel",
    ),
    *("ErrorCode", "ErrorText", "FuelTypePrimary", "FuelTypeSecondary", "GVWR", "Make", "Manufacturer"),
    *("ManufacturerId", "Model", "ModelYear", "PlantCity", "PlantCountry", "PlantState", "PossibleValues", "Series"),
    *("Series2", "SuggestedVIN", "TransmissionSpeeds", "TransmissionStyle", "Trim", "VIN", "VehicleDescriptor"),
    *("VehicleType",),
)
BODIES = {
    "sedan": "Sedan/Saloon",
    "suv": "Sport Utility Vehicle (SUV)/Multi-Purpose Vehicle (MPV)",
    "pickup": "Pickup",
    "coupe": "Coupe",
    "hatchback": "Hatchback/Liftback/Notchback",
    "wagon": "Wagon",
    "van": "Minivan",
    "convertible": "Convertible/Cabriolet",
}
DRIVES = {
    "FWD": "FWD/Front-Wheel Drive",
    "RWD": "RWD/Rear-Wheel Drive",
    "AWD": "AWD/All-Wheel Drive",
    "4WD": "4WD/4-Wheel Drive/4x4",
}
FUELS = {
    "gasoline": ("Gasoline", "", ""),
    "diesel": ("Diesel", "", ""),
    "hybrid": ("Gasoline", "Electric", "Strong HEV (Hybrid Electric Vehicle)"),
    "plug-in hybrid": ("Gasoline", "Electric", "PHEV (Plug-in Hybrid Electric Vehicle)"),
    "electric": ("Electric", "", "BEV (Battery Electric Vehicle)"),
}
SHAPES = {"I": "In-Line", "V": "V-Shaped"}
TEXTS = {
    "0": "0 - VIN decoded clean. Check Digit (9th position) is correct",
    "1": "1 - Check Digit (9th position) does not calculate properly",
    "6": "6 - Incomplete VIN",
    "7": "7 - Manufacturer is not registered with NHTSA for sale or importation in the U.S.",
    "400": "400 - Invalid Characters Present",
}


def answer(vin: str, vehicles: Vehicles, changes: dict[str, Any]) -> dict[str, Any]:
    """The whole body; `changes` are fields that somebody has set."""
    result: dict[str, Any] = dict.fromkeys(sorted(NAMES), "")
    vehicle = vehicles.find(vin)
    codes = _codes(vin, known=vehicle is not None)
    result.update(VIN=vin, ErrorCode=",".join(codes), ErrorText="; ".join(TEXTS[code] for code in codes))
    result.update(_facts(vehicle) if vehicle else {})
    result.update(changes)
    return {"Count": 1, "Message": MESSAGE, "SearchCriteria": f"VIN(s): {vin}", "Results": [result]}


def _codes(vin: str, *, known: bool) -> list[str]:
    """All that is odd about a VIN; garbage is answered too."""
    if set(vin) - set(VALUES):
        return ["1", "400"]
    if len(vin) != LENGTH:
        return ["6"]
    wrong = ["1"] if vin[8] != check_digit(vin) else []
    return [*wrong, *([] if known else ["7"])] or ["0"]


def _facts(vehicle: Vehicle) -> dict[str, str]:
    engine, (fuel, second, level) = vehicle["engine"], FUELS[vehicle["fuel_type"]]
    speeds, _, style = vehicle["transmission"].partition("-speed ")
    shape = next((name for sign, name in SHAPES.items() if f" {sign}{vehicle['cylinders']}" in engine), "")
    power = engine.partition(" hp")[0].rpartition(" ")[2]
    return {
        "ModelYear": str(vehicle["year"]),
        "Make": vehicle["make"].upper(),
        "Model": vehicle["model"],
        "Trim": vehicle["trim"],
        "BodyClass": BODIES[vehicle["body_type"]],
        "Doors": str(vehicle["doors"]),
        "DriveType": DRIVES[vehicle["drivetrain"]],
        "DisplacementL": litres_of(engine),
        "EngineConfiguration": shape,
        "EngineCylinders": str(vehicle["cylinders"] or ""),
        "EngineHP": power if power.isdigit() else "",
        "FuelTypePrimary": fuel,
        "FuelTypeSecondary": second,
        "ElectrificationLevel": level,
        "TransmissionSpeeds": speeds if style else "",
        "TransmissionStyle": _style(style or vehicle["transmission"]),
        "VehicleType": "PASSENGER CAR",
        "VehicleDescriptor": f"{vehicle['vin'][:8]}*{vehicle['vin'][9:11]}",
    }


def _style(words: str) -> str:
    if words == "CVT":
        return "Continuously Variable Transmission (CVT)"
    return "Manual/Standard" if "manual" in words else "Automatic"
