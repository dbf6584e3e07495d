"""Queries on the documents of a seller's licence."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select

from activities.db.photo_tables import seller_documents
from activities.db.uploads import Standing
from domain.photos import Flaw, Kind, State

COLUMNS = (
    seller_documents.c.id.label("document_id"),
    seller_documents.c.seller_id,
    seller_documents.c.state,
    seller_documents.c.content_type,
    seller_documents.c.bytes.label("size"),
    seller_documents.c.refusal,
    seller_documents.c.created_at,
    seller_documents.c.expires_at,
)


@dataclass(frozen=True, slots=True)
class SellerDocument:
    """A licence as a file; `size` in bytes once it is ready."""

    document_id: str
    seller_id: int
    state: State
    content_type: str
    size: int | None
    refusal: Flaw | None
    created_at: datetime
    expires_at: datetime

    @property
    def standing(self) -> Standing:
        """It as an upload."""
        return Standing(Kind.LICENCE, self.document_id, self.seller_id, self.state, self.content_type, self.expires_at)


def add(connection: Connection, new: SellerDocument) -> None:
    """Await an upload."""
    row = {
        "id": new.document_id,
        "seller_id": new.seller_id,
        "state": new.state,
        "content_type": new.content_type,
        "created_at": new.created_at,
        "expires_at": new.expires_at,
        "updated_at": new.created_at,
    }
    connection.execute(insert(seller_documents).values(row))


def of_sellers(connection: Connection, seller_ids: Collection[int]) -> dict[int, list[SellerDocument]]:
    """The documents that are not removed, oldest first, by their sellers' ids; a list for each of these."""
    found: dict[int, list[SellerDocument]] = {seller_id: [] for seller_id in seller_ids}
    query = (
        select(*COLUMNS)
        .where(seller_documents.c.seller_id.in_(found), seller_documents.c.state != State.REMOVED)
        .order_by(seller_documents.c.created_at, seller_documents.c.id)
    )
    for row in connection.execute(query).mappings():
        found[row["seller_id"]].append(_document(row))
    return found


def find(connection: Connection, seller_id: int, document_id: str) -> SellerDocument | None:
    """One document of a seller that is not removed."""
    return next(
        (each for each in of_sellers(connection, [seller_id])[seller_id] if each.document_id == document_id), None
    )


def _document(row: RowMapping) -> SellerDocument:
    refusal = row["refusal"]
    read = {"state": State(row["state"]), "refusal": None if refusal is None else Flaw(refusal)}
    return SellerDocument(**{**row, **read})
