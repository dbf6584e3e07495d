"""What a person may ask of their own data: all of it to take along, and its deletion."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from activities.db import accounts, audit, notifications, privacy
from activities.db.audit import Deed, Source
from activities.db.notifications import NewNotice
from activities.db.old_papers import PAPERS_KEPT
from activities.db.people import Person
from activities.sealed_forms import LegalDetails, SealedForms
from api.database import now
from api.people import clear_cookie
from api.problems import fail
from api.routes import about
from api.security import Audience, SteppedBrowser
from api.signins import Identity
from api.sources import source_of
from api.state import services_of
from domain.clock import to_text
from domain.notices import NoticeKind

EXAMPLE_EXPORT: dict[str, Any] = {
    "made_at": "2026-05-05T12:00:00.000Z",
    "legal_details": {"first_name": "Ada", "last_name": "Brandt", "city": "Saint Paul", "state": "MN"},
    "data": {"users": [{"id": 7, "email": "ada@example.com", "created_at": "2026-01-02T10:00:00.000Z"}], "bids": []},
}
EXAMPLE_OBLIGATIONS = {"deleted": True, "kept_until_on": "2029-05-05"}
router = APIRouter(prefix="/api/me", tags=["people"])


class Farewell(BaseModel):
    """What has to be said so that an account is not deleted by a slip."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": "delete my account"}]})

    confirm: Annotated[Literal["delete my account"], Field(description="Exactly these words.")]


class DeletedView(TypedDict):
    """The account is gone; `kept_until_on` is how long the papers of sales are kept."""

    deleted: bool
    kept_until_on: str


@router.get("/export", **about(Audience.BROWSER, "STEP_UP_REQUIRED", example=EXAMPLE_EXPORT))
async def export(request: Request, identity: SteppedBrowser) -> Response:
    """Everything that is kept about the signed-in person, as a JSON file."""
    services, person, moment = services_of(request), _person(identity), now()
    deed = Deed(moment, person.id, "exported_own_data", f"user {person.id}", {}, *source_of(request))
    found, sealed = await services.database.write(_gather, person.id, deed)
    legal = SealedForms(services.sealer).open(person.id, sealed, LegalDetails) if sealed else None
    details = None if legal is None else {name: getattr(legal, name) for name in legal.__dataclass_fields__}
    body = {"made_at": to_text(moment), "legal_details": details, "data": _readable(found)}
    return JSONResponse(body, headers={"content-disposition": 'attachment; filename="my-data.json"'})


@router.post("/delete", **about(Audience.BROWSER, "STEP_UP_REQUIRED", "OBLIGATIONS", example=EXAMPLE_OBLIGATIONS))
async def delete(request: Request, response: Response, identity: SteppedBrowser, _: Farewell) -> DeletedView:
    """Delete the account. Refused with 409 while bids lead, or a sale or a payment is not over.

    What the vendors hold is deleted within seconds: the upkeep finds the account and has its workflow close it.
    """
    services, person, moment = services_of(request), _person(identity), now()
    until = (moment + PAPERS_KEPT).date().isoformat()
    outbox_id = await services.database.write(_erase, person, moment, until, source_of(request))
    services.ways_in.post.send(outbox_id)
    await services.sign_ins.close(identity)
    clear_cookie(response, services.settings)
    return {"deleted": True, "kept_until_on": until}


def _person(identity: Identity) -> Person:
    if identity.person is None:
        raise fail("NOT_SIGNED_IN")
    return identity.person


def _gather(connection: Connection, user_id: int, deed: Deed) -> tuple[dict[str, list[dict[str, Any]]], str | None]:
    audit.note(connection, deed)
    account = accounts.find(connection, user_id)
    return privacy.gather(connection, user_id), account.legal_sealed if account else None


def _erase(connection: Connection, person: Person, moment: datetime, until: str, source: Source) -> str:
    if left := privacy.obligations(connection, person.id):
        raise fail("OBLIGATIONS", obligations=[{"kind": each.kind, "number": each.number} for each in left])
    values = {"name": person.name, "deleted_at": to_text(moment), "kept_until_on": until}
    farewell = NewNotice(person.id, NoticeKind.ACCOUNT_DELETED, person.email, values, f"deleted:{person.id}")
    outbox_id = notifications.enqueue(connection, farewell, moment)
    # The deed comes first, so that its address is forgotten with the person's others.
    audit.note(connection, Deed(moment, person.id, "deleted_own_account", f"user {person.id}", {}, *source))
    privacy.erase(connection, person.id, moment)
    return outbox_id


def _readable(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Times as texts; all else is JSON already."""
    return {
        table: [{name: _text(value) for name, value in row.items()} for row in rows] for table, rows in found.items()
    }


def _text(value: Any) -> Any:
    return to_text(value) if isinstance(value, datetime) else value
