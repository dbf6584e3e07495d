"""Orders: how each sale stands, its payouts and tasks, and payments for them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Create the tables, and widen payments and accounts."""
    _orders()
    _order_events()
    _order_deeds()
    _payouts()
    _strikes()
    _operator_tasks()
    _order_stand_ins()
    _payments()
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("charge_agreed_at", sa.BigInteger()))


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_column("charge_agreed_at")
    with op.batch_alter_table("payments") as payments:
        payments.drop_index("ix_payments_order_id")
        for name in ("cleared_at", "approved_by", "recorded_by", "made_at", "means", "order_id"):
            payments.drop_column(name)
    op.drop_table("order_stand_ins")
    op.drop_table("operator_tasks")
    op.drop_table("strikes")
    op.drop_table("payouts")
    op.drop_table("order_deeds")
    op.drop_table("order_events")
    op.drop_table("orders")


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("run_no", sa.SmallInteger(), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.Column("sold_at", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(500), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("snapshot", sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")),
        sa.Column("charges", sa.Text()),
        sa.Column("invoice_number", sa.String(24)),
        sa.Column("total_cents", sa.BigInteger()),
        sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("late_fee_cents", sa.BigInteger()),
        sa.Column("invoiced_at", sa.BigInteger()),
        sa.Column("default_at", sa.BigInteger()),
        sa.Column("charge_agreed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("with_carrier", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("auction_id", "run_no", name="uq_orders_auction_id_run_no"),
        **OPTIONS,
    )
    op.create_index("ix_orders_buyer_id_id", "orders", ["buyer_id", "id"])
    op.create_index("ix_orders_seller_id_id", "orders", ["seller_id", "id"])
    op.create_index("ix_orders_started_at_sold_at", "orders", ["started_at", "sold_at"])
    op.create_index("ix_orders_status", "orders", ["status"])
    op.create_index("ix_orders_vehicle_id", "orders", ["vehicle_id"])


def _order_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("by", sa.String(16), nullable=False),
        sa.Column("cents", sa.BigInteger()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "number", name="pk_order_events"),
        **OPTIONS,
    )


def _order_deeds() -> None:
    op.create_table(
        "order_deeds",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "key", name="pk_order_deeds"),
        **OPTIONS,
    )


def _payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.CHAR(10)),
        sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("claimed_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("statement", sa.Text()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_payouts"),
        **OPTIONS,
    )
    op.create_index("ix_payouts_seller_id_order_id", "payouts", ["seller_id", "order_id"])
    op.create_index("ix_payouts_status_due_on", "payouts", ["status", "due_on"])


def _strikes() -> None:
    op.create_table(
        "strikes",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("order_id", name="pk_strikes"),
        **OPTIONS,
    )
    op.create_index("ix_strikes_user_id", "strikes", ["user_id"])


def _operator_tasks() -> None:
    op.create_table(
        "operator_tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("done_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_operator_tasks"),
        sa.UniqueConstraint("key", name="uq_operator_tasks_key"),
        **OPTIONS,
    )
    op.create_index("ix_operator_tasks_done_at_id", "operator_tasks", ["done_at", "id"])
    op.create_index("ix_operator_tasks_order_id", "operator_tasks", ["order_id"])


def _order_stand_ins() -> None:
    op.create_table(
        "order_stand_ins",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("order_id", "event", name="pk_order_stand_ins"),
        **OPTIONS,
    )
    op.create_index("ix_order_stand_ins_told_at_due_at", "order_stand_ins", ["told_at", "due_at"])


def _payments() -> None:
    with op.batch_alter_table("payments") as payments:
        payments.add_column(sa.Column("order_id", sa.BigInteger()))
        payments.add_column(sa.Column("means", sa.String(8), nullable=False, server_default="card"))
        payments.add_column(sa.Column("made_at", sa.BigInteger()))
        payments.add_column(sa.Column("recorded_by", sa.BigInteger()))
        payments.add_column(sa.Column("approved_by", sa.BigInteger()))
        payments.add_column(sa.Column("cleared_at", sa.BigInteger()))
        payments.create_index("ix_payments_order_id", ["order_id"])
