"""Tells watchers of the end of an auction, of a reserve that is met, and of their own bid that no longer leads."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from activities.db import notifications, watchlist
from activities.db.engine import reading, transaction
from activities.db.notifications import NewNotice
from activities.db.watchlist import News, Overtaken, Watcher
from domain.clock import to_text
from domain.notices import NoticeKind
from domain.watching import BEFORE, WatchNews

# What changed this long before the last look is looked at again, for whoever committed late.
OVERLAP = timedelta(seconds=30)
# What a process that starts looks back at, for what nobody saw while none ran.
LOOK_BACK = timedelta(hours=1)
KINDS = {
    WatchNews.DAY: NoticeKind.WATCH_ENDING,
    WatchNews.HOUR: NoticeKind.WATCH_ENDING,
    WatchNews.MINUTES: NoticeKind.WATCH_ENDING,
    WatchNews.OUTBID: NoticeKind.WATCH_OUTBID,
    WatchNews.RESERVE: NoticeKind.WATCH_RESERVE,
}


class WatchReminders:
    """A look every few seconds, by any number of processes: the outbox takes each mail once, whoever writes it.

    `site_url` has no slash at its end. What is written into the outbox is sent by the Notice workflows.
    """

    def __init__(self, engine: Engine, site_url: str) -> None:
        self._engine = engine
        self._site_url = site_url
        self._looked_at: datetime | None = None

    def write_due(self, now: datetime) -> list[str]:
        """Write what is due into the outbox; returns the outbox ids, to be started."""
        since = (now - LOOK_BACK) if self._looked_at is None else self._looked_at - OVERLAP
        with reading(self._engine) as connection:
            news = [each for kind in BEFORE for each in watchlist.ending(connection, kind, now)]
            news += watchlist.at_reserve(connection, since)
            overtaken = watchlist.overtaken(connection, since)
        written = [outbox_id for each in news for outbox_id in self._tell_all(each, now)]
        written += [self._tell_overtaken(each, now) for each in overtaken]
        self._looked_at = now
        return written

    def _tell_all(self, news: News, now: datetime) -> list[str]:
        # A few at a time, and the mark last: whoever dies in between leaves it to the next look, and no mail is double.
        written: list[str] = []
        last = 0
        while True:
            with transaction(self._engine) as connection:
                found = watchlist.watchers(connection, news, last)
                written += [self._tell(connection, news, watcher, now) for watcher in found]
                if not found:
                    watchlist.mark(connection, news, now)
                    return written
            last = found[-1].user_id

    def _tell_overtaken(self, overtaken: Overtaken, now: datetime) -> str:
        with transaction(self._engine) as connection:
            outbox_id = self._tell(connection, overtaken.news, overtaken.watcher, now, f" {overtaken.bid_seq}")
            watchlist.mark(connection, overtaken.news, now, overtaken.about)
            return outbox_id

    def _tell(self, connection: Connection, news: News, watcher: Watcher, now: datetime, about: str = "") -> str:
        link = f"{self._site_url}/auctions/{news.auction_id}"
        values: dict[str, Any] = {"name": watcher.name, "title": news.title, "lot_link": link}
        if news.kind in BEFORE:
            values["ends_at"] = to_text(news.ends_at)
        else:
            values["price_cents"] = news.price_cents
        key = f"watch {news.kind} {news.auction_id} {watcher.user_id}{about}"
        mail = NewNotice(watcher.user_id, KINDS[news.kind], watcher.email, values, key)
        return notifications.enqueue(connection, mail, now)
