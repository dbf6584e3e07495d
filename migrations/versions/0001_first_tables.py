"""The first tables: people, vehicles, auctions, their ledgers and bids, and what steers them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create every table, those that others refer to first."""
    _people()
    _vehicles()
    _auctions()
    _bids()
    _batches()
    _steering()


def downgrade() -> None:
    """Drop every table, with all that is in it."""
    for name in (
        "audit_log",
        "approvals",
        "missed_bids",
        "reservations",
        "bid_batches",
        "auction_ledger",
        "bids",
        "auctions",
        "vehicles",
        "api_tokens",
        "sessions",
        "users",
    ):
        op.drop_table(name)


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("can_bid", sa.Boolean(), nullable=False),
        sa.Column("buying_limit_cents", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        **OPTIONS,
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.CHAR(64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("csrf_token", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("user_agent", sa.String(255), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        **OPTIONS,
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("token_hash", sa.CHAR(64), nullable=False),
        sa.Column("scopes", sa.String(120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        **OPTIONS,
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])


def _vehicles() -> None:
    op.create_table(
        "vehicles",
        sa.Column("id", ID, nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("vin", sa.CHAR(17), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("make", sa.String(60), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("trim", sa.String(80), nullable=False),
        sa.Column("body_type", sa.String(16), nullable=False),
        sa.Column("exterior_color", sa.String(40), nullable=False),
        sa.Column("interior_color", sa.String(40), nullable=False),
        sa.Column("engine", sa.String(80), nullable=False),
        sa.Column("transmission", sa.String(80), nullable=False),
        sa.Column("drivetrain", sa.String(20), nullable=False),
        sa.Column("fuel_type", sa.String(20), nullable=False),
        sa.Column("mileage", sa.Integer(), nullable=False),
        sa.Column("title_status", sa.String(20), nullable=False),
        sa.Column("condition_grade", sa.SmallInteger(), nullable=False),
        sa.Column("city", sa.String(80), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("disclosures", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vehicles"),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name="fk_vehicles_seller_id"),
        sa.UniqueConstraint("vin", name="uq_vehicles_vin"),
        **OPTIONS,
    )
    op.create_index("ix_vehicles_make_model_year", "vehicles", ["make", "model", "year"])
    op.create_index("ix_vehicles_seller_id", "vehicles", ["seller_id"])


def _auctions() -> None:
    op.create_table(
        "auctions",
        sa.Column("id", ID, nullable=False),
        sa.Column("vehicle_id", ID, nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("start_cents", sa.BigInteger(), nullable=False),
        sa.Column("reserve_cents", sa.BigInteger()),
        sa.Column("window_s", sa.Integer(), nullable=False),
        sa.Column("increments_version", sa.String(16), nullable=False),
        sa.Column("sunday_rule", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_ends_at", sa.BigInteger(), nullable=False),
        sa.Column("price_cents", sa.BigInteger()),
        sa.Column("leader_id", ID),
        sa.Column("leader_alias", sa.String(32)),
        sa.Column("reserve_state", sa.String(8), nullable=False),
        sa.Column("minimum_next_cents", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        sa.Column("bid_count", sa.Integer(), nullable=False),
        sa.Column("bidder_count", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(16)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("hold_reason", sa.String(32)),
        sa.Column("public_reason", sa.String(500)),
        sa.Column("alert", sa.String(500)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_auctions"),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name="fk_auctions_seller_id"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_auctions_vehicle_id"),
        **OPTIONS,
    )
    op.create_index("ix_auctions_ends_at_id", "auctions", ["ends_at", "id"])
    op.create_index("ix_auctions_seller_id", "auctions", ["seller_id"])
    op.create_index("ix_auctions_status_ends_at", "auctions", ["status", "ends_at"])
    op.create_index("ix_auctions_vehicle_id", "auctions", ["vehicle_id"])


def _bids() -> None:
    op.create_table(
        "bids",
        sa.Column("bid_id", sa.CHAR(36), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("code", sa.String(32)),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("retracted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bid_id", name="pk_bids"),
        sa.UniqueConstraint("auction_id", "seq", name="uq_bids_auction_id_seq"),
        **OPTIONS,
    )
    op.create_index("ix_bids_user_id_auction_id", "bids", ["user_id", "auction_id"])
    op.create_table(
        "auction_ledger",
        sa.Column("auction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("private", sa.Text()),
        sa.Column("nonce", sa.CHAR(64), nullable=False),
        sa.Column("prev_hash", sa.CHAR(64), nullable=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        sa.PrimaryKeyConstraint("auction_id", "seq", name="pk_auction_ledger"),
        **OPTIONS,
    )
    op.create_index("ix_auction_ledger_auction_id_version", "auction_ledger", ["auction_id", "version"])


def _batches() -> None:
    op.create_table(
        "bid_batches",
        sa.Column("batch_id", sa.CHAR(36), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.String(64), nullable=False),
        sa.Column("first_received_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_bid_batches"),
        **OPTIONS,
    )
    op.create_index("ix_bid_batches_auction_id", "bid_batches", ["auction_id"])
    op.create_index("ix_bid_batches_seen_at", "bid_batches", ["seen_at"])
    op.create_table(
        "reservations",
        sa.Column("bid_id", sa.CHAR(36), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bid_id", name="pk_reservations"),
        **OPTIONS,
    )
    op.create_index("ix_reservations_auction_id", "reservations", ["auction_id"])
    op.create_index("ix_reservations_user_id", "reservations", ["user_id"])
    op.create_table(
        "missed_bids",
        sa.Column("id", ID, nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(120), nullable=False),
        sa.Column("handled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_missed_bids"),
        **OPTIONS,
    )
    op.create_index("ix_missed_bids_auction_id", "missed_bids", ["auction_id"])


def _steering() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("outcome", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        **OPTIONS,
    )
    op.create_index("ix_approvals_auction_id", "approvals", ["auction_id"])
    op.create_table(
        "audit_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        **OPTIONS,
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
