"""The demo's people are cleared as anybody is: judged by the same facts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.db import accounts, people, second_factors
from activities.db.engine import make_engine, reading
from activities.db.people import Role
from activities.keys import Sealer
from activities.sealed_forms import LegalDetails, SealedForms
from domain.accounts import clearance
from migrations import schema
from temporal.demo.accounts import FILE_NAME
from temporal.demo.clearing import Clearing
from temporal.demo.people import NEWCOMER, NEWCOMER_LIMIT_CENTS, STAFF
from temporal.demo.residents import move_in
from tests.demo.fake_market import START

SECRET = b"k" * 32


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'hammertime.db'}")
    schema.upgrade(engine)
    move_in(engine, tmp_path / FILE_NAME, START, Clearing(SECRET))
    yield engine
    engine.dispose()


def test_the_newcomer_is_cleared_with_a_limit_and_reads_their_own_details(engine: Engine) -> None:
    with reading(engine) as connection:
        found = people.credentials(connection, NEWCOMER)
        assert found is not None
        account = accounts.find(connection, found.person.id)
    assert account is not None
    judged = clearance(account.facts, START)
    assert (judged.cleared, judged.limit_cents, judged.lots) == (True, NEWCOMER_LIMIT_CENTS, None)
    assert (found.person.can_bid, found.person.buying_limit_cents) == (True, NEWCOMER_LIMIT_CENTS)
    details = SealedForms(Sealer(SECRET)).open(account.user_id, account.legal_sealed or "", LegalDetails)
    assert (details.first_name, details.last_name) == ("New", "Here")


def test_the_staff_have_a_second_factor_and_may_not_bid(engine: Engine) -> None:
    with reading(engine) as connection:
        for person in STAFF:
            found = people.credentials(connection, person.email)
            assert found is not None
            assert found.person.role in {Role.ADMIN, Role.SUPPORT}
            assert not found.person.can_bid
            assert second_factors.factors(connection, found.person.id).any


def test_moving_in_again_changes_nothing_about_an_account(engine: Engine, tmp_path: Path) -> None:
    with reading(engine) as connection:
        found = people.credentials(connection, NEWCOMER)
        assert found is not None
        before = accounts.find(connection, found.person.id)
    move_in(engine, tmp_path / FILE_NAME, START, Clearing(SECRET))
    with reading(engine) as connection:
        assert accounts.find(connection, found.person.id) == before
