"""The tables of a sale's money: dated rates, the double-entry ledger, and documents numbered without gaps."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)

from activities.db.tables import ID, UtcMs, table

# One version of all rates in a row, its id being the version. The first was there before anybody: it has no author.
rate_tables = table(
    "rate_tables",
    Column("id", ID, primary_key=True),
    # A day in Chicago, as `2026-07-01`.
    Column("effective_on", CHAR(10), nullable=False),
    # The same while the table counts, nothing once it was taken back: so one table counts for each day.
    Column("in_force_on", CHAR(10), unique=True),
    # JSON: every rate by name, see `domain.rates.Rate`.
    Column("rates", Text, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("created_by", BigInteger),
    Column("created_at", UtcMs, nullable=False),
    Column("withdrawn_by", BigInteger),
    Column("withdrawn_at", UtcMs),
    Column("withdrawn_reason", String(500)),
)

# Append-only. Whatever is wrong is put right by another transfer.
money_transfers = table(
    "money_transfers",
    Column("id", String(120), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("order_id", BigInteger, index=True),
    Column("at", UtcMs, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Index(None, "at", "id"),
)

money_postings = table(
    "money_postings",
    Column("transfer_id", String(120), ForeignKey("money_transfers.id"), primary_key=True),
    Column("account", String(40), primary_key=True),
    # Positive debits, negative credits; those of a transfer sum to zero.
    Column("cents", BigInteger, nullable=False),
    Index(None, "account", "transfer_id"),
)

# The last number that was given out of a kind in a year (in Chicago); its row is locked while the next one is.
invoice_counters = table(
    "invoice_counters",
    Column("kind", String(16), primary_key=True),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

# Invoices, receipts, refund notes and bills of sale. They stay as they were issued; only the PDF comes later.
invoices = table(
    "invoices",
    Column("number", String(24), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("order_id", BigInteger, nullable=False, index=True),
    # What it is issued for: asked for twice, it is issued once.
    Column("request_key", String(120), nullable=False, unique=True),
    Column("of_number", String(24)),
    Column("template", String(40), nullable=False),
    Column("rates_version", BigInteger),
    Column("total_cents", BigInteger, nullable=False),
    # The document's text as JSON, sealed with the platform's key, for it names people; and SHA-256 of that text.
    Column("document_sealed", Text, nullable=False),
    Column("document_sha256", CHAR(64), nullable=False),
    Column("issued_at", UtcMs, nullable=False),
    Column("pdf_key", String(200)),
    Column("pdf_sha256", CHAR(64)),
    Column("pdf_at", UtcMs),
    UniqueConstraint("kind", "year", "serial"),
    Index(None, "kind", "issued_at"),
)
