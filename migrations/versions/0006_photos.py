"""Photos and documents of vehicles."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
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
    _vehicle_images()
    _vehicle_documents()


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("vehicle_documents")
    op.drop_table("vehicle_images")


def _vehicle_images() -> None:
    op.create_table(
        "vehicle_images",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("vehicle_id", ID, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(40), nullable=False),
        sa.Column("alt_text", sa.String(300), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("sha256", sa.CHAR(64)),
        sa.Column("refusal", sa.String(24)),
        sa.Column("uploaded_by", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("approved_alt", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name="pk_vehicle_images"),
        sa.UniqueConstraint("vehicle_id", "sha256", name="uq_vehicle_images_vehicle_id_sha256"),
        **OPTIONS,
    )
    op.create_index("ix_vehicle_images_state_updated_at", "vehicle_images", ["state", "updated_at"])


def _vehicle_documents() -> None:
    op.create_table(
        "vehicle_documents",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("vehicle_id", ID, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("content_type", sa.String(40), nullable=False),
        sa.Column("bytes", sa.Integer()),
        sa.Column("sha256", sa.CHAR(64)),
        sa.Column("refusal", sa.String(24)),
        sa.Column("uploaded_by", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vehicle_documents"),
        sa.UniqueConstraint("vehicle_id", "sha256", name="uq_vehicle_documents_vehicle_id_sha256"),
        **OPTIONS,
    )
    op.create_index("ix_vehicle_documents_state_updated_at", "vehicle_documents", ["state", "updated_at"])
