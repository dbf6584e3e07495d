"""Questions on listings, and their answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
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
    op.create_table(
        "vehicle_questions",
        sa.Column("id", ID, nullable=False),
        sa.Column("vehicle_id", ID, nullable=False),
        sa.Column("asker_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("answer_state", sa.String(8)),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("reviewed_by", ID),
        sa.Column("reviewed_at", sa.BigInteger()),
        sa.Column("reason", sa.String(500)),
        sa.ForeignKeyConstraint(["asker_id"], ["users.id"], name="fk_vehicle_questions_asker_id"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_vehicle_questions_vehicle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vehicle_questions"),
        **OPTIONS,
    )
    op.create_index("ix_vehicle_questions_answer_state_id", "vehicle_questions", ["answer_state", "id"])
    op.create_index("ix_vehicle_questions_asker_id", "vehicle_questions", ["asker_id"])
    op.create_index("ix_vehicle_questions_state_id", "vehicle_questions", ["state", "id"])
    op.create_index("ix_vehicle_questions_vehicle_id_id", "vehicle_questions", ["vehicle_id", "id"])


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("vehicle_questions")
