"""The demo's staff have a second factor, whose codes a newcomer can get."""

from pathlib import Path

import pytest

from activities.db import people, second_factors
from activities.db.engine import make_engine, transaction
from activities.one_time_codes import CodeSecrets, step_of
from api.database import now
from migrations import schema
from temporal.demo.authenticators import APPS, code_of, main, pair
from temporal.demo.people import STAFF
from tests.db.market import NOON, add_person

CODES = CodeSecrets(b"k" * 32)


def test_all_staff_and_nobody_else_have_an_app() -> None:
    assert set(APPS) == {person.email for person in STAFF}
    assert len(set(APPS.values())) == len(APPS)


def test_pairing_is_done_once_and_the_codes_fit(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'demo.db'}")
    schema.upgrade(engine)
    with transaction(engine) as connection:
        ids = {person.email: add_person(connection, person.email, role=person.role) for person in STAFF}
        pair(connection, CODES, ids, NOON)
        email, user_id = next(iter(ids.items()))
        assert second_factors.use_step(connection, user_id, 7)
        pair(connection, CODES, ids, NOON)
        found = second_factors.authenticator(connection, user_id)
        assert people.person(connection, user_id) is not None
    assert found is not None
    assert found.last_step == 7
    assert step_of(CODES.unseal(user_id, found.secret_sealed), code_of(email, NOON), NOON) is not None
    engine.dispose()


def test_the_command_prints_a_code_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(APPS)
    assert all(step_of(APPS[email], code, now()) is not None for email, code in map(str.split, lines))
