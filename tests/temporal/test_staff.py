"""The operator's door for the staff: whom it lets in, what it writes down, and what ends with a role."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from activities.db import people, second_factors, sellers
from activities.db.audit import deeds
from activities.db.engine import make_engine, reading, transaction
from activities.db.people import Role, Scope
from activities.db.sellers import Draft
from activities.db.tables import sessions
from domain.sellers import Licence, LicenceClass, SellerStatus
from migrations import schema
from temporal.staff import OPERATOR_ID, StaffError, appoint, dismiss, main
from tests.db.market import DAY, NOON, add_person

ADA = "ada@example.com"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'hammertime.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("LOGNAME", "olga")
    engine = make_engine(url)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


def ada(engine: Engine, *, verified: bool = True, factor: bool = True) -> int:
    """An account with a session and a token."""
    with transaction(engine) as connection:
        user_id = add_person(connection, ADA)
        if verified:
            people.note_verified(connection, user_id, NOON)
        if factor:
            second_factors.set_authenticator(connection, user_id, "sealed", 0, NOON)
        people.add_session(
            connection,
            token_hash="s" * 64,
            user_id=user_id,
            csrf_token="c",
            now=NOON,
            expires_at=NOON + DAY,
            user_agent="",
            address="",
        )
        people.add_token(
            connection,
            user_id=user_id,
            name="bot",
            token_hash="t" * 64,
            scopes=frozenset({Scope.READ}),
            now=NOON,
            expires_at=NOON + DAY,
        )
    return user_id


def role_of(engine: Engine) -> Role:
    with reading(engine) as connection:
        found = people.credentials(connection, ADA)
    assert found is not None
    return found.person.role


def signed_in(engine: Engine) -> int:
    with reading(engine) as connection:
        return len(connection.execute(select(sessions.c.token_hash)).all())


def test_an_appointment_gives_the_role_ends_the_sessions_and_is_written_down(engine: Engine) -> None:
    user_id = ada(engine)
    assert appoint(engine, " Ada@Example.com", Role.ADMIN, operator="olga", now=NOON)
    assert (role_of(engine), signed_in(engine)) == (Role.ADMIN, 0)
    with reading(engine) as connection:
        (deed,) = deeds(connection, since=NOON, until=NOON + DAY, limit=9)
    assert (deed.actor_id, deed.action, deed.subject) == (OPERATOR_ID, "staff_appointed", f"user {user_id}")
    assert deed.detail == {"before": "buyer", "after": "admin", "operator": "olga"}


def test_the_same_appointment_again_changes_nothing(engine: Engine) -> None:
    ada(engine)
    appoint(engine, ADA, Role.SUPPORT, operator="olga", now=NOON)
    assert not appoint(engine, ADA, Role.SUPPORT, operator="olga", now=NOON)
    with reading(engine) as connection:
        assert len(deeds(connection, since=NOON, until=NOON + DAY, limit=9)) == 1


@pytest.mark.parametrize(
    ("facts", "reason"),
    [({"verified": False}, "not confirmed its e-mail address"), ({"factor": False}, "no second factor")],
)
def test_who_has_not_shown_enough_is_refused(engine: Engine, facts: dict[str, bool], reason: str) -> None:
    ada(engine, **facts)
    with pytest.raises(StaffError, match=reason):
        appoint(engine, ADA, Role.ADMIN, operator="olga", now=NOON)
    assert (role_of(engine), signed_in(engine)) == (Role.BUYER, 1)


def test_a_dismissal_ends_sessions_and_tokens(engine: Engine) -> None:
    user_id = ada(engine)
    appoint(engine, ADA, Role.ADMIN, operator="olga", now=NOON)
    dismiss(engine, ADA, operator="olga", now=NOON)
    with reading(engine) as connection:
        assert people.tokens(connection, user_id) == []
        assert [deed.action for deed in deeds(connection, since=NOON, until=NOON + DAY, limit=9)] == [
            "staff_appointed",
            "staff_dismissed",
        ]
    assert role_of(engine) is Role.BUYER


def test_who_sells_goes_on_selling_after_a_dismissal(engine: Engine) -> None:
    user_id = ada(engine)
    licence = Licence("DLR1", LicenceClass.USED, "MN", (NOON + DAY).date())
    with transaction(engine) as connection:
        sellers.save_draft(connection, user_id, Draft("Ada's", licence, None, None), SellerStatus.SUBMITTED, NOON)
        sellers.decide(connection, user_id, SellerStatus.APPROVED, reason="good", by=1, now=NOON)
    appoint(engine, ADA, Role.SUPPORT, operator="olga", now=NOON)
    dismiss(engine, ADA, operator="olga", now=NOON)
    assert role_of(engine) is Role.SELLER


def test_only_the_staff_are_dismissed(engine: Engine) -> None:
    ada(engine)
    with pytest.raises(StaffError, match="not of the staff"):
        dismiss(engine, ADA, operator="olga", now=NOON)


def test_the_command_works_on_the_database_of_the_settings(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    user_id = ada(engine)
    assert main(["appoint", ADA, "--role", "admin"]) == 0
    assert main(["appoint", ADA, "--role", "admin"]) == 0
    assert main(["list"]) == 0
    assert main(["dismiss", ADA]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{ADA} is admin",
        f"{ADA} is admin already",
        f"{user_id:>6}  admin    {ADA}",
        f"{ADA} is not of the staff any more",
    ]


def test_a_refusal_is_one_line_and_exit_code_2(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["appoint", "nobody@example.com", "--role", "admin"]) == 2
    assert capsys.readouterr().err == "staff: no account has this e-mail address\n"


def test_a_database_without_tables_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    assert main(["list"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
