"""Many listings at once: a CSV file that is read whole before anything is written, and all of one's own as a file."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from activities.db import audit, listings
from activities.db.audit import Deed
from api.database import now
from api.listing_files import COLUMNS, ERRORS_SHOWN, LineError, Read, read_file, write_file
from api.listing_views import VIN
from api.listings import Written, asker_of
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.sources import source_of
from api.state import services_of

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


@router.post("/api/vehicles/import", **IMPORT)
async def import_listings(request: Request, person: Seller, *, check_only: CheckOnly = False) -> ImportReport:
    """Make a draft of each line of a CSV file (UTF-8, columns as in the export), all of them or none.

    With `check_only=true` nothing is written in any case, and the report says what would hinder it.
    """
    services, moment = services_of(request), now()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the file as Content-Type: text/csv.")
    found = await asyncio.to_thread(read_file, await request.body(), moment)
    known = await services.database.read(_known, [told.vin for told in found.told.values()], person.id)
    errors = sorted([*found.errors, *_listed(found, known)], key=lambda error: error["line"])
    if errors and not check_only:
        raise fail("IMPORT_ERRORS", lines=found.lines, errors=errors[:ERRORS_SHOWN], error_count=len(errors))
    created: list[Created] = []
    if not check_only:
        asker, source = await asker_of(request, person), source_of(request)
        wanted = [(line, Written(asker, told, moment, source)) for line, told in found.told.items()]
        created = await services.database.write(_create, wanted)
        for each in created:
            await services.listings.follow(each["vehicle_id"])
    return {
        "lines": found.lines,
        "created": created,
        "errors": errors[:ERRORS_SHOWN],
        "error_count": len(errors),
    }


@router.get("/api/me/vehicles.csv", **about(Audience.SELLER, example=FILE))
async def export_listings(request: Request, person: Seller) -> Response:
    """All my listings as a CSV file, working copies where there are some, that an import reads."""
    database = services_of(request).database
    found = await database.read(listings.of_seller, person.id, after_id=None, limit=EXPORTED_MOST)
    text = await asyncio.to_thread(write_file, [each.told for each in found])
    headers = {"content-disposition": 'attachment; filename="vehicles.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _known(connection: Connection, vins: Sequence[str], person_id: int) -> dict[str, int | None]:
    """The open listings of these VINs: the vehicle where it is this person's own, else None."""
    return listings.open_with_vins(connection, vins, person_id)


def _listed(found: Read, known: dict[str, int | None]) -> list[LineError]:
    return [
        {"line": line, "field": "vin", "rule": "VIN_LISTED", "message": _where(known[told.vin])}
        for line, told in found.told.items()
        if told.vin in known
    ]


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
