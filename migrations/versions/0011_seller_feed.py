"""Sellers' webhooks: endpoints, events and deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
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
        "seller_feeds",
        sa.Column("seller_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seller_id", name="pk_seller_feeds"),
        **OPTIONS,
    )
    _endpoints()
    _events()
    _deliveries()


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    for name in ("seller_deliveries", "seller_events", "seller_endpoints", "seller_feeds"):
        op.drop_table(name)


def _endpoints() -> None:
    op.create_table(
        "seller_endpoints",
        sa.Column("id", ID, nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("old_secret_sealed", sa.Text()),
        sa.Column("old_until", sa.BigInteger()),
        sa.Column("kinds", sa.String(400), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("disabled_reason", sa.String(16)),
        sa.Column("seen_through", sa.BigInteger(), nullable=False),
        sa.Column("look_again_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name="fk_seller_endpoints_seller_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seller_endpoints"),
        **OPTIONS,
    )
    op.create_index("ix_seller_endpoints_seller_id", "seller_endpoints", ["seller_id"])


def _events() -> None:
    op.create_table(
        "seller_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger()),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seller_events"),
        **OPTIONS,
    )
    op.create_index("ix_seller_events_seller_id_id", "seller_events", ["seller_id", "id"])


def _deliveries() -> None:
    op.create_table(
        "seller_deliveries",
        sa.Column("endpoint_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vehicle_id", sa.BigInteger()),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger()),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("last_status", sa.SmallInteger()),
        sa.Column("last_error", sa.String(40)),
        sa.Column("delivered_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id", name="pk_seller_deliveries"),
        **OPTIONS,
    )
    op.create_index(
        "ix_seller_deliveries_endpoint_id_state_vehicle_id_event_id",
        "seller_deliveries",
        ["endpoint_id", "state", "vehicle_id", "event_id"],
    )
