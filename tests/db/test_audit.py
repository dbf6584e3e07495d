"""The audit log in the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from activities.db import audit
from activities.db.audit import LONGEST_ADDRESS, Deed
from activities.db.engine import transaction
from tests.db.market import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def deed(number: int) -> Deed:
    return Deed(
        NOON + number * SECOND, 7, "hold", f"auction {number}", {"reason": "Größe 🚗"}, f"request-{number}", "192.0.2.7"
    )


def test_a_deed_reads_as_it_was_written(connection: Connection) -> None:
    audit.note(connection, deed(1))
    assert audit.deeds(connection, since=NOON, until=NOON + 9 * SECOND, limit=10) == [deed(1)]


def test_what_the_system_does_has_no_address_and_a_long_one_is_cut(connection: Connection) -> None:
    for each in (replace(deed(1), address=None), replace(deed(2), address="f" * 99)):
        audit.note(connection, each)
    found = audit.deeds(connection, since=NOON, until=NOON + 9 * SECOND, limit=10)
    assert [each.address for each in found] == [None, "f" * LONGEST_ADDRESS]


def test_addresses_are_forgotten_by_whose_they_are_and_deeds_stay(connection: Connection) -> None:
    for each in (deed(1), replace(deed(2), actor_id=8)):
        audit.note(connection, each)
    audit.forget_addresses(connection, 7)
    found = audit.deeds(connection, since=NOON, until=NOON + 9 * SECOND, limit=10)
    assert found == [replace(deed(1), address=None), replace(deed(2), actor_id=8)]


def test_a_span_has_its_start_and_not_its_end_oldest_first(connection: Connection) -> None:
    for number in (3, 1, 2, 0):
        audit.note(connection, deed(number))
    found = audit.deeds(connection, since=NOON + SECOND, until=NOON + 3 * SECOND, limit=10)
    assert found == [deed(1), deed(2)]
    assert audit.deeds(connection, since=NOON, until=NOON + 9 * SECOND, limit=1) == [deed(0)]


def _note_and_fail(engine: Engine) -> None:
    with transaction(engine) as connection:
        audit.note(connection, deed(1))
        raise ZeroDivisionError


def test_a_deed_is_undone_with_its_transaction(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        _note_and_fail(engine)
    with transaction(engine) as connection:
        assert audit.deeds(connection, since=NOON, until=NOON + 9 * SECOND, limit=10) == []
