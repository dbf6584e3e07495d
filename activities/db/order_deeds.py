"""What is done once for an order, by its key: whoever asks again hears what came of it the first time."""

from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, insert, select

from activities.db.order_tables import order_deeds

T = TypeVar("T")
ENCODER = msgspec.json.Encoder()


def outcome(connection: Connection, order_id: int, key: str, kind: type[T]) -> T | None:
    """What came of a deed, or None where it was not done yet; the caller has the order locked."""
    own = (order_deeds.c.order_id == order_id) & (order_deeds.c.key == key)
    text = connection.execute(select(order_deeds.c.outcome).where(own)).scalar_one_or_none()
    return None if text is None else msgspec.json.decode(text, type=kind)


def note(connection: Connection, order_id: int, key: str, came_of_it: T, now: datetime) -> T:
    """Write down what came of a deed, in the transaction that does it."""
    row = {"order_id": order_id, "key": key, "outcome": ENCODER.encode(came_of_it).decode(), "at": now}
    connection.execute(insert(order_deeds).values(row))
    return came_of_it
