"""Sales without a hammer: buy-now and offers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Widen auctions and create the tables."""
    with op.batch_alter_table("auctions") as auctions:
        auctions.add_column(sa.Column("sale_type", sa.String(16), nullable=False, server_default="timed"))
        auctions.add_column(sa.Column("buy_now_cents", sa.BigInteger()))
        auctions.add_column(sa.Column("offers_open", sa.Boolean(), nullable=False, server_default=sa.false()))
        auctions.add_column(sa.Column("sold_by", sa.String(16)))
        auctions.add_column(sa.Column("sold_cents", sa.BigInteger()))
        auctions.add_column(sa.Column("sold_to", sa.BigInteger()))
        auctions.add_column(sa.Column("reserved_until", sa.BigInteger()))
    _offers()
    _offer_steps()
    _purchases()


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    op.drop_table("purchases")
    op.drop_table("offer_steps")
    op.drop_table("offers")
    with op.batch_alter_table("auctions") as auctions:
        for name in ("reserved_until", "sold_to", "sold_cents", "sold_by", "offers_open", "buy_now_cents", "sale_type"):
            auctions.drop_column(name)


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.CHAR(36), nullable=False),
        sa.Column("vehicle_id", ID, nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", ID, nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("by_side", sa.String(8), nullable=False),
        sa.Column("first_cents", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("auto_accept_cents", sa.BigInteger()),
        sa.Column("auto_decline_cents", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name="fk_offers_buyer_id"),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name="fk_offers_seller_id"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_offers_vehicle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
        **OPTIONS,
    )
    op.create_index("ix_offers_auction_id_status", "offers", ["auction_id", "status"])
    op.create_index("ix_offers_buyer_id_created_at", "offers", ["buyer_id", "created_at"])
    op.create_index("ix_offers_seller_id_created_at", "offers", ["seller_id", "created_at"])
    op.create_index("ix_offers_status_started_at", "offers", ["status", "started_at"])
    op.create_index("ix_offers_vehicle_id_buyer_id", "offers", ["vehicle_id", "buyer_id"])


def _offer_steps() -> None:
    op.create_table(
        "offer_steps",
        sa.Column("offer_id", sa.CHAR(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("side", sa.String(8), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name="fk_offer_steps_offer_id"),
        sa.PrimaryKeyConstraint("offer_id", "number", name="pk_offer_steps"),
        **OPTIONS,
    )


def _purchases() -> None:
    op.create_table(
        "purchases",
        sa.Column("purchase_id", sa.CHAR(36), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("code", sa.String(32)),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("settled_seq", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("purchase_id", name="pk_purchases"),
        **OPTIONS,
    )
    op.create_index("ix_purchases_auction_id_user_id", "purchases", ["auction_id", "user_id"])
    op.create_index("ix_purchases_user_id_decided_at", "purchases", ["user_id", "decided_at"])
