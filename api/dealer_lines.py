"""A dealer's line of buying power, given and taken by an admin with a reason."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import accounts, audit
from activities.db.audit import Deed
from api.commands import Reason
from api.database import now
from api.identifiers import Id
from api.problems import fail
from api.routes import about
from api.security import Admin, Audience
from api.sources import source_of
from api.state import services_of

MOST_CENTS = 1_000_000_000
EXAMPLE: dict[str, Any] = {"user_id": 7, "dealer_line_cents": 25_000_000, "cleared": True, "limit_cents": 25_000_000}
router = APIRouter(prefix="/api/admin/accounts", tags=["support"])


class LineBody(BaseModel):
    """The whole line in cents, 0 to take it away, and why; support reads the reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"cents": 25_000_000, "reason": "Licence and bank letter on file."}]},
    )

    cents: Annotated[int, Field(ge=0, le=MOST_CENTS, multiple_of=100, strict=True)]
    reason: Reason


class LineView(TypedDict):
    """A person's line, and what they may bid since."""

    user_id: int
    dealer_line_cents: int
    cleared: bool
    limit_cents: int


@router.put("/{user_id}/dealer-line", **about(Audience.ADMIN, "ACCOUNT_NOT_FOUND", "STEP_UP_REQUIRED", example=EXAMPLE))
async def set_line(request: Request, admin: Admin, user_id: Id, body: LineBody) -> LineView:
    """Set a dealer's line. Bids that were placed stay; new ones are measured by it at once."""
    deed = Deed(now(), admin.id, "dealer_line", f"account {user_id}", {}, *source_of(request))
    return await services_of(request).database.write(_set, user_id, body, deed)


def _set(connection: Connection, user_id: int, body: LineBody, deed: Deed) -> LineView:
    changed = accounts.change(connection, user_id, deed.at, lambda _: {"dealer_line_cents": body.cents})
    if changed is None or changed.account.erased:
        raise fail("ACCOUNT_NOT_FOUND")
    before = changed.before.facts.dealer_line_cents
    detail = {"before_cents": before, "after_cents": body.cents, "reason": body.reason}
    audit.note(connection, replace(deed, detail=detail))
    return {
        "user_id": user_id,
        "dealer_line_cents": body.cents,
        "cleared": changed.clearance.cleared,
        "limit_cents": changed.clearance.limit_cents,
    }
