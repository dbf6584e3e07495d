"""Which of many sessions and tokens still stand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from activities.db import people
from activities.db.engine import transaction
from activities.db.people import Scope
from activities.db.sign_ins import living_sessions, living_tokens
from activities.db.tables import users
from tests.db.market import DAY, NOON, add_person

KEYS = {name: letter * 64 for name, letter in (("standing", "a"), ("short", "b"), ("disabled", "c"), ("ended", "d"))}
LATER = NOON + timedelta(hours=1)


def add_session(connection: Connection, user_id: int, name: str) -> None:
    people.add_session(
        connection,
        token_hash=KEYS[name],
        user_id=user_id,
        csrf_token="csrf",
        now=NOON,
        expires_at=LATER if name == "short" else NOON + DAY,
        user_agent="a browser",
        address="127.0.0.1",
    )
    if name == "ended":
        people.end_session(connection, KEYS[name])


def add_token(connection: Connection, user_id: int, name: str) -> None:
    made = people.add_token(
        connection,
        user_id=user_id,
        name=name,
        token_hash=KEYS[name],
        scopes=frozenset({Scope.READ}),
        now=NOON,
        expires_at=LATER if name == "short" else LATER + timedelta(days=1),
    )
    if name == "ended":
        people.revoke_token(connection, user_id=user_id, token_id=made.id, now=NOON)


@pytest.mark.parametrize(("add", "living"), [(add_session, living_sessions), (add_token, living_tokens)])
def test_only_those_stand_that_are_neither_over_nor_of_a_disabled_account(
    engine: Engine, add: Callable[..., None], living: Callable[..., set[str]]
) -> None:
    with transaction(engine) as connection:
        ada, bob = (add_person(connection, f"{name}@example.com") for name in ("ada", "bob"))
        for name in KEYS:
            add(connection, bob if name == "disabled" else ada, name)
        connection.execute(update(users).where(users.c.id == bob).values(disabled_at=NOON))
        asked = [*KEYS.values(), "e" * 64]
        before, after = (living(connection, asked, moment) for moment in (LATER - timedelta(seconds=1), LATER))
    assert before == {KEYS["standing"], KEYS["short"]}
    assert after == {KEYS["standing"]}
