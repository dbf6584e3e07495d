"""Signing up costs the same whoever asks: so many hashes, statements and mails, for a new address and a known one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event, update

from activities.db.engine import transaction
from activities.db.tables import users
from activities.passwords import Passwords
from tests.api.conftest import House
from tests.api.test_registration import register, shape
from tests.doubles.notices import letters


class CountedPasswords(Passwords):
    """Passwords as they are, with how often each thing was asked of them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def hash(self, password: str) -> str:
        self.asked["hash"] += 1
        return await super().hash(password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        self.asked["matches"] += 1
        return await super().matches(password_hash, password)

    async def weakness(self, password: str, known: Sequence[str] = ()) -> str | None:
        self.asked["weakness"] += 1
        return await super().weakness(password, known)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The first words of all statements meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def passwords(house: House) -> Iterator[CountedPasswords]:
    counted = CountedPasswords()
    house.services.ways_in = replace(house.services.ways_in, passwords=counted)
    yield counted
    counted.close()


@pytest.mark.parametrize("verified", [True, False])
async def test_a_known_address_costs_the_same_hashes_statements_and_mails(
    house: House, passwords: CountedPasswords, verified: bool
) -> None:
    if not verified:
        with transaction(house.engine) as connection:
            unverified = update(users).where(users.c.id == house.people["ada"]).values(email_verified_at=None)
            connection.execute(unverified)
    found = []
    for email in ("new@example.com", "ada@example.com"):
        passwords.asked.clear()
        mailed, started = len(letters(house.engine)), len(house.notices.started)
        with statements(house.engine) as seen:
            answer = await register(house.client(), email)
        await house.services.ways_in.post.finish()
        mails = len(letters(house.engine)) - mailed
        found.append((shape(answer), dict(passwords.asked), len(seen), mails, len(house.notices.started) - started))

    new, known = found
    assert new == known
    assert new[1] == {"hash": 1, "weakness": 1}
    assert new[3:] == (1, 1)
