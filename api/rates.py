"""The rate tables for the staff: all versions to read; an admin adds one ahead of its day, or takes it back before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, rates
from activities.db.audit import Deed
from activities.db.people import Person
from activities.db.rates import NewRates, StoredRates
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience, Staff
from api.signins import Via
from api.sources import source_of
from api.staff_reads import note_read
from api.state import services_of
from domain.business_days import day_of
from domain.clock import to_text
from domain.rates import MOST_CENTS, RateCode, flaws, in_force

# As many names as a table can sensibly have; which they are is for the domain to say.
MOST_NAMES = 100
NEW_RATES: dict[str, Any] = {
    "effective_on": "2027-07-01",
    "rates": {"buyer_fee_ppm": 50_000, "sales_tax_ppm": 68_750, "title_fee_cents": 825},
    "reason": "The new fee chart of Driver and Vehicle Services.",
}
EXAMPLE: dict[str, Any] = {
    **NEW_RATES,
    "version": 2,
    "status": "scheduled",
    "author": "Amy",
    "created_at": "2026-11-23T15:00:00.000Z",
    "withdrawn_at": None,
    "withdrawn_by": None,
    "withdrawn_reason": None,
}
router = APIRouter(prefix="/api", tags=["rates"])


class NewRatesBody(BaseModel):
    """All rates of the next table by name, the first day (in Chicago) on which they hold, and why they change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [NEW_RATES]})

    effective_on: date
    rates: Annotated[
        dict[str, Annotated[int, Field(strict=True, ge=0, le=MOST_CENTS)]], Field(min_length=1, max_length=MOST_NAMES)
    ]
    reason: Reason


class WithdrawalBody(BaseModel):
    """Why a table is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "A slip in the tax."}]})

    reason: Reason


class RatesView(TypedDict):
    """One version. `status` is past, in_force, scheduled or withdrawn; the first version has no author."""

    version: int
    effective_on: str
    status: str
    rates: dict[str, int]
    reason: str
    author: str | None
    created_at: str
    withdrawn_at: str | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


class RatesPage(TypedDict):
    """All versions, by their day from the last; `in_force` is today's version in Chicago."""

    items: list[RatesView]
    in_force: int | None


@router.get("/support/rates", **about(Audience.STAFF, example={"items": [EXAMPLE], "in_force": 1}))
async def list_rates(request: Request, person: Staff) -> RatesPage:
    """Every rate table, with who added it when and why."""
    await note_read(request, person, "rates", "rates")
    today = day_of(now())
    found = await services_of(request).database.read(rates.history)
    current = _current(found, today)
    return {"items": [_view(stored, current, today) for stored in found], "in_force": current}


@router.post(
    "/admin/rates",
    status_code=201,
    **about(Audience.ADMIN, "BROWSER_ONLY", "RATES_NOT_AHEAD", "RATES_DATE_TAKEN", example=EXAMPLE, success=201),
)
async def add_rates(request: Request, admin: Admin, body: NewRatesBody) -> RatesView:
    """Add the rates of a day to come. Quotes of sales on that day and after it go by them from now on."""
    deed = _deed(request, admin, "rates_added", f"rates of {body.effective_on.isoformat()}")
    wrong = [_field_error(flaw.field, flaw.rule, flaw.message) for flaw in flaws(body.rates)]
    if wrong:
        raise fail("INVALID_INPUT", errors=wrong)
    return await services_of(request).database.write(_add, body, deed)


@router.post(
    "/admin/rates/{version}/withdraw",
    **about(
        Audience.ADMIN, "BROWSER_ONLY", "RATES_NOT_FOUND", "RATES_IN_FORCE", example={**EXAMPLE, "status": "withdrawn"}
    ),
)
async def withdraw_rates(request: Request, admin: Admin, version: Id, body: WithdrawalBody) -> RatesView:
    """Take rates back before their day; their version stays, for quotes may have gone by it."""
    deed = _deed(request, admin, "rates_withdrawn", f"rates {version}")
    return await services_of(request).database.write(_withdraw, version, body.reason, deed)


def _add(connection: Connection, body: NewRatesBody, deed: Deed) -> RatesView:
    made = rates.add(connection, NewRates(body.effective_on, body.rates, deed.actor_id, body.reason), deed.at)
    if isinstance(made, RateCode):
        raise fail(made.value)
    detail = {"version": made.version, "rates": body.rates, "reason": body.reason}
    audit.note(connection, replace(deed, detail=detail))
    return _one(connection, made.version, deed)


def _withdraw(connection: Connection, version: int, reason: str, deed: Deed) -> RatesView:
    known = rates.find(connection, version)
    if known is None:
        raise fail("RATES_NOT_FOUND")
    taken = rates.withdraw(connection, version, by=deed.actor_id, reason=reason, now=deed.at)
    if isinstance(taken, RateCode):
        raise fail(taken.value)
    if known.withdrawn_at is None:
        detail = {"effective_on": taken.effective_on.isoformat(), "reason": reason}
        audit.note(connection, replace(deed, detail=detail))
    return _one(connection, version, deed)


def _one(connection: Connection, version: int, deed: Deed) -> RatesView:
    today = day_of(deed.at)
    found = rates.history(connection)
    stored = next(each for each in found if each.table.version == version)
    return _view(stored, _current(found, today), today)


def _deed(request: Request, admin: Person, action: str, subject: str) -> Deed:
    """What an admin is about to do. A bearer token, whenever it was made, does not do it: only who just stepped up."""
    if request.state.identity.via is not Via.SESSION:
        raise fail("BROWSER_ONLY")
    return Deed(now(), admin.id, action, subject, {}, *source_of(request))


def _current(found: Sequence[StoredRates], today: date) -> int | None:
    current = in_force([each.table for each in found if each.withdrawn_at is None], today)
    return None if current is None else current.version


def _view(stored: StoredRates, current: int | None, today: date) -> RatesView:
    return {
        "version": stored.table.version,
        "effective_on": stored.table.effective_on.isoformat(),
        "status": _status(stored, current, today),
        "rates": dict(stored.table.rates),
        "reason": stored.reason,
        "author": stored.author,
        "created_at": to_text(stored.created_at),
        "withdrawn_at": None if stored.withdrawn_at is None else to_text(stored.withdrawn_at),
        "withdrawn_by": stored.withdrawer,
        "withdrawn_reason": stored.withdrawn_reason,
    }


def _status(stored: StoredRates, current: int | None, today: date) -> str:
    if stored.withdrawn_at is not None:
        return "withdrawn"
    if stored.table.version == current:
        return "in_force"
    return "scheduled" if stored.table.effective_on > today else "past"


def _field_error(name: str, rule: str, message: str) -> dict[str, str]:
    return {"field": f"rates.{name}", "rule": rule, "message": message}
