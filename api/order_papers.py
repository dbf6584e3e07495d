"""The papers of a sale for both sides: PDFs by short links, or the same documents as JSON.

The buyer has all of them; the seller has the bill of sale and the statement of what is paid out.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from activities.db import fee_statements, invoices, orders
from activities.db.invoices import Issued
from activities.db.people import Person, Scope
from activities.papers import PDF
from api.commands import need_scope
from api.database import now
from api.identifiers import Id
from api.paper_examples import DOCUMENT_EXAMPLE, STATEMENT_EXAMPLE
from api.problems import fail
from api.routes import about
from api.security import STAFF_ROLES, Audience, SignedIn
from api.staff_reads import note_read
from api.state import services_of
from domain.invoices import Paper, to_text
from domain.orders import Party
from domain.photos import LINK_LIFE

ONE = "/api/orders/{order_id}"
# A page takes a fraction of a second, behind others longer.
RETRY_AFTER_S = "2"
NOT_KEPT = "private, no-store"
JSON = "application/json"
Sides = Mapping[Party, frozenset[Paper]]
SEEN_BY: Sides = MappingProxyType({Party.BUYER: frozenset(Paper), Party.SELLER: frozenset({Paper.BILL_OF_SALE})})
router = APIRouter(tags=["orders"])

Number = Annotated[str, Path(pattern=r"^[A-Z]{3}-\d{4}-\d{6,10}$", max_length=24)]


@router.get(
    f"{ONE}/invoice",
    response_class=Response,
    **about(Audience.SIGNED_IN, "PAPER_NOT_FOUND", "PHOTOS_UNAVAILABLE", example=DOCUMENT_EXAMPLE),
)
async def read_invoice(request: Request, person: SignedIn, order_id: Id) -> Response:
    """The invoice of an order: 303 to a link to the PDF that is good for five minutes, 202 with Retry-After while it is
    being made, or the document itself for `Accept: application/json`."""
    sides = await _sides(request, person)
    found = await services_of(request).database.read(_invoice, order_id, person.id, sides)
    return await _answer(request, person, found)


@router.get(
    f"{ONE}/papers/{{number}}",
    response_class=Response,
    **about(Audience.SIGNED_IN, "PAPER_NOT_FOUND", "PHOTOS_UNAVAILABLE", example=DOCUMENT_EXAMPLE),
)
async def read_paper(request: Request, person: SignedIn, order_id: Id, number: Number) -> Response:
    """A receipt, refund note, bill of sale or invoice of an order by its number, answered as the invoice is."""
    sides = await _sides(request, person)
    found = await services_of(request).database.read(_paper, order_id, person.id, sides, number)
    return await _answer(request, person, found)


@router.get(
    f"{ONE}/fee-statement",
    response_class=Response,
    **about(Audience.SIGNED_IN, "PAPER_NOT_FOUND", example=STATEMENT_EXAMPLE),
)
async def read_fee_statement(request: Request, person: SignedIn, order_id: Id) -> Response:
    """How the seller's payout comes about, line by line, once it is worked out; for the seller alone."""
    is_staff = await _is_staff(request, person)
    found = await services_of(request).database.read(_statement, order_id, person.id, is_staff)
    if is_staff:
        await note_read(request, person, "fee_statement", f"order {order_id}")
    return JSONResponse(found, headers={"Cache-Control": NOT_KEPT})


async def _answer(request: Request, person: Person, found: Issued) -> Response:
    """The document in the form that was asked for."""
    services, at = services_of(request), now()
    if await _is_staff(request, person):
        await note_read(request, person, "paper", f"order {found.order_id}", number=found.number)
    if _wants_json(request):
        text = to_text(services.papers.sealed.open(found))
        return Response(text, media_type=JSON, headers={"Cache-Control": NOT_KEPT})
    if found.pdf_key is None:
        await services.papers.door.begin(found.number)
        return Response(status_code=202, headers={"Retry-After": RETRY_AFTER_S, "Cache-Control": NOT_KEPT})
    link = services.photos.links.link(
        found.pdf_key,
        at,
        LINK_LIFE,
        content_disposition=f'inline; filename="{found.number}.pdf"',
        content_type=PDF,
        cache_control=NOT_KEPT,
    )
    return RedirectResponse(link, status_code=303, headers={"Cache-Control": NOT_KEPT})


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return JSON in accepted and "text/html" not in accepted and PDF not in accepted


async def _is_staff(request: Request, person: Person) -> bool:
    """Whether somebody reads for the house: with their scope, and written down."""
    if person.role not in STAFF_ROLES:
        return False
    await need_scope(request, Scope.ADMIN)
    return True


async def _sides(request: Request, person: Person) -> Sides | None:
    """What each side sees; None for the staff, who see everything."""
    return None if await _is_staff(request, person) else SEEN_BY


def _invoice(connection: Connection, order_id: int, user_id: int, sides: Sides | None) -> Issued:
    found = [each for each in _seen(connection, order_id, user_id, sides) if each.paper is Paper.INVOICE]
    if not found:
        raise fail("PAPER_NOT_FOUND")
    return found[-1]


def _paper(connection: Connection, order_id: int, user_id: int, sides: Sides | None, number: str) -> Issued:
    for each in _seen(connection, order_id, user_id, sides):
        if each.number == number:
            return each
    raise fail("PAPER_NOT_FOUND")


def _seen(connection: Connection, order_id: int, user_id: int, sides: Sides | None) -> list[Issued]:
    """The papers of an order that somebody may read; none of a stranger's."""
    stored = orders.find(connection, order_id)
    side = None if stored is None else stored.side_of(user_id)
    if sides is not None and side is None:
        return []
    seen = frozenset(Paper) if sides is None or side is None else sides[side]
    return [each for each in invoices.of_order(connection, order_id) if each.paper in seen]


def _statement(connection: Connection, order_id: int, user_id: int, is_staff: bool) -> Any:  # noqa: FBT001 - a fact
    stored = orders.find(connection, order_id)
    if stored is None or not (is_staff or stored.side_of(user_id) is Party.SELLER):
        raise fail("PAPER_NOT_FOUND")
    text = fee_statements.statement(connection, order_id)
    if text is None:
        raise fail("PAPER_NOT_FOUND")
    return json.loads(text)
