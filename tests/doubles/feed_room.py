"""A seller's feed on a database of the test's own, with a real way out to a receiver that the test steers."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from activities.db import seller_deliveries, seller_endpoints, seller_feed
from activities.db.engine import make_engine, reading, transaction
from activities.db.seller_deliveries import Delivery
from activities.db.seller_endpoints import Endpoint
from activities.db.tables import metadata, notifications
from activities.endpoint_secrets import EndpointSecrets
from activities.ledger import utc_now
from activities.providers.seller_endpoint import EndpointPost
from activities.seller_feed import SellerFeedWork
from domain.clock import truncate
from domain.seller_feed import FeedKind, Reach
from migrations import schema
from tests.db.market import add_person
from tests.doubles.receiver import Received, Receiver, receiver

KEY = b"k" * 32
SECRET = "whsec_known_to_both"
PATIENCE_S = 15.0


@dataclass(frozen=True)
class FeedRoom:
    """sam's feed with one endpoint at `there`; `work` sends to it."""

    engine: Engine
    there: Receiver
    secrets: EndpointSecrets
    work: SellerFeedWork
    sam: int
    endpoint_id: int

    def note(self, vehicle_id: int, kind: FeedKind = FeedKind.QUESTION_ASKED, at: datetime | None = None) -> int:
        with transaction(self.engine) as connection:
            moment = truncate(at or utc_now())
            return seller_feed.note_event(connection, self.sam, vehicle_id, kind, {"question_id": 1}, moment)

    def rotate(self, secret: str) -> None:
        with transaction(self.engine) as connection:
            sealed = self.secrets.seal(self.endpoint_id, secret)
            seller_endpoints.rotate(connection, self.endpoint_id, sealed, truncate(utc_now()))

    def replay(self, after: int) -> None:
        with transaction(self.engine) as connection:
            seller_deliveries.replay(connection, self.endpoint_id, after, truncate(utc_now()), 1_000)

    def remove(self) -> None:
        with transaction(self.engine) as connection:
            seller_endpoints.remove(connection, self.endpoint_id, truncate(utc_now()))

    def endpoint(self) -> Endpoint | None:
        with reading(self.engine) as connection:
            return seller_endpoints.endpoint(connection, self.endpoint_id)

    def log(self) -> dict[int, Delivery]:
        with reading(self.engine) as connection:
            found = seller_deliveries.log_of(connection, self.endpoint_id, None, None, 1_000)
        return {each.event_id: each for each in found}

    def states(self) -> dict[int, str]:
        return {number: each.state.value for number, each in self.log().items()}

    def mails(self) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(notifications)))

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                await asyncio.sleep(0.01)


def is_signed(received: Received, secret: str = SECRET) -> bool:
    """As a receiver checks it; see the documentation."""
    parts = [part.partition("=") for part in received.headers["hammertime-signature"].split(",")]
    at = next(value for name, _, value in parts if name == "t")
    wanted = hmac.new(secret.encode(), at.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, wanted) for name, _, value in parts)


@asynccontextmanager
async def feed_room(path: Path, total_s: float = 5.0, queue: str = "") -> AsyncIterator[FeedRoom]:
    """A room with its own database at a path; `queue` is where its feed is told."""
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    metadata.create_all(engine)
    secrets = EndpointSecrets(KEY)
    post = EndpointPost(Reach(plain=True, loopback=True), total_s=total_s)
    async with receiver() as there:
        with transaction(engine) as connection:
            sam = add_person(connection, "sam@example.com")
            made = seller_endpoints.add(
                connection,
                sam,
                there.url,
                (),
                lambda number: secrets.seal(number, SECRET),
                truncate(utc_now()),
            )
        work = SellerFeedWork(engine, post, secrets, "http://site.example", queue=queue)
        try:
            yield FeedRoom(engine, there, secrets, work, sam, made.id)
        finally:
            post.close()
            engine.dispose()
