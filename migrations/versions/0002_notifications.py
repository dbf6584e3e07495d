"""The outbox of mails, and what the mail provider tells about them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("to_email", sa.String(254), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("unknowns", sa.SmallInteger(), nullable=False),
        sa.Column("provider_message_id", sa.String(100)),
        sa.Column("reason", sa.String(255)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notifications_user_id"),
        sa.UniqueConstraint("dedupe_key", name="uq_notifications_dedupe_key"),
        **OPTIONS,
    )
    op.create_index("ix_notifications_status_created_at_id", "notifications", ["status", "created_at", "id"])
    op.create_index("ix_notifications_user_id_created_at", "notifications", ["user_id", "created_at"])
    op.create_table(
        "mail_events",
        sa.Column("event_id", sa.String(100), nullable=False),
        sa.Column("outbox_id", sa.CHAR(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(255)),
        sa.PrimaryKeyConstraint("event_id", name="pk_mail_events"),
        **OPTIONS,
    )
    op.create_index("ix_mail_events_outbox_id_occurred_at", "mail_events", ["outbox_id", "occurred_at"])


def downgrade() -> None:
    """Drop them, with all that is in them."""
    for name in ("mail_events", "notifications"):
        op.drop_table(name)
