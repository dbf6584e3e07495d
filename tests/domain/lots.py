"""Lots for the tests of the rules: one week in May 2026, amounts in whole dollars, times in seconds after the start."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from domain.auction import Answer, Auction, Bid, Terms
from domain.bidding import Kind

START = datetime(2026, 5, 5, 12, tzinfo=UTC)
END = datetime(2026, 5, 7, 18, tzinfo=UTC)
SATURDAY_LATE = datetime(2026, 5, 10, 4, 59, tzinfo=UTC)
SUNDAY = datetime(2026, 5, 10, 5, tzinfo=UTC)
MONDAY_TEN = datetime(2026, 5, 11, 15, tzinfo=UTC)
NONCE = "ab" * 32
SELLER = "S"
TERMS = Terms(7, (SELLER,), 500_00, None, START, END)
IDS = count(1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def scheduled(**terms: Any) -> Auction:
    """A lot that has not started."""
    return Auction(replace(TERMS, **terms))


def live(**terms: Any) -> Auction:
    """A lot that has just started."""
    auction = scheduled(**terms)
    auction.start(auction.starts_at)
    return auction


def a_bid(
    bidder: str, dollars: int, kind: Kind = Kind.BID, *, received: datetime = START, bid_id: str | None = None
) -> Bid:
    return Bid(bid_id or f"id-{next(IDS)}", bidder, kind, dollars * 100, received, NONCE)


def bid(
    auction: Auction, bidder: str, dollars: int, at: datetime = START, *, now: datetime | None = None, **more: Any
) -> Answer:
    """A plain bid received at `at` and decided at `now`, by default at once."""
    return auction.place(a_bid(bidder, dollars, Kind.BID, received=at, **more), now or at)


def auto_bid(
    auction: Auction, bidder: str, dollars: int, at: datetime = START, *, now: datetime | None = None, **more: Any
) -> Answer:
    """An auto-bid received at `at` and decided at `now`, by default at once."""
    return auction.place(a_bid(bidder, dollars, Kind.AUTO_BID, received=at, **more), now or at)


def public(auction: Auction) -> tuple[object, ...]:
    """What anyone can see of a lot, without the version."""
    standing = auction.standing
    return (
        auction.status,
        standing.price_cents,
        standing.leader,
        standing.reserve,
        auction.starts_at,
        auction.ends_at,
        auction.result,
    )
