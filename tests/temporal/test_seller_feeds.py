"""The door into sellers' feeds while Temporal is away: nobody waits for it, and nothing is marked as told."""

from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.db import seller_endpoints
from activities.db.engine import reading
from activities.ledger import utc_now
from temporal.seller_feeds import SellerFeeds
from temporal.stack.ports import free_port
from tests.doubles.feed_room import feed_room


async def test_without_temporal_nobody_waits_and_the_next_upkeep_finds_it_still(tmp_path: Path) -> None:
    client = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    feeds = SellerFeeds(client, "seller-feeds")
    async with feed_room(tmp_path / "hammertime.db") as room:
        room.note(1)
        await feeds.hurry(room.endpoint_id)
        with pytest.raises((RPCError, RuntimeError)):
            await feeds.wake_asleep(room.engine)
        with reading(room.engine) as connection:
            found = seller_endpoints.asleep(connection, utc_now(), 10)
        assert [each.endpoint_id for each in found] == [room.endpoint_id]
