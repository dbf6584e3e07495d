"""The tables of accounts: what a person has shown of themselves, their second factors, sellers, money and webhooks."""

from sqlalchemy import CHAR, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from activities.db.tables import ID, UtcMs, table

USER = "users.id"

accounts = table(
    "accounts",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("terms_version", String(16)),
    Column("terms_at", UtcMs),
    Column("inquiry_id", String(64), index=True),
    Column("identity_status", String(16), nullable=False),
    Column("identity_at", UtcMs),
    Column("identity_expires_at", UtcMs),
    Column("profile_id", String(24)),
    Column("payment_profile_id", String(24)),
    Column("card_status", String(16), nullable=False),
    Column("card_brand", String(24)),
    Column("card_last4", CHAR(4)),
    Column("card_expires", CHAR(7)),
    Column("card_at", UtcMs),
    # Legal name, address, state and exemption, sealed with the platform's key.
    Column("legal_sealed", Text),
    Column("legal_matches", Boolean),
    Column("legal_at", UtcMs),
    # When they agreed that the card on file is charged for what they buy.
    Column("charge_agreed_at", UtcMs),
    Column("dealer_line_cents", BigInteger, nullable=False),
    Column("on_hold_reason", String(200)),
    Column("updated_at", UtcMs, nullable=False),
)

email_links = table(
    "email_links",
    Column("token_hash", CHAR(64), primary_key=True),
    Column("user_id", ID, ForeignKey(USER), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("new_email", String(254)),
    Column("created_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("used_at", UtcMs),
)

authenticators = table(
    "authenticators",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("secret_sealed", Text, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("confirmed_at", UtcMs),
    # The time step of the last accepted code, which is never accepted again.
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = table(
    "recovery_codes",
    Column("code_hash", CHAR(64), primary_key=True),
    Column("user_id", ID, ForeignKey(USER), nullable=False, index=True),
    Column("used_at", UtcMs),
)

passkeys = table(
    "passkeys",
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey(USER), nullable=False, index=True),
    Column("credential_hash", CHAR(64), nullable=False, unique=True),
    Column("credential_id", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(80), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("last_used_at", UtcMs),
)

devices = table(
    "devices",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("device_hash", CHAR(64), primary_key=True),
    Column("first_seen_at", UtcMs, nullable=False),
    Column("last_seen_at", UtcMs, nullable=False),
)

seller_profiles = table(
    "seller_profiles",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("business_name", String(120), nullable=False),
    Column("licence_number", String(40)),
    Column("licence_class", String(24)),
    Column("licence_state", CHAR(2)),
    Column("licence_expires_on", CHAR(10)),
    Column("tax_id_sealed", Text),
    Column("payout_sealed", Text),
    Column("status", String(16), nullable=False),
    Column("reason", String(500)),
    Column("submitted_at", UtcMs),
    Column("reviewed_by", ID),
    Column("reviewed_at", UtcMs),
    Column("updated_at", UtcMs, nullable=False),
)

payments = table(
    "payments",
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey(USER), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("amount_cents", BigInteger, nullable=False),
    Column("reference", CHAR(20), nullable=False, unique=True),
    Column("request_key", CHAR(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False, index=True),
    Column("transaction_id", String(24)),
    Column("of_payment_id", ID, index=True),
    Column("code", String(40)),
    Column("created_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    # A sale's payment: for which order, how it came, and when the buyer made it. What comes past the card is written
    # down by one of the staff and approved by another.
    Column("order_id", BigInteger, index=True),
    Column("means", String(8), nullable=False, server_default="card"),
    Column("made_at", UtcMs),
    Column("recorded_by", BigInteger),
    Column("approved_by", BigInteger),
    # When it was found settled: the money cannot be voided any more.
    Column("cleared_at", UtcMs),
)

webhook_events = table(
    "webhook_events",
    Column("id", ID, primary_key=True),
    Column("vendor", String(24), nullable=False),
    Column("event_id", String(120), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("thing", String(120), nullable=False),
    Column("occurred_at", UtcMs),
    Column("received_at", UtcMs, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("workflow_id", String(80)),
    Column("attempts", Integer, nullable=False),
    UniqueConstraint("vendor", "event_id"),
)

# Keyed hashes of what two accounts may share: never the thing itself.
fingerprints = table(
    "fingerprints",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("hash", CHAR(64), primary_key=True),
    Column("seen_at", UtcMs, nullable=False),
    Index(None, "kind", "hash"),
)

linked_accounts = table(
    "linked_accounts",
    Column("first_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("second_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("evidence", String(200), nullable=False),
    Column("score", Integer, nullable=False),
    Column("found_at", UtcMs, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("decided_by", ID),
    Column("decided_at", UtcMs),
    Column("reason", String(500)),
    Index(None, "second_id"),
)
