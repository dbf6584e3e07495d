"""Accounts that the benchmark writes are such as the product takes for its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.db import accounts, devices
from activities.db import people as people_db
from activities.db.engine import make_engine, reading, transaction
from activities.passwords import make_hasher
from api.signins import digest
from migrations import schema
from tests.load.people import PASSWORD, add_followed, add_people, count_unjudged


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    yield engine
    engine.dispose()


def test_everybody_signs_in_by_the_one_password_from_a_browser_that_is_known(database: Engine) -> None:
    people = add_people(database, 3)
    assert len({person.id for person in people}) == 3
    with reading(database) as connection:
        for person in people:
            found = people_db.credentials(connection, person.email)
            assert found is not None
            assert (found.person.id, found.person.email_verified) == (person.id, True)
            assert make_hasher().verify(found.password_hash, PASSWORD)
            assert devices.is_known_to(connection, person.id, digest(person.device))


def test_a_first_look_clears_every_other_one_and_is_counted(database: Engine) -> None:
    people = add_followed(database, 4)
    assert count_unjudged(database) == 4
    now = datetime.now(UTC)
    with transaction(database) as connection:
        changed = [accounts.change(connection, person.id, now, lambda _: {}) for person in people]
    assert [one.clearance.cleared for one in changed if one] == [True, False, True, False]
    # Nobody is told that they may bid now: a mail has a workflow of its own, which is not what is measured.
    assert not any(one.is_newly_cleared for one in changed if one)
    assert count_unjudged(database) == 0
