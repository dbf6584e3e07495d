"""Seller profiles: written by their seller, decided by an admin, and how many vehicles a seller has sold."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from activities.db.account_tables import seller_profiles
from activities.db.people import Role
from activities.db.tables import auctions, users
from domain.sellers import Licence, LicenceClass, Profile, SellerStatus

VERSION_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller's profile with what became of it. What is sealed never shows itself in a log."""

    user_id: int
    name: str
    email: str
    profile: Profile
    reason: str | None
    submitted_at: datetime | None
    reviewed_by: int | None
    reviewed_at: datetime | None
    updated_at: datetime
    tax_id_sealed: str | None = field(repr=False)
    payout_sealed: str | None = field(repr=False)

    @property
    def version(self) -> str:
        """A name for the profile as it is now, its secrets and decision among it; another one after every change."""
        facts = (self.profile, self.reason, self.submitted_at, self.reviewed_by, self.reviewed_at, self.updated_at)
        told = repr((self.user_id, self.name, facts, self.tax_id_sealed, self.payout_sealed))
        return hashlib.sha256(told.encode()).hexdigest()[:VERSION_LENGTH]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a seller has written; the two last are sealed by the edge."""

    business_name: str
    licence: Licence | None
    tax_id_sealed: str | None = field(default=None, repr=False)
    payout_sealed: str | None = field(default=None, repr=False)


COLUMNS = (
    users.c.id,
    users.c.name,
    users.c.email,
    seller_profiles.c.reason,
    seller_profiles.c.submitted_at,
    seller_profiles.c.reviewed_by,
    seller_profiles.c.reviewed_at,
    seller_profiles.c.updated_at,
    seller_profiles.c.tax_id_sealed,
    seller_profiles.c.payout_sealed,
)
FACTS = (
    seller_profiles.c.status,
    seller_profiles.c.business_name,
    seller_profiles.c.licence_number,
    seller_profiles.c.licence_class,
    seller_profiles.c.licence_state,
    seller_profiles.c.licence_expires_on,
)


def lock_seller(connection: Connection, seller_id: int) -> None:
    """Let what one seller does and what is done with them happen one after the other, until the transaction's end."""
    connection.execute(select(users.c.id).where(users.c.id == seller_id).with_for_update())


def seller(connection: Connection, user_id: int) -> Seller | None:
    """A person's seller profile, if they have one."""
    row = connection.execute(_query().where(users.c.id == user_id)).one_or_none()
    return None if row is None else _seller(row)


def profile(connection: Connection, user_id: int) -> Profile:
    """What may be judged of a seller; an empty profile for who has none."""
    found = seller(connection, user_id)
    return Profile() if found is None else found.profile


def seller_page(
    connection: Connection, status: SellerStatus | None, today: date, *, after_id: int | None, limit: int
) -> list[Seller]:
    """A page of sellers by id, after one; of those of a status on a day in Chicago, or of all."""
    query = _query().where(*_standing(status, today)).order_by(users.c.id).limit(limit)
    if after_id is not None:
        query = query.where(users.c.id > after_id)
    return [_seller(row) for row in connection.execute(query)]


def count_sellers(connection: Connection, status: SellerStatus | None, today: date) -> int:
    """How many sellers `seller_page` would list in all."""
    query = select(func.count()).select_from(seller_profiles).where(*_standing(status, today))
    return connection.execute(query).scalar_one()


def save_draft(connection: Connection, user_id: int, written: Draft, status: SellerStatus, now: datetime) -> None:
    """Write a profile; the one before is gone. The caller has locked the seller."""
    licence = written.licence
    values = {
        "business_name": written.business_name,
        "licence_number": licence and licence.number,
        "licence_class": licence and licence.licence_class.value,
        "licence_state": licence and licence.state,
        "licence_expires_on": licence and licence.expires_on.isoformat(),
        "tax_id_sealed": written.tax_id_sealed,
        "payout_sealed": written.payout_sealed,
        "status": status.value,
        "updated_at": now,
    }
    found = update(seller_profiles).where(seller_profiles.c.user_id == user_id).values(values)
    if connection.execute(found).rowcount == 0:
        connection.execute(insert(seller_profiles).values(user_id=user_id, **values))


def submit(connection: Connection, user_id: int, now: datetime) -> None:
    """Hand a profile in for review."""
    _update(connection, user_id, status=SellerStatus.SUBMITTED.value, submitted_at=now, updated_at=now)


def decide(
    connection: Connection, user_id: int, status: SellerStatus, *, reason: str, by: int | None, now: datetime
) -> None:
    """Write an admin's decision with its reason. Who is approved becomes a seller, and may bid as before."""
    _update(connection, user_id, status=status.value, reason=reason, reviewed_by=by, reviewed_at=now, updated_at=now)
    if status is SellerStatus.APPROVED:
        buyer = (users.c.id == user_id) & (users.c.role == Role.BUYER.value)
        connection.execute(update(users).where(buyer).values(role=Role.SELLER.value))


def add_approved(
    connection: Connection, user_id: int, business_name: str, licence: Licence | None, now: datetime
) -> None:
    """Put an approved profile in the place of any other, without a review: for tests."""
    save_draft(connection, user_id, Draft(business_name, licence), SellerStatus.SUBMITTED, now)
    decide(connection, user_id, SellerStatus.APPROVED, reason="approved without a review", by=None, now=now)


def vehicle_counts(
    connection: Connection, seller_ids: Collection[int], since: datetime, *, besides: int | None = None
) -> dict[int, int]:
    """How many vehicles each seller has sold since a moment or has up for sale, without one of them."""
    sold = and_(auctions.c.result == "sold", auctions.c.ended_at >= since)
    query = (
        select(auctions.c.seller_id, func.count(auctions.c.vehicle_id.distinct()))
        .where(auctions.c.seller_id.in_(seller_ids), or_(auctions.c.status != "ended", sold))
        .group_by(auctions.c.seller_id)
    )
    if besides is not None:
        query = query.where(auctions.c.vehicle_id != besides)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return {seller_id: found.get(seller_id, 0) for seller_id in seller_ids}


def _query() -> Select[Any]:
    return select(*COLUMNS, *FACTS).join_from(users, seller_profiles, seller_profiles.c.user_id == users.c.id)


def _seller(row: Sequence[Any]) -> Seller:
    user_id, name, email, *rest = row[: len(COLUMNS)]
    status, business_name, number, licence_class, state, expires_on = row[len(COLUMNS) :]
    tax_id, payout = rest[-2:]
    licence = number and Licence(number, LicenceClass(licence_class), state, date.fromisoformat(expires_on))
    judged = Profile(SellerStatus(status), business_name, licence, tax_id is not None, payout is not None)
    return Seller(user_id, name, email, judged, *rest)


def _standing(status: SellerStatus | None, today: date) -> list[ColumnElement[bool]]:
    over = seller_profiles.c.licence_expires_on < today.isoformat()
    stored = seller_profiles.c.status
    match status:
        case None:
            return []
        case SellerStatus.LAPSED:
            return [stored == SellerStatus.APPROVED.value, over]
        case SellerStatus.APPROVED:
            return [stored == status.value, or_(seller_profiles.c.licence_expires_on.is_(None), ~over)]
        case _:
            return [stored == status.value]


def _update(connection: Connection, user_id: int, **values: object) -> None:
    connection.execute(update(seller_profiles).where(seller_profiles.c.user_id == user_id).values(**values))
