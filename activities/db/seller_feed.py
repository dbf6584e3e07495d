"""What happened to a seller's vehicles, noted once where it happens, for the seller's own system to read or be told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.mysql import insert as upsert

from activities.db.seller_feed_tables import seller_deliveries, seller_endpoints, seller_events, seller_feeds
from activities.db.tables import auctions
from activities.offer_contracts import OfferStep
from domain.clock import from_text, to_text
from domain.ledger import Entry
from domain.offers import Act
from domain.seller_feed import DeliveryState, FeedKind, told

ENCODER = msgspec.json.Encoder()
# How a lot can end, by the kinds of its ledger, and what besides is told of it. Never a bid.
ENDINGS = frozenset({"closed", "cancelled", "bought", "offer_accepted"})
TOLD = ENDINGS | {"started"}


STEPS: Mapping[Act, FeedKind] = MappingProxyType(
    {
        Act.OFFER: FeedKind.OFFER_RECEIVED,
        Act.COUNTER: FeedKind.OFFER_COUNTERED,
        Act.SELL: FeedKind.OFFER_ACCEPTED,
        Act.DECLINE: FeedKind.OFFER_DECLINED,
        Act.WITHDRAW: FeedKind.OFFER_WITHDRAWN,
        Act.EXPIRE: FeedKind.OFFER_EXPIRED,
        Act.LAPSE: FeedKind.OFFER_LAPSED,
    }
)


class Offered(Protocol):
    """What an offer is about, as `activities.db.offers.Stored` has it."""

    @property
    def offer_id(self) -> str:
        """The offer's id."""

    @property
    def seller_id(self) -> int:
        """Whose vehicle it is."""

    @property
    def vehicle_id(self) -> int:
        """Which vehicle it is."""

    @property
    def auction_id(self) -> int:
        """The vehicle's auction."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; its `id` is the cursor, and `body` the very bytes that are sent."""

    id: int
    kind: FeedKind
    vehicle_id: int | None
    at: datetime
    body: bytes


def note_event(
    connection: Connection,
    seller_id: int,
    vehicle_id: int,
    kind: FeedKind,
    facts: Mapping[str, Any],
    at: datetime,
    *,
    auction_id: int | None = None,
) -> int:
    """Note an event in the transaction in which it happens, for all of the seller's endpoints; returns its id.

    To be called last: the seller's feed stays locked until the end of the transaction. Of the facts, what
    `domain.seller_feed.FACTS` does not name is left out. It is idempotent where its caller is.
    """
    event_id = _add(connection, seller_id, vehicle_id, kind, facts, at, auction_id)
    columns = seller_endpoints.c.id, seller_endpoints.c.kinds
    enabled = (seller_endpoints.c.seller_id == seller_id) & seller_endpoints.c.disabled_at.is_(None)
    rows = [
        new_delivery(endpoint_id, event_id, vehicle_id, at)
        for endpoint_id, kinds in connection.execute(select(*columns).where(enabled))
        if not kinds or kind.value in kinds.split(",")
    ]
    if rows:
        connection.execute(insert(seller_deliveries), rows)
    return event_id


def note_test(connection: Connection, seller_id: int, endpoint_id: int, at: datetime) -> int:
    """An event that means nothing, for one endpoint; returns its id."""
    event_id = _add(connection, seller_id, None, FeedKind.ENDPOINT_TEST, {}, at, None)
    connection.execute(insert(seller_deliveries).values(new_delivery(endpoint_id, event_id, None, at)))
    return event_id


def note_lot(connection: Connection, auction_id: int, entries: Iterable[Entry]) -> None:
    """Tell the seller that a lot began or ended, if these newly recorded entries say so. To be called last."""
    news = [entry.public for entry in entries if entry.public["kind"] in TOLD]
    done = [public for public in news if public.get("outcome", "done") == "done"]
    if not done:
        return
    columns = auctions.c.seller_id, auctions.c.vehicle_id
    seller_id, vehicle_id = connection.execute(select(*columns).where(auctions.c.id == auction_id)).one()
    for public in done:
        kind = FeedKind.AUCTION_ENDED if public["kind"] in ENDINGS else FeedKind.AUCTION_STARTED
        facts = {**public, "price_cents": public.get("cents", public["price_cents"])}
        at = from_text(public["at"])
        note_event(connection, seller_id, vehicle_id, kind, facts, at, auction_id=auction_id)


def note_offer(connection: Connection, at_stake: Offered, steps: Iterable[OfferStep]) -> None:
    """Tell the seller what newly recorded steps of an offer mean: who did what, never who the buyer is.

    To be called last.
    """
    for step in steps:
        kind = STEPS.get(step.act)
        if kind is None:
            continue
        facts = {
            "offer_id": at_stake.offer_id,
            "cents": step.offer.cents,
            "status": step.offer.status.value,
            "by": step.side.value,
            "reason": step.offer.reason,
            "expires_at": to_text(step.offer.expires_at),
        }
        note_event(
            connection,
            at_stake.seller_id,
            at_stake.vehicle_id,
            kind,
            facts,
            step.at,
            auction_id=at_stake.auction_id,
        )


def new_delivery(endpoint_id: int, event_id: int, vehicle_id: int | None, now: datetime) -> dict[str, Any]:
    """The row of an event that is to be sent to an endpoint."""
    return {
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "vehicle_id": vehicle_id,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "replays": 0,
        "queued_at": now,
        "next_at": now,
    }


def lock_feed(connection: Connection, seller_id: int) -> None:
    """Let a seller's events and endpoints be written one after the other, until the end of the transaction.

    Otherwise an event could become visible after a later one, and whoever reads on from that one would miss it.
    """
    if connection.dialect.name == "sqlite":
        # It has one writer at a time anyway.
        return
    # One statement that locks a row whether it was there or not: a plain insert beside another one ends in a deadlock.
    row = upsert(seller_feeds).values(seller_id=seller_id)
    connection.execute(row.on_duplicate_key_update(seller_id=seller_id))


def events(connection: Connection, seller_id: int, *, after: int, limit: int) -> list[Event]:
    """A seller's events after a cursor, oldest first. None that comes later will have a smaller id."""
    own = (seller_events.c.seller_id == seller_id) & (seller_events.c.id > after)
    query = select(*COLUMNS).where(own).order_by(seller_events.c.id).limit(limit)
    return [event_of(row) for row in connection.execute(query)]


COLUMNS = (
    seller_events.c.id,
    seller_events.c.kind,
    seller_events.c.vehicle_id,
    seller_events.c.at,
    seller_events.c.body,
)


def event_of(row: Sequence[Any]) -> Event:
    """An event of the values of `COLUMNS`; the bytes are those that were noted, whoever asks and whenever."""
    event_id, kind, vehicle_id, at, body = row
    return Event(event_id, FeedKind(kind), vehicle_id, at, f'{{"id":{event_id},{body[1:]}'.encode())


def _add(
    connection: Connection,
    seller_id: int,
    vehicle_id: int | None,
    kind: FeedKind,
    facts: Mapping[str, Any],
    at: datetime,
    auction_id: int | None,
) -> int:
    lock_feed(connection, seller_id)
    body: dict[str, Any] = {"kind": kind.value, "vehicle_id": vehicle_id}
    if auction_id is not None:
        body["auction_id"] = auction_id
    body |= {"at": to_text(at), "facts": told(kind, facts)}
    values = {"seller_id": seller_id, "vehicle_id": vehicle_id, "kind": kind.value, "at": at}
    text = ENCODER.encode(body).decode()
    key: Any = connection.execute(insert(seller_events).values(body=text, **values)).inserted_primary_key
    number: int = key[0]
    return number
