"""The table of questions on listings, each with its answer."""

from sqlalchemy import Column, ForeignKey, Index, String, Text

from activities.db.tables import ID, UtcMs, table

USER = "users.id"

vehicle_questions = table(
    "vehicle_questions",
    Column("id", ID, primary_key=True),
    Column("vehicle_id", ID, ForeignKey("vehicles.id"), nullable=False),
    Column("asker_id", ID, ForeignKey(USER), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("asked_at", UtcMs, nullable=False),
    Column("answer", Text),
    Column("answer_state", String(8)),
    Column("answered_at", UtcMs),
    Column("reviewed_by", ID),
    Column("reviewed_at", UtcMs),
    Column("reason", String(500)),
    Index(None, "vehicle_id", "id"),
    Index(None, "state", "id"),
    Index(None, "answer_state", "id"),
)
