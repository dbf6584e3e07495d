"""The tables of sales that were none yet: negotiations below the reserve, and second chances after a default."""

from sqlalchemy import CHAR, BigInteger, Column, Index, Integer, SmallInteger, String, Text

from activities.db.tables import UtcMs, table

# Written in the transaction that records a lot's end, beside the rows that a bid writes: so no foreign keys either.
negotiations = table(
    "negotiations",
    Column("auction_id", BigInteger, primary_key=True, autoincrement=False),
    Column("vehicle_id", BigInteger, nullable=False, index=True),
    Column("seller_id", BigInteger, nullable=False),
    # `waiting` until its workflow has asked who agreed to talk, then as `domain.negotiation.Status`.
    Column("status", String(12), nullable=False),
    # With whom the talks are, or were last; until they begin, who led.
    Column("bidder_id", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("held_cents", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("expires_at", UtcMs),
    # JSON of the `domain.negotiation.Negotiation`: it knows the reserve, so nobody is shown it.
    Column("snapshot", Text),
    Column("order_id", BigInteger),
    Column("created_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    Column("started_at", UtcMs),
    Index(None, "seller_id", "created_at"),
    Index(None, "bidder_id", "created_at"),
    Index(None, "status", "started_at"),
)

# Each step with the figure that is on the table after it, and the bidder with whom the talks were before it.
negotiation_figures = table(
    "negotiation_figures",
    Column("auction_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bidder_id", BigInteger, nullable=False),
    Column("act", String(12), nullable=False),
    Column("side", String(8), nullable=False),
    Column("act_id", CHAR(36), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("by_side", String(8), nullable=False),
    Column("status", String(12), nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("at", UtcMs, nullable=False),
    Index(None, "bidder_id", "auction_id"),
)

# One for each order that its buyer did not pay.
second_chances = table(
    "second_chances",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("auction_id", BigInteger, nullable=False, index=True),
    Column("vehicle_id", BigInteger, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    # The number that the next sale of this auction will have.
    Column("run_no", SmallInteger, nullable=False),
    # `waiting` until its workflow has found who is asked, then as `domain.second_chance.Status`; `stopped`: the order
    # was paid after all.
    Column("status", String(16), nullable=False),
    Column("bidder_id", BigInteger),
    Column("cents", BigInteger),
    Column("step", Integer, nullable=False),
    Column("expires_at", UtcMs),
    Column("snapshot", Text),
    Column("new_order_id", BigInteger),
    Column("relisted_as", BigInteger),
    Column("created_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    Column("started_at", UtcMs),
    Index(None, "seller_id", "created_at"),
    Index(None, "bidder_id", "created_at"),
    Index(None, "status", "started_at"),
)

second_chance_steps = table(
    "second_chance_steps",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bidder_id", BigInteger, nullable=False),
    Column("act", String(12), nullable=False),
    Column("act_id", CHAR(36), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("at", UtcMs, nullable=False),
    Index(None, "bidder_id", "order_id"),
)
