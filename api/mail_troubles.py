"""Mails that did not arrive, for support: bounced, dropped, given up, or of unknown outcome."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import notifications
from activities.db.notifications import Note
from api.paging import Cursor, Limit, mail_cursor, mail_key
from api.routes import about
from api.security import Audience, Staff
from api.staff_reads import note_read
from api.state import services_of
from domain.clock import to_text

EXAMPLE: dict[str, Any] = {
    "outbox_id": "5e0c4f0e-6f7c-5b6a-9d0e-0d5ad0a1e1c7",
    "user_id": 7,
    "kind": "card_expiring",
    "to_email": "ada@example.com",
    "status": "bounced",
    "attempts": 1,
    "reason": "550 5.1.1 unknown user (address)",
    "created_at": "2026-05-05T12:00:00.000Z",
    "sent_at": "2026-05-05T12:00:01.000Z",
}
PAGE = {"items": [EXAMPLE], "next_cursor": None, "total": 1}
router = APIRouter(prefix="/api/support/mails", tags=["support"])


class MailView(TypedDict):
    """A mail with what became of it, never its text."""

    outbox_id: str
    user_id: int
    kind: str
    to_email: str
    status: str
    attempts: int
    reason: str | None
    created_at: str
    sent_at: str | None


class MailPage(TypedDict):
    """Mails, newest first; `total` counts all of them."""

    items: list[MailView]
    next_cursor: str | None
    total: int


@router.get("", **about(Audience.STAFF, "INVALID_CURSOR", example=PAGE))
async def list_troubled(request: Request, person: Staff, limit: Limit = 50, cursor: Cursor = None) -> MailPage:
    """Mails that did not arrive, newest first."""
    database, after = services_of(request).database, mail_key(cursor)
    await note_read(request, person, "mails", "mails")
    found = await database.read(notifications.troubled, limit + 1, after)
    total = await database.read(notifications.count_troubled)
    page = found[:limit]
    more = mail_cursor(page[-1].created_at, page[-1].outbox_id) if len(found) > limit else None
    return {"items": [_view(note) for note in page], "next_cursor": more, "total": total}


def _view(note: Note) -> MailView:
    return {
        "outbox_id": note.outbox_id,
        "user_id": note.user_id,
        "kind": note.kind.value,
        "to_email": note.to_email,
        "status": note.status.value,
        "attempts": note.attempts,
        "reason": note.reason,
        "created_at": to_text(note.created_at),
        "sent_at": _text(note.sent_at),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
