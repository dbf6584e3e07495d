"""The audit export for admins: the ledger with every private part sealed, so that only the platform's key opens it."""

import hashlib

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from typing_extensions import TypedDict

from activities.db import audit, history
from activities.db.auctions import Head
from activities.db.audit import Deed
from activities.db.history import LedgerRow
from activities.keys import Sealer
from api.auctions import LEDGER_PAGE, LedgerLimit, known_head, signed_view
from api.bid_views import EntryView, SignedHeadView, entry_view
from api.database import now
from api.examples import ENTRY, SIGNED_HEAD
from api.identifiers import Id
from api.paging import Cursor, number_key
from api.routes import about
from api.security import Admin, Audience
from api.sources import source_of
from api.state import services_of
from domain.ledger import canonical

ACTION = "ledger_audited"
SEAL_NONCE_BYTES = 12
router = APIRouter(prefix="/api/auctions", tags=["audits"])


class SealedEntryView(EntryView):
    """A ledger entry with its `{nonce, private}` sealed (AES-GCM, in hex) for the platform's own audit."""

    sealed: str


class AuditPage(TypedDict):
    """A page of the audit export in order; `total` is the `seq` of the ledger's last entry."""

    auction_id: int
    public_key: str
    items: list[SealedEntryView]
    next_cursor: str | None
    total: int
    head: SignedHeadView


@router.get(
    "/{auction_id}/audit",
    **about(
        Audience.ADMIN,
        "AUCTION_NOT_FOUND",
        "INVALID_CURSOR",
        example={
            "auction_id": 7,
            "public_key": "d7" * 32,
            "items": [{**ENTRY, "sealed": "8c" * 64}],
            "next_cursor": None,
            "total": 21,
            "head": SIGNED_HEAD,
        },
    ),
)
async def audit_export(
    request: Request,
    person: Admin,
    auction_id: Id,
    limit: LedgerLimit = LEDGER_PAGE,
    cursor: Cursor = None,
) -> AuditPage:
    """The ledger with sealed private parts, also before the close. Each page asked for is noted in the audit log."""
    after_seq = number_key(cursor) or 0
    detail = {"after_seq": after_seq, "limit": limit}
    deed = Deed(now(), person.id, ACTION, f"auction {auction_id}", detail, *source_of(request))
    head, found = await services_of(request).database.write(_audited, auction_id, after_seq, limit + 1, deed)
    return {
        "auction_id": auction_id,
        "public_key": services_of(request).signer.public_key,
        "items": [{**entry_view(row), "sealed": seal(services_of(request).sealer, row)} for row in found[:limit]],
        "next_cursor": str(found[limit - 1].seq) if len(found) > limit else None,
        "total": head.seq,
        "head": signed_view(request, head),
    }


def seal(sealing: Sealer, row: LedgerRow) -> str:
    """Seal what an entry keeps private, to its place.

    The nonce follows from the entry's hash: sealed twice, the same text gives the same seal, and no other text has it.
    """
    nonce = hashlib.sha256(f"{row.hash}seal".encode()).digest()[:SEAL_NONCE_BYTES]
    return sealing.seal(canonical({"nonce": row.nonce, "private": row.private}), nonce, place(row.auction_id, row.seq))


def place(auction_id: int, seq: int) -> str:
    """What binds a seal to its entry."""
    return f"{auction_id}:{seq}"


def _audited(
    connection: Connection, auction_id: int, after_seq: int, limit: int, deed: Deed
) -> tuple[Head, list[LedgerRow]]:
    head = known_head(connection, auction_id)
    audit.note(connection, deed)
    return head, history.ledger_page(connection, auction_id, after_seq=after_seq, limit=limit)
