"""Who of a lot's bidders may be asked again once it is over, and its ledger as far as a replay needs it."""

import msgspec
from sqlalchemy import Connection, select

from activities.db.account_tables import accounts
from activities.db.links import barred_on
from activities.db.tables import auction_ledger, auctions, bids, users
from domain.second_chance import Book, book_of_ledger


def book_of(connection: Connection, auction_id: int) -> Book:
    """A lot's book, from its recorded ledger."""
    query = (
        select(auction_ledger.c.public, auction_ledger.c.private)
        .where(auction_ledger.c.auction_id == auction_id)
        .order_by(auction_ledger.c.seq)
    )
    decode = msgspec.json.decode
    rows = connection.execute(query).all()
    return book_of_ledger((decode(public), None if private is None else decode(private)) for public, private in rows)


def askable(connection: Connection, auction_id: int) -> frozenset[str]:
    """The bidders of a lot who agreed to be asked, and may buy it as things are now.

    They agreed with the terms; the leader's bid below the reserve binds by the published rule whatever they accepted.
    """
    leader_id = connection.execute(select(auctions.c.leader_id).where(auctions.c.id == auction_id)).scalar_one_or_none()
    query = (
        select(users.c.id, accounts.c.terms_version)
        .join(accounts, accounts.c.user_id == users.c.id, isouter=True)
        .where(
            users.c.id.in_(select(bids.c.user_id).where(bids.c.auction_id == auction_id, bids.c.outcome != "refused")),
            users.c.can_bid.is_(True),
            users.c.disabled_at.is_(None),
            users.c.erased_at.is_(None),
            users.c.closed_at.is_(None),
        )
    )
    agreed = {user_id for user_id, terms in connection.execute(query) if terms is not None or user_id == leader_id}
    return frozenset(str(user_id) for user_id in agreed - barred_on(connection, auction_id))
