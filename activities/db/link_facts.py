"""What a human looks at who judges a pair of accounts: how each stands, and where one bid on the other's lots."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from activities.db.account_tables import accounts, seller_profiles
from activities.db.tables import auction_ledger, auctions, bids, users
from domain.shills import Line

REFUSED = "refused"
# What decides a price; everything else in a ledger tells of the clock, or of what was refused.
PRICING = ("scheduled", "bid", "auto_bid", "reserve_lowered", "retracted", "bidder_removed")
FINISHED = ("sold", "reserve_not_met")
NOTHING = b"{}"


@dataclass(frozen=True, slots=True)
class SharedLot:
    """A lot of one account on which the other bid. `bidder_id` is the one who bid."""

    auction_id: int
    seller_id: int
    bidder_id: int
    status: str
    result: str | None
    price_cents: int | None
    leader_id: int | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the lot has ended in a way that a shill can have pushed."""
        return self.status == "ended" and self.result in FINISHED


@dataclass(frozen=True, slots=True)
class Standing:
    """How one account stands, without a name: a number is enough to judge by. `seller_status` as it is stored."""

    user_id: int
    role: str
    can_bid: bool
    on_hold_reason: str | None
    identity_status: str | None
    seller_status: str | None
    disabled: bool


def standings(connection: Connection, user_ids: Collection[int]) -> list[Standing]:
    """How accounts stand, by id."""
    query = (
        select(
            users.c.id,
            users.c.role,
            users.c.can_bid,
            accounts.c.on_hold_reason,
            accounts.c.identity_status,
            seller_profiles.c.status,
            users.c.disabled_at.is_not(None),
        )
        .select_from(
            users.outerjoin(accounts, accounts.c.user_id == users.c.id).outerjoin(
                seller_profiles, seller_profiles.c.user_id == users.c.id
            )
        )
        .where(users.c.id.in_(user_ids))
        .order_by(users.c.id)
    )
    found = connection.execute(query).all()
    return [
        Standing(user_id, role, bool(can_bid), hold, identity, status, bool(disabled))
        for user_id, role, can_bid, hold, identity, status, disabled in found
    ]


def shared_lots(connection: Connection, first_id: int, second_id: int, *, limit: int) -> list[SharedLot]:
    """The lots where one of two accounts has an accepted bid on the other's vehicle, newest first."""
    query = (
        select(
            auctions.c.id,
            auctions.c.seller_id,
            bids.c.user_id,
            auctions.c.status,
            auctions.c.result,
            auctions.c.price_cents,
            auctions.c.leader_id,
            auctions.c.ended_at,
        )
        .join_from(auctions, bids, bids.c.auction_id == auctions.c.id)
        .where(or_(_bid_on(first_id, second_id), _bid_on(second_id, first_id)), bids.c.outcome != REFUSED)
        .distinct()
        .order_by(auctions.c.id.desc())
        .limit(limit)
    )
    return [SharedLot(*row) for row in connection.execute(query)]


def pricing_lines(connection: Connection, auction_id: int) -> list[Line]:
    """What decided a lot's price, in order, opened."""
    query = (
        select(auction_ledger.c.public, auction_ledger.c.private)
        .where(auction_ledger.c.auction_id == auction_id, auction_ledger.c.kind.in_(PRICING))
        .order_by(auction_ledger.c.seq)
    )
    decode = msgspec.json.decode
    return [Line(decode(public), decode(private or NOTHING)) for public, private in connection.execute(query)]


def _bid_on(bidder_id: int, seller_id: int) -> ColumnElement[bool]:
    return and_(bids.c.user_id == bidder_id, auctions.c.seller_id == seller_id)
