"""Watchlists: what somebody keeps an eye on, and which watchers are to be told something now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.db.search_tables import listing_search, watch_marks, watchlist
from activities.db.tables import auctions, bids, users, vehicles
from domain.watching import BEFORE, BITS, MOST_WATCHED, UNTIL, WatchNews, muted_by, wanted_of

LIVE = "live"
AT_ONCE = 200


class TooManyWatchedError(Exception):
    """Somebody watches as many vehicles as one may."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A vehicle on somebody's list; `auction_id` is its newest auction, if it has one, `muted` by `domain.watching`."""

    vehicle_id: int
    auction_id: int | None
    created_at: datetime
    muted: int = 0

    @property
    def reminders(self) -> frozenset[WatchNews]:
        """What its watcher wants to be told."""
        return wanted_of(self.muted)


@dataclass(frozen=True, slots=True)
class News:
    """One auction of which its watchers are to be told, as it stands now."""

    kind: WatchNews
    auction_id: int
    vehicle_id: int
    title: str
    ends_at: datetime
    price_cents: int | None


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who is to be told."""

    user_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A watcher whose own bid no longer leads; `bid_seq` is their newest."""

    news: News
    watcher: Watcher
    bid_seq: int

    @property
    def about(self) -> str:
        """What the news is of: it is told once for each of their bids."""
        return f"{self.watcher.user_id} {self.bid_seq}"


def watch(connection: Connection, user_id: int, vehicle_id: int, now: datetime) -> Watched:
    """Put a listed vehicle on a list; again changes nothing. Raises LookupError, or TooManyWatchedError."""
    listed = select(listing_search.c.vehicle_id).where(
        listing_search.c.vehicle_id == vehicle_id, listing_search.c.status != "removed"
    )
    if connection.execute(listed).one_or_none() is None:
        raise LookupError(vehicle_id)
    known = watched(connection, user_id, vehicle_id)
    if known is not None:
        return known
    if count(connection, user_id) >= MOST_WATCHED:
        raise TooManyWatchedError
    try:
        with connection.begin_nested():
            row = {"user_id": user_id, "vehicle_id": vehicle_id, "created_at": now}
            connection.execute(insert(watchlist).values(row))
    except IntegrityError:
        pass  # Another request of the same person was quicker.
    found = watched(connection, user_id, vehicle_id)
    if found is None:
        raise LookupError(vehicle_id)
    return found


def unwatch(connection: Connection, user_id: int, vehicle_id: int) -> bool:
    """Take a vehicle off a list; returns whether it was on it."""
    gone = delete(watchlist).where(watchlist.c.user_id == user_id, watchlist.c.vehicle_id == vehicle_id)
    return connection.execute(gone).rowcount > 0


def remind(connection: Connection, user_id: int, vehicle_id: int, wanted: Collection[WatchNews]) -> bool:
    """Tell a watcher only what is wanted of a vehicle from now on; returns whether it is on the list."""
    own = (watchlist.c.user_id == user_id) & (watchlist.c.vehicle_id == vehicle_id)
    # Whether anything changed is no sign: MariaDB counts only rows that are other than before.
    if connection.execute(select(watchlist.c.vehicle_id).where(own).with_for_update()).one_or_none() is None:
        return False
    connection.execute(update(watchlist).where(own).values(muted=muted_by(wanted)))
    return True


def watched(connection: Connection, user_id: int, vehicle_id: int) -> Watched | None:
    """One vehicle on a person's list."""
    row = connection.execute(_lists(user_id).where(watchlist.c.vehicle_id == vehicle_id)).one_or_none()
    return None if row is None else Watched(*row)


def of_user(connection: Connection, user_id: int) -> list[Watched]:
    """A person's whole list, which has at most `MOST_WATCHED` vehicles, newest first."""
    newest = (watchlist.c.created_at.desc(), watchlist.c.vehicle_id.desc())
    return [Watched(*row) for row in connection.execute(_lists(user_id).order_by(*newest))]


def watched_among(connection: Connection, user_id: int, vehicle_ids: Sequence[int]) -> set[int]:
    """Those of some vehicles that a person watches, for the hearts on a page."""
    mine = select(watchlist.c.vehicle_id).where(watchlist.c.user_id == user_id, watchlist.c.vehicle_id.in_(vehicle_ids))
    return set(connection.execute(mine).scalars())


def count(connection: Connection, user_id: int) -> int:
    """How many vehicles a person watches."""
    query = select(func.count()).select_from(watchlist).where(watchlist.c.user_id == user_id)
    return connection.execute(query).scalar_one()


def ending(connection: Connection, kind: WatchNews, now: datetime, limit: int = AT_ONCE) -> list[News]:
    """Live auctions of which a reminder is due by their present end and was not given."""
    due = and_(auctions.c.ends_at > now + UNTIL[kind], auctions.c.ends_at <= now + BEFORE[kind])
    query = _news().where(due, _unmarked(kind), _has_watchers()).order_by(auctions.c.ends_at).limit(limit)
    return [_news_of(kind, row) for row in connection.execute(query)]


def at_reserve(connection: Connection, since: datetime, limit: int = AT_ONCE) -> list[News]:
    """Live auctions that changed since a moment, have reached their reserve, and whose watchers do not know."""
    kind = WatchNews.RESERVE
    query = _changed(since).where(auctions.c.reserve_state == "met", _unmarked(kind), _has_watchers())
    return [_news_of(kind, row) for row in connection.execute(query.limit(limit))]


def overtaken(connection: Connection, since: datetime, limit: int = AT_ONCE) -> list[Overtaken]:
    """Watchers who have bid on a live auction that changed since a moment, and no longer lead."""
    kind = WatchNews.OUTBID
    newest = (
        select(func.max(bids.c.seq))
        .where(
            bids.c.auction_id == auctions.c.id,
            bids.c.user_id == watchlist.c.user_id,
            bids.c.outcome != "refused",
            bids.c.retracted.is_(False),
        )
        .scalar_subquery()
    )
    query = (
        _changed(since)
        .join(watchlist, watchlist.c.vehicle_id == auctions.c.vehicle_id)
        .join(users, users.c.id == watchlist.c.user_id)
        .where(
            watchlist.c.user_id != auctions.c.leader_id, newest.is_not(None), users.c.erased_at.is_(None), _wants(kind)
        )
        .add_columns(users.c.id, users.c.name, users.c.email, newest)
        .limit(limit)
    )
    found = [Overtaken(_news_of(kind, row), Watcher(*row[-4:-1]), row[-1]) for row in connection.execute(query)]
    marks = select(watch_marks.c.auction_id, watch_marks.c.about).where(
        watch_marks.c.kind == kind.value, watch_marks.c.auction_id.in_({each.news.auction_id for each in found})
    )
    known = {tuple(row) for row in connection.execute(marks)}
    return [each for each in found if (each.news.auction_id, each.about) not in known]


def watchers(connection: Connection, news: News, after_user_id: int, limit: int = AT_ONCE) -> list[Watcher]:
    """Who is to be told of it, in order of their ids: of an end only those who watched before its reminder was due."""
    query = (
        select(users.c.id, users.c.name, users.c.email)
        .join_from(watchlist, users)
        .where(watchlist.c.vehicle_id == news.vehicle_id, users.c.id > after_user_id, users.c.erased_at.is_(None))
        .where(_wants(news.kind))
        .order_by(users.c.id)
        .limit(limit)
    )
    if news.kind in BEFORE:
        query = query.where(watchlist.c.created_at <= news.ends_at - BEFORE[news.kind])
    return [Watcher(*row) for row in connection.execute(query)]


def mark(connection: Connection, news: News, now: datetime, about: str = "") -> None:
    """Note that everybody concerned is told; again changes nothing."""
    try:
        with connection.begin_nested():
            row = {"auction_id": news.auction_id, "kind": news.kind.value, "about": about, "at": now}
            connection.execute(insert(watch_marks).values(row))
    except IntegrityError:
        pass  # Another process has told them at the same time; the outbox took each mail once.


def forget_all(connection: Connection, user_id: int) -> None:
    """Empty a person's list, for the erasure of an account."""
    connection.execute(delete(watchlist).where(watchlist.c.user_id == user_id))


def _lists(user_id: int) -> Select[Any]:
    return (
        select(watchlist.c.vehicle_id, listing_search.c.auction_id, watchlist.c.created_at, watchlist.c.muted)
        .outerjoin_from(watchlist, listing_search, listing_search.c.vehicle_id == watchlist.c.vehicle_id)
        .where(watchlist.c.user_id == user_id)
    )


def _news() -> Select[Any]:
    return (
        select(
            auctions.c.id,
            auctions.c.vehicle_id,
            vehicles.c.year,
            vehicles.c.make,
            vehicles.c.model,
            vehicles.c.trim,
            auctions.c.ends_at,
            auctions.c.price_cents,
        )
        .join_from(auctions, vehicles)
        .where(auctions.c.status == LIVE)
    )


def _changed(since: datetime) -> Select[Any]:
    return (
        _news()
        .join(listing_search, listing_search.c.auction_id == auctions.c.id)
        .where(listing_search.c.changed_at >= since)
    )


def _unmarked(kind: WatchNews) -> Any:
    told = and_(watch_marks.c.auction_id == auctions.c.id, watch_marks.c.kind == kind.value)
    return ~exists().where(told)


def _wants(kind: WatchNews) -> Any:
    return watchlist.c.muted.bitwise_and(BITS[kind]) == 0


def _has_watchers() -> Any:
    return exists().where(watchlist.c.vehicle_id == auctions.c.vehicle_id)


def _news_of(kind: WatchNews, row: Sequence[Any]) -> News:
    auction_id, vehicle_id, year, make, model, trim, ends_at, price_cents = row[:8]
    return News(kind, auction_id, vehicle_id, f"{year} {make} {model} {trim}".rstrip(), ends_at, price_cents)
