"""The page on which a file of listings is read through line by line, and taken in once it is clean, without scripts."""

import asyncio
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.db.people import Person
from api.account_forms import form_page
from api.database import now
from api.errors import CardNumberError
from api.frames import frame
from api.listing_files import COLUMNS
from api.listing_imports import ImportReport, looked_through, taken_in
from api.problems import fail
from api.routes import about
from api.security import Audience, Seller
from api.state import services_of
from domain.cards import holds_card_number
from domain.errors import DomainError
from web.import_views import ImportListings

PATH = "/sell/import"
FILE_MOST = 5_000_000
SEALED_MOST = 4 * FILE_MOST
SEE_OTHER = 303
FILE_WANTED = "Choose a file, or paste its lines below."
TOO_LARGE = f"A file may hold {FILE_MOST // 1_000:,} KB; split it."
READ_AGAIN = "The file did not come through whole; choose it again."
router = APIRouter(include_in_schema=False)


@router.get(PATH, response_class=HTMLResponse, **about(Audience.SELLER))
async def choose(request: Request, _: Seller) -> HTMLResponse:
    """Asks for the file."""
    return _page(request)


@router.post(PATH, response_class=HTMLResponse, **about(Audience.SELLER))
async def look_through(request: Request, person: Seller) -> HTMLResponse:
    """Read a file, and show what is wrong on which line, or that it can be taken in. Nothing is written."""
    try:
        data = await _file(request)
    except DomainError as error:
        return _page(request, error=error)
    return await _shown(request, person, data)


@router.post(f"{PATH}/confirm", response_class=HTMLResponse, **about(Audience.SELLER))
async def take_in(request: Request, person: Seller) -> Response:
    """Make the drafts. The file is read again: what was free a moment ago may be listed now."""
    try:
        data = await _scanned(_opened((await request.form()).get("sealed")))
    except DomainError as error:
        return _page(request, error=error)
    try:
        await taken_in(request, person, data)
    except DomainError as error:
        return await _shown(request, person, data, error)
    return RedirectResponse("/sell?done=imported", SEE_OTHER)


async def _shown(request: Request, person: Person, data: bytes, error: DomainError | None = None) -> HTMLResponse:
    seen = await looked_through(services_of(request), person, data, now())
    wrong = fail("IMPORT_ERRORS") if seen.errors else None
    return _page(request, seen.report(), "" if seen.errors else _sealed(data), error or wrong)


async def _file(request: Request) -> bytes:
    """The file that a form sends, or the lines that were pasted. Raises INVALID_INPUT, and for a card's number."""
    async with request.form() as form:
        chosen, pasted = form.get("file"), form.get("lines")
        data = b"" if chosen is None or isinstance(chosen, str) else await chosen.read()
    if not data and isinstance(pasted, str):
        data = pasted.encode()
    if not data.strip():
        raise fail("INVALID_INPUT", FILE_WANTED)
    if len(data) > FILE_MOST:
        raise fail("INVALID_INPUT", TOO_LARGE)
    return await _scanned(data)


async def _scanned(data: bytes) -> bytes:
    """The file. Uploads pass the scan of bodies for card numbers, because most are pictures; this one is text."""
    if await asyncio.to_thread(holds_card_number, data.decode(errors="replace")):
        raise CardNumberError
    return data


def _sealed(data: bytes) -> str:
    """A file as a form carries it: small, and with its line ends as they are."""
    return urlsafe_b64encode(zlib.compress(data)).decode()


def _opened(sealed: object) -> bytes:
    """The file of a form. Raises INVALID_INPUT for what is none, and for one that would fill the memory."""
    if not isinstance(sealed, str) or not sealed or len(sealed) > SEALED_MOST:
        raise fail("INVALID_INPUT", READ_AGAIN)
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(urlsafe_b64decode(sealed), FILE_MOST)
    except (ValueError, zlib.error):
        raise fail("INVALID_INPUT", READ_AGAIN) from None
    if not reader.eof:
        raise fail("INVALID_INPUT", READ_AGAIN)
    return data


def _page(
    request: Request, report: ImportReport | None = None, sealed: str = "", error: DomainError | None = None
) -> HTMLResponse:
    view = ImportListings(
        frame(request), COLUMNS, FILE_MOST // 1_000, report, sealed, None if error is None else error.detail
    )
    return form_page(services_of(request).pages.selling(view), error)
