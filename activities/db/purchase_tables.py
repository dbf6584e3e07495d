"""The table of buy-now: who reserved which lot for how much, and what came of it, as its ledger tells."""

from sqlalchemy import CHAR, BigInteger, Column, Index, String

from activities.db.tables import UtcMs, table

# No foreign key to `auctions`, whose row every recording locks; see `bids`.
purchases = table(
    "purchases",
    Column("purchase_id", CHAR(36), primary_key=True),
    Column("auction_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    # Refused, reserved, bought or failed; a reserved one of a lot that was cancelled stays as it is.
    Column("state", String(12), nullable=False),
    Column("code", String(32)),
    Column("seq", BigInteger, nullable=False),
    Column("decided_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs),
    Column("settled_seq", BigInteger),
    Column("settled_at", UtcMs),
    Index(None, "auction_id", "user_id"),
    Index(None, "user_id", "decided_at"),
)
