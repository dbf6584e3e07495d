"""The worker's side of the SellerFeed workflow: what is due, sent and signed, and noted with what came of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import seller_feed_contracts as contracts
from activities.db import notifications, people, seller_deliveries, seller_endpoints
from activities.db.engine import reading, transaction
from activities.db.notifications import NewNotice
from activities.db.seller_deliveries import Key, Outgoing
from activities.endpoint_secrets import EndpointSecrets, signature
from activities.ledger import utc_now
from activities.providers.seller_endpoint import Answer, Parcel
from domain.clock import to_text, truncate
from domain.notices import NoticeKind
from domain.seller_feed import GONE, OK, Disabled, next_try

# Lanes look again whenever one of them is free; so many vehicles are named at once.
AT_ONCE = 20
SELLER_PATH = "/account/seller"

log = structlog.get_logger(__name__)


class Post(Protocol):
    """The way out, as `activities.providers.seller_endpoint.EndpointPost` goes it."""

    async def send(self, parcel: Parcel) -> Answer:
        """Send once; never raises for what is at the other end."""


class SellerFeedWork(contracts.SellerFeedActivities):
    """Deliveries of one database; `public_url` is where the links in mails lead, `queue` where feeds are told."""

    def __init__(
        self,
        engine: Engine,
        post: Post,
        secrets: EndpointSecrets,
        public_url: str,
        clock: Callable[[], datetime] = utc_now,
        *,
        queue: str = "",
    ) -> None:
        self._engine = engine
        self._post = post
        self._secrets = secrets
        self._link = public_url + SELLER_PATH
        self._clock = clock
        self._queue = queue

    @activity.defn(name="look_at_feed")
    def look_at_feed(self, work: contracts.LookAtFeed) -> contracts.FeedSeen:
        """Read what is due, and note that somebody has looked."""
        with transaction(self._engine) as connection:
            seen = seller_deliveries.look(connection, work.endpoint_id, truncate(work.now), AT_ONCE)
        due = [contracts.Due(each.event_id, each.vehicle_id, each.replays) for each in seen.due]
        return contracts.FeedSeen(seen.is_open, due, seen.next_at, self._queue)

    @activity.defn(name="deliver_event")
    async def deliver_event(self, work: contracts.DeliverEvent) -> None:
        """Send an event once and note what came of it; one that is settled meanwhile is left alone."""
        key = Key(work.endpoint_id, work.event_id, work.replays)
        found = await asyncio.to_thread(self._outgoing, key)
        if found is None:
            return
        answer = await self._post.send(found[1])
        # Sent but not noted, it is sent again: the receiver knows it by its id.
        await asyncio.to_thread(self._note, key, found[0], answer, truncate(work.now))

    def _outgoing(self, key: Key) -> tuple[Outgoing, Parcel] | None:
        now = self._clock()
        with reading(self._engine) as connection:
            out = seller_deliveries.outgoing(connection, key)
            if out is None:
                return None
            sealed = seller_endpoints.sealed_secrets(connection, key.endpoint_id, now)
        keys = [self._secrets.open(key.endpoint_id, each) for each in sealed]
        headers = {
            "content-type": "application/json",
            "hammertime-event-id": str(key.event_id),
            "hammertime-signature": signature(keys, int(now.timestamp()), out.event.body),
        }
        return out, Parcel(out.endpoint.url, out.event.body, headers)

    def _note(self, key: Key, out: Outgoing, answer: Answer, now: datetime) -> None:
        status = answer.status
        with transaction(self._engine) as connection:
            if status is not None and status in OK:
                seller_deliveries.mark_delivered(connection, key, status, now)
            else:
                self._note_failure(connection, key, out, answer, now)
        log.info(
            "seller_event_sent", endpoint_id=key.endpoint_id, event_id=key.event_id, status=status, error=answer.error
        )

    def _note_failure(self, connection: Connection, key: Key, out: Outgoing, answer: Answer, now: datetime) -> None:
        first_at = out.first_at or now
        again_at = next_try(out.attempts + 1, first_at, now)
        seller_deliveries.mark_failed(connection, key, now, again_at, answer.status, answer.error)
        if answer.status == GONE:
            self._disable(connection, out, Disabled.GONE, now)
        # One that takes everything else is well: it is this event that it does not take.
        elif again_at is None and not seller_deliveries.has_taken_since(connection, key.endpoint_id, first_at):
            self._disable(connection, out, Disabled.UNREACHABLE, now)

    def _disable(self, connection: Connection, out: Outgoing, reason: Disabled, now: datetime) -> None:
        endpoint = out.endpoint
        if not seller_endpoints.disable(connection, endpoint.id, reason, now):
            return
        log.warning("seller_endpoint_disabled", endpoint_id=endpoint.id, reason=reason.value)
        seller = people.person(connection, endpoint.seller_id)
        if seller is None:
            return
        values = {
            "name": seller.name,
            "host": urlsplit(endpoint.url).hostname or "",
            "gone": reason is Disabled.GONE,
            "disabled_at": to_text(now),
            "seller_link": self._link,
        }
        key = f"endpoint disabled {endpoint.id} {to_text(now)}"
        mail = NewNotice(seller.id, NoticeKind.ENDPOINT_DISABLED, seller.email, values, key)
        notifications.enqueue(connection, mail, now)
