"""Every table of the product, as SQLAlchemy Core on one `metadata`, for SQLite and for MySQL or MariaDB."""

from datetime import datetime

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.sql.schema import SchemaItem

from domain.clock import from_ms, to_ms

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite counts up by itself only in a column that is exactly INTEGER.
ID = BigInteger().with_variant(Integer, "sqlite")


class UtcMs(TypeDecorator[datetime]):
    """An aware UTC time, stored as BIGINT milliseconds since 1970; a naive time raises TypeError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Milliseconds for the database."""
        del dialect
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Aware UTC for the program."""
        del dialect
        return None if value is None else from_ms(value)


def table(name: str, *items: SchemaItem) -> Table:
    """A table that compares text exactly on both engines, so that keys and e-mails mean the same."""
    return Table(
        name,
        metadata,
        *items,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )


users = table(
    "users",
    Column("id", ID, primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("can_bid", Boolean, nullable=False),
    Column("buying_limit_cents", BigInteger),
    Column("created_at", UtcMs, nullable=False),
    Column("disabled_at", UtcMs),
    Column("email_verified_at", UtcMs),
    Column("lots_limit", Integer),
    Column("erased_at", UtcMs),
    Column("closed_at", UtcMs),
)

sessions = table(
    "sessions",
    Column("token_hash", CHAR(64), primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("last_seen_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs, nullable=False, index=True),
    Column("user_agent", String(255), nullable=False),
    Column("address", String(64), nullable=False),
    Column("second_factor_at", UtcMs),
)

api_tokens = table(
    "api_tokens",
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("token_hash", CHAR(64), nullable=False, unique=True),
    Column("scopes", String(120), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs),
    Column("revoked_at", UtcMs),
    Column("last_used_at", UtcMs),
)

vehicles = table(
    "vehicles",
    Column("id", ID, primary_key=True),
    Column("seller_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("vin", CHAR(17), nullable=False, index=True),
    Column("year", SmallInteger, nullable=False),
    Column("make", String(60), nullable=False),
    Column("model", String(80), nullable=False),
    Column("trim", String(80), nullable=False),
    Column("body_type", String(16), nullable=False),
    Column("exterior_color", String(40), nullable=False),
    Column("interior_color", String(40), nullable=False),
    Column("engine", String(80), nullable=False),
    Column("transmission", String(80), nullable=False),
    Column("drivetrain", String(20), nullable=False),
    Column("fuel_type", String(20), nullable=False),
    Column("mileage", Integer, nullable=False),
    Column("title_status", String(20), nullable=False),
    Column("condition_grade", SmallInteger, nullable=False),
    Column("city", String(80), nullable=False),
    Column("state", String(40), nullable=False),
    Column("description", Text, nullable=False),
    Column("disclosures", Text, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("market", String(12), nullable=False, server_default="us"),
    Column("stock_number", String(40), nullable=False, server_default=""),
    Column("cylinders", SmallInteger),
    Column("doors", SmallInteger),
    Column("mileage_unit", CHAR(2), nullable=False, server_default="mi"),
    Column("odometer_status", String(16), nullable=False, server_default="actual"),
    Column("title_state", CHAR(2), nullable=False, server_default=""),
    Column("has_lien", Boolean, nullable=False, server_default=false()),
    Column("lien_holder", String(120), nullable=False, server_default=""),
    Column("zip", String(10), nullable=False, server_default=""),
    Column("lat", Double),
    Column("lng", Double),
    Column("lights", String(32), nullable=False, server_default=""),
    Column("disclosures_hash", CHAR(64)),
    Column("sale_type", String(16), nullable=False, server_default="timed"),
    Column("start_cents", BigInteger),
    Column("reserve_cents", BigInteger),
    Column("buy_now_cents", BigInteger),
    Column("offers_open", Boolean, nullable=False, server_default=false()),
    Column("auto_accept_cents", BigInteger),
    Column("auto_decline_cents", BigInteger),
    Column("length_days", SmallInteger),
    # Where the listing stands, and its working copy (JSON) on the way through the review, which the public never sees.
    Column("listing_status", String(12), nullable=False, server_default="approved", index=True),
    Column("review_status", String(20), nullable=False, server_default="none", index=True),
    Column("draft", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("open_vin", CHAR(17), unique=True),
    Column("submitted_at", UtcMs),
    Column("reviewed_by", ID),
    Column("reviewed_at", UtcMs),
    # What the review found, as JSON: a sentence for each field.
    Column("review_notes", Text),
    Column("listed_at", UtcMs),
    Column("updated_at", UtcMs),
    Column("deleted_at", UtcMs),
    Index(None, "make", "model", "year"),
)

auctions = table(
    "auctions",
    Column("id", ID, primary_key=True),
    Column("vehicle_id", ID, ForeignKey("vehicles.id"), nullable=False, index=True),
    Column("seller_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("start_cents", BigInteger, nullable=False),
    Column("reserve_cents", BigInteger),
    Column("window_s", Integer, nullable=False),
    Column("increments_version", String(16), nullable=False),
    Column("sunday_rule", Boolean, nullable=False, server_default=true()),
    Column("starts_at", UtcMs, nullable=False),
    Column("ends_at", UtcMs, nullable=False),
    Column("planned_ends_at", UtcMs, nullable=False),
    Column("price_cents", BigInteger),
    Column("leader_id", ID),
    Column("leader_alias", String(32)),
    Column("reserve_state", String(8), nullable=False),
    Column("minimum_next_cents", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", CHAR(64), nullable=False),
    Column("bid_count", Integer, nullable=False),
    Column("bidder_count", Integer, nullable=False),
    Column("result", String(16)),
    Column("ended_at", UtcMs),
    Column("hold_reason", String(32)),
    Column("public_reason", String(500)),
    Column("alert", String(500)),
    Column("created_at", UtcMs, nullable=False),
    # How it may be bought besides by bids, and how it was: the price and the buyer of such a sale are its own.
    Column("sale_type", String(16), nullable=False, server_default="timed"),
    Column("buy_now_cents", BigInteger),
    Column("offers_open", Boolean, nullable=False, server_default=false()),
    Column("sold_by", String(16)),
    Column("sold_cents", BigInteger),
    Column("sold_to", BigInteger),
    Column("reserved_until", UtcMs),
    Index(None, "status", "ends_at"),
    Index(None, "ends_at", "id"),
)

# The three tables a bid writes have no foreign key to `auctions`: the check would lock the head row, which every
# door of that auction updates in the same transaction, and turn waiting into deadlocks.
bids = table(
    "bids",
    Column("bid_id", CHAR(36), primary_key=True),
    Column("auction_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("code", String(32)),
    Column("received_at", UtcMs, nullable=False),
    Column("decided_at", UtcMs, nullable=False),
    Column("retracted", Boolean, nullable=False),
    UniqueConstraint("auction_id", "seq"),
    Index(None, "user_id", "auction_id"),
)

auction_ledger = table(
    "auction_ledger",
    Column("auction_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("public", Text, nullable=False),
    Column("private", Text),
    Column("nonce", CHAR(64), nullable=False),
    Column("prev_hash", CHAR(64), nullable=False),
    Column("hash", CHAR(64), nullable=False),
    Index(None, "auction_id", "version"),
)

bid_batches = table(
    "bid_batches",
    Column("batch_id", CHAR(36), primary_key=True),
    Column("auction_id", BigInteger, nullable=False, index=True),
    Column("process_id", String(64), nullable=False),
    Column("first_received_at", UtcMs, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("seen_at", UtcMs, nullable=False, index=True),
)

reservations = table(
    "reservations",
    Column("bid_id", CHAR(36), primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("auction_id", BigInteger, nullable=False, index=True),
    Column("cents", BigInteger, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    # What the lot's close made of it: a `bid` on a running lot, the `win` until it is paid, or the binding `offer`.
    Column("kind", String(8), nullable=False, server_default="bid"),
)

missed_bids = table(
    "missed_bids",
    Column("id", ID, primary_key=True),
    Column("auction_id", BigInteger, nullable=False, index=True),
    Column("at", UtcMs, nullable=False),
    Column("reason", String(120), nullable=False),
    Column("handled", Boolean, nullable=False),
)

approvals = table(
    "approvals",
    Column("id", ID, primary_key=True),
    Column("auction_id", BigInteger, nullable=False, index=True),
    Column("action", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("requested_by", BigInteger, nullable=False),
    Column("requested_at", UtcMs, nullable=False),
    Column("decided_by", BigInteger),
    Column("decided_at", UtcMs),
    Column("outcome", String(16)),
)

audit_log = table(
    "audit_log",
    Column("id", ID, primary_key=True),
    Column("at", UtcMs, nullable=False, index=True),
    Column("actor_id", BigInteger, index=True),
    Column("action", String(64), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Column("request_id", String(64), nullable=False),
    # From where it was asked; nothing for what the system or an operator did.
    Column("address", String(64)),
)

# A mail to be sent, its outbox id known to the vendor. `context` holds what its template needs, sealed where a secret
# link is among it, and is emptied as soon as the mail can need it no more.
notifications = table(
    "notifications",
    Column("id", CHAR(36), primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("to_email", String(254), nullable=False),
    Column("context", Text, nullable=False),
    Column("dedupe_key", String(160), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    # Of the attempts, those of which nobody knows whether the vendor took them.
    Column("unknowns", SmallInteger, nullable=False),
    Column("provider_message_id", String(100)),
    Column("reason", String(255)),
    Column("created_at", UtcMs, nullable=False),
    Column("started_at", UtcMs),
    Column("sent_at", UtcMs),
    Column("updated_at", UtcMs, nullable=False),
    Index(None, "status", "created_at", "id"),
    Index(None, "user_id", "created_at"),
)

# No foreign key: the vendor may tell of mails that this database does not know.
mail_events = table(
    "mail_events",
    Column("event_id", String(100), primary_key=True),
    Column("outbox_id", CHAR(36), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("occurred_at", UtcMs, nullable=False),
    Column("reason", String(255)),
    Index(None, "outbox_id", "occurred_at"),
)
