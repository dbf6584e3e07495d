"""Scheduling: auctions as rows before their workflows have written anything, and what was asked for under which key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from activities.db import audit, links, search, seller_feed
from activities.db.audit import Deed
from activities.db.tables import auctions, audit_log, users, vehicles
from activities.db.vehicles import SUMMARY, VehicleSummary
from domain.clock import to_text
from domain.ledger import genesis
from domain.seller_feed import FeedKind

ACTION = "auction_scheduled"
UNSTARTED_MOST = 500


@dataclass(frozen=True, slots=True)
class NewAuction:
    """What is frozen when an auction is scheduled. `sunday_rule` is off in the embedded profile only."""

    vehicle_id: int
    seller_id: int
    start_cents: int
    reserve_cents: int | None
    starts_at: datetime
    ends_at: datetime
    window_s: int
    increments_version: str
    sunday_rule: bool
    sale_type: str = "timed"
    buy_now_cents: int | None = None
    offers_open: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asks for a schedule. `schedule_id` stands for the person and their key, `body` for what they sent.

    `body` must tell nothing of the reserve to who has no key of ours (a keyed digest).
    """

    actor_id: int
    schedule_id: str
    body: str
    request_id: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An auction that was scheduled before under the same key, and the digest of what was asked for then."""

    auction_id: int
    body: str


@dataclass(frozen=True, slots=True)
class Unstarted:
    """A scheduled auction of which nothing is recorded, with all that its workflow starts from.

    `barred` are the accounts that are linked to the seller's as things are now: the first start that Temporal takes
    freezes them, and a later one changes nothing.
    """

    auction_id: int
    seller_id: int
    start_cents: int
    reserve_cents: int | None
    starts_at: datetime
    ends_at: datetime
    window_s: int
    increments_version: str
    sunday_rule: bool
    vehicle: str
    barred: tuple[int, ...] = ()
    sale_type: str = "timed"
    buy_now_cents: int | None = None
    offers_open: bool = False


TERMS = (
    auctions.c.id,
    auctions.c.seller_id,
    auctions.c.start_cents,
    auctions.c.reserve_cents,
    auctions.c.starts_at,
    auctions.c.ends_at,
    auctions.c.window_s,
    auctions.c.increments_version,
    auctions.c.sunday_rule,
)
SALE = (auctions.c.sale_type, auctions.c.buy_now_cents, auctions.c.offers_open)


def lock_seller(connection: Connection, seller_id: int) -> None:
    """Let schedules of one seller's vehicles be decided one after the other, until the end of the transaction."""
    connection.execute(select(users.c.id).where(users.c.id == seller_id).with_for_update())


def made_under(connection: Connection, seller_id: int, wish: Wish) -> Made | None:
    """What this person scheduled before under this key, among the auctions of one seller."""
    # The audit log is indexed by time, and a deed has the very time of the auction that it made.
    query = (
        select(audit_log.c.detail)
        .join_from(auctions, audit_log, audit_log.c.at == auctions.c.created_at)
        .where(
            auctions.c.seller_id == seller_id,
            audit_log.c.action == ACTION,
            audit_log.c.actor_id == wish.actor_id,
            audit_log.c.detail.contains(wish.schedule_id),
        )
        .limit(1)
    )
    text = connection.execute(query).scalar_one_or_none()
    if text is None:
        return None
    detail = msgspec.json.decode(text)
    return Made(detail["auction_id"], detail["body"])


def open_auction(connection: Connection, vehicle_id: int) -> int | None:
    """The auction of a vehicle that is not over, if there is one."""
    query = select(auctions.c.id).where(auctions.c.vehicle_id == vehicle_id, auctions.c.status != "ended").limit(1)
    return connection.execute(query).scalar_one_or_none()


def planned_ends(connection: Connection, seller_id: int, since: datetime, until: datetime) -> list[datetime]:
    """The ends that were planned for a seller's auctions that are not over, between two moments, both included."""
    query = select(auctions.c.planned_ends_at).where(
        auctions.c.seller_id == seller_id,
        auctions.c.status != "ended",
        auctions.c.planned_ends_at.between(since, until),
    )
    return list(connection.execute(query).scalars())


def add_auction(connection: Connection, wanted: NewAuction, wish: Wish, now: datetime) -> int:
    """Insert the row of a scheduled auction together with its deed in the audit log, and return its id."""
    key: Any = connection.execute(insert(auctions).values(_row(wanted, now))).inserted_primary_key
    auction_id: int = key[0]
    connection.execute(update(auctions).where(auctions.c.id == auction_id).values(hash=genesis(auction_id)))
    detail = {
        "auction_id": auction_id,
        "vehicle_id": wanted.vehicle_id,
        "seller_id": wanted.seller_id,
        "sunday_rule": wanted.sunday_rule,
        "schedule_id": wish.schedule_id,
        "body": wish.body,
    }
    subject = f"auction {auction_id}"
    audit.note(connection, Deed(now, wish.actor_id, ACTION, subject, detail, wish.request_id, wish.address))
    search.put(connection, wanted.vehicle_id, now)
    terms = {
        "starts_at": to_text(wanted.starts_at),
        "ends_at": to_text(wanted.ends_at),
        "start_cents": wanted.start_cents,
    }
    kind, owner, car = FeedKind.AUCTION_SCHEDULED, wanted.seller_id, wanted.vehicle_id
    seller_feed.note_event(connection, owner, car, kind, terms, now, auction_id=auction_id)
    return auction_id


def unstarted(connection: Connection, before: datetime, *, limit: int = UNSTARTED_MOST) -> list[Unstarted]:
    """Scheduled auctions from before a moment of which nothing is recorded, those that start first to begin with."""
    query = _unstarted().where(auctions.c.created_at < before).order_by(auctions.c.starts_at).limit(limit)
    return _unstarted_of(connection, connection.execute(query).all())


def unstarted_one(connection: Connection, auction_id: int) -> Unstarted | None:
    """One auction, while nothing of it is recorded."""
    row = connection.execute(_unstarted().where(auctions.c.id == auction_id)).one_or_none()
    return None if row is None else _unstarted_of(connection, [row])[0]


def _unstarted() -> Select[Any]:
    return (
        select(*TERMS, *SUMMARY, *SALE)
        .join_from(auctions, vehicles)
        .where(auctions.c.status == "scheduled", auctions.c.seq == 0)
    )


def _unstarted_of(connection: Connection, rows: Sequence[Any]) -> list[Unstarted]:
    barred = links.barred_with(connection, {row.seller_id for row in rows})
    titles = [VehicleSummary(*row[len(TERMS) : -len(SALE)]).title for row in rows]
    return [
        Unstarted(*(*row[: len(TERMS)], title, barred[row.seller_id], *row[-len(SALE) :]))
        for row, title in zip(rows, titles, strict=True)
    ]


def _row(wanted: NewAuction, now: datetime) -> dict[str, Any]:
    return {
        "vehicle_id": wanted.vehicle_id,
        "seller_id": wanted.seller_id,
        "status": "scheduled",
        "start_cents": wanted.start_cents,
        "reserve_cents": wanted.reserve_cents,
        "window_s": wanted.window_s,
        "increments_version": wanted.increments_version,
        "sunday_rule": wanted.sunday_rule,
        "sale_type": wanted.sale_type,
        "buy_now_cents": wanted.buy_now_cents,
        "offers_open": wanted.offers_open,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "planned_ends_at": wanted.ends_at,
        "reserve_state": "none" if wanted.reserve_cents is None else "not_met",
        "minimum_next_cents": wanted.start_cents,
        "version": 0,
        "seq": 0,
        "hash": "",
        "bid_count": 0,
        "bidder_count": 0,
        "created_at": now,
    }
