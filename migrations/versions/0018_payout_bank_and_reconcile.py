"""Payouts on their way to banks, and the cases of the daily reconcile."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create the tables."""
    _create_batches()
    _create_entries()
    _create_cases()


def downgrade() -> None:
    """Drop the tables with what is in them."""
    for name in ("reconcile_cases", "payout_entries", "payout_batches", "seller_banks"):
        op.drop_table(name)


def _create_batches() -> None:
    op.create_table(
        "seller_banks",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", name="pk_seller_banks"),
        **OPTIONS,
    )
    op.create_table(
        "payout_batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.CHAR(10), nullable=False),
        sa.Column("modifier", sa.CHAR(1), nullable=False),
        sa.Column("effective_on", sa.CHAR(10), nullable=False),
        sa.Column("first_entry", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("file_key", sa.String(200)),
        sa.Column("file_sha256", sa.CHAR(64)),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_payout_batches"),
        sa.UniqueConstraint("made_on", "modifier", name="uq_payout_batches_made_on_modifier"),
        **OPTIONS,
    )
    op.create_index("ix_payout_batches_state", "payout_batches", ["state"])


def _create_entries() -> None:
    op.create_table(
        "payout_entries",
        sa.Column("key", sa.String(15), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("batch_id", sa.BigInteger()),
        sa.Column("trace", sa.String(15)),
        sa.Column("reason", sa.String(80), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_payout_entries"),
        **OPTIONS,
    )
    op.create_index("ix_payout_entries_batch_id", "payout_entries", ["batch_id"])
    op.create_index("ix_payout_entries_order_id", "payout_entries", ["order_id"])
    op.create_index("ix_payout_entries_state_created_at", "payout_entries", ["state", "created_at"])
    op.create_index("ix_payout_entries_trace", "payout_entries", ["trace"])


def _create_cases() -> None:
    op.create_table(
        "reconcile_cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("ours_cents", sa.BigInteger()),
        sa.Column("theirs_cents", sa.BigInteger()),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_by", sa.BigInteger()),
        sa.Column("note", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_reconcile_cases"),
        sa.UniqueConstraint("kind", "subject", name="uq_reconcile_cases_kind_subject"),
        **OPTIONS,
    )
    op.create_index("ix_reconcile_cases_closed_at_id", "reconcile_cases", ["closed_at", "id"])
