"""What a quote is worked out from: a lot as far as its total matters, and the papers of who asks, a statement each."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, select

from activities.db.account_tables import accounts, seller_profiles
from activities.db.tables import auctions, users, vehicles
from domain.sellers import Licence, LicenceClass, SellerStatus


@dataclass(frozen=True, slots=True)
class PricedLot:
    """A lot: the model year of its vehicle, the least next bid, and when it ends or has ended."""

    id: int
    model_year: int
    minimum_next_cents: int
    ends_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BuyerPapers:
    """What a person has given for title and tax: sealed legal details, and a dealer's licence that was approved."""

    user_id: int
    legal_sealed: str | None = field(repr=False)
    licence: Licence | None = field(repr=False)


def priced_lot(connection: Connection, auction_id: int) -> PricedLot | None:
    """One lot."""
    query = (
        select(auctions.c.id, vehicles.c.year, auctions.c.minimum_next_cents, auctions.c.ends_at, auctions.c.ended_at)
        .select_from(auctions.join(vehicles))
        .where(auctions.c.id == auction_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else PricedLot(*row)


def buyer_papers(connection: Connection, user_id: int) -> BuyerPapers | None:
    """One person's papers; None for nobody."""
    seller = seller_profiles.c
    licence = (seller.licence_number, seller.licence_class, seller.licence_state, seller.licence_expires_on)
    joined = users.outerjoin(accounts, accounts.c.user_id == users.c.id).outerjoin(
        seller_profiles, seller.user_id == users.c.id
    )
    query = select(accounts.c.legal_sealed, seller.status, *licence).select_from(joined).where(users.c.id == user_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    sealed, status, number, licence_class, state, expires_on = row
    if status != SellerStatus.APPROVED or not number:
        return BuyerPapers(user_id, sealed, None)
    approved = Licence(number, LicenceClass(licence_class), state, date.fromisoformat(expires_on))
    return BuyerPapers(user_id, sealed, approved)
