"""Drafts of listings' descriptions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "description_drafts",
        sa.Column("vehicle_id", ID, nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("text", sa.Text()),
        sa.Column("writer", sa.String(12)),
        sa.Column("why", sa.String(12)),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("prompt_hash", sa.CHAR(64)),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("made_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("vehicle_id", "version", name="pk_description_drafts"),
        **OPTIONS,
    )
    op.create_index("ix_description_drafts_asked_at", "description_drafts", ["asked_at"])


def downgrade() -> None:
    """Drop the table with all that is in it."""
    op.drop_table("description_drafts")
