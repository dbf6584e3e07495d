"""Accounts: verified e-mail, identity, card, second factors, sellers, payments, webhooks and what links accounts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}
TABLES = (
    "accounts",
    "email_links",
    "authenticators",
    "recovery_codes",
    "passkeys",
    "devices",
    "seller_profiles",
    "payments",
    "webhook_events",
    "fingerprints",
    "linked_accounts",
)


def upgrade() -> None:
    """Widen people and their sessions, and create the tables."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("email_verified_at", sa.BigInteger()))
        users.add_column(sa.Column("lots_limit", sa.Integer()))
        users.add_column(sa.Column("erased_at", sa.BigInteger()))
        users.add_column(sa.Column("closed_at", sa.BigInteger()))
    with op.batch_alter_table("reservations") as reservations:
        reservations.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="bid"))
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("second_factor_at", sa.BigInteger()))
    _accounts()
    _email_links()
    _authenticators()
    _recovery_codes()
    _passkeys()
    _devices()
    _seller_profiles()
    _payments()
    _webhook_events()
    _fingerprints()
    _linked_accounts()


def downgrade() -> None:
    """Drop the tables with all that is in them, and the columns."""
    for name in reversed(TABLES):
        op.drop_table(name)
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("second_factor_at")
    with op.batch_alter_table("reservations") as reservations:
        reservations.drop_column("kind")
    with op.batch_alter_table("users") as users:
        users.drop_column("closed_at")
        users.drop_column("erased_at")
        users.drop_column("lots_limit")
        users.drop_column("email_verified_at")


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("terms_version", sa.String(16)),
        sa.Column("terms_at", sa.BigInteger()),
        sa.Column("inquiry_id", sa.String(64)),
        sa.Column("identity_status", sa.String(16), nullable=False),
        sa.Column("identity_at", sa.BigInteger()),
        sa.Column("identity_expires_at", sa.BigInteger()),
        sa.Column("profile_id", sa.String(24)),
        sa.Column("payment_profile_id", sa.String(24)),
        sa.Column("card_status", sa.String(16), nullable=False),
        sa.Column("card_brand", sa.String(24)),
        sa.Column("card_last4", sa.CHAR(4)),
        sa.Column("card_expires", sa.CHAR(7)),
        sa.Column("card_at", sa.BigInteger()),
        sa.Column("legal_sealed", sa.Text()),
        sa.Column("legal_matches", sa.Boolean()),
        sa.Column("legal_at", sa.BigInteger()),
        sa.Column("dealer_line_cents", sa.BigInteger(), nullable=False),
        sa.Column("on_hold_reason", sa.String(200)),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_accounts_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_accounts"),
        **OPTIONS,
    )
    op.create_index("ix_accounts_inquiry_id", "accounts", ["inquiry_id"])


def _email_links() -> None:
    op.create_table(
        "email_links",
        sa.Column("token_hash", sa.CHAR(64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("new_email", sa.String(254)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_email_links_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_email_links"),
        **OPTIONS,
    )
    op.create_index("ix_email_links_user_id", "email_links", ["user_id"])


def _authenticators() -> None:
    op.create_table(
        "authenticators",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_authenticators_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_authenticators"),
        **OPTIONS,
    )


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.CHAR(64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_codes"),
        **OPTIONS,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("credential_hash", sa.CHAR(64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_passkeys_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_hash", name="uq_passkeys_credential_hash"),
        **OPTIONS,
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("device_hash", sa.CHAR(64), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id"),
        sa.PrimaryKeyConstraint("user_id", "device_hash", name="pk_devices"),
        **OPTIONS,
    )


def _seller_profiles() -> None:
    op.create_table(
        "seller_profiles",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("business_name", sa.String(120), nullable=False),
        sa.Column("licence_number", sa.String(40)),
        sa.Column("licence_class", sa.String(24)),
        sa.Column("licence_state", sa.CHAR(2)),
        sa.Column("licence_expires_on", sa.CHAR(10)),
        sa.Column("tax_id_sealed", sa.Text()),
        sa.Column("payout_sealed", sa.Text()),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("submitted_at", sa.BigInteger()),
        sa.Column("reviewed_by", ID),
        sa.Column("reviewed_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_seller_profiles_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_seller_profiles"),
        **OPTIONS,
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.CHAR(20), nullable=False),
        sa.Column("request_key", sa.CHAR(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("transaction_id", sa.String(24)),
        sa.Column("of_payment_id", ID),
        sa.Column("code", sa.String(40)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_payments_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("reference", name="uq_payments_reference"),
        sa.UniqueConstraint("request_key", name="uq_payments_request_key"),
        **OPTIONS,
    )
    op.create_index("ix_payments_of_payment_id", "payments", ["of_payment_id"])
    op.create_index("ix_payments_state", "payments", ["state"])
    op.create_index("ix_payments_user_id", "payments", ["user_id"])


def _webhook_events() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("vendor", sa.String(24), nullable=False),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("thing", sa.String(120), nullable=False),
        sa.Column("occurred_at", sa.BigInteger()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("workflow_id", sa.String(80)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
        sa.UniqueConstraint("vendor", "event_id", name="uq_webhook_events_vendor_event_id"),
        **OPTIONS,
    )
    op.create_index("ix_webhook_events_state", "webhook_events", ["state"])


def _fingerprints() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_fingerprints_user_id"),
        sa.PrimaryKeyConstraint("user_id", "kind", "hash", name="pk_fingerprints"),
        **OPTIONS,
    )
    op.create_index("ix_fingerprints_kind_hash", "fingerprints", ["kind", "hash"])


def _linked_accounts() -> None:
    op.create_table(
        "linked_accounts",
        sa.Column("first_id", ID, autoincrement=False, nullable=False),
        sa.Column("second_id", ID, autoincrement=False, nullable=False),
        sa.Column("evidence", sa.String(200), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_by", ID),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("reason", sa.String(500)),
        sa.ForeignKeyConstraint(["first_id"], ["users.id"], name="fk_linked_accounts_first_id"),
        sa.ForeignKeyConstraint(["second_id"], ["users.id"], name="fk_linked_accounts_second_id"),
        sa.PrimaryKeyConstraint("first_id", "second_id", name="pk_linked_accounts"),
        **OPTIONS,
    )
    op.create_index("ix_linked_accounts_second_id", "linked_accounts", ["second_id"])
