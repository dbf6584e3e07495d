"""Watchlists, and which watchers are to be told something."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from activities.db import search, watchlist
from activities.db.engine import reading, transaction
from activities.db.search_tables import listing_search
from activities.db.tables import auctions
from activities.db.watchlist import News, TooManyWatchedError
from domain.bidding import Kind
from domain.watching import MOST_WATCHED, WatchNews
from tests.db.inventory import Inventory
from tests.db.market import DAY, NOON, add_bids

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BID = Kind.BID


@dataclass
class Watching:
    """One car in an auction that ends at noon of the next day, and its watchers."""

    inventory: Inventory
    car: int
    lot: int

    def watch(self, *people: int, at: datetime = NOON - HOUR) -> None:
        with transaction(self.inventory.engine) as connection:
            for user_id in people:
                watchlist.watch(connection, user_id, self.car, at)

    def ending(self, kind: WatchNews, now: datetime) -> list[News]:
        with reading(self.inventory.engine) as connection:
            return watchlist.ending(connection, kind, now)

    def remind(self, user_id: int, *wanted: WatchNews) -> bool:
        with transaction(self.inventory.engine) as connection:
            return watchlist.remind(connection, user_id, self.car, wanted)

    def people(self, news: News) -> list[int]:
        with reading(self.inventory.engine) as connection:
            return [watcher.user_id for watcher in watchlist.watchers(connection, news, 0)]

    def bid(self, *attempts: tuple[int, int], reserve_cents: int | None = None) -> None:
        with transaction(self.inventory.engine) as connection:
            bids = [(user_id, BID, cents) for user_id, cents in attempts]
            add_bids(connection, self.lot, self.inventory.seller, bids, reserve_cents=reserve_cents)
            self.touch(connection)

    def touch(self, connection: Any) -> None:
        changed = update(listing_search).where(listing_search.c.auction_id == self.lot)
        connection.execute(changed.values(changed_at=NOON + MINUTE))

    def overtaken(self) -> list[tuple[int, str]]:
        with reading(self.inventory.engine) as connection:
            found = watchlist.overtaken(connection, NOON)
            return [(each.watcher.user_id, each.about) for each in found]

    def mark(self, news: News, about: str = "") -> None:
        with transaction(self.inventory.engine) as connection:
            watchlist.mark(connection, news, NOON, about)


@pytest.fixture
def watching(engine: Engine) -> Watching:
    inventory = Inventory(engine)
    car = inventory.car(1)
    return Watching(inventory, car, inventory.lot(car))


def test_a_list_holds_each_vehicle_once(watching: Watching) -> None:
    ada = watching.inventory.ada
    watching.watch(ada, ada)
    with transaction(watching.inventory.engine) as connection:
        found = watchlist.of_user(connection, ada)
        assert [(each.vehicle_id, each.auction_id) for each in found] == [(watching.car, watching.lot)]
        assert watchlist.watched_among(connection, ada, [watching.car, 9_999]) == {watching.car}
        assert [watchlist.unwatch(connection, ada, watching.car) for _ in range(2)] == [True, False]
        assert watchlist.watched(connection, ada, watching.car) is None


def test_what_is_not_listed_cannot_be_watched(watching: Watching) -> None:
    with transaction(watching.inventory.engine) as connection:
        search.remove(connection, watching.car, NOON)
        with pytest.raises(LookupError):
            watchlist.watch(connection, watching.inventory.ada, watching.car, NOON)


def test_nobody_watches_more_than_allowed(watching: Watching) -> None:
    cars = [watching.inventory.car(number) for number in range(2, MOST_WATCHED + 2)]
    with transaction(watching.inventory.engine) as connection:
        for car in cars:
            watchlist.watch(connection, watching.inventory.ada, car, NOON)
        with pytest.raises(TooManyWatchedError):
            watchlist.watch(connection, watching.inventory.ada, watching.car, NOON)


def test_a_reminder_is_due_by_the_present_end(watching: Watching) -> None:
    watching.watch(watching.inventory.ada)
    end = NOON + DAY
    assert watching.ending(WatchNews.DAY, NOON - MINUTE) == []
    assert [each.auction_id for each in watching.ending(WatchNews.DAY, NOON)] == [watching.lot]
    assert [len(watching.ending(WatchNews.HOUR, end - left)) for left in (61 * MINUTE, HOUR, 10 * MINUTE)] == [0, 1, 0]
    assert [len(watching.ending(WatchNews.MINUTES, end - left)) for left in (10 * MINUTE, 0 * MINUTE)] == [1, 0]
    with transaction(watching.inventory.engine) as connection:
        connection.execute(update(auctions).values(ends_at=end + 2 * MINUTE))
    assert watching.ending(WatchNews.MINUTES, end - 10 * MINUTE) == []
    assert len(watching.ending(WatchNews.MINUTES, end - 8 * MINUTE)) == 1


def test_a_reminder_that_was_given_is_not_due_again(watching: Watching) -> None:
    watching.watch(watching.inventory.ada)
    (news,) = watching.ending(WatchNews.DAY, NOON)
    watching.mark(news)
    watching.mark(news)
    assert watching.ending(WatchNews.DAY, NOON + MINUTE) == []


def test_who_begins_to_watch_after_it_was_due_gets_the_next_one(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.watch(ada)
    watching.watch(bob, at=NOON + MINUTE)
    assert watching.people(watching.ending(WatchNews.DAY, NOON + 2 * MINUTE)[0]) == [ada]
    assert watching.people(watching.ending(WatchNews.HOUR, NOON + DAY - HOUR)[0]) == [ada, bob]


def test_an_auction_without_watchers_is_no_news(watching: Watching) -> None:
    assert watching.ending(WatchNews.DAY, NOON) == []


def test_an_overtaken_watcher_is_told_once_for_each_of_their_bids(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.watch(ada, bob)
    watching.bid((ada, 600_000), (bob, 700_000))
    ((user_id, about),) = watching.overtaken()
    assert (user_id, about) == (ada, f"{ada} 2")
    with reading(watching.inventory.engine) as connection:
        news = watchlist.overtaken(connection, NOON)[0].news
    watching.mark(news, about)
    assert watching.overtaken() == []


def test_who_has_not_bid_or_leads_is_not_overtaken(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.watch(bob, ada)
    watching.bid((bob, 600_000))
    assert watching.overtaken() == []


def test_a_reserve_that_is_met_is_news_once(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.watch(ada)
    watching.bid((bob, 800_000), reserve_cents=700_000)
    with reading(watching.inventory.engine) as connection:
        (news,) = watchlist.at_reserve(connection, NOON)
        assert watchlist.at_reserve(connection, NOON + HOUR) == []
    assert (news.price_cents, watching.people(news)) == (800_000, [ada])
    watching.mark(news)
    with reading(watching.inventory.engine) as connection:
        assert watchlist.at_reserve(connection, NOON) == []


def test_watchers_are_told_only_what_they_want(watching: Watching) -> None:
    ada, bob = watching.inventory.ada, watching.inventory.bob
    watching.watch(ada, bob)
    assert [watching.remind(ada, WatchNews.HOUR) for _ in range(2)] == [True, True]
    (day,) = watching.ending(WatchNews.DAY, NOON)
    (hour,) = watching.ending(WatchNews.HOUR, NOON + DAY - HOUR)
    assert (watching.people(day), watching.people(hour)) == ([bob], sorted([ada, bob]))
    watching.bid((ada, 500_000), (bob, 600_000))
    assert watching.overtaken() == []
    watching.remind(ada, WatchNews.OUTBID)
    assert [user_id for user_id, _ in watching.overtaken()] == [ada]
    with reading(watching.inventory.engine) as connection:
        found = watchlist.watched(connection, ada, watching.car)
    assert found is not None
    assert found.reminders == {WatchNews.OUTBID}


def test_who_does_not_watch_wants_nothing(watching: Watching) -> None:
    assert not watching.remind(watching.inventory.ada, WatchNews.HOUR)
