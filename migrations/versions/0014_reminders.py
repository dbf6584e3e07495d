"""What watchers do not want to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; everybody is told everything at first."""
    op.add_column("watchlist", sa.Column("muted", sa.SmallInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Drop the column with what is in it."""
    op.drop_column("watchlist", "muted")
