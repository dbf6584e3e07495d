"""Listings: what a seller tells of a vehicle beyond its specification, its review, and its working copy.

Vehicles that are there already were put up without a review: they count as approved and stay public.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def added() -> tuple[sa.Column[Any], ...]:
    """The new columns, made afresh: a column belongs to one table only."""
    return (
        sa.Column("market", sa.String(12), nullable=False, server_default="us"),
        sa.Column("stock_number", sa.String(40), nullable=False, server_default=""),
        sa.Column("cylinders", sa.SmallInteger()),
        sa.Column("doors", sa.SmallInteger()),
        sa.Column("mileage_unit", sa.CHAR(2), nullable=False, server_default="mi"),
        sa.Column("odometer_status", sa.String(16), nullable=False, server_default="actual"),
        sa.Column("title_state", sa.CHAR(2), nullable=False, server_default=""),
        sa.Column("has_lien", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("lien_holder", sa.String(120), nullable=False, server_default=""),
        sa.Column("zip", sa.String(10), nullable=False, server_default=""),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("lights", sa.String(32), nullable=False, server_default=""),
        sa.Column("disclosures_hash", sa.CHAR(64)),
        sa.Column("sale_type", sa.String(16), nullable=False, server_default="timed"),
        sa.Column("start_cents", sa.BigInteger()),
        sa.Column("reserve_cents", sa.BigInteger()),
        sa.Column("buy_now_cents", sa.BigInteger()),
        sa.Column("offers_open", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("auto_accept_cents", sa.BigInteger()),
        sa.Column("auto_decline_cents", sa.BigInteger()),
        sa.Column("length_days", sa.SmallInteger()),
        sa.Column("listing_status", sa.String(12), nullable=False, server_default="approved"),
        sa.Column("review_status", sa.String(20), nullable=False, server_default="none"),
        sa.Column("draft", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("open_vin", sa.CHAR(17)),
        sa.Column("submitted_at", sa.BigInteger()),
        sa.Column("reviewed_by", ID),
        sa.Column("reviewed_at", sa.BigInteger()),
        sa.Column("review_notes", sa.Text()),
        sa.Column("listed_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("deleted_at", sa.BigInteger()),
    )


def upgrade() -> None:
    """Widen vehicles; a VIN may come again once the listing before it is over."""
    with op.batch_alter_table("vehicles") as vehicles:
        for column in added():
            vehicles.add_column(column)
        vehicles.drop_constraint("uq_vehicles_vin", type_="unique")
    op.execute("UPDATE vehicles SET listed_at = created_at, open_vin = vin")
    op.create_index("ix_vehicles_vin", "vehicles", ["vin"])
    op.create_index("ix_vehicles_listing_status", "vehicles", ["listing_status"])
    op.create_index("ix_vehicles_review_status", "vehicles", ["review_status"])
    with op.batch_alter_table("vehicles") as vehicles:
        vehicles.create_unique_constraint("uq_vehicles_open_vin", ["open_vin"])


def downgrade() -> None:
    """Take the columns back, with what they hold; refused where one VIN was listed twice."""
    with op.batch_alter_table("vehicles") as vehicles:
        vehicles.drop_constraint("uq_vehicles_open_vin", type_="unique")
    for name in ("review_status", "listing_status", "vin"):
        op.drop_index(f"ix_vehicles_{name}", "vehicles")
    with op.batch_alter_table("vehicles") as vehicles:
        vehicles.create_unique_constraint("uq_vehicles_vin", ["vin"])
        for column in reversed(added()):
            vehicles.drop_column(column.name)
