"""The money of sales: rate tables with the first of them, the ledger, documents and their numbers."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}

# Minnesota's figures as Driver and Vehicle Services have charted them since July 1, 2023 (6.875 % is 68,750 ppm), and
# the house's own. An admin adds the next table ahead of its day; nothing else in the code knows a rate.
RATES = {
    "buyer_fee_ppm": 50_000,
    "buyer_fee_least_cents": 250_00,
    "buyer_fee_most_cents": 5_000_00,
    "documentation_fee_cents": 125_00,
    "documentation_fee_most_ppm": 100_000,
    "late_fee_cents": 100_00,
    "sales_tax_ppm": 68_750,
    "buyer_fee_taxed_switch": 0,
    "older_tax_cents": 10_00,
    "older_from_years": 10,
    "older_below_cents": 3_000_00,
    "collector_tax_cents": 150_00,
    "title_fee_cents": 8_25,
    "title_technology_cents": 2_25,
    "public_safety_fee_cents": 3_50,
    "transfer_tax_cents": 10_00,
    "filing_fee_cents": 12_00,
    "lien_fee_cents": 2_00,
    "permit_cents": 1_00,
}
FIRST_RATES: dict[str, Any] = {
    "effective_on": "2023-07-01",
    "in_force_on": "2023-07-01",
    "rates": "",
    "reason": "Minnesota's figures since July 1, 2023, and the fees of the house as published at its opening.",
    # Midnight in Chicago.
    "created_at": 1_688_187_600_000,
}


def upgrade() -> None:
    """Create the tables, and put the first rates into theirs."""
    _rate_tables()
    _money_transfers()
    _money_postings()
    _invoice_counters()
    _invoices()
    _first_rates()


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("invoices")
    op.drop_table("invoice_counters")
    op.drop_table("money_postings")
    op.drop_table("money_transfers")
    op.drop_table("rate_tables")


def _rate_tables() -> None:
    op.create_table(
        "rate_tables",
        sa.Column("id", ID, nullable=False),
        sa.Column("effective_on", sa.CHAR(10), nullable=False),
        sa.Column("in_force_on", sa.CHAR(10)),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_by", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_by", sa.BigInteger()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.Column("withdrawn_reason", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_rate_tables"),
        sa.UniqueConstraint("in_force_on", name="uq_rate_tables_in_force_on"),
        **OPTIONS,
    )


def _money_transfers() -> None:
    op.create_table(
        "money_transfers",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("order_id", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_money_transfers"),
        **OPTIONS,
    )
    op.create_index("ix_money_transfers_at_id", "money_transfers", ["at", "id"])
    op.create_index("ix_money_transfers_order_id", "money_transfers", ["order_id"])


def _money_postings() -> None:
    op.create_table(
        "money_postings",
        sa.Column("transfer_id", sa.String(120), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["money_transfers.id"], name="fk_money_postings_transfer_id"),
        sa.PrimaryKeyConstraint("transfer_id", "account", name="pk_money_postings"),
        **OPTIONS,
    )
    op.create_index("ix_money_postings_account_transfer_id", "money_postings", ["account", "transfer_id"])


def _invoice_counters() -> None:
    op.create_table(
        "invoice_counters",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "year", name="pk_invoice_counters"),
        **OPTIONS,
    )


def _invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.String(120), nullable=False),
        sa.Column("of_number", sa.String(24)),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("rates_version", sa.BigInteger()),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("document_sealed", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.CHAR(64), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("pdf_key", sa.String(200)),
        sa.Column("pdf_sha256", sa.CHAR(64)),
        sa.Column("pdf_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name="pk_invoices"),
        sa.UniqueConstraint("kind", "year", "serial", name="uq_invoices_kind_year_serial"),
        sa.UniqueConstraint("request_key", name="uq_invoices_request_key"),
        **OPTIONS,
    )
    op.create_index("ix_invoices_kind_issued_at", "invoices", ["kind", "issued_at"])
    op.create_index("ix_invoices_order_id", "invoices", ["order_id"])


def _first_rates() -> None:
    op.bulk_insert(
        sa.table("rate_tables", *(sa.column(name) for name in FIRST_RATES)),
        [{**FIRST_RATES, "rates": json.dumps(RATES, sort_keys=True)}],
    )
