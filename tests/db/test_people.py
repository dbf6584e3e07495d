"""Accounts, sessions and tokens in the database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, update
from sqlalchemy.exc import IntegrityError

from activities.db import people
from activities.db.engine import transaction
from activities.db.people import Role, Scope
from activities.db.tables import api_tokens, users
from tests.db.market import DAY, NOON, add_person

HASH = "a" * 64


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def open_session(connection: Connection, user_id: int, token_hash: str = HASH) -> None:
    people.add_session(
        connection,
        token_hash=token_hash,
        user_id=user_id,
        csrf_token="csrf",
        now=NOON,
        expires_at=NOON + DAY,
        user_agent="x" * 400,
        address="127.0.0.1",
    )


def test_an_address_is_found_in_any_spelling_of_case(connection: Connection) -> None:
    key = add_person(connection, " Ada@Example.com ")
    found = people.credentials(connection, "ADA@EXAMPLE.COM")
    assert found is not None
    assert (found.person.id, found.person.email) == (key, "ada@example.com")


def test_an_address_belongs_to_one_account(engine: Engine) -> None:
    with transaction(engine) as connection:
        add_person(connection, "ada@example.com")
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        add_person(connection, "ADA@example.com")


def test_a_person_comes_back_as_added(connection: Connection) -> None:
    key = add_person(connection, "sam@example.com", role=Role.SELLER, can_bid=False)
    expected = people.Person(key, "sam@example.com", "Sam", Role.SELLER, False, None, False)
    assert people.person(connection, key) == expected


def test_a_session_finds_its_person_until_it_expires(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    open_session(connection, key)
    found = people.session(connection, HASH, NOON)
    assert found is not None
    assert (found.person.id, found.csrf_token, found.expires_at) == (key, "csrf", NOON + DAY)
    assert people.session(connection, HASH, NOON + DAY) is None


def test_a_new_session_sweeps_the_expired_ones_of_its_person(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    open_session(connection, key)
    people.add_session(
        connection,
        token_hash="b" * 64,
        user_id=key,
        csrf_token="csrf",
        now=NOON + 2 * DAY,
        expires_at=NOON + 3 * DAY,
        user_agent="",
        address="",
    )
    assert people.session(connection, HASH, NOON) is None


def test_an_ended_session_and_a_disabled_account_find_nobody(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    open_session(connection, key)
    open_session(connection, key, "b" * 64)
    people.end_session(connection, HASH)
    assert people.session(connection, HASH, NOON) is None
    connection.execute(update(users).values(disabled_at=NOON))
    assert people.session(connection, "b" * 64, NOON) is None


def test_a_session_remembers_when_it_was_used(connection: Connection) -> None:
    open_session(connection, add_person(connection, "ada@example.com"))
    people.note_uses(connection, [], [HASH], NOON + timedelta(hours=1))
    found = people.session(connection, HASH, NOON)
    assert found is not None
    assert found.last_seen_at == NOON + timedelta(hours=1)


def test_no_token_acts_for_the_house_for_longer_than_a_day(connection: Connection) -> None:
    amy = add_person(connection, "amy@example.com", role=Role.ADMIN)
    facts: dict[str, Any] = {"user_id": amy, "name": "bot", "scopes": frozenset({Scope.ADMIN}), "now": NOON}
    with pytest.raises(ValueError, match="a day at most"):
        people.add_token(connection, token_hash=HASH, expires_at=NOON + 2 * DAY, **facts)
    assert people.add_token(connection, token_hash=HASH, expires_at=NOON + DAY, **facts).scopes == {Scope.ADMIN}


def test_a_token_speaks_for_its_owner_within_its_scopes_until_revoked(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    scopes = frozenset({Scope.READ, Scope.BID})
    made = people.add_token(
        connection, user_id=key, name="bot", token_hash=HASH, scopes=scopes, now=NOON, expires_at=NOON + DAY
    )
    found = people.token_owner(connection, HASH, NOON)
    assert found is not None
    assert (found.person.id, found.token) == (key, made)
    assert people.revoke_token(connection, user_id=key, token_id=made.id, now=NOON) == HASH
    assert people.token_owner(connection, HASH, NOON) is None
    assert people.tokens(connection, key) == []


def test_a_token_ends_at_its_time(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    people.add_token(
        connection,
        user_id=key,
        name="bot",
        token_hash=HASH,
        scopes=frozenset({Scope.READ}),
        now=NOON,
        expires_at=NOON + DAY,
    )
    assert people.token_owner(connection, HASH, NOON + DAY) is None


def test_a_token_of_older_code_that_has_no_end_opens_nothing(connection: Connection) -> None:
    key = add_person(connection, "ada@example.com")
    row = {"user_id": key, "name": "bot", "token_hash": HASH, "scopes": "read", "created_at": NOON}
    connection.execute(insert(api_tokens).values(row))
    assert people.token_owner(connection, HASH, NOON) is None
    assert [token.expires_at for token in people.tokens(connection, key)] == [None]


def test_nobody_revokes_the_token_of_another(connection: Connection) -> None:
    owner, other = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    made = people.add_token(
        connection,
        user_id=owner,
        name="bot",
        token_hash=HASH,
        scopes=frozenset({Scope.READ}),
        now=NOON,
        expires_at=NOON + DAY,
    )
    assert people.revoke_token(connection, user_id=other, token_id=made.id, now=NOON) is None
    assert people.count_tokens(connection, owner) == 1
