"""What we read out of a ClearVIN report. Its fields depend on the subscription and are described nowhere, so that
several names are tried for each, and a report in which we find little is still a report."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from activities.providers.decoder_answers import day, fields_of, first, lists_of, name_of, number, text
from domain.decoding import Brand, Decoded, OdometerReading, Recall, Source, Specification

Record = TypeVar("Record")
FIRST_YEAR, LAST_YEAR = 1900, 2100
MOST_MILES = 2_000_000
KM_PER_MILE = 1.609344
MOST_RECORDS = 100
LONG = 600
# What is told of owners, damage and prices is not how it was built.
RECORDS = frozenset(
    {
        *("nmvtis", "owners", "owner", "damage", "auctions", "auction", "odometer", "recall", "recalls", "blackbook"),
        *("brandsinformation", "brands", "titlebrands", "titles", "rating", "history", "events", "sales"),
    }
)
NO_BRAND = frozenset({"clear", "clean", "nobrand", "nobrands", "notitlebrand"})


def read_report(vin: str, report: Any, now: datetime) -> Decoded | None:
    """The facts of a report; None where it does not even name the vehicle."""
    specification = _specification(fields_of(report, RECORDS))
    if not specification.names_vehicle:
        return None
    return Decoded(
        vin=vin,
        source=Source.CLEARVIN,
        fetched_at=now,
        specification=specification,
        brands=_cut(_brands(report)),
        odometer=_cut(_odometer(report)),
        recalls=_cut(_recalls(report)),
    )


def _specification(fields: dict[str, Any]) -> Specification:
    doors = first(fields, "doors", "numberofdoors", "doorcount")
    return Specification(
        year=number(first(fields, "year", "modelyear", "vehicleyear"), FIRST_YEAR, LAST_YEAR),
        make=text(first(fields, "make", "makename", "vehiclemake"), 60),
        model=text(first(fields, "model", "modelname", "vehiclemodel"), 60),
        trim=text(first(fields, "trim", "trimlevel", "trimname", "series"), 60),
        body=text(first(fields, "bodytype", "bodystyle", "bodyclass", "body", "style", "vehicletype")),
        engine=text(first(fields, "engine", "enginedescription", "enginetype", "enginename", "enginesize")),
        cylinders=number(first(fields, "cylinders", "enginecylinders", "numberofcylinders"), 1, 16),
        drive=text(first(fields, "drivetrain", "drivetype", "driveline", "drive", "drivelinetype")),
        fuel=text(first(fields, "fueltype", "fuel", "fueltypeprimary", "primaryfueltype", "enginefueltype")),
        electrification=text(first(fields, "electrificationlevel")),
        transmission=text(first(fields, "transmission", "transmissiontype", "transmissionstyle")),
        doors=number(doors, 1, 9),
    )


def _brands(report: Any) -> Iterator[Brand]:
    for each in lists_of(report, "brandsinformation", "brands", "titlebrands"):
        fields = _fields(each)
        name = text(each) or text(first(fields, "name", "brand", "title", "description"))
        if name and name_of(name) not in NO_BRAND:
            yield Brand(name, text(first(fields, "code"), 16), text(first(fields, "description"), LONG))
    if any(True for _ in lists_of(report, "junkandsalvageinformation")):
        yield Brand("Junk yard record", description="A junk yard or an insurer has reported it to the NMVTIS.")


def _odometer(report: Any) -> Iterator[OdometerReading]:
    for each in lists_of(report, "odometer", "odometerreadings", "odometerinformation"):
        fields = _fields(each)
        shown = number(first(fields, "mileage", "odometer", "reading", "value", "miles"), 0, MOST_MILES)
        if shown is not None:
            in_km = text(first(fields, "unit", "units", "odometerunit")).casefold().startswith("k")
            miles = round(shown / KM_PER_MILE) if in_km else shown
            yield OdometerReading(miles, day(first(fields, "date", "readdate", "reportdate")), _is_suspect(each))


def _is_suspect(each: Any) -> bool:
    flags = [value for key, value in each.items() if name_of(str(key)) in {"iserror", "error", "suspect"}]
    return any(str(flag).casefold() in {"true", "1", "yes"} for flag in flags)


def _recalls(report: Any) -> Iterator[Recall]:
    for each in lists_of(report, "recall", "recalls"):
        fields = _fields(each)
        campaign = text(first(fields, "nhtsacampaignnumber", "campaignnumber", "campaign", "id"), 40)
        if campaign:
            summary = text(first(fields, "summary", "description", "defect"), LONG)
            yield Recall(campaign, text(first(fields, "component", "components")), summary)


def _fields(each: Any) -> dict[str, Any]:
    return fields_of(each) if isinstance(each, dict) else {}


def _cut(records: Iterator[Record]) -> tuple[Record, ...]:
    """Each once, and so many at most."""
    return tuple(islice(dict.fromkeys(records), MOST_RECORDS))
