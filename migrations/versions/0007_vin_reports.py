"""What decoders said of VINs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "vin_reports",
        sa.Column("vin", sa.String(17), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", LONG_TEXT),
        sa.Column(
            "raw",
            LONG_TEXT,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("vin", "source", name="pk_vin_reports"),
        **OPTIONS,
    )


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("vin_reports")
