"""The tables of photos and documents: where each upload stands, and what is known of what was made of it.

They have no foreign key to `vehicles`: a draft is deleted at once, and its files are cleaned up after it.
"""

from sqlalchemy import CHAR, Boolean, Column, Index, Integer, SmallInteger, String, UniqueConstraint

from activities.db.tables import ID, UtcMs, table

vehicle_images = table(
    "vehicle_images",
    Column("id", CHAR(36), primary_key=True),
    Column("vehicle_id", ID, nullable=False),
    Column("state", String(12), nullable=False),
    Column("content_type", String(40), nullable=False),
    Column("alt_text", String(300), nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("is_chosen", Boolean, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    # Of the file as it was sent; nothing where it is not kept, so that the same photo may come again.
    Column("sha256", CHAR(64)),
    Column("refusal", String(24)),
    Column("uploaded_by", ID, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    # The public sees a photo from the review of its listing on, with the words that were reviewed.
    Column("approved_at", UtcMs),
    Column("approved_alt", String(300)),
    UniqueConstraint("vehicle_id", "sha256"),
    Index(None, "state", "updated_at"),
)

vehicle_documents = table(
    "vehicle_documents",
    Column("id", CHAR(36), primary_key=True),
    Column("vehicle_id", ID, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("title", String(120), nullable=False),
    Column("state", String(12), nullable=False),
    # What it was announced as, and once it is ready, what is kept.
    Column("content_type", String(40), nullable=False),
    Column("bytes", Integer),
    Column("sha256", CHAR(64)),
    Column("refusal", String(24)),
    Column("uploaded_by", ID, nullable=False),
    Column("created_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    UniqueConstraint("vehicle_id", "sha256"),
    Index(None, "state", "updated_at"),
)

# The papers of a dealer's licence: for their seller and the staff, never for anybody else.
seller_documents = table(
    "seller_documents",
    Column("id", CHAR(36), primary_key=True),
    Column("seller_id", ID, nullable=False),
    Column("state", String(12), nullable=False),
    # What it was announced as, and once it is ready, what is kept.
    Column("content_type", String(40), nullable=False),
    Column("bytes", Integer),
    Column("sha256", CHAR(64)),
    Column("refusal", String(24)),
    Column("created_at", UtcMs, nullable=False),
    Column("expires_at", UtcMs, nullable=False),
    Column("updated_at", UtcMs, nullable=False),
    UniqueConstraint("seller_id", "sha256"),
    Index(None, "state", "updated_at"),
)
