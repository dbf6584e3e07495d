"""Who leads again because another bid was taken out, and is beyond their limit by it: they are told by mail."""

from datetime import datetime

from sqlalchemy import Connection, select

from activities.db.notifications import NewNotice, enqueue
from activities.db.reservations import beyond_limit, reinstate
from activities.db.tables import auctions, users, vehicles
from domain.notices import NoticeKind


def let_lead_again(connection: Connection, auction_id: int, leader_id: int, seq: int, now: datetime) -> str | None:
    """Reserve for the leader whom entry `seq` brought back; the outbox id of their mail where that is beyond a limit.

    Rule: "then it is reserved anyway, the bidder told, new bids stopped". The mail says no maximum, nor what all their
    bids come to; a sweep of the outbox sends it.
    """
    if not reinstate(connection, auction_id, leader_id, now):
        return None
    limit = beyond_limit(connection, leader_id)
    to = select(users.c.name, users.c.email).where(users.c.id == leader_id, users.c.erased_at.is_(None))
    reader = connection.execute(to).one_or_none()
    if limit is None or reader is None:
        return None
    car = (vehicles.c.year, vehicles.c.make, vehicles.c.model)
    lot = select(*car).join(auctions, auctions.c.vehicle_id == vehicles.c.id).where(auctions.c.id == auction_id)
    values = {
        "name": reader.name,
        "title": " ".join(str(each) for each in connection.execute(lot).one()),
        "limit_cents": limit.cents,
        "lots": limit.lots,
        "auction_id": auction_id,
    }
    mail = NewNotice(leader_id, NoticeKind.LEADING_BEYOND_LIMIT, reader.email, values, f"beyond {auction_id} {seq}")
    return enqueue(connection, mail, now)
