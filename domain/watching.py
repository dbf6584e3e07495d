"""What the watchers of an auction are told, and when a reminder of its end is due."""

from collections.abc import Collection, Mapping
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
# What a watcher does not want to be told is kept as a sum of these; 0 is everything.
BITS: Mapping[WatchNews, int] = MappingProxyType({kind: 1 << place for place, kind in enumerate(WatchNews)})


def muted_by(wanted: Collection[WatchNews]) -> int:
    """The sum that mutes all but what is wanted."""
    return sum(bit for kind, bit in BITS.items() if kind not in wanted)


def wanted_of(muted: int) -> frozenset[WatchNews]:
    """What a sum does not mute."""
    return frozenset(kind for kind, bit in BITS.items() if not muted & bit)
