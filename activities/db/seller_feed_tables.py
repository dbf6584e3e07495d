"""The tables of the sellers' feed: what happened to their vehicles, where it is to be told, and each delivery of it.

Events and deliveries have no foreign keys: they are written while auctions are recorded, which locks no other row.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Text

from activities.db.tables import ID, UtcMs, table

# One row for each seller: locked while an event is noted, so that the ids of a seller's events become visible in order.
seller_feeds = table(
    "seller_feeds",
    Column("seller_id", ID, primary_key=True, autoincrement=False),
)

seller_endpoints = table(
    "seller_endpoints",
    Column("id", ID, primary_key=True),
    Column("seller_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("url", String(500), nullable=False),
    Column("secret_sealed", Text, nullable=False),
    # The secret before, with which everything is signed besides for a while.
    Column("old_secret_sealed", Text),
    Column("old_until", UtcMs),
    # Separated by commas; nothing stands for all of them.
    Column("kinds", String(400), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("disabled_at", UtcMs),
    Column("disabled_reason", String(16)),
    # The newest event that its workflow has seen or was told of, and when somebody has to look if nobody did.
    Column("seen_through", BigInteger, nullable=False),
    Column("look_again_at", UtcMs),
)

seller_events = table(
    "seller_events",
    Column("id", ID, primary_key=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("vehicle_id", BigInteger),
    Column("kind", String(32), nullable=False),
    # All of the event but its id, as the JSON that is sent.
    Column("body", Text, nullable=False),
    Column("at", UtcMs, nullable=False),
    Index(None, "seller_id", "id"),
)

seller_deliveries = table(
    "seller_deliveries",
    Column("endpoint_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("vehicle_id", BigInteger),
    Column("state", String(12), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    # How often it was asked for again: an answer to an earlier sending settles nothing.
    Column("replays", Integer, nullable=False),
    Column("queued_at", UtcMs, nullable=False),
    Column("first_at", UtcMs),
    Column("next_at", UtcMs, nullable=False),
    Column("last_status", SmallInteger),
    Column("last_error", String(40)),
    Column("delivered_at", UtcMs),
    Index(None, "endpoint_id", "state", "vehicle_id", "event_id"),
)
