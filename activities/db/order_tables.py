"""The tables of orders: how each sale stands, its history, what was done once for it, payouts, strikes and tasks."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from activities.db.tables import ID, UtcMs, table

# A dispute may hold a lot of words.
SNAPSHOT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")

# Written in the transaction that records a lot's end, beside the rows that a bid writes: so no foreign keys either.
orders = table(
    "orders",
    Column("id", ID, primary_key=True),
    Column("auction_id", BigInteger, nullable=False),
    # The hammer's sale is the first; a second chance after a default is another one.
    Column("run_no", SmallInteger, nullable=False),
    Column("vehicle_id", BigInteger, nullable=False, index=True),
    Column("buyer_id", BigInteger, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("price_cents", BigInteger, nullable=False),
    Column("how", String(16), nullable=False),
    Column("sold_at", UtcMs, nullable=False),
    Column("stage", String(20), nullable=False),
    # What everybody is shown: the stage, or that a dispute is open.
    Column("status", String(20), nullable=False, index=True),
    Column("reason", String(500), nullable=False, server_default=""),
    # How many changes of the workflow are recorded here.
    Column("version", Integer, nullable=False, server_default="0"),
    # JSON of the timeline and the disputes, as the workflow last told them.
    Column("snapshot", SNAPSHOT),
    # JSON of the total, line by line, as it was invoiced.
    Column("charges", Text),
    Column("invoice_number", String(24)),
    Column("total_cents", BigInteger),
    # What came in, less what went back; the money ledger is the record, this is for lists.
    Column("paid_cents", BigInteger, nullable=False, server_default="0"),
    Column("late_fee_cents", BigInteger),
    Column("invoiced_at", UtcMs),
    Column("default_at", UtcMs),
    Column("charge_agreed", Boolean, nullable=False, server_default=false()),
    Column("with_carrier", Boolean, nullable=False, server_default=false()),
    Column("started_at", UtcMs),
    Column("updated_at", UtcMs, nullable=False),
    Column("completed_at", UtcMs),
    UniqueConstraint("auction_id", "run_no"),
    Index(None, "buyer_id", "id"),
    Index(None, "seller_id", "id"),
    Index(None, "started_at", "sold_at"),
)

order_events = table(
    "order_events",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcMs, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("by", String(16), nullable=False),
    Column("cents", BigInteger),
    Column("words", Text, nullable=False),
)

# What is done once for an order, whoever asks how often, with what came of it as JSON.
order_deeds = table(
    "order_deeds",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(120), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("at", UtcMs, nullable=False),
)

# One payout of each order to its seller.
payouts = table(
    "payouts",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("cents", BigInteger, nullable=False),
    # A day in Chicago.
    Column("due_on", CHAR(10)),
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("attempt", Integer, nullable=False),
    # What was claimed back from the seller after it left.
    Column("claimed_cents", BigInteger, nullable=False),
    Column("reason", String(500), nullable=False),
    # JSON of the fee statement, once it is with the provider.
    Column("statement", Text),
    Column("updated_at", UtcMs, nullable=False),
    Index(None, "status", "due_on"),
    Index(None, "seller_id", "order_id"),
)

# Wins that were not paid. One that was cured, or lifted by the staff, counts no more.
strikes = table(
    "strikes",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("at", UtcMs, nullable=False),
    Column("undone_at", UtcMs),
)

# What waits for a person, once per key.
operator_tasks = table(
    "operator_tasks",
    Column("id", ID, primary_key=True),
    Column("order_id", BigInteger, nullable=False, index=True),
    Column("key", String(120), nullable=False, unique=True),
    Column("step", String(40), nullable=False),
    Column("code", String(80), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("done_at", UtcMs),
    Column("done_by", BigInteger),
    Index(None, "done_at", "id"),
)

# What title and transport tell of an order while nobody real does them: each event at its time, once.
order_stand_ins = table(
    "order_stand_ins",
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event", String(24), primary_key=True),
    Column("due_at", UtcMs, nullable=False),
    Column("told_at", UtcMs),
    Index(None, "told_at", "due_at"),
)
