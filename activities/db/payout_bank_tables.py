"""The tables of payouts on their way to banks: each attempt once, the batches they leave in, and where they go."""

from sqlalchemy import CHAR, BigInteger, Column, Index, Integer, String, Text, UniqueConstraint

from activities.db.tables import ID, UtcMs, table

# The account that a seller is paid to. Routing and account number, kind and holder are sealed; four digits are shown.
seller_banks = table(
    "seller_banks",
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
    Column("last4", String(4), nullable=False),
    Column("updated_at", UtcMs, nullable=False),
)

# A file for the bank, or a list for the operators. `first_entry` numbers its entries on from those of all others.
payout_batches = table(
    "payout_batches",
    Column("id", ID, primary_key=True),
    Column("way", String(8), nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("made_at", UtcMs, nullable=False),
    # Days in Chicago. The files of one day are told apart by a letter.
    Column("made_on", CHAR(10), nullable=False),
    Column("modifier", CHAR(1), nullable=False),
    Column("effective_on", CHAR(10), nullable=False),
    Column("first_entry", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("file_key", String(200)),
    Column("file_sha256", CHAR(64)),
    Column("decided_by", BigInteger),
    Column("decided_at", UtcMs),
    UniqueConstraint("made_on", "modifier"),
)

# One attempt to pay a seller, by the key that the bank knows it by.
payout_entries = table(
    "payout_entries",
    Column("key", String(15), primary_key=True),
    Column("order_id", BigInteger, nullable=False, index=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("batch_id", BigInteger, index=True),
    Column("trace", String(15), index=True),
    Column("reason", String(80), nullable=False, server_default=""),
    Column("created_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    Index(None, "state", "created_at"),
)
