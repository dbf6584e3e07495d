"""What a search reads of listings, saved searches with their alerts, and watchlists."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from activities.db import text_search

revision = "0009"
down_revision = "0008"
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
    _listing_search()
    _listing_words()
    _saved_searches()
    _saved_search_keys()
    _search_alerts()
    _watchlist()
    _watch_marks()
    text_search.create(op.get_bind())


def downgrade() -> None:
    """Drop the tables with all that is in them."""
    text_search.drop(op.get_bind())
    op.drop_table("watch_marks")
    op.drop_table("watchlist")
    op.drop_table("search_alerts")
    op.drop_table("saved_search_keys")
    op.drop_table("saved_searches")
    op.drop_table("listing_words")
    op.drop_table("listing_search")


def _listing_search() -> None:
    op.create_table(
        "listing_search",
        sa.Column("vehicle_id", ID, autoincrement=False, nullable=False),
        sa.Column("seller_id", ID, nullable=False),
        sa.Column("make", sa.String(60), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("trim", sa.String(80), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("mileage", sa.Integer(), nullable=False),
        sa.Column("body_type", sa.String(16), nullable=False),
        sa.Column("fuel_type", sa.String(20), nullable=False),
        sa.Column("drivetrain", sa.String(20), nullable=False),
        sa.Column("transmission", sa.String(16), nullable=False),
        sa.Column("condition_grade", sa.SmallInteger(), nullable=False),
        sa.Column("title_status", sa.String(20), nullable=False),
        sa.Column("exterior_color", sa.String(16), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lng", sa.Double()),
        sa.Column("sale_type", sa.String(16), nullable=False),
        sa.Column("no_reserve", sa.Boolean(), nullable=False),
        sa.Column("auction_id", ID),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("price_cents", sa.BigInteger()),
        sa.Column("ends_at", sa.BigInteger()),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.Column("put_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("matched_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_listing_search_vehicle_id"),
        sa.PrimaryKeyConstraint("vehicle_id", name="pk_listing_search"),
        sa.UniqueConstraint("auction_id", name="uq_listing_search_auction_id"),
        **OPTIONS,
    )
    op.create_index("ix_listing_search_changed_at_vehicle_id", "listing_search", ["changed_at", "vehicle_id"])
    op.create_index("ix_listing_search_matched_at_vehicle_id", "listing_search", ["matched_at", "vehicle_id"])


def _listing_words() -> None:
    op.create_table(
        "listing_words",
        sa.Column("vehicle_id", ID, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_listing_words_vehicle_id"),
        sa.PrimaryKeyConstraint("vehicle_id", name="pk_listing_words"),
        **OPTIONS,
    )


def _saved_searches() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("filters_hash", sa.CHAR(64), nullable=False),
        sa.Column("frequency", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_sent_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_searches_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        **OPTIONS,
    )
    op.create_index(
        "ix_saved_searches_user_id_filters_hash", "saved_searches", ["user_id", "filters_hash"], unique=True
    )


def _saved_search_keys() -> None:
    op.create_table(
        "saved_search_keys",
        sa.Column("make", sa.String(60), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("search_id", ID, autoincrement=False, nullable=False),
        sa.Column("year_from", sa.SmallInteger(), nullable=False),
        sa.Column("year_to", sa.SmallInteger(), nullable=False),
        sa.Column("price_from", sa.BigInteger(), nullable=False),
        sa.Column("price_to", sa.BigInteger(), nullable=False),
        sa.Column("mileage_from", sa.Integer(), nullable=False),
        sa.Column("mileage_to", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], name="fk_saved_search_keys_search_id"),
        sa.PrimaryKeyConstraint("make", "model", "state", "search_id", name="pk_saved_search_keys"),
        **OPTIONS,
    )
    op.create_index("ix_saved_search_keys_search_id", "saved_search_keys", ["search_id"])


def _search_alerts() -> None:
    op.create_table(
        "search_alerts",
        sa.Column("search_id", ID, autoincrement=False, nullable=False),
        sa.Column("vehicle_id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("outbox_id", sa.CHAR(36)),
        sa.ForeignKeyConstraint(["search_id"], ["saved_searches.id"], name="fk_search_alerts_search_id"),
        sa.PrimaryKeyConstraint("search_id", "vehicle_id", name="pk_search_alerts"),
        **OPTIONS,
    )
    op.create_index("ix_search_alerts_due_at_user_id", "search_alerts", ["due_at", "user_id"])
    op.create_index("ix_search_alerts_user_id_due_at", "search_alerts", ["user_id", "due_at"])


def _watchlist() -> None:
    op.create_table(
        "watchlist",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column("vehicle_id", ID, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_watchlist_user_id"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.id"], name="fk_watchlist_vehicle_id"),
        sa.PrimaryKeyConstraint("user_id", "vehicle_id", name="pk_watchlist"),
        **OPTIONS,
    )
    op.create_index("ix_watchlist_vehicle_id_user_id", "watchlist", ["vehicle_id", "user_id"])


def _watch_marks() -> None:
    op.create_table(
        "watch_marks",
        sa.Column("auction_id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("auction_id", "kind", "about", name="pk_watch_marks"),
        **OPTIONS,
    )
