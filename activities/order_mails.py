"""The mails of an order: each says what happened, to whom it is news, with a link to the order's page."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from activities.db import orders
from activities.db.notifications import NewNotice, enqueue
from activities.db.orders import Stored
from domain.notices import NoticeKind
from domain.orders import Party

ORDERS_PATH = "/account/orders"
# These say something else to each side.
TWO_SIDED = frozenset({NoticeKind.ORDER_DEFAULTED, NoticeKind.ORDER_COMPLETED})


class OrderMails:
    """Writes mails into the outbox. `public_url` is where their links lead."""

    def __init__(self, public_url: str) -> None:
        self._link = public_url + ORDERS_PATH

    def write(
        self,
        connection: Connection,
        stored: Stored,
        kind: NoticeKind,
        to: frozenset[Party],
        occasion: str,
        now: datetime,
        **values: object,
    ) -> list[str]:
        """Write one kind to some sides, once for an occasion; returns outbox ids. Nobody writes to who was erased."""
        mails = self._mails(connection, stored, kind, to, occasion, values)
        return [enqueue(connection, mail, now) for mail in mails]

    def _mails(
        self,
        connection: Connection,
        stored: Stored,
        kind: NoticeKind,
        to: frozenset[Party],
        occasion: str,
        values: Mapping[str, object],
    ) -> Iterator[NewNotice]:
        order = stored.order
        title = orders.title_of(connection, order)
        for party, side in orders.sides(connection, order).items():
            if party not in to:
                continue
            told = {"name": side.name, "title": title, "order_link": f"{self._link}/{order.id}", **values}
            if kind in TWO_SIDED:
                told["side"] = party.value
            yield NewNotice(side.user_id, kind, side.email, told, f"order {order.id} {kind} {occasion} {party}")
