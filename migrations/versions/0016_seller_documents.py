"""The licence documents of sellers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
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
        "seller_documents",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(40), nullable=False),
        sa.Column("bytes", sa.Integer()),
        sa.Column("sha256", sa.CHAR(64)),
        sa.Column("refusal", sa.String(24)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seller_documents"),
        sa.UniqueConstraint("seller_id", "sha256", name="uq_seller_documents_seller_id_sha256"),
        **OPTIONS,
    )
    op.create_index("ix_seller_documents_state_updated_at", "seller_documents", ["state", "updated_at"])


def downgrade() -> None:
    """Drop the table with all that is in it."""
    op.drop_table("seller_documents")
