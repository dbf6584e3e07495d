"""The table of the daily reconcile: each difference that was found, once, until somebody has seen to it."""

from sqlalchemy import BigInteger, Column, Index, String, UniqueConstraint

from activities.db.tables import ID, UtcMs, table

reconcile_cases = table(
    "reconcile_cases",
    Column("id", ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    # What it is about: the id of a payment, transaction, order or transfer, or a kind of documents with its year.
    Column("subject", String(120), nullable=False),
    Column("ours_cents", BigInteger),
    Column("theirs_cents", BigInteger),
    Column("opened_at", UtcMs, nullable=False),
    Column("seen_at", UtcMs, nullable=False),
    Column("closed_at", UtcMs),
    Column("closed_by", BigInteger),
    Column("note", String(500)),
    UniqueConstraint("kind", "subject"),
    Index(None, "closed_at", "id"),
)
