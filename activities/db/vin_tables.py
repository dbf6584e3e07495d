"""The table of what decoders said of VINs: a report costs money, so that each is bought once and kept."""

from sqlalchemy import Column, String, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from activities.db.tables import UtcMs, table

vin_reports = table(
    "vin_reports",
    Column("vin", String(17), primary_key=True),
    Column("source", String(16), primary_key=True),
    Column("fetched_at", UtcMs, nullable=False),
    # What we read out of it, as JSON; nothing where the decoder did not know the VIN.
    Column("facts", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")),
    # The answer itself, so that what we do not read today can be read later without paying again.
    Column("raw", Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False),
)
