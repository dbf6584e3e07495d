"""The webhooks that vendors sent, in the database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import webhooks
from activities.db.engine import transaction
from activities.db.webhooks import NewEvent, State
from tests.db.market import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def event(number: int) -> NewEvent:
    return NewEvent(f"evt_{number}", "inquiry.approved", f"inq_{number}", NOON)


def waiting(connection: Connection) -> list[str]:
    return [found.event_id for found in webhooks.waiting(connection, 10)]


def test_an_event_is_stored_once_however_often_it_comes(connection: Connection) -> None:
    counts = [
        webhooks.store(connection, "persona", [event(1), event(1)], NOON),
        webhooks.store(connection, "persona", [event(1), event(2)], NOON + SECOND),
        webhooks.store(connection, "sendgrid", [event(1)], NOON),
    ]
    assert counts == [1, 1, 1]
    assert waiting(connection) == ["evt_1", "evt_2", "evt_1"]


def test_what_was_brought_waits_no_more_and_what_was_not_waits_behind(connection: Connection) -> None:
    webhooks.store(connection, "persona", [event(1), event(2), event(3)], NOON)
    first, second, _ = webhooks.waiting(connection, 10)
    webhooks.settle(connection, first.id, State.STORED, None)
    webhooks.settle(connection, second.id, State.DELIVERED, "account-7")
    assert waiting(connection) == ["evt_3", "evt_1"]


def test_the_staff_see_all_of_it_newest_first_and_by_state(connection: Connection) -> None:
    webhooks.store(connection, "persona", [event(1), event(2), event(3)], NOON)
    first, *_ = webhooks.waiting(connection, 1)
    webhooks.settle(connection, first.id, State.UNKNOWN, None)
    everything = webhooks.listing(connection, state=None, before=None, limit=10)
    assert [found.event_id for found in everything] == ["evt_3", "evt_2", "evt_1"]
    older = webhooks.listing(connection, state=None, before=everything[1].id, limit=10)
    assert [(found.event_id, found.state, found.attempts) for found in older] == [("evt_1", State.UNKNOWN, 1)]
    assert [found.event_id for found in webhooks.listing(connection, state=State.UNKNOWN, before=None, limit=9)] == [
        "evt_1"
    ]
