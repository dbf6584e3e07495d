"""Many listings at once: a CSV file that is read whole before anything is written, and all of one's own as a file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from activities.db import audit, listings
from activities.db.audit import Deed
from activities.db.people import Person
from api.database import now
from api.listing_files import COLUMNS, ERRORS_SHOWN, LineError, Read, read_file, write_file
from api.listing_views import VIN
from api.listings import Written, asker_of
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.sources import source_of
from api.state import Services, services_of
from domain.chassis_numbers import held_number

EXPORTED_MOST = 10_000
EXAMPLE: dict[str, Any] = {
    "lines": 2,
    "created": [{"line": 2, "vehicle_id": 12}, {"line": 3, "vehicle_id": 13}],
    "errors": [],
    "error_count": 0,
}
FILE = f"{','.join(COLUMNS)}\n{VIN},us,,2019,Honda,Civic,EX,sedan\n"
BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
CheckOnly = Annotated[bool, Query(description="Only say what would hinder it.")]
IMPORT = about(Audience.SELLER, "IMPORT_ERRORS", example=EXAMPLE)
IMPORT["openapi_extra"] |= BODY
router = APIRouter(tags=["listings"])


class Created(TypedDict):
    """The draft that a line became."""

    line: int
    vehicle_id: int


class ImportReport(TypedDict):
    """What became of a file; the header is line 1. With any error nothing was created; 1,000 errors are listed."""

    lines: int
    created: list[Created]
    errors: list[LineError]
    error_count: int


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """A file that was read, and all that is wrong with it, in the order of its lines."""

    found: Read
    errors: Sequence[LineError]

    def raise_errors(self) -> None:
        """Raise IMPORT_ERRORS where there is one."""
        if self.errors:
            shown, count = self.errors[:ERRORS_SHOWN], len(self.errors)
            raise fail("IMPORT_ERRORS", lines=self.found.lines, errors=shown, error_count=count)

    def report(self, created: Sequence[Created] = ()) -> ImportReport:
        """What became of it."""
        return {
            "lines": self.found.lines,
            "created": list(created),
            "errors": list(self.errors[:ERRORS_SHOWN]),
            "error_count": len(self.errors),
        }


@router.post("/api/vehicles/import", **IMPORT)
async def import_listings(request: Request, person: Seller, *, check_only: CheckOnly = False) -> ImportReport:
    """Make a draft of each line of a CSV file (UTF-8, columns as in the export), all of them or none.

    With `check_only=true` nothing is written in any case, and the report says what would hinder it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the file as Content-Type: text/csv.")
    data = await request.body()
    if check_only:
        return (await looked_through(services_of(request), person, data, now())).report()
    return await taken_in(request, person, data)


async def looked_through(services: Services, person: Person, data: bytes, moment: datetime) -> LookedThrough:
    """A file with everything that hinders its import now."""
    found = await asyncio.to_thread(read_file, data, moment)
    numbers = {line: number for line, told in found.told.items() if (number := held_number(told)) is not None}
    known = await services.database.read(listings.open_with_numbers, list(numbers.values()), person.id)
    listed: list[LineError] = [
        {"line": line, "field": "vin", "rule": "VIN_LISTED", "message": _where(known[number])}
        for line, number in numbers.items()
        if number in known
    ]
    return LookedThrough(found, sorted([*found.errors, *listed], key=lambda error: error["line"]))


async def taken_in(request: Request, person: Person, data: bytes) -> ImportReport:
    """Make a draft of each line, all or none. Raises IMPORT_ERRORS."""
    services, moment = services_of(request), now()
    seen = await looked_through(services, person, data, moment)
    seen.raise_errors()
    asker, source = await asker_of(request, person), source_of(request)
    wanted = [(line, Written(asker, told, moment, source)) for line, told in seen.found.told.items()]
    try:
        created = await services.database.write(_create, wanted)
    except IntegrityError:
        # Somebody has listed one of them in between.
        (await looked_through(services, person, data, moment)).raise_errors()
        raise
    for each in created:
        await services.listings.follow(each["vehicle_id"])
    return seen.report(created)


@router.get("/api/me/vehicles.csv", **about(Audience.SELLER, example=FILE))
async def export_listings(request: Request, person: Seller) -> Response:
    """All my listings as a CSV file, working copies where there are some, that an import reads."""
    database = services_of(request).database
    found = await database.read(listings.of_seller, person.id, after_id=None, limit=EXPORTED_MOST)
    text = await asyncio.to_thread(write_file, [each.told for each in found])
    headers = {"content-disposition": 'attachment; filename="vehicles.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _where(vehicle_id: int | None) -> str:
    return "is listed already" if vehicle_id is None else f"is listed already, as your vehicle {vehicle_id}"


def _create(connection: Connection, wanted: Sequence[tuple[int, Written]]) -> list[Created]:
    created: list[Created] = []
    for line, written in wanted:
        vehicle_id = listings.add(connection, written.asker.person.id, written.told, written.at)
        created.append({"line": line, "vehicle_id": vehicle_id})
    if wanted:
        first = wanted[0][1]
        detail = {"vehicles": [each["vehicle_id"] for each in created]}
        subject = f"user {first.asker.person.id}"
        audit.note(
            connection, Deed(first.at, first.asker.person.id, "listings_imported", subject, detail, *first.source)
        )
    return created
