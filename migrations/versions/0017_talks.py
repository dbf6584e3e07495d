"""Negotiations below the reserve, and second chances after a default."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
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
    _negotiations()
    _negotiation_figures()
    _second_chances()
    _second_chance_steps()


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("second_chance_steps")
    op.drop_table("second_chances")
    op.drop_table("negotiation_figures")
    op.drop_table("negotiations")


def _negotiations() -> None:
    op.create_table(
        "negotiations",
        sa.Column("auction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("bidder_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("held_cents", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("snapshot", sa.Text()),
        sa.Column("order_id", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("auction_id", name="pk_negotiations"),
        **OPTIONS,
    )
    op.create_index("ix_negotiations_bidder_id_created_at", "negotiations", ["bidder_id", "created_at"])
    op.create_index("ix_negotiations_seller_id_created_at", "negotiations", ["seller_id", "created_at"])
    op.create_index("ix_negotiations_status_started_at", "negotiations", ["status", "started_at"])
    op.create_index("ix_negotiations_vehicle_id", "negotiations", ["vehicle_id"])


def _negotiation_figures() -> None:
    op.create_table(
        "negotiation_figures",
        sa.Column("auction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bidder_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("act_id", sa.CHAR(36), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("by_side", sa.String(8), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction_id", "number", name="pk_negotiation_figures"),
        **OPTIONS,
    )
    op.create_index("ix_negotiation_figures_bidder_id_auction_id", "negotiation_figures", ["bidder_id", "auction_id"])


def _second_chances() -> None:
    op.create_table(
        "second_chances",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("run_no", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("bidder_id", sa.BigInteger()),
        sa.Column("cents", sa.BigInteger()),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("snapshot", sa.Text()),
        sa.Column("new_order_id", sa.BigInteger()),
        sa.Column("relisted_as", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("order_id", name="pk_second_chances"),
        **OPTIONS,
    )
    op.create_index("ix_second_chances_auction_id", "second_chances", ["auction_id"])
    op.create_index("ix_second_chances_bidder_id_created_at", "second_chances", ["bidder_id", "created_at"])
    op.create_index("ix_second_chances_seller_id_created_at", "second_chances", ["seller_id", "created_at"])
    op.create_index("ix_second_chances_status_started_at", "second_chances", ["status", "started_at"])


def _second_chance_steps() -> None:
    op.create_table(
        "second_chance_steps",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bidder_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("act_id", sa.CHAR(36), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "number", name="pk_second_chance_steps"),
        **OPTIONS,
    )
    op.create_index("ix_second_chance_steps_bidder_id_order_id", "second_chance_steps", ["bidder_id", "order_id"])
