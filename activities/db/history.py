"""Read queries on the recorded ledger: the public history of bids, and the whole chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from activities.db.tables import auction_ledger as ledger
from activities.db.tables import bids

BID_KINDS = ("bid", "auto_bid")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One public line: a bid that changed what everyone sees. `at` is the time received, as text.

    `amount_cents` is that of a plain bid; an auto-bid shows only the price that it made.
    """

    version: int
    seq: int
    at: str
    bidder: str
    kind: str
    amount_cents: int | None
    price_cents: int
    leader: str
    outcome: str
    extended: bool
    retracted: bool


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One recorded entry, with the private part and nonce that only its bidder and the house may see."""

    auction_id: int
    seq: int
    prev_hash: str
    hash: str
    public: dict[str, Any]
    private: dict[str, Any] | None
    nonce: str


ENTRY = (
    ledger.c.auction_id,
    ledger.c.seq,
    ledger.c.prev_hash,
    ledger.c.hash,
    ledger.c.public,
    ledger.c.private,
    ledger.c.nonce,
)


def history_page(
    connection: Connection,
    auction_id: int,
    *,
    before_version: int | None = None,
    after_version: int | None = None,
    limit: int,
) -> list[HistoryLine]:
    """Public bids of an auction, newest first, between two versions (both excluded)."""
    query = (
        select(ledger.c.version, ledger.c.public, func.coalesce(bids.c.retracted, False))
        .outerjoin(bids, and_(bids.c.auction_id == ledger.c.auction_id, bids.c.seq == ledger.c.seq))
        .where(_is_public_bid(auction_id))
        .order_by(ledger.c.version.desc())
        .limit(limit)
    )
    if before_version is not None:
        query = query.where(ledger.c.version < before_version)
    if after_version is not None:
        query = query.where(ledger.c.version > after_version)
    return [_line(row) for row in connection.execute(query)]


def count_history(connection: Connection, auction_id: int) -> int:
    """Count the lines of a history."""
    return connection.execute(select(func.count()).where(_is_public_bid(auction_id))).scalar_one()


def ledger_page(connection: Connection, auction_id: int, *, after_seq: int, limit: int) -> list[LedgerRow]:
    """Recorded entries in order, after a `seq`."""
    query = (
        select(*ENTRY)
        .where(ledger.c.auction_id == auction_id, ledger.c.seq > after_seq)
        .order_by(ledger.c.seq)
        .limit(limit)
    )
    return [entry_of(row) for row in connection.execute(query)]


def entry_of(row: Sequence[Any]) -> LedgerRow:
    """Read the columns of `ENTRY`."""
    auction_id, seq, prev_hash, digest, public, private, nonce = row
    opened = None if private is None else msgspec.json.decode(private)
    return LedgerRow(auction_id, seq, prev_hash, digest, msgspec.json.decode(public), opened, nonce.strip())


def _is_public_bid(auction_id: int) -> ColumnElement[bool]:
    """The bids that made a version: refused bids and silent raises carry the version of an earlier entry."""
    earlier = ledger.alias("earlier")
    repeats = exists().where(
        earlier.c.auction_id == auction_id, earlier.c.version == ledger.c.version, earlier.c.seq < ledger.c.seq
    )
    return and_(ledger.c.auction_id == auction_id, ledger.c.kind.in_(BID_KINDS), ledger.c.version > 0, ~repeats)


def _line(row: Sequence[Any]) -> HistoryLine:
    version, text, retracted = row
    public = msgspec.json.decode(text)
    return HistoryLine(
        version=version,
        seq=public["seq"],
        at=public["received_at"],
        bidder=public["bidder"],
        kind=public["kind"],
        amount_cents=public["amount_cents"],
        price_cents=public["price_cents"],
        leader=public["leader"],
        outcome=public["outcome"],
        extended=public["extended"],
        retracted=bool(retracted),
    )
