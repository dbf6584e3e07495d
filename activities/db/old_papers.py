"""The papers of sales whose seller has left: kept as long as the law asks, and then gone (Minn. R. 7400.5100)."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select

from activities.db import uploads
from activities.db.account_tables import seller_profiles
from activities.db.photo_tables import seller_documents, vehicle_documents, vehicle_images
from activities.db.tables import users, vehicles
from domain.photos import State

# Three years, a leap day among them.
PAPERS_KEPT = timedelta(days=3 * 365 + 1)
AT_ONCE = 100


def forget_old(connection: Connection, now: datetime) -> int:
    """Let the seller's profile, licences, photos and title papers of whoever left so long ago go; returns of how many
    people something was left. Nobody sees a removed file, and the sweep of uploads has it deleted where it is.

    Every sale of theirs was over before they left: its papers have been kept for three years at the least.
    """
    left = (users.c.erased_at.is_not(None), users.c.erased_at <= now - PAPERS_KEPT)
    query = select(users.c.id).where(*left, or_(*_kept())).order_by(users.c.id)
    found = list(connection.execute(query.limit(AT_ONCE)).scalars())
    for user_id in found:
        connection.execute(delete(seller_profiles).where(seller_profiles.c.user_id == user_id))
        uploads.remove_licences(connection, user_id, now)
        cars = select(vehicles.c.id).where(vehicles.c.seller_id == user_id)
        for vehicle_id in connection.execute(cars).scalars().all():
            uploads.remove_all(connection, vehicle_id, now)
    return len(found)


def _kept() -> tuple[ColumnElement[bool], ...]:
    """Whether something is there of the person in the row of `users`: a profile, a licence, a file of a vehicle."""
    own = vehicles.c.seller_id == users.c.id
    of_cars = tuple(
        exists().where(own, table.c.vehicle_id == vehicles.c.id, table.c.state != State.REMOVED)
        for table in (vehicle_images, vehicle_documents)
    )
    profile = exists().where(seller_profiles.c.user_id == users.c.id)
    licence = exists().where(seller_documents.c.seller_id == users.c.id, seller_documents.c.state != State.REMOVED)
    return (*of_cars, profile, licence)
