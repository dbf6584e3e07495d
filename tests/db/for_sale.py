"""Lots that are sold by other ways than bids, for tests."""

from sqlalchemy import Connection, Engine, update

from activities.db.engine import make_engine
from activities.db.tables import auctions
from migrations import schema


def fresh(url: str) -> Engine:
    """An empty database with the real schema."""
    engine = make_engine(url)
    schema.upgrade(engine)
    return engine


def put_up(connection: Connection, auction_id: int, **columns: object) -> None:
    """Sell a lot by other ways than bids too."""
    connection.execute(update(auctions).where(auctions.c.id == auction_id).values(columns))
