"""The tables of offers: each offer as it stands, and every step of either side, of the clock and of the auction."""

from sqlalchemy import CHAR, BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String

from activities.db.tables import ID, UtcMs, table

USER = "users.id"

offers = table(
    "offers",
    Column("id", CHAR(36), primary_key=True),
    Column("vehicle_id", ID, ForeignKey("vehicles.id"), nullable=False),
    Column("auction_id", BigInteger, nullable=False),
    Column("buyer_id", ID, ForeignKey(USER), nullable=False),
    Column("seller_id", ID, ForeignKey(USER), nullable=False),
    Column("status", String(12), nullable=False),
    # The figure on the table and who named it.
    Column("cents", BigInteger, nullable=False),
    Column("by_side", String(8), nullable=False),
    Column("first_cents", BigInteger, nullable=False),
    Column("made", SmallInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("reason", String(40), nullable=False),
    # What the seller had settled before; for nobody else to see.
    Column("auto_accept_cents", BigInteger),
    Column("auto_decline_cents", BigInteger),
    Column("created_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    Column("started_at", UtcMs),
    Index(None, "vehicle_id", "buyer_id"),
    Index(None, "buyer_id", "created_at"),
    Index(None, "seller_id", "created_at"),
    Index(None, "auction_id", "status"),
    Index(None, "status", "started_at"),
)

offer_steps = table(
    "offer_steps",
    Column("offer_id", CHAR(36), ForeignKey("offers.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", String(12), nullable=False),
    Column("side", String(8), nullable=False),
    Column("status", String(12), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at", UtcMs, nullable=False),
)
