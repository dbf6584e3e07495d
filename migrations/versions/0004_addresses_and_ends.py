"""From where a deed in the audit log was asked, and an end for every bearer token that had none."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What a token is good for where its owner says nothing else (`api.tokens.LIFE_DAYS`).
LIFE_MS = 90 * 86_400_000


def upgrade() -> None:
    """Widen the log, find a person's deeds in it, and let every endless token end in 90 days."""
    with op.batch_alter_table("audit_log") as audit_log:
        audit_log.add_column(sa.Column("address", sa.String(64)))
        audit_log.create_index("ix_audit_log_actor_id", ["actor_id"])
    tokens = sa.table("api_tokens", sa.column("expires_at", sa.BigInteger()))
    ends_at = time.time_ns() // 1_000_000 + LIFE_MS
    op.execute(sa.update(tokens).where(tokens.c.expires_at.is_(None)).values(expires_at=ends_at))


def downgrade() -> None:
    """Drop the addresses; tokens keep their ends."""
    with op.batch_alter_table("audit_log") as audit_log:
        audit_log.drop_index("ix_audit_log_actor_id")
        audit_log.drop_column("address")
