"""The table of description drafts: one for each version of a listing, with what it cost, never with what was sent."""

from sqlalchemy import CHAR, Column, Integer, String, Text

from activities.db.tables import ID, UtcMs, table

# No foreign key to `vehicles`: a listing's draft is deleted at once, and what was drafted for it along with it.
description_drafts = table(
    "description_drafts",
    Column("vehicle_id", ID, primary_key=True, autoincrement=False),
    # Of the listing.
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Nothing while the model is being asked for the first time.
    Column("text", Text),
    Column("writer", String(12)),
    Column("why", String(12)),
    # How often the model was asked, which is counted before it is, and what its answers were billed by.
    Column("asks", Integer, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("prompt_hash", CHAR(64)),
    Column("asked_at", UtcMs, index=True),
    Column("made_at", UtcMs),
)
