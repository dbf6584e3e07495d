"""A person's own data: all of it for them to take along, and its erasure, but for what a sale's law has us keep.

Bids and ledgers name people by number only and stay for ever, as does the audit log: they prove what was sold to whom.
From where somebody asked stays in that log until they are erased; from where the staff did, for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, or_, select, update

from activities.db import audit, notifications, saved_searches, seller_endpoints, uploads, watchlist
from activities.db.account_tables import (
    accounts,
    authenticators,
    devices,
    email_links,
    fingerprints,
    passkeys,
    payments,
    recovery_codes,
    seller_profiles,
)
from activities.db.description_tables import description_drafts
from activities.db.offer_tables import offers
from activities.db.order_tables import orders
from activities.db.payments import unreturned
from activities.db.people import Role
from activities.db.photo_tables import seller_documents, vehicle_documents, vehicle_images
from activities.db.purchase_tables import purchases
from activities.db.question_tables import vehicle_questions
from activities.db.search_tables import saved_searches as saved
from activities.db.search_tables import search_alerts
from activities.db.search_tables import watchlist as watched
from activities.db.seller_feed_tables import seller_endpoints as endpoints
from activities.db.seller_feed_tables import seller_events
from activities.db.tables import api_tokens, auctions, bids, reservations, sessions, users, vehicles
from activities.db.tables import notifications as mails
from domain.orders import OrderStatus

# What opens doors, or is only another spelling of what the export holds in plain.
WITHHELD = frozenset(
    {
        "password_hash",
        "token_hash",
        "csrf_token",
        "secret_sealed",
        "code_hash",
        "credential_hash",
        "device_hash",
        "hash",
        "context",
        "dedupe_key",
        "request_key",
        "legal_sealed",
        "tax_id_sealed",
        "payout_sealed",
        "old_secret_sealed",
        "last_step",
        "leader_id",
        "sold_to",
        "auto_accept_cents",
        "auto_decline_cents",
        "snapshot",
    }
)
EXPORTED: tuple[tuple[Table, str], ...] = (
    (users, "id"),
    (accounts, "user_id"),
    (seller_profiles, "user_id"),
    (sessions, "user_id"),
    (api_tokens, "user_id"),
    (passkeys, "user_id"),
    (email_links, "user_id"),
    (devices, "user_id"),
    (fingerprints, "user_id"),
    (payments, "user_id"),
    (reservations, "user_id"),
    (bids, "user_id"),
    (vehicles, "seller_id"),
    (vehicle_images, "uploaded_by"),
    (vehicle_documents, "uploaded_by"),
    (seller_documents, "seller_id"),
    (auctions, "seller_id"),
    (purchases, "user_id"),
    (offers, "buyer_id"),
    (vehicle_questions, "asker_id"),
    (saved, "user_id"),
    (search_alerts, "user_id"),
    (watched, "user_id"),
    (endpoints, "seller_id"),
    (seller_events, "seller_id"),
    (mails, "user_id"),
)
FORGOTTEN = (sessions, api_tokens, passkeys, authenticators, recovery_codes, email_links, devices, fingerprints)
OVER = ("ended",)
# Sales in which nobody owes anything any more.
ORDER_OVER = tuple(
    each.value for each in (OrderStatus.COMPLETED, OrderStatus.CANCELLED, OrderStatus.DEFAULTED, OrderStatus.REFUNDED)
)
SOLD = "sold"
# States of a payment in which no money is on its way.
SETTLED = ("done", "declined", "failed", "reversed")
# Nobody who did something on behalf of the house makes their traces shorter by leaving.
ACCOUNTABLE = (Role.SUPPORT.value, Role.ADMIN.value)
ERASED_NAME = "Deleted person"
# In the place of what somebody wrote for everybody to read.
ERASED_WORDS = "Deleted with its author's account."
ERASED_PASSWORD = "!"  # noqa: S105 - no password has this hash
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Obligation:
    """Why an account cannot be deleted yet: `kind` with the number of the lot or payment that it is about."""

    kind: str
    number: int


def gather(connection: Connection, user_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept about a person, by table, oldest first; sealed texts and keys are left out."""
    found = {table.name: _rows(connection, table, table.c[column] == user_id) for table, column in EXPORTED}
    drafted = description_drafts.c.vehicle_id.in_(_own_vehicles(user_id))
    return {
        **found,
        description_drafts.name: _rows(connection, description_drafts, drafted),
        orders.name: _rows(connection, orders, _side_of(user_id)),
    }


def obligations(connection: Connection, user_id: int) -> list[Obligation]:
    """What has to end before the account may: bids that lead, wins and offers, running sales, orders, money on its way.

    Takes the person's lock, for which bids and deposits wait too: nothing is added until the transaction's end.
    """
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    held = select(reservations.c.kind, reservations.c.auction_id).where(reservations.c.user_id == user_id).distinct()
    selling = select(auctions.c.id).where(auctions.c.seller_id == user_id, auctions.c.status.not_in(OVER))
    unfinished = select(orders.c.id).where(_side_of(user_id), orders.c.status.not_in(ORDER_OVER)).order_by(orders.c.id)
    moving = select(payments.c.id).where(payments.c.user_id == user_id, payments.c.state.not_in(SETTLED))
    return [
        *(Obligation(kind, number) for kind, number in connection.execute(held.order_by(reservations.c.auction_id))),
        *(Obligation("sale", number) for number in connection.execute(selling.order_by(auctions.c.id)).scalars()),
        *(Obligation("order", number) for number in connection.execute(unfinished).scalars()),
        *(Obligation("payment", number) for number in connection.execute(moving.order_by(payments.c.id)).scalars()),
        *(Obligation("deposit", number) for number in unreturned(connection, user_id)),
    ]


def erase(connection: Connection, user_id: int, now: datetime) -> bool:
    """Make a person unknown to us; False where that was done before, or there is nobody.

    What the vendors hold is erased by the account's workflow. A seller who sold keeps the profile that the sale's
    papers need (Minn. R. 7400.5100: three years).
    """
    unknown = {
        "email": f"erased-{user_id}@erased.invalid",
        "name": ERASED_NAME,
        "password_hash": ERASED_PASSWORD,
        "can_bid": False,
        "buying_limit_cents": 0,
        "email_verified_at": None,
        "disabled_at": now,
        "erased_at": now,
    }
    living = (users.c.id == user_id) & users.c.erased_at.is_(None)
    if connection.execute(update(users).where(living).values(unknown)).rowcount == 0:
        return False
    for table in FORGOTTEN:
        connection.execute(delete(table).where(table.c.user_id == user_id))
    saved_searches.forget_all(connection, user_id)
    watchlist.forget_all(connection, user_id)
    seller_endpoints.forget_all(connection, user_id, now)
    _forget_files(connection, user_id, now)
    _forget_words(connection, user_id)
    sold = select(auctions.c.id).where(auctions.c.seller_id == user_id, auctions.c.result == SOLD).limit(1)
    if connection.execute(sold).first() is None:
        connection.execute(delete(seller_profiles).where(seller_profiles.c.user_id == user_id))
        uploads.remove_licences(connection, user_id, now)
    notifications.forget_addresses(connection, user_id, now)
    role = connection.execute(select(users.c.role).where(users.c.id == user_id)).scalar_one()
    if role not in ACCOUNTABLE:
        audit.forget_addresses(connection, user_id)
    return True


def _forget_files(connection: Connection, user_id: int, now: datetime) -> None:
    """Nobody sees photos and title papers of what a person never sold; the upkeep has them deleted where they are."""
    for vehicle_id in connection.execute(_own_vehicles(user_id)).scalars().all():
        if not uploads.has_bids(connection, vehicle_id):
            uploads.remove_all(connection, vehicle_id, now)


def _forget_words(connection: Connection, user_id: int) -> None:
    """Nobody reads what a person asked, or answered, about vehicles that were never sold. What was said of a sold one
    belongs to its sale."""
    asked = vehicle_questions.c.asker_id == user_id
    answered = vehicle_questions.c.vehicle_id.in_(_own_vehicles(user_id)) & vehicle_questions.c.answer.is_not(None)
    sold = exists().where(auctions.c.vehicle_id == vehicle_questions.c.vehicle_id, auctions.c.result == SOLD)
    for own, word in ((asked, "text"), (answered, "answer")):
        connection.execute(update(vehicle_questions).where(own, ~sold).values({word: ERASED_WORDS}))


def _side_of(user_id: int) -> ColumnElement[bool]:
    return or_(orders.c.buyer_id == user_id, orders.c.seller_id == user_id)


def _own_vehicles(user_id: int) -> Select[Any]:
    return select(vehicles.c.id).where(vehicles.c.seller_id == user_id)


def forget_last_addresses(connection: Connection, now: datetime) -> int:
    """Erase the address of each last mail to somebody who is erased, once it is on its way; returns how many people."""
    query = (
        select(mails.c.user_id)
        .join(users, users.c.id == mails.c.user_id)
        .where(users.c.erased_at.is_not(None), mails.c.to_email != "")
        .distinct()
        .limit(AT_ONCE)
    )
    found = list(connection.execute(query).scalars())
    for user_id in found:
        notifications.forget_addresses(connection, user_id, now)
    return len(found)


def unclosed(connection: Connection) -> list[int]:
    """Erased people whose account was not closed yet: a vendor may still have something of them."""
    query = select(users.c.id).where(users.c.erased_at.is_not(None), users.c.closed_at.is_(None))
    return list(connection.execute(query.order_by(users.c.erased_at).limit(AT_ONCE)).scalars())


def _rows(connection: Connection, table: Table, own: ColumnElement[bool]) -> list[dict[str, Any]]:
    shown = [column for column in table.c if column.name not in WITHHELD]
    query = select(*shown).where(own).order_by(*table.primary_key.columns)
    return [dict(zip(row.keys(), row.values(), strict=True)) for row in connection.execute(query).mappings()]
