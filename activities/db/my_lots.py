"""Read queries for the page of one person's auctions: the lots they bid in, with their own attempts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, literal, or_, select

from activities.db.auctions import HEAD, Head, Lot
from activities.db.bids import BID, Bid
from activities.db.tables import auctions, bids, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary

ENDED = case((auctions.c.status == "ended", 1), else_=0)


@dataclass(frozen=True, slots=True)
class MyLotKey:
    """Where a page of one's lots ended: open ones first, then by the latest end."""

    ended: bool
    ends_at: datetime
    id: int


def my_lot_page(connection: Connection, user_id: int, *, after: MyLotKey | None, limit: int) -> list[Lot]:
    """The lots in which a person has bid, the open ones first, each group from the latest end back."""
    query = (
        select(*HEAD, *SUMMARY)
        .select_from(auctions.join(vehicles))
        .where(auctions.c.id.in_(select(bids.c.auction_id).where(bids.c.user_id == user_id)))
        .order_by(ENDED, auctions.c.ends_at.desc(), auctions.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        group = int(after.ended)
        same_end = and_(auctions.c.ends_at == after.ends_at, auctions.c.id < after.id)
        earlier = or_(auctions.c.ends_at < after.ends_at, same_end)
        query = query.where(or_(literal(group) < ENDED, and_(literal(group) == ENDED, earlier)))
    return [Lot(Head(*row[: len(HEAD)]), VehicleSummary(*row[len(HEAD) :])) for row in connection.execute(query)]


def newest_bids_in(
    connection: Connection, user_id: int, auction_ids: Collection[int], *, each: int
) -> dict[int, list[Bid]]:
    """A person's newest attempts in some auctions, at most `each` of a lot, newest first, in one query."""
    place = func.row_number().over(partition_by=bids.c.auction_id, order_by=bids.c.seq.desc()).label("place")
    own = select(*BID, place).where(bids.c.user_id == user_id, bids.c.auction_id.in_(auction_ids)).subquery()
    columns = [own.c[column.name] for column in BID]
    query = select(*columns).where(own.c.place <= each).order_by(own.c.auction_id, own.c.seq.desc())
    found: dict[int, list[Bid]] = {key: [] for key in auction_ids}
    for row in connection.execute(query):
        made = Bid(*row)
        found[made.auction_id].append(made)
    return found
