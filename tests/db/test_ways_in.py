"""Mailed links, devices, second factors, passkeys and sessions in the database: what is used up is used up once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from activities.db import devices, passkeys, people, second_factors, sessions
from activities.db.email_links import Link, Purpose, add_link, drop_links, find_link, use_link, was_mailed
from activities.db.engine import transaction
from activities.db.passkeys import NewPasskey
from activities.db.second_factors import Factors
from tests.db.market import DAY, NOON, SECOND, add_person

ONE, TWO, THREE = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as found:
        yield found


def mail(connection: Connection, user_id: int, token_hash: str, purpose: Purpose = Purpose.VERIFY) -> Link:
    link = Link(user_id, purpose, None)
    add_link(connection, link, token_hash, now=NOON, expires_at=NOON + DAY)
    return link


def key_of(user_id: int, credential_hash: str = ONE, sign_count: int = 0) -> NewPasskey:
    return NewPasskey(user_id, credential_hash, "AQID", "BAUG", sign_count, "phone")


def at_once(engine: Engine, use: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What two processes get that use the same thing at the same moment."""

    def once(_: int) -> Any:
        with transaction(engine) as connection:
            return use(connection, *arguments)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(once, range(2)))


def test_a_link_is_used_once_for_its_purpose_and_in_time(connection: Connection) -> None:
    link = mail(connection, add_person(connection, "ada@example.com"), ONE)
    assert use_link(connection, ONE, Purpose.RESET, NOON) is None
    assert use_link(connection, TWO, Purpose.VERIFY, NOON) is None
    assert use_link(connection, ONE, Purpose.VERIFY, NOON + DAY) is None
    assert find_link(connection, ONE, Purpose.VERIFY, NOON) == link
    assert use_link(connection, ONE, Purpose.VERIFY, NOON + DAY - SECOND) == link
    assert use_link(connection, ONE, Purpose.VERIFY, NOON) is None


def test_of_two_who_use_a_link_at_once_one_wins(engine: Engine) -> None:
    with transaction(engine) as connection:
        mail(connection, add_person(connection, "ada@example.com"), ONE)
    found = at_once(engine, use_link, ONE, Purpose.VERIFY, NOON)
    assert sorted(each is None for each in found) == [False, True]


@pytest.mark.parametrize(
    ("purpose", "earlier"), [(Purpose.VERIFY, False), (Purpose.CHANGE, False), (Purpose.RESET, True)]
)
def test_a_newer_link_replaces_an_earlier_one_unless_anybody_may_ask_for_it(
    connection: Connection, purpose: Purpose, earlier: bool
) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    for user_id, token_hash in ((bob, THREE), (ada, ONE), (ada, TWO)):
        mail(connection, user_id, token_hash, purpose)
    good = [find_link(connection, each, purpose, NOON) is not None for each in (ONE, TWO, THREE)]
    assert good == [earlier, True, True]
    drop_links(connection, ada)
    assert find_link(connection, TWO, purpose, NOON) is None
    assert find_link(connection, THREE, purpose, NOON) is not None


def test_a_device_is_new_once_for_each_account(connection: Connection) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    assert not devices.is_known(connection, "ada@example.com", ONE)
    assert [devices.note_device(connection, ada, ONE, NOON) for _ in range(2)] == [True, False]
    assert devices.is_known(connection, "ada@example.com", ONE)
    assert devices.is_known_to(connection, ada, ONE)
    assert not devices.is_known(connection, "bob@example.com", ONE)
    assert devices.note_device(connection, bob, ONE, NOON)
    devices.forget_devices(connection, ada)
    assert [devices.is_known_to(connection, each, ONE) for each in (ada, bob)] == [False, True]


def test_an_account_has_what_was_set_up(connection: Connection) -> None:
    ada = add_person(connection, "ada@example.com")
    assert second_factors.factors(connection, ada) == Factors(totp=False, recovery_left=0, passkeys=0)
    assert not second_factors.factors(connection, ada).any
    second_factors.set_authenticator(connection, ada, "sealed", 7, NOON)
    second_factors.set_recovery_codes(connection, ada, [ONE, TWO])
    passkeys.add_passkey(connection, key_of(ada), NOON)
    assert second_factors.factors(connection, ada) == Factors(totp=True, recovery_left=2, passkeys=1)
    assert second_factors.remove_authenticator(connection, ada)
    assert not second_factors.remove_authenticator(connection, ada)
    assert second_factors.factors(connection, ada).any


def test_a_step_is_taken_once_and_never_an_earlier_one(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada = add_person(connection, "ada@example.com")
        assert second_factors.authenticator(connection, ada) is None
        second_factors.set_authenticator(connection, ada, "sealed", 7, NOON)
        taken = [second_factors.use_step(connection, ada, step) for step in (7, 6, 8)]
        assert taken == [False, False, True]
    assert sorted(at_once(engine, second_factors.use_step, ada, 9)) == [False, True]


def test_a_recovery_code_is_taken_once_and_from_its_owner(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
        second_factors.set_recovery_codes(connection, ada, [ONE, TWO])
        assert not second_factors.use_recovery_code(connection, bob, ONE, NOON)
    assert sorted(at_once(engine, second_factors.use_recovery_code, ada, ONE, NOON)) == [False, True]
    with transaction(engine) as connection:
        second_factors.set_recovery_codes(connection, ada, [THREE])
        assert not second_factors.use_recovery_code(connection, ada, TWO, NOON)


@pytest.mark.parametrize(
    ("kept", "shown", "taken"), [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 0, False)]
)
def test_a_passkeys_count_only_rises(connection: Connection, kept: int, shown: int, taken: bool) -> None:
    ada = add_person(connection, "ada@example.com")
    made = passkeys.add_passkey(connection, key_of(ada, sign_count=kept), NOON)
    assert passkeys.note_use(connection, made.id, shown, NOON + SECOND) is taken
    found = passkeys.passkey_of(connection, ONE)
    assert found is not None
    assert (found.sign_count, found.last_used_at) == ((shown, NOON + SECOND) if taken else (kept, None))


def test_a_credential_is_registered_once_in_all(engine: Engine) -> None:
    with transaction(engine) as connection:
        ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
        made = passkeys.add_passkey(connection, key_of(ada), NOON)
        assert passkeys.passkeys_of(connection, ada) == [made]
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        passkeys.add_passkey(connection, key_of(bob), NOON)
    with transaction(engine) as connection:
        assert not passkeys.remove_passkey(connection, bob, made.id)
        assert passkeys.remove_passkey(connection, ada, made.id)


def open_session(connection: Connection, user_id: int, token_hash: str, **changes: Any) -> None:
    facts = {"csrf_token": "csrf", "now": NOON, "expires_at": NOON + DAY, "user_agent": "a test", "address": "::1"}
    people.add_session(connection, token_hash=token_hash, user_id=user_id, **{**facts, **changes})


def test_sessions_are_listed_and_ended_for_their_owner_only(connection: Connection) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    for user_id, token_hash in ((ada, ONE), (ada, TWO), (bob, THREE)):
        open_session(connection, user_id, token_hash)
    listed = sessions.sessions_of(connection, ada, NOON)
    assert [each.token_hash for each in listed] == [ONE, TWO]
    assert sessions.end_one(connection, bob, listed[0].id) == []
    assert sessions.end_one(connection, ada, listed[0].id) == [ONE]
    assert sessions.end_all(connection, ada, but=TWO) == []
    assert sessions.end_all(connection, ada) == [TWO]
    assert sessions.sessions_of(connection, bob, NOON)
    assert sessions.sessions_of(connection, bob, NOON + DAY) == []


def test_a_session_knows_its_last_proof_and_its_owners_factors(connection: Connection) -> None:
    ada = add_person(connection, "ada@example.com")
    open_session(connection, ada, ONE)
    before = people.session(connection, ONE, NOON)
    sessions.note_proof(connection, ONE, NOON + SECOND)
    passkeys.add_passkey(connection, key_of(ada, THREE), NOON)
    after = people.session(connection, ONE, NOON)
    assert before is not None
    assert after is not None
    assert (before.second_factor_at, before.has_second_factor) == (None, False)
    assert (after.second_factor_at, after.has_second_factor) == (NOON + SECOND, True)


def test_an_address_is_verified_once_and_moved_to_a_free_one(connection: Connection) -> None:
    ada = add_person(connection, "ada@example.com")
    add_person(connection, "bob@example.com")
    for moment in (NOON, NOON + timedelta(days=9)):
        people.note_verified(connection, ada, moment)
    assert not people.change_email(connection, ada, "BOB@example.com", NOON)
    assert people.change_email(connection, ada, "Ada@Example.org", NOON)
    found = people.credentials_of(connection, ada)
    assert found is not None
    assert (found.person.email, found.person.email_verified) == ("ada@example.org", True)


def test_a_hash_is_renewed_only_where_the_password_is_still_the_same(connection: Connection) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    people.change_password(connection, ada, "old")
    assert not people.renew_hash(connection, ada, "another", "renewed")
    assert people.renew_hash(connection, ada, "old", "renewed")
    kept = [people.locked(connection, each) for each in (ada, bob, 99)]
    assert [each and each.password_hash == "renewed" for each in kept] == [True, False, None]


def test_all_tokens_of_one_person_are_revoked_at_once(connection: Connection) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    for owner, token_hash in ((ada, ONE), (ada, TWO), (bob, THREE)):
        people.add_token(
            connection,
            user_id=owner,
            name="bot",
            token_hash=token_hash,
            scopes=frozenset({people.Scope.READ}),
            now=NOON,
            expires_at=NOON + DAY,
        )
    assert sorted(people.revoke_tokens(connection, ada, NOON)) == [ONE, TWO]
    assert people.revoke_tokens(connection, ada, NOON) == []
    found = [people.token_owner(connection, each, NOON) is not None for each in (ONE, TWO, THREE)]
    assert found == [False, False, True]


def test_everything_but_the_password_is_taken_away_from_one_account(connection: Connection) -> None:
    ada, bob = add_person(connection, "ada@example.com"), add_person(connection, "bob@example.com")
    for owner, mark in ((ada, ONE), (bob, TWO)):
        second_factors.set_authenticator(connection, owner, "sealed", 7, NOON)
        second_factors.set_recovery_codes(connection, owner, [mark])
        passkeys.add_passkey(connection, key_of(owner, mark), NOON)
    second_factors.remove_all(connection, ada)
    assert second_factors.factors(connection, ada) == Factors(totp=False, recovery_left=0, passkeys=0)
    assert second_factors.factors(connection, bob) == Factors(totp=True, recovery_left=1, passkeys=1)


def test_links_are_dropped_by_purpose_and_remembered_until_then(connection: Connection) -> None:
    ada = add_person(connection, "ada@example.com")
    mail(connection, ada, ONE, Purpose.VERIFY)
    mail(connection, ada, TWO, Purpose.RESET)
    drop_links(connection, ada, Purpose.VERIFY)
    assert [was_mailed(connection, ada, each) for each in (Purpose.VERIFY, Purpose.RESET)] == [False, True]
    assert use_link(connection, TWO, Purpose.RESET, NOON) is not None
    assert was_mailed(connection, ada, Purpose.RESET)
