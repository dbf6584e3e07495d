"""What the watchers of an auction are told, and when a reminder of its end is due."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class WatchNews(StrEnum):
    """Why we write to a watcher; the reminders first, the earliest to begin with."""

    DAY = "day"
    HOUR = "hour"
    MINUTES = "minutes"
    OUTBID = "outbid"
    RESERVE = "reserve"


# How long before the end each reminder is due, by the end as it stands.
BEFORE: Mapping[WatchNews, timedelta] = MappingProxyType(
    {
        WatchNews.DAY: timedelta(hours=24),
        WatchNews.HOUR: timedelta(hours=1),
        WatchNews.MINUTES: timedelta(minutes=10),
    }
)
# A reminder is of use until the next one is due; the last one until the end.
UNTIL: Mapping[WatchNews, timedelta] = MappingProxyType(
    {
        WatchNews.DAY: BEFORE[WatchNews.HOUR],
        WatchNews.HOUR: BEFORE[WatchNews.MINUTES],
        WatchNews.MINUTES: timedelta(0),
    }
)
MOST_WATCHED = 200
