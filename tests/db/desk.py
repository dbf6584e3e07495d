"""A seller, two buyers and a lot at the recorder's desk: the real rules judge, the test decides what is recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from activities.db import ledger
from activities.db.ledger import Recorded
from activities.db.tables import auctions, users
from domain.auction import Answer, Auction, Bid, Terms
from domain.bidding import Kind
from domain.ledger import Entry
from tests.db.market import DAY, NOON, SECOND, add_car, add_lot, add_person, bid_id


class Desk:
    """`auction` is what Temporal would hold, the tables what the database knows of it."""

    def __init__(self, connection: Connection, **terms: Any) -> None:
        self.connection = connection
        names = ("sam", "ada", "bob")
        self.seller, self.ada, self.bob = (add_person(connection, f"{name}@desk.example.com") for name in names)
        self._cars = 0
        self._bids = 0
        self._terms = terms
        self.lot, self.auction = self.another()

    def another(self) -> tuple[int, Auction]:
        """One more lot of the seller, live from noon for a day."""
        self._cars += 1
        lot = add_lot(self.connection, self.seller, add_car(self.connection, self.seller, 700_000 + self._cars))
        auction = Auction(
            Terms(
                **{
                    "auction_id": lot,
                    "barred": (str(self.seller),),
                    "start_cents": 500_000,
                    "reserve_cents": None,
                    "starts_at": NOON,
                    "ends_at": NOON + DAY,
                    **self._terms,
                }
            )
        )
        self.connection.execute(update(auctions).where(auctions.c.id == lot).values(hash=auction.hash))
        auction.start(NOON)
        return lot, auction

    def bid(self, user_id: int, cents: int, kind: Kind = Kind.BID, **changes: Any) -> Answer:
        """Judge one bid, a second after the one before it; nothing is recorded by it."""
        self._bids += 1
        moment = self.now()
        facts = {"bid_id": bid_id(self.lot * 1_000 + self._bids), "received_at": moment, **changes}
        made = Bid(**{"bidder": str(user_id), "kind": kind, "cents": cents, "nonce": f"{self._bids:064x}", **facts})
        return self.auction.place(made, moment)

    def now(self) -> datetime:
        """The time of the newest bid."""
        return NOON + self._bids * SECOND

    @property
    def entries(self) -> list[Entry]:
        """All that the auction has written."""
        return self.auction.tail.entries

    def record(self, entries: Sequence[Entry] | None = None) -> Recorded:
        """Record these entries, or all."""
        return ledger.record(self.connection, self.lot, self.entries if entries is None else entries)

    def head(self, *names: str) -> tuple[Any, ...]:
        """Columns of the lot's row."""
        query = select(*(auctions.c[name] for name in names)).where(auctions.c.id == self.lot)
        return tuple(self.connection.execute(query).one())

    def count(self, table: Table) -> int:
        """Rows of a table."""
        return self.connection.execute(select(func.count()).select_from(table)).scalar_one()

    def limit(self, user_id: int, cents: int, lots: int | None = None) -> None:
        """Give a person a buying limit, over so many lots."""
        values = {"buying_limit_cents": cents, "lots_limit": lots}
        self.connection.execute(update(users).where(users.c.id == user_id).values(values))
