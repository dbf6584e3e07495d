"""The tables of finding a car: what a search reads of each listing, saved searches with their alerts, and watchlists.

`activities.db.text_search` adds the full-text index, which each engine has in a form of its own.
"""

from sqlalchemy import CHAR, BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, SmallInteger, String, Text

from activities.db.tables import ID, UtcMs, table

USER = "users.id"
VEHICLE = "vehicles.id"

# One row for each vehicle that the public may see. `changed_at` moves with every change, `put_at` only with those that
# are no news of an auction; a removed listing stays for a while, so that every process learns of its end.
listing_search = table(
    "listing_search",
    Column("vehicle_id", ID, ForeignKey(VEHICLE), primary_key=True, autoincrement=False),
    Column("seller_id", ID, nullable=False),
    Column("make", String(60), nullable=False),
    Column("model", String(80), nullable=False),
    Column("trim", String(80), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("mileage", Integer, nullable=False),
    Column("body_type", String(16), nullable=False),
    Column("fuel_type", String(20), nullable=False),
    Column("drivetrain", String(20), nullable=False),
    Column("transmission", String(16), nullable=False),
    Column("condition_grade", SmallInteger, nullable=False),
    Column("title_status", String(20), nullable=False),
    Column("exterior_color", String(16), nullable=False),
    Column("state", String(40), nullable=False),
    Column("lat", Double),
    Column("lng", Double),
    Column("sale_type", String(16), nullable=False),
    Column("no_reserve", Boolean, nullable=False),
    Column("auction_id", ID, unique=True),
    Column("status", String(16), nullable=False),
    Column("price_cents", BigInteger),
    Column("ends_at", UtcMs),
    Column("listed_at", UtcMs, nullable=False),
    Column("put_at", UtcMs, nullable=False),
    Column("changed_at", UtcMs, nullable=False),
    # When the saved searches were asked whether they wait for it.
    Column("matched_at", UtcMs),
    Index(None, "changed_at", "vehicle_id"),
    Index(None, "matched_at", "vehicle_id"),
)

listing_words = table(
    "listing_words",
    Column("vehicle_id", ID, ForeignKey(VEHICLE), primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)

saved_searches = table(
    "saved_searches",
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey(USER), nullable=False),
    Column("name", String(80), nullable=False),
    Column("filters", Text, nullable=False),
    Column("filters_hash", CHAR(64), nullable=False),
    Column("frequency", String(8), nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("last_sent_at", UtcMs),
    Index(None, "user_id", "filters_hash", unique=True),
)

# What a search asks of the main facts, once for each make, model and state that it takes; '' stands for any. All that
# one listing can match lies together here, and nothing else has to be read.
saved_search_keys = table(
    "saved_search_keys",
    Column("make", String(60), primary_key=True),
    Column("model", String(80), primary_key=True),
    Column("state", String(40), primary_key=True),
    Column("search_id", ID, ForeignKey("saved_searches.id"), primary_key=True, autoincrement=False),
    Column("year_from", SmallInteger, nullable=False),
    Column("year_to", SmallInteger, nullable=False),
    Column("price_from", BigInteger, nullable=False),
    Column("price_to", BigInteger, nullable=False),
    Column("mileage_from", Integer, nullable=False),
    Column("mileage_to", Integer, nullable=False),
    Index(None, "search_id"),
)

# `due_at` is empty once the alert is in a mail.
search_alerts = table(
    "search_alerts",
    Column("search_id", ID, ForeignKey("saved_searches.id"), primary_key=True, autoincrement=False),
    Column("vehicle_id", ID, primary_key=True, autoincrement=False),
    Column("user_id", ID, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("due_at", UtcMs),
    Column("outbox_id", CHAR(36)),
    Index(None, "due_at", "user_id"),
    Index(None, "user_id", "due_at"),
)

watchlist = table(
    "watchlist",
    Column("user_id", ID, ForeignKey(USER), primary_key=True, autoincrement=False),
    Column("vehicle_id", ID, ForeignKey(VEHICLE), primary_key=True, autoincrement=False),
    Column("created_at", UtcMs, nullable=False),
    # What its watcher does not want to be told: a sum of `domain.watching.BITS`.
    Column("muted", SmallInteger, nullable=False, server_default="0"),
    Index(None, "vehicle_id", "user_id"),
)

# What the watchers of an auction have been told: `about` is '' or what the news is of, so that each is told once.
watch_marks = table(
    "watch_marks",
    Column("auction_id", ID, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("about", String(40), primary_key=True),
    Column("at", UtcMs, nullable=False),
)
