"""What the activities of a feed do alone: repeated, overtaken, and when the seller is not there any more."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from activities.db.engine import transaction
from activities.db.seller_feed_tables import seller_endpoints
from activities.ledger import utc_now
from activities.seller_feed_contracts import DeliverEvent, LookAtFeed
from tests.doubles.feed_room import FeedRoom, feed_room

DAY = timedelta(days=1)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[FeedRoom]:
    async with feed_room(tmp_path / "hammertime.db") as made:
        yield made


def delivery(room: FeedRoom, event_id: int, replays: int = 0) -> DeliverEvent:
    return DeliverEvent(room.endpoint_id, event_id, replays, utc_now())


async def test_what_is_delivered_is_not_sent_again_by_a_repeated_activity(room: FeedRoom) -> None:
    number = room.note(1)
    for _ in range(2):
        await room.work.deliver_event(delivery(room, number))
    assert room.there.ids() == [number]


async def test_the_bytes_and_the_id_stay_the_same_over_retries(room: FeedRoom) -> None:
    number = room.note(1)
    for status in (500, 503, 200):
        room.there.behave = lambda _, status=status: status  # type: ignore[misc]
        await room.work.deliver_event(delivery(room, number))
    assert len({(each.body, each.headers["hammertime-event-id"]) for each in room.there.received}) == 1
    assert room.log()[number].attempts == 3


async def test_what_was_asked_for_again_is_sent_as_what_it_is_now(room: FeedRoom) -> None:
    number = room.note(1)
    room.replay(0)
    await room.work.deliver_event(delivery(room, number))
    assert room.there.ids() == []
    await room.work.deliver_event(delivery(room, number, replays=1))
    assert room.there.ids() == [number]


async def test_nothing_is_sent_to_a_deleted_endpoint_nor_to_one_that_never_was(room: FeedRoom) -> None:
    number = room.note(1)
    room.remove()
    await room.work.deliver_event(delivery(room, number))
    await room.work.deliver_event(DeliverEvent(999, number, 0, utc_now()))
    assert room.there.received == []
    assert room.work.look_at_feed(LookAtFeed(999, utc_now())).is_open is False


async def test_an_address_that_is_not_allowed_any_more_is_not_sent_to(room: FeedRoom) -> None:
    number = room.note(1)
    with transaction(room.engine) as connection:
        connection.execute(update(seller_endpoints).values(url="http://10.0.0.1/hooks"))
    await room.work.deliver_event(delivery(room, number))
    assert (room.log()[number].last_status, room.log()[number].last_error) == (None, "address not allowed")


async def test_a_look_says_what_is_due_and_when_the_next_one_is(room: FeedRoom) -> None:
    number, moment = room.note(1), utc_now()
    room.there.behave = lambda _: 500
    seen = room.work.look_at_feed(LookAtFeed(room.endpoint_id, moment + DAY))
    await room.work.deliver_event(DeliverEvent(room.endpoint_id, number, 0, moment))
    later = room.work.look_at_feed(LookAtFeed(room.endpoint_id, moment))
    assert [(each.event_id, each.vehicle_id) for each in seen.due] == [(number, 1)]
    assert (later.is_open, later.due) == (True, [])
    assert later.next_at is not None
    assert timedelta(seconds=4) < later.next_at - moment <= timedelta(seconds=5)
