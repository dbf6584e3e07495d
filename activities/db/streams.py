"""Read queries of the live streams: the check of each second, what a stream missed, and viewers' own positions."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from activities.db.auctions import Head, Lot, heads, lots
from activities.db.bids import REFUSED, Mine
from activities.db.history import HistoryLine, history_page
from activities.db.tables import auction_ledger as ledger
from activities.db.tables import auctions, bids

STARTED = "started"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an auction is recorded, as the streams compare it with what they have sent."""

    id: int
    version: int
    status: str
    seq: int
    bid_count: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A lot as recorded, with its newest public history lines, newest first."""

    lot: Lot
    history: list[HistoryLine]


@dataclass(frozen=True, slots=True)
class Missed:
    """A lot as recorded, and the public parts of the entries that brought it there, oldest first.

    `entries` is None where there are more than were asked for. Each bid among them says whether it is `retracted`.
    """

    recorded: Recorded
    entries: list[dict[str, Any]] | None


MARK = tuple(auctions.c[field.name] for field in fields(Mark))


def marks(connection: Connection, auction_ids: Collection[int]) -> list[Mark]:
    """How far many auctions are, in one small query; unknown ids are missing from the answer."""
    return [Mark(*row) for row in connection.execute(select(*MARK).where(auctions.c.id.in_(auction_ids)))]


def recorded_lots(connection: Connection, auction_ids: Collection[int], *, lines: int) -> dict[int, Recorded]:
    """Lots with their newest history; unknown ids are missing from the answer."""
    found = lots(connection, auction_ids)
    return {key: Recorded(lot, _history(connection, lot.head, lines)) for key, lot in found.items()}


def missed(connection: Connection, auction_id: int, *, after_version: int, most: int, lines: int) -> Missed | None:
    """A lot and what happened to it after a version; None for an unknown auction."""
    recorded = recorded_lots(connection, [auction_id], lines=lines).get(auction_id)
    if recorded is None:
        return None
    through = recorded.lot.head.version
    return Missed(recorded, entries_between(connection, auction_id, after=after_version, through=through, most=most))


def entries_between(
    connection: Connection, auction_id: int, *, after: int, through: int, most: int
) -> list[dict[str, Any]] | None:
    """The public parts of the entries that made the versions after one and through another, oldest first.

    A start makes no version: that of the version `after` is among them. None where there are more than `most`.
    """
    query = (
        select(ledger.c.public, func.coalesce(bids.c.retracted, False))
        .outerjoin(bids, and_(bids.c.auction_id == ledger.c.auction_id, bids.c.seq == ledger.c.seq))
        .where(ledger.c.auction_id == auction_id, ledger.c.version <= through, _made_news(auction_id, after))
        .order_by(ledger.c.version, ledger.c.seq)
        .limit(most + 1)
    )
    rows = connection.execute(query).all()
    if len(rows) > most:
        return None
    return [{**msgspec.json.decode(text), "retracted": bool(retracted)} for text, retracted in rows]


def heads_and_positions(
    connection: Connection, auction_ids: Collection[int], user_ids: Collection[int]
) -> tuple[dict[int, Head], dict[tuple[int, int], Mine]]:
    """The heads of auctions, and what each of these people has in them by (auction, user); who never bid is missing.

    Newest bids are not looked for: `last_bid_id` is None.
    """
    own = (
        select(
            bids.c.auction_id,
            bids.c.user_id,
            func.max(case((bids.c.retracted.is_(False), bids.c.cents))).label("most"),
            func.min(bids.c.seq).label("first_seq"),
        )
        .where(bids.c.auction_id.in_(auction_ids), bids.c.user_id.in_(user_ids), bids.c.outcome != REFUSED)
        .group_by(bids.c.auction_id, bids.c.user_id)
        .subquery()
    )
    query = select(own.c.auction_id, own.c.user_id, own.c.most, ledger.c.public).join(
        ledger, and_(ledger.c.auction_id == own.c.auction_id, ledger.c.seq == own.c.first_seq)
    )
    found = heads(connection, auction_ids)
    rows = connection.execute(query)
    return found, {(row[0], row[1]): Mine(row[2], None, msgspec.json.decode(row[3])["bidder"]) for row in rows}


def _history(connection: Connection, head: Head, lines: int) -> list[HistoryLine]:
    # MySQL reads each statement anew: what was recorded since the head was read must wait for the next head.
    return history_page(connection, head.id, before_version=head.version + 1, limit=lines)


def _made_news(auction_id: int, after: int) -> ColumnElement[bool]:
    """Refusals, silent raises and the like carry the version of an earlier entry."""
    earlier = ledger.alias("earlier")
    repeats = exists().where(
        earlier.c.auction_id == auction_id, earlier.c.version == ledger.c.version, earlier.c.seq < ledger.c.seq
    )
    started = and_(ledger.c.kind == STARTED, ledger.c.version >= after)
    return or_(and_(ledger.c.version > after, ~repeats), started)
